//! How long each endpoint takes, and how often one fails: pure functions of a generator or of the load.
//!
//! Nothing here waits, holds state or reads a clock; [`crate::routes`] does the waiting.

use std::time::Duration;

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// Longest wait that `GET /delay/{ms}` grants, in milliseconds.
pub const LONGEST_DELAY_MS: u64 = 60_000;

/// Spread of the latencies that are "about" one value: 10 % either side covers two thirds of the draws.
const NARROW_SIGMA: f64 = 0.1;

/// Draws `median_ms * exp(sigma * z)`, `z` standard normal: half the draws lie below `median_ms`, none below zero.
fn log_normal<R: Rng + ?Sized>(generator: &mut R, median_ms: f64, sigma: f64) -> Duration {
    let z: f64 = generator.sample(StandardNormal);
    Duration::from_secs_f64(median_ms * (sigma * z).exp() / 1_000.0)
}

/// `GET /item/{id}`: log-normal with median 20 ms and sigma 0.6, hence a 95th percentile of about 54 ms.
pub fn item<R: Rng + ?Sized>(generator: &mut R) -> Duration {
    log_normal(generator, 20.0, 0.6)
}

/// `GET /search`: whether the answer was cached, and how long it took.
///
/// Four in five are cache hits of about 5 ms; the rest are misses of about 120 ms.
pub fn search<R: Rng + ?Sized>(generator: &mut R) -> (bool, Duration) {
    let hit = !generator.random_ratio(1, 5);
    let median_ms = if hit { 5.0 } else { 120.0 };
    (hit, log_normal(generator, median_ms, NARROW_SIGMA))
}

/// `POST /cart`: about 8 ms, whether it succeeds or not.
pub fn cart<R: Rng + ?Sized>(generator: &mut R) -> Duration {
    log_normal(generator, 8.0, NARROW_SIGMA)
}

/// `POST /cart`: whether this request is the one in a hundred that fails.
pub fn cart_fails<R: Rng + ?Sized>(generator: &mut R) -> bool {
    generator.random_ratio(1, 100)
}

/// `GET /report`: 10 ms, and 6 ms more for each other request in flight on that endpoint.
pub fn report(others_in_flight: u32) -> Duration {
    Duration::from_millis(10 + 6 * u64::from(others_in_flight))
}

/// `GET /delay/{ms}`: as asked, at most [`LONGEST_DELAY_MS`].
pub fn requested(asked_ms: u64) -> Duration {
    Duration::from_millis(asked_ms.min(LONGEST_DELAY_MS))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    const DRAWS: usize = 20_000;

    fn milliseconds(latency: Duration) -> f64 {
        latency.as_secs_f64() * 1_000.0
    }

    /// `DRAWS` draws in milliseconds, ascending.
    fn sorted_draws(mut draw: impl FnMut(&mut SmallRng) -> Duration) -> Vec<f64> {
        let mut generator = SmallRng::seed_from_u64(7);
        let mut draws: Vec<f64> = (0..DRAWS).map(|_| milliseconds(draw(&mut generator))).collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    #[test]
    fn item_has_the_median_and_the_tail_of_its_log_normal() {
        let draws = sorted_draws(item);
        let (median, p95) = (draws[DRAWS / 2], draws[DRAWS * 95 / 100]);
        assert!((19.0..21.0).contains(&median), "median {median} ms");
        // 20 * exp(0.6 * 1.645) = 53.7
        assert!((51.0..56.5).contains(&p95), "95th percentile {p95} ms");
    }

    #[test]
    fn search_has_two_modes_and_nothing_between() {
        let mut hits = 0;
        let draws = sorted_draws(|generator| {
            let (hit, latency) = search(generator);
            hits += usize::from(hit);
            assert_eq!(hit, milliseconds(latency) < 30.0);
            latency
        });
        let hit_share = hits as f64 / DRAWS as f64;
        assert!((0.78..0.82).contains(&hit_share), "hit share {hit_share}");
        let (hit_median, miss_median) = (draws[DRAWS * 2 / 5], draws[DRAWS * 9 / 10]);
        assert!((4.8..5.2).contains(&hit_median), "hit {hit_median} ms");
        assert!((115.0..125.0).contains(&miss_median), "miss {miss_median} ms");
    }

    #[test]
    fn cart_fails_once_in_a_hundred() {
        let mut generator = SmallRng::seed_from_u64(7);
        let failures = (0..DRAWS).filter(|_| cart_fails(&mut generator)).count();
        assert!((140..260).contains(&failures), "{failures} of {DRAWS}");
        let median = sorted_draws(cart)[DRAWS / 2];
        assert!((7.8..8.2).contains(&median), "median {median} ms");
    }

    #[test]
    fn report_grows_with_the_others_in_flight() {
        assert_eq!(report(0), Duration::from_millis(10));
        assert_eq!(report(1), Duration::from_millis(16));
        assert_eq!(report(50), Duration::from_millis(310));
        assert!(report(u32::MAX) > report(u32::MAX - 1));
    }

    #[test]
    fn a_requested_delay_is_capped() {
        assert_eq!(requested(250), Duration::from_millis(250));
        assert_eq!(requested(u64::MAX), Duration::from_secs(60));
    }

    #[test]
    fn the_same_seed_draws_the_same_latencies() {
        assert_eq!(sorted_draws(item), sorted_draws(item));
    }
}
