//! The master's merge: frames of all workers in, one window for each second of the run out.
//!
//! A second is closed once every live worker has told of it, or a bound on lateness has passed. What comes later makes
//! a window of its own for the same second, so that the totals are right in the end. Nothing is counted twice: a frame
//! is known by its worker, its incarnation and its number.

use crate::frame::{Frame, decode};
use crate::member::Member;
use crate::message_index::MessageIndex;
use crate::second::{FrameNames, Second, natural};
use crate::series_index::SeriesIndex;
use locust_telemetry_core::reconciliation::WorkerAccount;
use locust_telemetry_core::{DEFAULT_MAX_SERIES, Window, WorkerState, WorkerWindow};
use std::collections::BTreeMap;

const NS_PER_S: i64 = 1_000_000_000;

/// Nanoseconds that the end of a run waits for the last frame of a worker that has left, or never sent one: what it
/// sent before it left may still be on its way.
const GRACE_NS: i64 = 2_000_000_000;

/// A window this many seconds ahead of the master's clock is not waited for: its worker's clock is wrong.
const MAX_AHEAD_S: i64 = 5;

/// The event by which a worker tells that its users have stopped.
const TEST_STOP: &str = "locust.tl.event.test.stop";

/// How patient the master is, and how much it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeSettings {
    /// Seconds after its end at which a second is closed although a live worker has not told of it.
    pub max_lateness_s: u32,
    /// How many series are kept; later ones are counted as one.
    pub max_series: usize,
}

impl Default for MergeSettings {
    fn default() -> Self {
        Self { max_lateness_s: 10, max_series: DEFAULT_MAX_SERIES }
    }
}

/// Something to be sent to a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerMessage {
    /// Send the frames with these numbers again (both included).
    Resend {
        /// To whom.
        client_id: String,
        /// The first number.
        first: u64,
        /// The last number.
        last: u64,
    },
    /// Everything up to this number is here.
    Acknowledge {
        /// To whom.
        client_id: String,
        /// The number of the worker's last frame.
        sequence: u64,
    },
}

/// Merges the frames of one run at a time.
#[derive(Debug, Default)]
pub struct Merger {
    settings: MergeSettings,
    run_id: String,
    /// When it began: Unix seconds.
    started_s: i64,
    /// By client id. The order of arrival is the number in seconds.
    members: BTreeMap<String, usize>,
    states: Vec<Member>,
    index: SeriesIndex,
    /// What failed requests said.
    said: MessageIndex,
    open: BTreeMap<i64, Second>,
    /// What came for seconds that were closed already.
    late: BTreeMap<i64, Second>,
    /// Every second before this one is closed.
    next_s: i64,
    /// The master itself has closed every second before this one.
    own_closed_until_s: i64,
    users: u64,
    /// When the run was stopped: Unix nanoseconds.
    stopped_ns: Option<i64>,
    /// Frames of other runs.
    foreign: u64,
    messages: Vec<WorkerMessage>,
}

impl Merger {
    /// A merger without a run.
    #[must_use]
    pub fn new(settings: MergeSettings) -> Self {
        Self { settings, index: SeriesIndex::new(settings.max_series), ..Self::default() }
    }

    /// Begins a run; nothing of the last one is in it but which workers there are.
    pub fn start_run(&mut self, run_id: &str, settings: MergeSettings, now_ns: i64) {
        let states = std::mem::take(&mut self.states);
        let kept = std::mem::take(&mut self.members).into_iter().filter_map(|(client_id, number)| {
            let old = states.get(number)?;
            old.state.is_live().then(|| (client_id, old.source_id.clone(), old.state))
        });
        let kept: Vec<_> = kept.collect();
        let started_s = now_ns.div_euclid(NS_PER_S);
        *self = Self {
            run_id: run_id.to_owned(),
            started_s,
            next_s: started_s,
            own_closed_until_s: started_s,
            ..Self::new(settings)
        };
        for (client_id, source_id, state) in kept {
            self.worker(&client_id, &source_id, state, now_ns);
        }
    }

    /// The run was stopped: from now on workers are asked for what they still have.
    pub fn stop_run(&mut self, now_ns: i64) {
        self.stopped_ns.get_or_insert(now_ns);
    }

    /// What Locust knows of a worker.
    pub fn worker(&mut self, client_id: &str, source_id: &str, state: WorkerState, now_ns: i64) {
        let number = self.number(client_id);
        self.states[number].set_state(source_id, state, now_ns);
    }

    /// The master itself has closed every second before this one.
    pub fn own_closed(&mut self, until_s: i64) {
        self.own_closed_until_s = self.own_closed_until_s.max(until_s);
    }

    /// Takes what the master itself saw.
    pub fn own_window(&mut self, window: Window) {
        self.users = window.users;
        let is_open = window.start_s >= self.next_s;
        let seconds = if is_open { &mut self.open } else { &mut self.late };
        seconds.entry(window.start_s).or_default().add_own(window);
    }

