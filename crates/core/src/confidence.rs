//! How far a window's latencies can be trusted: a load generator that is itself saturated measures itself.
//!
//! Pure: what was sampled in, verdict out. The default thresholds were found by experiment; see
//! `docs/confidence.md` and `benches/saturation.py`.

use crate::system::SystemSample;
use crate::window::Window;
use std::collections::BTreeMap;

/// Why a window is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// A tick of the gevent hub came late: responses waited for Python before their time was taken.
    HubLag,
    /// The process used (nearly) all of the one core that Python can use.
    ProcessCpu,
    /// Threads of the process were ready to run but had to wait for a core.
    RunQueueDelay,
    /// A CPU quota stopped the process's control group.
    Throttled,
}

impl Reason {
    /// Every reason; a reason's place is its bit in [`Reasons::bits`].
    pub const ALL: [Self; 4] = [Self::HubLag, Self::ProcessCpu, Self::RunQueueDelay, Self::Throttled];

    /// The name in records and summaries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HubLag => "hub_lag",
            Self::ProcessCpu => "process_cpu",
            Self::RunQueueDelay => "run_queue_delay",
            Self::Throttled => "throttled",
        }
    }
}

/// A set of [`Reason`]s. Empty means trusted. Merging is the union.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons(u8);

impl Reasons {
    /// No reason: trusted.
    pub const NONE: Self = Self(0);

    /// The set of these bits, in the order of [`Reason::ALL`]; bits of reasons that are not known here are left out.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & ((1 << Reason::ALL.len()) - 1))
    }

    /// One bit for each reason, in the order of [`Reason::ALL`].
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Adds one reason.
    pub const fn add(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u8;
    }

    /// Adds the reasons of `other`.
    pub const fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The reasons that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is no reason for doubt.
    #[must_use]
    pub const fn is_trusted(self) -> bool {
        self.0 == 0
    }

    /// The reasons, in the order of [`Reason::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.0 & (1 << *reason as u8) != 0)
    }
}

/// From where on a window is suspect. A figure at or above its threshold is a reason; NaN thresholds never are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// How late the latest tick of the gevent hub may come, in nanoseconds.
    pub hub_lag_ns: u64,
    /// CPU of this process in percent of one core.
    pub process_cpu_percent: f64,
    /// Time that threads waited for a core, as a share of the window (may be above 1 with several threads).
    pub run_queue_delay_share: f64,
    /// Time for which a quota stopped the group, as a share of the window.
    pub throttled_share: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { hub_lag_ns: 10_000_000, process_cpu_percent: 70.0, run_queue_delay_share: 0.15, throttled_share: 0.05 }
    }
}

/// A sample of the system that covers less is not judged, in nanoseconds.
///
/// The thresholds were found for whole seconds (`docs/confidence.md`). Where a run ends amid one, the end itself, a burst
/// of a few hundred milliseconds, would be most of what is left of it.
pub const MIN_JUDGED_NS: u64 = 750_000_000;

impl Thresholds {
    /// The verdict on a window of `length_ns` nanoseconds.
    ///
    /// `system` must cover just that window, see [`SystemSample`]; what the platform does not tell is no reason, and
    /// neither is a sample of less than [`MIN_JUDGED_NS`].
    #[must_use]
    pub fn judge(&self, length_ns: u64, hub_lag_max_ns: Option<u64>, system: Option<&SystemSample>) -> Reasons {
        let mut reasons = Reasons::NONE;
        let share = |ns: Option<u64>| ns.map_or(0.0, |ns| ns as f64 / length_ns.max(1) as f64);
        if hub_lag_max_ns.is_some_and(|lag_ns| lag_ns >= self.hub_lag_ns) {
            reasons.add(Reason::HubLag);
        }
        let Some(system) = system.filter(|_| length_ns >= MIN_JUDGED_NS) else { return reasons };
        let exceeded = [
            (Reason::ProcessCpu, system.process_cpu_percent >= self.process_cpu_percent),
            (Reason::RunQueueDelay, share(system.run_queue_delay_since_last_ns) >= self.run_queue_delay_share),
            (Reason::Throttled, share(system.throttled_since_last_ns) >= self.throttled_share),
        ];
        exceeded.into_iter().filter(|(_, is_exceeded)| *is_exceeded).for_each(|(reason, _)| reasons.add(reason));
        reasons
    }
}

/// For how many seconds a late window can still change what its second was counted as.
const MAX_REMEMBERED_SECONDS: usize = 600;

