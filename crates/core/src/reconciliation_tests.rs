use super::*;
use crate::requests::{Buffer, Request, RequestTable};
use proptest::prelude::*;

fn counts(of: &[(&str, u64, u64)]) -> EndpointCounts {
    let count = |&(name, requests, failures): &(&str, u64, u64)| {
        let method = if name == OVERFLOW_NAME { OVERFLOW_NAME } else { "GET" };
        (EndpointName::of_locust(method, name), RequestCount { requests, failures })
    };
    of.iter().map(count).collect()
}

fn lossy(source_id: &str, frames: u64, lost: Option<(i64, i64)>) -> WorkerAccount {
    let frames = FrameCounts { lost: frames, ..FrameCounts::default() };
    WorkerAccount { source_id: source_id.into(), frames, lost, ..WorkerAccount::default() }
}

fn silent(source_id: &str) -> WorkerAccount {
    WorkerAccount { source_id: source_id.into(), is_silent: true, ..WorkerAccount::default() }
}

/// Recorded against Locust's, with what may have come between.
fn causes_of(
    recorded: &[(&str, u64, u64)],
    locust: &[(&str, u64, u64)],
    workers: Vec<WorkerAccount>,
    marks: Marks,
) -> Vec<Cause> {
    Reconciliation::new(&counts(recorded), &counts(locust), workers, marks).causes
}

const RESET: Marks = Marks { statistics_were_reset: true, requests_after_locust: None };

#[test]
fn equal_books_need_no_cause_whatever_happened() {
    let (books, marks) = ([("/a", 5, 1)], Marks { requests_after_locust: Some(3), ..RESET });
    assert_eq!(causes_of(&books, &books, vec![lossy("worker-0", 2, None), silent("worker-1")], marks), []);
}

#[test]
fn both_books_are_put_side_by_side_and_the_largest_difference_comes_first() {
    let recorded = counts(&[("/a", 10, 1), ("/b", 5, 0), ("/only-ours", 1, 0)]);
    let locust = counts(&[("/a", 10, 1), ("/b", 9, 2), ("/only-locust", 2, 0)]);
    let all = Reconciliation::new(&recorded, &locust, Vec::new(), Marks::default());
    assert_eq!((all.total.recorded.requests, all.total.locust.requests), (16, 21));
    assert_eq!((all.total.requests_difference(), all.total.failures_difference()), (-5, -2));
    assert_eq!(all.endpoints.len(), 4);
    let differing: Vec<_> =
        all.differing().iter().map(|(name, both)| (name.name.to_string(), both.requests_difference())).collect();
    assert_eq!(differing, [("/b".into(), -4), ("/only-locust".into(), -2), ("/only-ours".into(), 1)]);
}

#[test]
fn the_only_worker_that_lost_frames_accounts_for_all_that_is_missing() {
    let workers = vec![lossy("worker-0", 0, None), lossy("worker-3", 2, Some((100, 103)))];
    let expected =
        Cause::FramesLost { worker: "worker-3".into(), frames: 2, seconds: Some((100, 103)), requests: Some(4) };
    assert_eq!(causes_of(&[("/", 5, 0)], &[("/", 9, 3)], workers, Marks::default()), [expected]);
}

#[test]
fn of_several_workers_each_is_named_and_none_gets_a_number() {
    let causes = causes_of(&[("/", 5, 0)], &[("/", 9, 0)], vec![silent("worker-1"), lossy("w", 1, None)], RESET);
    let silent = Cause::WorkerSilent { worker: "worker-1".into(), requests: None };
    let lost = Cause::FramesLost { worker: "w".into(), frames: 1, seconds: None, requests: None };
    assert_eq!(causes, [silent, lost]);
}

#[test]
fn what_is_missing_without_an_incomplete_worker_is_unexplained() {
    let causes = causes_of(&[("/", 5, 0)], &[("/", 9, 2)], vec![lossy("worker-0", 0, None)], RESET);
    assert_eq!(causes, [Cause::Unexplained { missing_requests: 4, surplus_requests: 0, failures: 0 }]);
}

#[test]
fn a_reset_takes_the_surplus_that_late_windows_leave() {
    let marks = Marks { requests_after_locust: Some(3), ..RESET };
    let causes = causes_of(&[("/", 9, 1)], &[("/", 2, 0)], Vec::new(), marks);
    assert_eq!(causes, [Cause::AfterLocust { requests: 3 }, Cause::StatisticsReset { requests: 4 }]);
}

#[test]
fn late_windows_account_for_no_more_than_came_late() {
    let marks = Marks { requests_after_locust: Some(3), ..Marks::default() };
    let unexplained = Cause::Unexplained { missing_requests: 0, surplus_requests: 4, failures: 0 };
    let causes = causes_of(&[("/", 9, 0)], &[("/", 2, 0)], Vec::new(), marks);
    assert_eq!(causes, [Cause::AfterLocust { requests: 3 }, unexplained]);
}

/// A worker that was killed: its frames after the last one are missing, and so are its reports.
fn killed(source_id: &str) -> WorkerAccount {
    WorkerAccount { state: WorkerState::Gone, ..lossy(source_id, 0, Some((100, 103))) }
}

