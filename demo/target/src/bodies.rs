//! The answers' JSON, in sizes that a shop would send: 200 bytes to 4 KB.

use serde_json::{Value, json};

/// Filler for descriptions, 90 bytes.
const SENTENCE: &str = "Made to be used every day, repaired rather than replaced, and posted the day you order it. ";

/// `GET /`: the same small document each time.
pub const HOME: &str = concat!(
    r#"{"shop":"Demo Shop","currency":"EUR","language":"en","banner":"Free delivery this week","#,
    r#""links":{"search":"/search","cart":"/cart","report":"/report"},"#,
    r#""featured":[101,102,103,104,105,106],"newsletter":true,"open":true}"#
);

/// `GET /healthz`: the one answer smaller than a shop's page.
pub const HEALTH: &str = r#"{"status":"ok"}"#;

/// `GET /item/{id}`: 0.5 to 1.3 KB, always the same for the same item.
pub fn item(id: u64) -> Value {
    json!({
        "id": id,
        "name": format!("Item {id}"),
        "price_cents": 500 + id % 97 * 25,
        "in_stock": id % 11,
        "description": SENTENCE.repeat(4 + (id % 9) as usize),
        "related": [id / 2, id / 3, id / 5],
    })
}

/// `GET /search`: 24 results, about 3 KB.
pub fn search(cached: bool) -> Value {
    let results: Vec<Value> = (1..=24_u64)
        .map(|rank| {
            json!({
                "id": 100 + rank,
                "name": format!("Item {}", 100 + rank),
                "price_cents": 500 + rank * 25,
                "score": (100 - rank) as f64 / 100.0,
                "excerpt": SENTENCE.get(..48),
            })
        })
        .collect();
    json!({"cached": cached, "total": 24, "results": results})
}

/// `POST /cart`: about 240 bytes, whether it was accepted or refused.
pub fn cart(accepted: bool) -> Value {
    let message = if accepted {
        "The item is in your cart. It stays there for thirty minutes, after which others may buy it."
    } else {
        "The cart is not available at the moment. Nothing was changed; please send the request again."
    };
    json!({
        "accepted": accepted,
        "message": message,
        "lines": [
            {"item": 101, "quantity": 1, "price_cents": 2_525},
            {"item": 102, "quantity": 2, "price_cents": 550},
        ],
        "total_cents": 3_625,
    })
}

/// `GET /report`: one row per week of a year, nearly 4 KB.
pub fn report() -> Value {
    let weeks: Vec<Value> = (1..=52_u64)
        .map(|week| {
            json!({
                "week": week,
                "orders": 900 + week * 13,
                "revenue_cents": 4_500_000 + week * 65_537,
                "returns": week % 7,
                "visits": 9_000 + week,
            })
        })
        .collect();
    json!({"weeks": weeks})
}

/// The other routes' answer: the status or the wait in words, padded to about 200 bytes.
pub fn note(message: &str) -> Value {
    json!({"message": message, "about": SENTENCE.repeat(2)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_is_between_200_bytes_and_4_kilobytes() {
        let bodies = [
            ("home", HOME.to_owned()),
            ("item, shortest", item(0).to_string()),
            ("item, longest", item(8).to_string()),
            ("search", search(true).to_string()),
            ("cart, accepted", cart(true).to_string()),
            ("cart, refused", cart(false).to_string()),
            ("report", report().to_string()),
            ("note", note("no such page").to_string()),
        ];
        for (name, body) in bodies {
            assert!((200..=4096).contains(&body.len()), "{name}: {}", body.len());
        }
    }

    #[test]
    fn the_fixed_bodies_are_json() -> Result<(), serde_json::Error> {
        serde_json::from_str::<Value>(HOME)?;
        serde_json::from_str::<Value>(HEALTH)?;
        Ok(())
    }
}
