//! How many requests each route answered, by status: the count that tests compare Locust's own with.
//!
//! Lock-free: one atomic addition per answer. A request whose client went away before the answer was ready is not
//! counted; one that was answered is counted before its first byte leaves, so a client that has its answer finds it here.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value};

/// An endpoint whose answers are counted apart. `/counts` and `/counts/reset` are not counted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `GET /`
    Home,
    /// `GET /item/{id}`
    Item,
    /// `GET /search`
    Search,
    /// `POST /cart`
    Cart,
    /// `GET /report`
    Report,
    /// `GET /status/{code}`
    Status,
    /// `GET /delay/{ms}`
    Delay,
    /// `GET /healthz`
    Health,
    /// Every request that no endpoint takes, whatever its path and method.
    Other,
}

impl Route {
    /// Every route, in the order in which they are reported; a route's place here is its place in [`Counts`].
    const ALL: [Self; 9] = [
        Self::Home,
        Self::Item,
        Self::Search,
        Self::Cart,
        Self::Report,
        Self::Status,
        Self::Delay,
        Self::Health,
        Self::Other,
    ];

    /// The route that answers `method` on `matched_path` (the pattern, such as `/item/{id}`; `None` if none matched).
    ///
    /// A `HEAD` request is answered, and counted, as its `GET`.
    pub fn of(method: &Method, matched_path: Option<&str>) -> Self {
        let is_read = method == Method::GET || method == Method::HEAD;
        match matched_path {
            Some("/") if is_read => Self::Home,
            Some("/item/{id}") if is_read => Self::Item,
            Some("/search") if is_read => Self::Search,
            Some("/cart") if method == Method::POST => Self::Cart,
            Some("/report") if is_read => Self::Report,
            Some("/status/{code}") if is_read => Self::Status,
            Some("/delay/{ms}") if is_read => Self::Delay,
            Some("/healthz") if is_read => Self::Health,
            _ => Self::Other,
        }
    }

    /// The name under which `GET /counts` reports the route.
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "GET /",
            Self::Item => "GET /item/{id}",
            Self::Search => "GET /search",
            Self::Cart => "POST /cart",
            Self::Report => "GET /report",
            Self::Status => "GET /status/{code}",
            Self::Delay => "GET /delay/{ms}",
            Self::Health => "GET /healthz",
            Self::Other => "other",
        }
    }
}

/// Lowest status that HTTP's grammar allows, and how many follow it (100 to 999).
const FIRST_STATUS: u16 = 100;
const STATUSES: usize = 900;

/// Answers per route and status since the start or the last [`Counts::reset`].
#[derive(Debug)]
pub struct Counts {
    /// One row per route in the order of [`Route::ALL`], one column per status from [`FIRST_STATUS`].
    answers: Box<[AtomicU64]>,
}

impl Default for Counts {
    fn default() -> Self {
        let cells = Route::ALL.len() * STATUSES;
        Self { answers: (0..cells).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Counts {
    /// Adds one answer. Cost: one relaxed atomic addition.
    pub fn add(&self, route: Route, status: StatusCode) {
        let column = usize::from(status.as_u16().saturating_sub(FIRST_STATUS));
        if let Some(cell) = self.answers.get(route as usize * STATUSES + column) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// `{"GET /": {"200": 12}, "POST /cart": {"201": 99, "503": 1}}`: routes and statuses never answered are left out.
    pub fn to_json(&self) -> Value {
        let mut routes = Map::new();
        for (route, row) in Route::ALL.iter().zip(self.answers.chunks(STATUSES)) {
            let statuses: Map<String, Value> = (FIRST_STATUS..)
                .zip(row)
                .map(|(status, cell)| (status, cell.load(Ordering::Relaxed)))
                .filter(|(_, answers)| *answers > 0)
                .map(|(status, answers)| (status.to_string(), Value::from(answers)))
                .collect();
            if !statuses.is_empty() {
                routes.insert(route.name().to_owned(), Value::Object(statuses));
            }
        }
        Value::Object(routes)
    }

    /// Sets every count to zero. Requests in flight are counted when they are answered, hence after it.
    pub fn reset(&self) {
        for cell in &self.answers {
            cell.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_route_has_its_own_row() {
        for (row, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(route as usize, row, "{}", route.name());
        }
    }

    #[test]
    fn answers_are_counted_by_route_and_status() {
        let counts = Counts::default();
        counts.add(Route::Cart, StatusCode::CREATED);
        counts.add(Route::Cart, StatusCode::CREATED);
        counts.add(Route::Cart, StatusCode::SERVICE_UNAVAILABLE);
        counts.add(Route::Home, StatusCode::OK);
        assert_eq!(counts.to_json(), json!({"GET /": {"200": 1}, "POST /cart": {"201": 2, "503": 1}}));
    }

    #[test]
    fn the_first_and_the_last_status_stay_in_their_row() {
        let counts = Counts::default();
        for code in [100, 999] {
            counts.add(Route::Other, StatusCode::from_u16(code).unwrap_or_default());
        }
        assert_eq!(counts.to_json(), json!({"other": {"100": 1, "999": 1}}));
    }

    #[test]
    fn reset_clears_everything() {
        let counts = Counts::default();
        counts.add(Route::Search, StatusCode::OK);
        counts.reset();
        assert_eq!(counts.to_json(), json!({}));
    }

    #[test]
    fn a_method_that_the_route_does_not_take_is_other() {
        assert_eq!(Route::of(&Method::GET, Some("/cart")), Route::Other);
        assert_eq!(Route::of(&Method::POST, Some("/")), Route::Other);
        assert_eq!(Route::of(&Method::GET, None), Route::Other);
        assert_eq!(Route::of(&Method::HEAD, Some("/")), Route::Home);
    }
}
