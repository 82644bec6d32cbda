//! The endpoints: what each one answers and how it behaves. One task per connection, all on the caller's runtime.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::bodies;
use crate::counts::{Counts, Route};
use crate::latency;

/// What the handlers share.
#[derive(Debug)]
struct Shop {
    generator: Mutex<SmallRng>,
    reports_in_flight: AtomicU32,
    counts: Counts,
}

impl Shop {
    /// Draws from the shared generator. The lock is never held across an await.
    fn draw<T>(&self, sample: impl FnOnce(&mut SmallRng) -> T) -> T {
        let mut generator = self.generator.lock().unwrap_or_else(PoisonError::into_inner);
        sample(&mut generator)
    }
}

/// One report in flight; leaves the count when dropped, also when the client goes away.
struct ReportInFlight<'shop>(&'shop AtomicU32);

impl<'shop> ReportInFlight<'shop> {
    /// Enters the count, and says how many others were in it.
    fn enter(reports: &'shop AtomicU32) -> (Self, u32) {
        let others = reports.fetch_add(1, Ordering::Relaxed);
        (Self(reports), others)
    }
}

impl Drop for ReportInFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All endpoints, with counts at zero. The same `seed` and order of requests give the same latencies and failures.
///
/// Whatever no endpoint takes, another method on a known path included, is answered 404.
pub fn router(seed: u64) -> Router {
    let shop = Arc::new(Shop {
        generator: Mutex::new(SmallRng::seed_from_u64(seed)),
        reports_in_flight: AtomicU32::new(0),
        counts: Counts::default(),
    });
    let counted = Router::new()
        .route("/", get(home))
        .route("/item/{id}", get(item))
        .route("/search", get(search))
        .route("/cart", post(cart))
        .route("/report", get(report))
        .route("/status/{code}", get(status))
        .route("/delay/{ms}", get(delay))
        .route("/healthz", get(health))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&shop), count));
    Router::new()
        .route("/counts", get(counts))
        .route("/counts/reset", post(reset_counts))
        .merge(counted)
        .with_state(shop)
}

/// Counts every answer by the route that gave it.
async fn count(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let matched_path = request.extensions().get::<MatchedPath>();
    let route = Route::of(request.method(), matched_path.map(MatchedPath::as_str));
    let response = next.run(request).await;
    shop.counts.add(route, response.status());
    response
}

fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

async fn home() -> Response {
    json(StatusCode::OK, bodies::HOME)
}

async fn health() -> Response {
    json(StatusCode::OK, bodies::HEALTH)
}

/// `id` is a whole number; anything else is no item.
async fn item(State(shop): State<Arc<Shop>>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else {
        return not_found().await;
    };
    tokio::time::sleep(shop.draw(latency::item)).await;
    json(StatusCode::OK, bodies::item(id).to_string())
}

async fn search(State(shop): State<Arc<Shop>>) -> Response {
    let (cached, wait) = shop.draw(latency::search);
    tokio::time::sleep(wait).await;
    json(StatusCode::OK, bodies::search(cached).to_string())
}

/// The request's body is read and ignored, so that the connection can be used again.
async fn cart(State(shop): State<Arc<Shop>>, _line: Bytes) -> Response {
    let (fails, wait) = shop.draw(|generator| {
        let fails = latency::cart_fails(generator);
        (fails, latency::cart(generator))
    });
    tokio::time::sleep(wait).await;
    let status = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::CREATED };
    json(status, bodies::cart(!fails).to_string())
}

async fn report(State(shop): State<Arc<Shop>>) -> Response {
    let (_in_flight, others) = ReportInFlight::enter(&shop.reports_in_flight);
    tokio::time::sleep(latency::report(others)).await;
    json(StatusCode::OK, bodies::report().to_string())
}

/// Takes 200 to 999. The 1xx are not final answers, so they, like anything else, are 404.
async fn status(Path(code): Path<String>) -> Response {
    let code = code.parse().ok().filter(|code| *code >= 200);
    match code.and_then(|code| StatusCode::from_u16(code).ok()) {
        // These three have no body by definition.
        Some(code @ (StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)) => {
            code.into_response()
        }
        Some(code) => json(code, bodies::note(&format!("as asked: {code}")).to_string()),
        None => not_found().await,
    }
}

async fn delay(Path(asked_ms): Path<String>) -> Response {
    let Ok(asked_ms) = asked_ms.parse() else {
        return not_found().await;
    };
    let wait: Duration = latency::requested(asked_ms);
    tokio::time::sleep(wait).await;
    let message = format!("waited {} ms", wait.as_millis());
    json(StatusCode::OK, bodies::note(&message).to_string())
}

async fn not_found() -> Response {
    json(StatusCode::NOT_FOUND, bodies::note("no such page").to_string())
}

async fn counts(State(shop): State<Arc<Shop>>) -> Response {
    json(StatusCode::OK, shop.counts.to_json().to_string())
}

async fn reset_counts(State(shop): State<Arc<Shop>>) -> StatusCode {
    shop.counts.reset();
    StatusCode::NO_CONTENT
}
