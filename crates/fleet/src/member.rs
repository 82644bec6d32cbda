//! One worker of a run, as the master knows it.

use crate::absence::Absence;
use crate::frame::FrameHeader;
use crate::sequence::{Arrival, Sequence};
use locust_telemetry_core::reconciliation::WorkerAccount;
use locust_telemetry_core::{ClockOffset, FrameCounts, WorkerState};
use std::collections::BTreeSet;

/// A worker and the frames of its present process.
#[derive(Debug, Default)]
pub(crate) struct Member {
    pub(crate) source_id: String,
    pub(crate) state: WorkerState,
    /// Since when it has that state: Unix nanoseconds.
    state_since_ns: i64,
    incarnation: Option<u64>,
    sequence: Sequence,
    is_final: bool,
    clock: Option<ClockOffset>,
    counts: FrameCounts,
    pub(crate) requests: u64,
    /// When its last user had stopped: Unix nanoseconds of the master's clock.
    users_stopped_ns: Option<i64>,
    /// When it was last asked for whatever it still has, and how often in a row.
    asked_for_rest: Option<(i64, u32)>,
    lost_s: Option<(i64, i64)>,
    absence: Absence,
    /// The newest second that it told of, and how many users it had then.
    users: Option<(i64, u64)>,
    /// When the run began, before which nothing can be lost.
    run_started_s: i64,
    /// Whether its state has changed since it was last shown in a window.
    pub(crate) has_news: bool,
}

/// Nanoseconds between two requests for whatever a worker still has.
const ASK_FOR_REST_NS: i64 = 1_000_000_000;

const NS_PER_S: i64 = 1_000_000_000;

/// How often it is asked for that in a row.
const MAX_REST_ASKS: u32 = 5;

/// Stands for the last number in a request for everything from some frame on. Fits a signed integer of 64 bits.
pub(crate) const ALL_THERE_IS: u64 = i64::MAX as u64;

impl Member {
    /// One of which nothing is known but its name on Locust's channel; it stands for the index until Locust tells it.
    pub(crate) fn new(client_id: &str, run_started_s: i64) -> Self {
        Self { source_id: client_id.to_owned(), run_started_s, ..Self::default() }
    }

    /// What Locust says of it.
    pub(crate) fn set_state(&mut self, source_id: &str, state: WorkerState, now_ns: i64) {
        if self.source_id != source_id {
            source_id.clone_into(&mut self.source_id);
        }
        if self.state != state || self.state_since_ns == 0 {
            self.state = state;
            self.state_since_ns = now_ns;
            self.has_news = true;
            if state.is_live() {
                self.absence.returned();
            }
        }
    }

    /// Its last user had stopped at this moment.
    pub(crate) fn stopped_users(&mut self, time_ns: i64) {
        self.users_stopped_ns = self.users_stopped_ns.max(Some(time_ns));
    }

    /// When its last user had stopped, if it has told.
    pub(crate) fn users_stopped_ns(&self) -> Option<i64> {
        self.users_stopped_ns
    }

    /// Whether it has sent no frame of this run.
    pub(crate) fn is_silent(&self) -> bool {
        self.incarnation.is_none()
    }

    /// Takes the header of a frame; whether its windows are to be counted.
    pub(crate) fn take(&mut self, header: &FrameHeader) -> bool {
        if self.incarnation != Some(header.incarnation) {
            // A new process under the old name: what the old one still had is lost.
            self.end_incarnation();
            self.incarnation = Some(header.incarnation);
        }
        let before_s = self.sequence.closed_until_s();
        match self.sequence.take(header.sequence, header.closed_until_s) {
            Arrival::New => {}
            Arrival::Late { asked: true } => self.counts.resent += 1,
            Arrival::Late { asked: false } => self.counts.reordered += 1,
            Arrival::Replayed => {
                self.counts.replayed += 1;
                return false;
            }
            Arrival::Absurd => {
                self.counts.refused += 1;
                return false;
            }
        }
        self.counts.received += 1;
        self.is_final |= header.is_final;
        self.clock = header.clock.or(self.clock);
        if self.sequence.closed_until_s() > before_s {
            self.asked_for_rest = None;
            self.absence.whole_until(self.sequence.closed_until_s());
        }
        true
    }

    /// A window of it was counted, with so many users of its own.
    pub(crate) fn told(&mut self, start_s: i64, users: u64) {
        if self.users.is_none_or(|(newest_s, _)| start_s >= newest_s) {
            self.users = Some((start_s, users));
        }
        self.absence.told(start_s, self.sequence.closed_until_s());
    }

    /// A frame of it could not be used: there is something to ask for.
    pub(crate) fn refuse(&mut self, now_ns: i64) -> Option<(u64, u64)> {
        self.counts.refused += 1;
        self.ask_for_rest(now_ns)
    }

    /// The frames to ask for, where a gap is known.
    pub(crate) fn ask(&mut self, now_ns: i64) -> Vec<(u64, u64)> {
        let (lost_before, from_s) = (self.sequence.lost(), self.sequence.closed_until_s());
        let ranges = self.sequence.ask(now_ns);
        if self.sequence.lost() > lost_before {
            self.note_loss(from_s, self.sequence.closed_until_s());
        }
        ranges
    }