/// How far a whole run can be trusted: its windows, counted by verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunConfidence {
    /// Seconds of the run that had a window.
    pub seconds: u64,
    /// Those in which any process was suspect.
    pub suspect_seconds: u64,
    /// Requests whose response times are suspect: on a master those of the suspect workers only.
    pub suspect_requests: u64,
    /// Seconds by reason, in the order of [`Reason::ALL`]; one second may have several.
    pub by_reason: [u64; Reason::ALL.len()],
    /// What the newest seconds were counted as, so that a second of several windows counts once.
    remembered: BTreeMap<i64, Reasons>,
}

impl RunConfidence {
    /// Adds one window, late ones too: a second is suspect once any of its windows is.
    ///
    /// A window that is older than the newest 600 seconds adds its requests only.
    pub fn add(&mut self, window: &Window) {
        self.suspect_requests += suspect_requests(window);
        let is_full = self.remembered.len() >= MAX_REMEMBERED_SECONDS;
        if is_full && self.remembered.first_key_value().is_some_and(|(oldest_s, _)| window.start_s < *oldest_s) {
            return;
        }
        let known = self.remembered.entry(window.start_s).or_insert_with(|| {
            self.seconds += 1;
            Reasons::NONE
        });
        self.suspect_seconds += u64::from(known.is_trusted() && !window.reasons.is_trusted());
        for reason in window.reasons.without(*known).iter() {
            self.by_reason[reason as usize] += 1;
        }
        known.merge(window.reasons);
        if self.remembered.len() > MAX_REMEMBERED_SECONDS {
            self.remembered.pop_first();
        }
    }

    /// Whether no second was suspect.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        self.suspect_seconds == 0
    }

    /// The seconds that were not, but for the newest `open_seconds`, which may still become so.
    #[must_use]
    pub fn trusted_seconds(&self, open_seconds: usize) -> u64 {
        let newest = self.remembered.values().rev().take(open_seconds);
        let open = newest.filter(|reasons| reasons.is_trusted()).count() as u64;
        self.seconds.saturating_sub(self.suspect_seconds).saturating_sub(open)
    }

    /// The reasons that occurred, with their seconds.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> + '_ {
        Reason::ALL.into_iter().zip(self.by_reason).filter(|(_, seconds)| *seconds > 0)
    }
}

