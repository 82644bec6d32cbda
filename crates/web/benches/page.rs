//! What the live page costs: CPU of its thread while pages follow 500 endpoints, and the time for an hour of their strips.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use locust_telemetry_core::Window;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};
use support::client::{Listener, get};
use support::recording::{BEGIN_S, Recording, Requests, window};

const ENDPOINTS: usize = 500;
const REQUESTS: u64 = 10;
const HOUR_S: i64 = 3600;
const FOLLOWED: i64 = 300;

/// A small generator of numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// One second of all endpoints, no two alike.
fn second(second: i64, names: &[String], random: &mut Random) -> Window {
    let requests: Vec<_> = names
        .iter()
        .map(|name| Requests { count: REQUESTS, time_ms: 20 + random.below(200), ..Requests::to(name) })
        .collect();
    let mut window = window(BEGIN_S + second, &requests);
    // A spread as of real response times, which `Requests` does not have.
    for stats in window.requests.series.values_mut() {
        (0..REQUESTS).for_each(|_| stats.latency.record((10 + random.below(90) * random.below(10)) * 1_000_003));
        stats.requests += REQUESTS;
    }
    window.events.clear();
    window
}

/// What the server's thread has computed so far.
fn cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let of_server = |task: &std::path::PathBuf| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "lt-web")
    };
    let task = tasks.into_iter().find(of_server).expect("the server's thread");
    let schedule = std::fs::read_to_string(task.join("schedstat")).unwrap();
    Duration::from_nanos(schedule.split_whitespace().next().unwrap().parse().unwrap())
}

/// Follows in the background; tells when each window came.
fn follow(address: SocketAddr) -> mpsc::Receiver<Instant> {
    let (sender, receiver) = mpsc::channel();
    let mut listener = Listener::open(address, None);
    thread::spawn(move || {
        while let Some(event) = listener.event() {
            if event.name == "window" && sender.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    receiver
}

fn main() {
    let mut random = Random(7);
    let names: Vec<String> = (0..ENDPOINTS).map(|number| format!("/api/v1/resource/{number}/detail")).collect();
    let mut recording = Recording::new();
    let begun = Instant::now();
    (0..HOUR_S).for_each(|at| recording.window(second(at, &names, &mut random)));
    recording.flush();
    println!("recorded an hour of {ENDPOINTS} endpoints in {:.1?}", begun.elapsed());

    let page = recording.page();
    let address = page.address();
    // By the first answer the thread has its name.
    get(address, "/");
    for (what, path) in [
        ("strips of seconds", "strips?kind=series&slot_s=1"),
        ("strips of minutes", "strips?kind=series&slot_s=60"),
        ("strips of the total", "strips?kind=total&slot_s=1"),
        ("head", ""),
        ("seconds", "seconds"),
        ("windows", "windows"),
    ] {
        let (begun, before) = (Instant::now(), cpu());
        let answer = get(address, format!("/api/runs/run-0/{path}").trim_end_matches('/'));
        assert_eq!(answer.status, 200);
        let size = answer.body.len() as f64 / 1e6;
        println!("{what}: {size:.2} MB in {:.0?} (of which {:.1?} on lt-web)", begun.elapsed(), cpu() - before);
    }

    for pages in [0, 1, 8] {
        let followers: Vec<_> = (0..pages).map(|_| follow(address)).collect();
        sleep(Duration::from_millis(200));
        let (before, mut slowest) = (cpu(), Duration::ZERO);
        for _ in 0..FOLLOWED {
            let at = HOUR_S;
            let window = second(at, &names, &mut random);
            let begun = Instant::now();
            recording.window(window);
            for follower in &followers {
                slowest = slowest.max(follower.recv().unwrap() - begun);
            }
        }
        let each = (cpu() - before) / FOLLOWED as u32;
        println!("{pages} pages follow: {each:.0?} of lt-web a window, the slowest arrives after {slowest:.1?}");
    }

    // Live windows while strips are read again and again.
    let follower = follow(address);
    let reader =
        thread::spawn(move || (0..4).for_each(|_| drop(get(address, "/api/runs/run-0/strips?kind=series&slot_s=1"))));
    let mut slowest = Duration::ZERO;
    while !reader.is_finished() {
        let window = second(HOUR_S, &names, &mut random);
        let begun = Instant::now();
        recording.window(window);
        slowest = slowest.max(follower.recv().unwrap() - begun);
    }
    println!("while an hour of strips is served: the slowest window arrives after {slowest:.1?}");
}