    /// The range that asks for all from the first frame on that has not come; at most once a second.
    pub(crate) fn ask_for_rest(&mut self, now_ns: i64) -> Option<(u64, u64)> {
        let asks = match self.asked_for_rest {
            Some((then_ns, _)) if now_ns.saturating_sub(then_ns) < ASK_FOR_REST_NS => return None,
            Some((_, asks)) if asks >= MAX_REST_ASKS => return None,
            Some((_, asks)) => asks,
            None => 0,
        };
        self.asked_for_rest = Some((now_ns, asks + 1));
        Some((self.sequence.next(), ALL_THERE_IS))
    }

    /// Whether it has sent everything and said so.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_final && self.sequence.is_whole()
    }

    /// The number of its last frame, once it is complete.
    pub(crate) fn last_sequence(&self) -> Option<u64> {
        if self.is_complete() { self.sequence.next().checked_sub(1) } else { None }
    }

    /// Whether a second is not to be closed without it yet.
    pub(crate) fn is_awaited_for(&self, start_s: i64) -> bool {
        self.state.is_live() && !self.is_complete() && self.sequence.closed_until_s() <= start_s
    }

    /// Since when its state is what it is: Unix nanoseconds.
    pub(crate) fn state_since_ns(&self) -> i64 {
        self.state_since_ns
    }

    pub(crate) fn clock(&self) -> Option<ClockOffset> {
        self.clock
    }

    /// What became of its frames.
    pub(crate) fn counts(&self) -> FrameCounts {
        FrameCounts { lost: self.counts.lost + self.sequence.lost(), ..self.counts }
    }

    /// Takes what is missing as lost: nobody will send it any more. `until_s` is the end of what may be missing where
    /// it has not told its end.
    pub(crate) fn give_up(&mut self, until_s: i64) {
        let from_s = self.sequence.closed_until_s();
        if !self.sequence.is_whole() {
            self.sequence.give_up_all();
            self.note_loss(from_s, self.sequence.closed_until_s());
        }
        if !self.is_final && !self.is_silent() && self.sequence.closed_until_s() < until_s {
            let from_s = self.sequence.closed_until_s();
            if self.is_idle() {
                self.absence.pass(until_s);
            }
            self.note_loss(from_s, until_s);
        }
    }

    /// Whether it had no users when it last told of them: what it was to tell from then on is nothing that anybody lacks.
    fn is_idle(&self) -> bool {
        self.users.is_some_and(|(_, users)| users == 0)
    }

    fn end_incarnation(&mut self) {
        let from_s = self.sequence.closed_until_s();
        self.sequence.give_up_all();
        if self.sequence.lost() > 0 {
            self.note_loss(from_s, self.sequence.closed_until_s());
        }
        self.counts.lost += self.sequence.lost();
        self.sequence = Sequence::default();
        self.is_final = false;
    }

    /// From which second on it is missing: it is lost to Locust, or left without its last words. `None` while it is there
    /// or has told everything, and where it had no users.
    fn missing_from_s(&self) -> Option<i64> {
        let from_s = match self.state {
            _ if self.state.is_live() || self.is_complete() || self.is_idle() => return None,
            // One that never told anything, and left in order, may have had nothing to tell.
            WorkerState::Gone if self.is_silent() => return None,
            _ if self.is_silent() => self.state_since_ns.div_euclid(NS_PER_S),
            _ => self.sequence.closed_until_s(),
        };
        Some(from_s.max(self.run_started_s))
    }

    /// A second is closed with its part, and `users` on all workers.
    pub(crate) fn is_in(&mut self, users: u64) {
        self.absence.users_with_it(users);
    }

    /// Whether a second that is closed without its part, and with `users` on the others, lacks it.
    pub(crate) fn is_missing_in(&mut self, start_s: i64, users: u64) -> bool {
        if self.missing_from_s().is_some_and(|from_s| start_s >= from_s) {
            // Before Locust knows, it gives its users to nobody: what others have more is the ramp-up.
            if start_s >= self.state_since_ns.div_euclid(NS_PER_S) {
                self.absence.users_without_it(users);
            }
            self.absence.note(start_s..start_s.saturating_add(1));
        }
        self.absence.takes(start_s)
    }

    /// The seconds before this one that turned out to lack its part after they were closed.
    pub(crate) fn found_missing(&mut self, until_s: i64) -> BTreeSet<i64> {
        if let Some(from_s) = self.missing_from_s() {
            self.absence.note(from_s..until_s);
        }
        self.absence.take_before(until_s)
    }

    /// Frames with these seconds are lost; the worker has told of some of them in others.
    fn note_loss(&mut self, from_s: i64, until_s: i64) {
        let from_s = from_s.max(self.run_started_s);
        self.absence.note(from_s..until_s);
        self.absence.whole_until(self.sequence.closed_until_s());
        let (from_s, until_s) = match self.lost_s {
            Some((from, until)) => (from.min(from_s), until.max(until_s)),
            None => (from_s, until_s),
        };
        self.lost_s = Some((from_s, until_s.max(from_s)));
    }

    /// Its account as it stands.
    pub(crate) fn account(&self, client_id: &str) -> WorkerAccount {
        WorkerAccount {
            client_id: client_id.to_owned(),
            source_id: self.source_id.clone(),
            state: self.state,
            requests: self.requests,
            frames: self.counts(),
            lost: self.lost_s,
            is_silent: self.is_silent(),
        }
    }
}
