//! What a page leaves behind. A test crate of its own: it looks at the threads of its process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::net::{TcpListener, TcpStream};
use support::client::{Listener, get};
use support::recording::{Recording, Requests};

#[test]
fn closing_ends_every_stream_and_leaves_no_thread() {
    let mut recording = Recording::new();
    recording.second(0, &[Requests::to("/pay")]);
    let mut page = recording.page();
    let mut listener = Listener::open(page.address(), None);
    get(page.address(), "/api/runs");
    assert_eq!(threads(), ["lt-web", "lt-web-read"]);

    page.close();
    assert_eq!(threads(), [""; 0]);
    while listener.event().is_some() {}
    assert!(TcpStream::connect(page.address()).is_err());
    drop(TcpListener::bind(page.address()).unwrap());
}

/// The names of the server's threads in this process.
fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let mut names: Vec<_> =
        names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("lt-web")).collect();
    names.sort();
    names.dedup();
    names
}
