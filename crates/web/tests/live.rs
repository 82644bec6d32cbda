//! The live stream: windows as they close, what was missed, and who is cut.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_store::{FeedItem, Store};
use locust_telemetry_web::{LivePage, WebConfig};
use support::client::{Listener, ask, get};
use support::recording::{Recording, Requests};

fn recording(seconds: i64) -> Recording {
    let mut recording = Recording::new();
    (0..seconds).for_each(|second| recording.second(second, &[Requests::to("/pay")]));
    recording
}

#[test]
fn a_window_reaches_every_page_as_the_recorder_made_it() {
    let mut recording = Recording::new();
    let page = recording.page();
    let mut listeners = [Listener::open(page.address(), None), Listener::open(page.address(), None)];
    let mut feed = recording.feed.subscribe();
    recording.second(0, &[Requests::to("/pay")]);
    let message = loop {
        if let FeedItem::Window(message) = &*feed.blocking_recv().unwrap() {
            break message.clone();
        }
    };
    for listener in &mut listeners {
        let started = listener.expect("run");
        assert_eq!(started.data, serde_json::json!({"run_id": "run-0", "state": "running"}));
        let window = listener.expect("window");
        assert_eq!(window.id.as_deref(), Some("run-0:1"));
        assert_eq!(window.data, serde_json::from_str::<serde_json::Value>(&message.json).unwrap());
    }
}

#[test]
fn a_page_hears_of_ends_notices_and_the_next_run() {
    let mut recording = recording(1);
    let page = recording.page();
    let mut listener = Listener::open(page.address(), None);
    recording.end();
    assert_eq!(listener.expect("run").data["state"], "ended");
    recording.feed.tell(FeedItem::Notice("two\nlines".to_owned()));
    assert_eq!(listener.expect("notice").data["text"], "two\nlines");
    recording.run("run-1", "checkout-load");
    recording.second(5, &[Requests::to("/pay")]);
    assert_eq!(listener.expect("run").data["run_id"], "run-1");
    assert_eq!(listener.expect("window").id.as_deref(), Some("run-1:1"));
}

#[test]
fn a_page_that_comes_back_gets_what_it_missed_once_and_in_order() {
    let mut recording = Recording::new();
    let page = recording.page();
    let mut listener = Listener::open(page.address(), None);
    (0..4).for_each(|second| recording.second(second, &[Requests::to("/pay")]));
    listener.expect("run");
    (1..=4).for_each(|seq| assert_eq!(listener.expect("window").data["seq"], seq));
    drop(listener);
    let mut back = Listener::open(page.address(), Some("run-0:2"));
    recording.second(4, &[Requests::to("/pay")]);
    assert_eq!(back.expect("run").data["run_id"], "run-0");
    (3..=5).for_each(|seq| assert_eq!(back.expect("window").data["seq"], seq));
}

#[test]
fn a_page_of_a_server_that_started_later_gets_it_from_the_journal() {
    let mut recording = recording(4);
    recording.flush();
    let page = recording.page();
    let mut back = Listener::open(page.address(), Some("run-0:2"));
    assert_eq!(back.expect("window").id.as_deref(), Some("run-0:3"));
    assert_eq!(back.expect("window").id.as_deref(), Some("run-0:4"));
    recording.second(4, &[Requests::to("/pay")]);
    assert_eq!(back.expect("window").id.as_deref(), Some("run-0:5"));
}

#[test]
fn what_is_sealed_is_loaded_again() {
    let mut recording = recording(200);
    recording.flush();
    let page = recording.page();
    for stand in ["run-0:2", "run-9:1", "no position", "run-0:18446744073709551615"] {
        assert_eq!(Listener::open(page.address(), Some(stand)).expect("reload").id, None, "{stand}");
    }
}

#[test]
fn a_page_that_has_read_the_store_begins_behind_it() {
    let mut recording = Recording::new();
    let page = recording.page();
    let mut first = Listener::open(page.address(), None);
    (0..3).for_each(|second| recording.second(second, &[Requests::to("/pay")]));
    first.expect("run");
    (0..3).for_each(|_| drop(first.expect("window")));
    let mut listener = Listener::open_at(page.address(), "/api/live?after=run-0%3A2", None);
    listener.expect("run");
    assert_eq!(listener.expect("window").data["seq"], 3);
}

#[test]
fn one_listener_too_many_is_refused_and_requests_are_still_answered() {
    let recording = recording(1);
    let page = recording.page();
    let listeners: Vec<_> = (0..64).map(|_| Listener::open(page.address(), None)).collect();
    let refused = ask(page.address(), "GET", "/api/live", &[], b"");
    assert_eq!(refused.status, 503);
    assert!(refused.error().contains("too many pages"));
    assert_eq!(get(page.address(), "/api/runs").status, 200);
    drop(listeners);
}

#[test]
fn a_page_that_does_not_read_costs_the_recorder_and_others_nothing() {
    let mut recording = Recording::new();
    let page = recording.page();
    let mut reading = Listener::open(page.address(), None);
    let stuck = Listener::open(page.address(), None);
    // More than sockets and buffers hold.
    let names: Vec<String> = (0..400).map(|number| format!("/item/{number}/{}", "x".repeat(200))).collect();
    let requests: Vec<_> = names.iter().map(|name| Requests::to(name)).collect();
    let mut windows = 0;
    for second in 0..300 {
        recording.second(second, &requests);
        while windows <= second {
            windows += i64::from(reading.event().expect("an event").name == "window");
        }
    }
    drop(stuck);
}

#[test]
fn a_run_of_another_process_is_followed_through_the_store() {
    let mut recording = recording(2);
    let page = LivePage::start(WebConfig { feed: None, ..recording.config() }).unwrap();
    let mut listener = Listener::open(page.address(), None);
    assert_eq!(listener.expect("run").data, serde_json::json!({"run_id": "run-0", "state": "running"}));
    (2..4).for_each(|second| recording.second(second, &[Requests::to("/pay")]));
    assert_eq!(listener.expect("window").id.as_deref(), Some("run-0:3"));
    assert_eq!(listener.expect("window").id.as_deref(), Some("run-0:4"));
    recording.end();
    assert_eq!(listener.expect("run").data, serde_json::json!({"run_id": "run-0", "state": "ended"}));
}

#[test]
fn a_note_that_another_process_writes_reaches_pages_with_a_feed_and_without() {
    let mut recording = recording(1);
    recording.end();
    let live = recording.page();
    let served = LivePage::start(WebConfig { feed: None, ..recording.config() }).unwrap();
    let mut listeners = [live.address(), served.address()].map(|address| Listener::open(address, None));
    Store::open(&recording.path()).unwrap().annotate("run-0", "scaled to 8 pods", 1).unwrap();
    for listener in &mut listeners {
        assert_eq!(listener.expect("annotation").data, serde_json::json!({"run_id": "run-0"}));
    }
}

#[test]
fn a_page_that_comes_later_hears_of_notes_since_the_last_one_left() {
    let mut recording = recording(1);
    recording.flush();
    let page = recording.page();
    Store::open(&recording.path()).unwrap().annotate("run-0", "nobody listens", 1).unwrap();
    assert_eq!(Listener::open(page.address(), None).expect("annotation").data["run_id"], "run-0");
}