#[test]
fn a_killed_worker_may_have_given_out_more_than_it_reported_to_locust() {
    let workers = || vec![lossy("worker-0", 0, None), killed("worker-1")];
    let lacking = Cause::ReportsLost { worker: "worker-1".into(), requests: Some(4) };
    assert_eq!(causes_of(&[("/", 9, 3)], &[("/", 5, 1)], workers(), Marks::default()), [lacking]);
    let lost = Cause::FramesLost { worker: "worker-1".into(), frames: 0, seconds: Some((100, 103)), requests: Some(4) };
    assert_eq!(causes_of(&[("/", 5, 1)], &[("/", 9, 3)], workers(), Marks::default()), [lost]);
}

#[test]
fn of_several_killed_workers_none_gets_a_number_and_failures_may_differ_alone() {
    let workers = || vec![killed("worker-1"), killed("worker-2")];
    let lacking = |worker: &str| Cause::ReportsLost { worker: worker.into(), requests: None };
    let causes = causes_of(&[("/", 9, 0)], &[("/", 5, 2)], workers(), Marks::default());
    assert_eq!(causes, [lacking("worker-1"), lacking("worker-2")]);
    assert_eq!(causes_of(&[("/", 9, 0)], &[("/", 9, 1)], workers(), Marks::default()), causes);
}

#[test]
fn a_worker_that_left_in_order_explains_no_surplus() {
    let workers = vec![WorkerAccount { state: WorkerState::Ready, ..killed("worker-1") }];
    let unexplained = Cause::Unexplained { missing_requests: 0, surplus_requests: 4, failures: 0 };
    assert_eq!(causes_of(&[("/", 9, 0)], &[("/", 5, 0)], workers, Marks::default()), [unexplained]);
}

#[test]
fn folding_moves_requests_and_explains_no_others() {
    let recorded = [("/a", 5, 0), (OVERFLOW_NAME, 4, 1)];
    let folded = Cause::Overflow { requests: 4 };
    let locust = [("/a", 5, 0), ("/b", 3, 1), ("/c", 1, 0)];
    assert_eq!(causes_of(&recorded, &locust, Vec::new(), Marks::default()), std::slice::from_ref(&folded));
    let lost = Cause::FramesLost { worker: "w".into(), frames: 1, seconds: None, requests: Some(2) };
    let locust = [("/a", 5, 0), ("/b", 5, 1), ("/c", 1, 0)];
    assert_eq!(causes_of(&recorded, &locust, vec![lossy("w", 1, None)], Marks::default()), [folded, lost]);
}

#[test]
fn failures_that_the_requests_do_not_account_for_are_unexplained() {
    let only_failures = |failures| Cause::Unexplained { missing_requests: 0, surplus_requests: 0, failures };
    assert_eq!(causes_of(&[("/", 5, 3)], &[("/", 5, 1)], Vec::new(), Marks::default()), [only_failures(2)]);
    let causes = causes_of(&[("/", 4, 3)], &[("/", 6, 0)], vec![silent("w")], Marks::default());
    assert_eq!(causes[1..], [only_failures(3)]);
}

#[test]
fn locusts_names_are_compared_as_they_are_recorded() {
    let mut table = RequestTable::new(10);
    let long = "x".repeat(5_000);
    for name in ["a\nb", long.as_str()] {
        let name = &*clean(name, &mut Default::default());
        let status = std::num::NonZeroU16::new(200);
        table.record(&Request {
            name,
            method: "GET",
            status,
            error_type: Some("E"),
            message: None,
            elapsed_ms: Ok(1.0),
            response_bytes: 0,
        });
    }
    let recorded = counts_of(&table.swap(Buffer::default()).drain());
    let locust = counts(&[("a\nb", 1, 1), (&long, 1, 1)]);
    assert_eq!(Reconciliation::new(&recorded, &locust, Vec::new(), Marks::default()).differing(), []);
}

proptest! {
    #[test]
    fn causes_with_known_numbers_add_up_to_the_difference(
        recorded in prop::collection::vec((0_u8..6, 0_u64..50), 0..6),
        locust in prop::collection::vec((0_u8..6, 0_u64..50), 0..6),
        incomplete in 0_usize..2,
        is_killed in any::<bool>(),
        was_reset in any::<bool>(),
        late in prop::option::of(0_u64..60),
    ) {
        let book = |of: &[(u8, u64)]| -> EndpointCounts {
            let mut book = EndpointCounts::new();
            for (name, requests) in of {
                let name = if *name == 0 { OVERFLOW_NAME.to_owned() } else { format!("/{name}") };
                let count = RequestCount { requests: *requests, failures: 0 };
                book.entry(EndpointName::of_locust(&name, &name)).or_default().add(count);
            }
            book
        };
        let workers = (0..incomplete).map(|_| if is_killed { killed("w") } else { lossy("w", 1, None) }).collect();
        let marks = Marks { statistics_were_reset: was_reset, requests_after_locust: late };
        let all = Reconciliation::new(&book(&recorded), &book(&locust), workers, marks);
        let effect = |cause: &Cause| match cause {
            Cause::ReportsLost { requests, .. } => requests.unwrap().cast_signed(),
            Cause::FramesLost { requests, .. } | Cause::WorkerSilent { requests, .. } => -requests.unwrap().cast_signed(),
            Cause::StatisticsReset { requests } | Cause::AfterLocust { requests } => requests.cast_signed(),
            Cause::Overflow { .. } => 0,
            Cause::Unexplained { missing_requests, surplus_requests, .. } =>
                surplus_requests.cast_signed() - missing_requests.cast_signed(),
        };
        prop_assert_eq!(all.causes.iter().map(effect).sum::<i64>(), all.total.requests_difference());
        prop_assert_eq!(all.causes.is_empty(), all.differing().is_empty());
    }
}
