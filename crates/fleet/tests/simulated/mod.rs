//! Workers that record made-up requests and keep them in real outboxes.

#![allow(dead_code, reason = "each test crate uses its share")]

use locust_telemetry_core::{Anomaly, Buffer, Request, RequestAggregate, RequestTable, Window};
use locust_telemetry_fleet::{Merger, Outbox, WorkerMessage};
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// The run of every test.
pub(crate) const RUN_ID: &str = "a-run";

/// When it begins: Unix seconds.
pub(crate) const START_S: i64 = 1_700_000_000;

/// Unix nanoseconds of a second of the run.
pub(crate) fn at(second: i64) -> i64 {
    (START_S + second) * 1_000_000_000
}

/// One worker.
struct Worker {
    table: RequestTable,
    outbox: Outbox,
}

/// Some workers, and everything that they recorded.
pub(crate) struct Fleet {
    workers: Vec<Worker>,
    parts: Vec<(i64, usize, RequestAggregate)>,
    /// How many users each worker has.
    pub(crate) users: Vec<u64>,
    seed: u64,
}

impl Fleet {
    /// Workers whose requests depend on `seed` alone.
    pub(crate) fn new(workers: usize, seed: u64) -> Self {
        let worker = |number| {
            let mut outbox = Outbox::new(number as u64 + 1, 300);
            outbox.start_run(RUN_ID);
            Worker { table: RequestTable::new(1_000), outbox }
        };
        Self { workers: (0..workers).map(worker).collect(), parts: Vec::new(), users: vec![3; workers], seed: seed | 1 }
    }

    /// How the channel names a worker.
    pub(crate) fn client(&self, worker: usize) -> String {
        format!("host_{worker}")
    }

    /// Has every worker record a second of the run and close its window.
    pub(crate) fn record_second(&mut self, second: i64) {
        for number in 0..self.workers.len() {
            for _ in 0..self.random() % 40 {
                let (name, status) = (format!("/page/{}", self.random() % 7), 200 + (self.random() % 3) as u16);
                let elapsed_ms = match self.random() % 20 {
                    0 => Err(Anomaly::TimeMissing),
                    1 => Ok(0.0),
                    _ => Ok((self.random() % 5_000_000) as f64 / 1_000.0),
                };
                let message = format!("refused by {}", self.random() % 50);
                self.workers[number].table.record(&Request {
                    name: &name,
                    method: "GET",
                    status: NonZeroU16::new(status),
                    error_type: (status == 202).then_some("Accepted"),
                    message: Some(&message),
                    elapsed_ms,
                    response_bytes: 10,
                });
            }
            let users = self.users[number];
            let worker = &mut self.workers[number];
            let requests = worker.table.swap(Buffer::default()).drain();
            self.parts.push((START_S + second, number, requests.clone()));
            worker.outbox.add(&Window { start_s: START_S + second, requests, users, ..Window::default() });
        }
    }

    /// The next frame of a worker.
    pub(crate) fn frame(&mut self, worker: usize) -> Option<Vec<u8>> {
        self.workers[worker].outbox.frame(None, START_S)
    }

    /// The run ends on every worker.
    pub(crate) fn stop(&mut self) {
        self.workers.iter_mut().for_each(|worker| worker.outbox.stop_run());
    }

    /// Does what the master asks for.
    pub(crate) fn answer(&mut self, merger: &mut Merger, now_ns: i64) {
        for message in merger.take_messages() {
            match message {
                WorkerMessage::Resend { client_id, first, last } => {
                    for frame in self.outbox(&client_id).again(first, last, None) {
                        merger.receive(&client_id, &frame, now_ns);
                    }
                }
                WorkerMessage::Acknowledge { client_id, sequence } => self.outbox(&client_id).acknowledge(sequence),
            }
        }
    }

    /// Whether the master has said to have everything of everybody.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.workers.iter().all(|worker| worker.outbox.is_acknowledged())
    }

    /// What each worker recorded: second, worker, requests.
    pub(crate) fn recorded_parts(&self) -> impl Iterator<Item = (i64, usize, &RequestAggregate)> {
        self.parts.iter().map(|(second, worker, requests)| (*second, *worker, requests))
    }

    /// What all recorded, by second.
    pub(crate) fn recorded(&self) -> BTreeMap<i64, RequestAggregate> {
        let mut seconds = BTreeMap::<i64, RequestAggregate>::new();
        self.parts.iter().for_each(|(second, _, requests)| seconds.entry(*second).or_default().merge(requests));
        seconds
    }

    fn outbox(&mut self, client_id: &str) -> &mut Outbox {
        let number: usize = client_id.trim_start_matches("host_").parse().unwrap();
        &mut self.workers[number].outbox
    }

    /// Marsaglia's xorshift: the same for the same seed.
    fn random(&mut self) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed >> 11
    }
}

/// The requests of merged windows, by second.
pub(crate) fn by_second(windows: &[Window]) -> BTreeMap<i64, RequestAggregate> {
    let mut seconds = BTreeMap::<i64, RequestAggregate>::new();
    windows.iter().for_each(|window| seconds.entry(window.start_s).or_default().merge(&window.requests));
    seconds
}