    /// Takes the bytes that a worker sent as a frame. What is no frame of this run is counted, and asked for again.
    pub fn receive(&mut self, client_id: &str, bytes: &[u8], now_ns: i64) {
        match decode(bytes) {
            Ok(frame) => self.take(client_id, &frame, now_ns),
            Err(_) => {
                let number = self.number(client_id);
                if let Some((first, last)) = self.states[number].refuse(now_ns) {
                    self.messages.push(WorkerMessage::Resend { client_id: client_id.to_owned(), first, last });
                }
            }
        }
    }

    /// Takes a frame.
    pub fn take(&mut self, client_id: &str, frame: &Frame, now_ns: i64) {
        if frame.header.run_id != self.run_id {
            self.foreign += 1;
            return;
        }
        let number = self.number(client_id);
        if self.states[number].take(&frame.header) {
            self.add(number, frame, now_ns);
        }
        self.ask_member(client_id, number, now_ns);
        if let Some(sequence) = self.states[number].last_sequence() {
            self.messages.push(WorkerMessage::Acknowledge { client_id: client_id.to_owned(), sequence });
        }
    }

    /// Adds the windows of a frame that the worker `number` sent.
    fn add(&mut self, number: usize, frame: &Frame, now_ns: i64) {
        let series = frame.keys.iter().map(|key| self.index.number(key)).collect();
        let messages = frame.messages.iter().map(|message| self.said.text(message)).collect();
        let names = FrameNames { series, messages, index: &self.index };
        for window in &frame.windows {
            let stops = window.events.iter().filter(|event| event.name == TEST_STOP);
            // Whatever a worker's clock says: it had stopped when its word came.
            stops.for_each(|event| self.states[number].stopped_users(event.time_unix_ns.min(now_ns)));
            let is_open = is_open(window.start_s, self.next_s, now_ns);
            let seconds = if is_open { &mut self.open } else { &mut self.late };
            let second = seconds.entry(window.start_s).or_default();
            self.states[number].requests += second.add(number, window, &names);
            self.states[number].told(window.start_s, window.users);
        }
    }

    /// When the last user of all workers had stopped, in Unix nanoseconds; `None` unless each worker that sent anything
    /// has told. The master's own `test_stop` is another moment: it may come before its workers have stopped their users, and
    /// where the master waits for them it looks once a second only.
    #[must_use]
    pub fn users_stopped_ns(&self) -> Option<i64> {
        let told = self.states.iter().filter(|member| !member.is_silent()).map(Member::users_stopped_ns);
        told.reduce(|one, other| Some(one?.max(other?))).flatten()
    }

    /// The windows that are complete, or late enough, at this moment; in the order of their seconds.
    pub fn advance(&mut self, now_ns: i64) -> Vec<Window> {
        self.ask(now_ns);
        self.mark_missing();
        let mut windows = self.take_late();
        let now_s = now_ns.div_euclid(NS_PER_S);
        while self.next_s < now_s && self.is_due(self.next_s, now_s, now_ns) {
            let start_s = self.next_s;
            windows.extend(self.close(start_s));
            self.next_s += 1;
            if self.open.is_empty() && !self.is_awaited(self.next_s, now_ns) {
                // Nothing to wait for and nothing to show: no need to walk through an idle night.
                self.next_s = now_s;
            }
        }
        windows
    }

    /// Every window there is, though more may come for its second.
    pub fn close_all(&mut self) -> Vec<Window> {
        let mut windows = self.take_late();
        while let Some((&start_s, _)) = self.open.first_key_value() {
            windows.extend(self.close(start_s));
            self.next_s = self.next_s.max(start_s.saturating_add(1));
        }
        windows
    }

    /// What is to be sent to workers, since the last call.
    pub fn take_messages(&mut self) -> Vec<WorkerMessage> {
        std::mem::take(&mut self.messages)
    }

    /// Whether nothing more is to be expected: the run was stopped, and everybody has told their end or is gone.
    #[must_use]
    pub fn is_merged(&self, now_ns: i64) -> bool {
        if self.run_id.is_empty() {
            return true;
        }
        let Some(stopped_ns) = self.stopped_ns else { return false };
        self.states.iter().all(|member| {
            if member.is_complete() || member.state == WorkerState::Missing {
                return true;
            }
            let awaited_since_ns = match (member.is_silent(), member.state) {
                (_, WorkerState::Gone) => member.state_since_ns(),
                (true, _) => stopped_ns,
                (false, _) => return false,
            };
            now_ns.saturating_sub(awaited_since_ns) >= GRACE_NS
        })
    }

    /// Once the run was stopped, takes what has not come until now as lost.
    pub fn give_up_after_stop(&mut self, now_ns: i64) {
        let Some(stopped_ns) = self.stopped_ns else { return };
        for member in &mut self.states {
            let end_ns = if member.state.is_live() { now_ns } else { member.state_since_ns() };
            member.give_up(end_ns.min(stopped_ns).div_euclid(NS_PER_S).saturating_add(1));
        }
        self.mark_missing();
    }

    /// The account of each worker, in the order of their ids.
    #[must_use]
    pub fn accounts(&self) -> Vec<WorkerAccount> {
        let mut accounts: Vec<_> =
            self.members.iter().map(|(client_id, &number)| self.states[number].account(client_id)).collect();
        accounts.sort_by(|a, b| natural(&a.source_id).cmp(&natural(&b.source_id)));
        accounts
    }