fn suspect_requests(window: &Window) -> u64 {
    if window.reasons.is_trusted() {
        0
    } else if window.workers.is_empty() {
        window.requests.requests()
    } else {
        window.workers.iter().filter(|worker| !worker.reasons.is_trusted()).map(|worker| worker.requests).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{Buffer, Request, RequestTable};
    use crate::worker::WorkerWindow;

    const SECOND_NS: u64 = 1_000_000_000;

    fn sample(process_cpu_percent: f64, run_queue_ns: Option<u64>, throttled_ns: Option<u64>) -> SystemSample {
        SystemSample {
            process_cpu_percent,
            run_queue_delay_since_last_ns: run_queue_ns,
            throttled_since_last_ns: throttled_ns,
            ..SystemSample::default()
        }
    }

    fn judged(hub_lag_ns: Option<u64>, system: &SystemSample) -> Vec<Reason> {
        Thresholds::default().judge(SECOND_NS, hub_lag_ns, Some(system)).iter().collect()
    }

    #[test]
    fn the_list_of_reasons_is_in_the_order_of_their_numbers() {
        for (position, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, position);
        }
    }

    #[test]
    fn a_calm_process_is_trusted_and_so_is_what_nothing_is_known_of() {
        let limits = Thresholds::default();
        assert!(judged(Some(limits.hub_lag_ns - 1), &sample(50.0, Some(1_000_000), Some(0))).is_empty());
        assert!(limits.judge(SECOND_NS, None, None).is_trusted());
    }

    #[test]
    fn each_figure_at_its_threshold_is_its_own_reason() {
        let limits = Thresholds::default();
        let share = |share: f64| Some((share * SECOND_NS as f64).ceil() as u64);
        assert_eq!(judged(Some(limits.hub_lag_ns), &sample(0.0, None, None)), [Reason::HubLag]);
        assert_eq!(judged(None, &sample(limits.process_cpu_percent, None, None)), [Reason::ProcessCpu]);
        let waited = sample(0.0, share(limits.run_queue_delay_share), None);
        assert_eq!(judged(None, &waited), [Reason::RunQueueDelay]);
        let throttled = sample(0.0, None, share(limits.throttled_share));
        assert_eq!(judged(None, &throttled), [Reason::Throttled]);
    }

    #[test]
    fn shares_are_of_the_window_s_own_length() {
        let waited = sample(0.0, Some(450_000_000), None);
        let limits = Thresholds { run_queue_delay_share: 0.5, ..Thresholds::default() };
        assert!(limits.judge(SECOND_NS, None, Some(&waited)).is_trusted());
        assert!(!limits.judge(SECOND_NS * 4 / 5, None, Some(&waited)).is_trusted());
    }

    #[test]
    fn a_fraction_of_a_second_is_judged_by_its_hub_alone() {
        let busy = sample(100.0, Some(300_000_000), Some(300_000_000));
        let judged =
            |length_ns, lag_ns| Thresholds::default().judge(length_ns, lag_ns, Some(&busy)).iter().collect::<Vec<_>>();
        assert_eq!(judged(MIN_JUDGED_NS - 1, None), []);
        assert_eq!(judged(MIN_JUDGED_NS - 1, Some(SECOND_NS)), [Reason::HubLag]);
        assert_eq!(judged(MIN_JUDGED_NS, None).len(), 3);
    }

    #[test]
    fn merging_is_the_union_and_unknown_bits_are_left_out() {
        let mut reasons = Reasons::from_bits(0b1111_0001);
        assert_eq!(reasons.iter().collect::<Vec<_>>(), [Reason::HubLag]);
        reasons.merge(Reasons::from_bits(0b1000));
        assert_eq!(reasons.iter().map(Reason::name).collect::<Vec<_>>(), ["hub_lag", "throttled"]);
    }

    fn reasons(reasons: &[Reason]) -> Reasons {
        let mut all = Reasons::NONE;
        reasons.iter().for_each(|reason| all.add(*reason));
        all
    }

    fn window(start_s: i64, why: &[Reason], requests: usize) -> Window {
        let mut table = RequestTable::new(10);
        let request = Request {
            name: "/",
            method: "GET",
            status: None,
            error_type: None,
            message: None,
            elapsed_ms: Ok(1.0),
            response_bytes: 0,
        };
        for _ in 0..requests {
            table.record(&request);
        }
        let requests = table.swap(Buffer::default()).drain();
        Window { start_s, reasons: reasons(why), requests, ..Window::default() }
    }

    fn added(windows: &[Window]) -> RunConfidence {
        let mut run = RunConfidence::default();
        windows.iter().for_each(|window| run.add(window));
        run
    }

    #[test]
    fn a_run_counts_its_suspect_seconds_their_requests_and_each_reason() {
        let run = added(&[
            window(1, &[], 5),
            window(2, &[Reason::HubLag, Reason::Throttled], 3),
            window(3, &[Reason::HubLag], 4),
        ]);
        assert_eq!((run.seconds, run.suspect_seconds, run.suspect_requests), (3, 2, 7));
        assert_eq!(run.reasons().collect::<Vec<_>>(), [(Reason::HubLag, 2), (Reason::Throttled, 1)]);
        assert!(!run.is_trusted());
        assert!(added(&[window(1, &[], 5)]).is_trusted());
    }

    #[test]
    fn a_second_of_several_windows_counts_once_whatever_their_order() {
        let mut windows = [
            window(1, &[Reason::HubLag], 1),
            window(2, &[], 1),
            window(1, &[Reason::HubLag, Reason::ProcessCpu], 1),
            window(1, &[], 1),
        ];
        for _ in 0..windows.len() {
            windows.rotate_left(1);
            let run = added(&windows);
            assert_eq!((run.seconds, run.suspect_seconds, run.suspect_requests), (2, 1, 2));
            assert_eq!(run.reasons().collect::<Vec<_>>(), [(Reason::HubLag, 1), (Reason::ProcessCpu, 1)]);
        }
    }

    #[test]
    fn on_a_master_only_the_requests_of_suspect_workers_are_suspect() {
        let worker = |requests, why: &[Reason]| WorkerWindow { requests, reasons: reasons(why), ..Default::default() };
        let mut merged = window(1, &[Reason::HubLag], 9);
        merged.workers = vec![worker(5, &[]), worker(4, &[Reason::HubLag])];
        assert_eq!(added(&[merged]).suspect_requests, 4);
    }

    #[test]
    fn trusted_seconds_are_those_that_are_not_suspect_but_for_the_newest() {
        let windows: Vec<_> =
            (1..=5).map(|second| window(second, if second % 2 == 0 { &[Reason::HubLag] } else { &[] }, 0)).collect();
        let run = added(&windows);
        assert_eq!([0, 1, 2, 3, 9].map(|open_seconds| run.trusted_seconds(open_seconds)), [3, 2, 2, 1, 0]);
    }

    #[test]
    fn a_second_that_is_long_past_is_not_counted_again() {
        let mut run = RunConfidence::default();
        (0..10_000).for_each(|second| run.add(&window(second, &[], 0)));
        run.add(&window(0, &[Reason::HubLag], 3));
        assert_eq!((run.seconds, run.suspect_seconds, run.suspect_requests), (10_000, 0, 3));
        assert_eq!(run.remembered.len(), MAX_REMEMBERED_SECONDS);
    }
}