    /// How many frames of other runs came during this one.
    #[must_use]
    pub fn foreign_frames(&self) -> u64 {
        self.foreign
    }

    fn number(&mut self, client_id: &str) -> usize {
        if let Some(&number) = self.members.get(client_id) {
            return number;
        }
        let number = self.states.len();
        self.members.insert(client_id.to_owned(), number);
        // Until Locust tells its index.
        self.states.push(Member::new(client_id, self.started_s));
        number
    }

    fn is_due(&self, start_s: i64, now_s: i64, now_ns: i64) -> bool {
        let lateness_s = i64::from(self.settings.max_lateness_s);
        let is_told_of = start_s < self.own_closed_until_s && !self.is_awaited(start_s, now_ns);
        is_told_of || now_s > start_s.saturating_add(lateness_s)
    }

    /// Whether any worker is still to tell of a second.
    fn is_awaited(&self, start_s: i64, now_ns: i64) -> bool {
        self.states.iter().any(|member| self.awaits(member, start_s, now_ns))
    }

    fn awaits(&self, member: &Member, start_s: i64, now_ns: i64) -> bool {
        // One that has never sent a frame may not record at all.
        let patience_ns = i64::from(self.settings.max_lateness_s).saturating_mul(NS_PER_S);
        let is_lost_cause = member.is_silent() && now_ns.saturating_sub(member.state_since_ns()) > patience_ns;
        member.is_awaited_for(start_s) && !is_lost_cause
    }

    fn ask(&mut self, now_ns: i64) {
        let clients: Vec<_> = self.members.iter().map(|(client_id, &number)| (client_id.clone(), number)).collect();
        let is_ending = self.stopped_ns.is_some_and(|stopped_ns| now_ns.saturating_sub(stopped_ns) >= NS_PER_S);
        for (client_id, number) in clients {
            self.ask_member(&client_id, number, now_ns);
            let member = &mut self.states[number];
            if is_ending
                && member.state.is_live()
                && !member.is_silent()
                && !member.is_complete()
                && let Some((first, last)) = member.ask_for_rest(now_ns)
            {
                self.messages.push(WorkerMessage::Resend { client_id, first, last });
            }
        }
    }

    fn ask_member(&mut self, client_id: &str, number: usize, now_ns: i64) {
        for (first, last) in self.states[number].ask(now_ns) {
            self.messages.push(WorkerMessage::Resend { client_id: client_id.to_owned(), first, last });
        }
    }

    /// Seconds that were closed already may turn out to lack a worker: a window of its own says so of each.
    fn mark_missing(&mut self) {
        let until_s = self.next_s.min(self.expected_until_s());
        for (number, member) in self.states.iter_mut().enumerate() {
            for start_s in member.found_missing(until_s) {
                self.late.entry(start_s).or_default().miss(number);
            }
        }
    }

    /// Nobody is expected to tell of this second or a later one.
    fn expected_until_s(&self) -> i64 {
        self.stopped_ns.map_or(i64::MAX, |stopped_ns| stopped_ns.div_euclid(NS_PER_S).saturating_add(1))
    }

    fn take_late(&mut self) -> Vec<Window> {
        let late = std::mem::take(&mut self.late);
        late.into_iter().map(|(start_s, second)| self.finish(start_s, second)).collect()
    }

    /// Closes a second; `None` where there is nothing of it.
    fn close(&mut self, start_s: i64) -> Option<Window> {
        let is_expected = start_s < self.expected_until_s();
        let mut second = self.open.remove(&start_s);
        let users = second.as_ref().map_or(0, Second::users);
        // A worker that is missing, or has just gone, is shown without figures.
        for (number, member) in self.states.iter_mut().enumerate() {
            if second.as_ref().is_some_and(|second| second.has(number)) {
                member.is_in(users);
                continue;
            }
            let is_shown = member.has_news || (member.state == WorkerState::Missing && second.is_some());
            if is_expected && second.is_some() && member.is_missing_in(start_s, users) {
                second.get_or_insert_default().miss(number);
            } else if is_shown {
                second.get_or_insert_default().part(number);
            }
        }
        second.map(|second| self.finish(start_s, second))
    }

    fn finish(&mut self, start_s: i64, mut second: Second) -> Window {
        for number in second.workers() {
            let Some(member) = self.states.get_mut(number) else { continue };
            member.has_news = false;
            let part = second.part(number);
            *part = WorkerWindow {
                source_id: member.source_id.clone(),
                state: member.state,
                clock: member.clock(),
                frames: member.counts(),
                ..std::mem::take(part)
            };
        }
        second.close(start_s, &self.index, self.users)
    }
}

/// Whether what comes for a second goes into that one, rather than beside it. `next_s` is the first that is not closed.
fn is_open(start_s: i64, next_s: i64, now_ns: i64) -> bool {
    start_s >= next_s && start_s <= now_ns.div_euclid(NS_PER_S).saturating_add(MAX_AHEAD_S)
}
