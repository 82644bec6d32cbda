//! Stores that somebody may read and not write to: real files, read by a process without the right to change them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use locust_telemetry_store::{ChangeError, OpenStoreError, RunFilter, Store};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::windows::{Recording, START_S, full, identity, reader, simple};

const CHILD_FILE: &str = "LOCUST_TELEMETRY_STORE_TEST_READ_ONLY_FILE";
const ROOT: u32 = 0;
const NOBODY: u32 = 65_534;
const SECONDS: i64 = 70;

/// No test: what a child reads, in one line.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD_FILE).map(PathBuf::from) else { return };
    let folder = path.parent().unwrap();
    assert!(fs::write(folder.join("mark"), "").is_err(), "the folder can be written to");
    let store = match Store::open(&path) {
        Ok(store) => store,
        Err(error) => {
            assert!(matches!(error, OpenStoreError::LogOutOfReach { .. }));
            return println!("\nchild: {error}");
        }
    };
    let runs = store.runs(&RunFilter::default()).unwrap();
    let whole = reader(&store, "r1").aggregate(None).unwrap();
    assert_eq!(reader(&store, "r1").row().requests, whole.requests());
    assert!(matches!(store.annotate("r1", "x", 0), Err(ChangeError::Unwritable { .. })));
    assert!(matches!(store.delete("r1"), Err(ChangeError::Unwritable { .. } | ChangeError::Running { .. })));
    println!("\nchild: {} {} {}", runs.len(), runs[0].state.name(), whole.requests());
}

/// What the child says of the store in a folder that it may not write to.
fn read_only(folder: &Path, file: &Path) -> String {
    let permit = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let mut exe = std::env::current_exe().unwrap();
    let is_root = folder.metadata().unwrap().uid() == ROOT;
    let elsewhere = tempfile::tempdir().unwrap();
    if is_root {
        // Nothing is forbidden to root; and others may not look into its home.
        permit(elsewhere.path(), 0o755);
        exe = elsewhere.path().join("child");
        fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
    }
    let files = || fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files().for_each(|path| permit(&path, 0o444));
    permit(folder, 0o555);
    let before: Vec<_> = files().collect();
    let mut child = Command::new(exe);
    child.args(["child", "--exact", "--nocapture"]).env(CHILD_FILE, file).current_dir("/");
    if is_root {
        child.uid(NOBODY).gid(NOBODY);
    }
    let output = child.output().unwrap();
    assert_eq!(files().collect::<Vec<_>>(), before);
    permit(folder, 0o755);
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.strip_prefix("child: "));
    line.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

/// A recorder that has recorded a while, with more than its log holds.
fn recording(path: &Path) -> Recording {
    let mut recording = Recording::open(path);
    (0..SECONDS).for_each(|second| recording.take(&identity("r1"), simple(START_S + second, 2)));
    recording
}

#[test]
fn a_store_in_a_folder_that_may_not_be_written_to_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let mut recording = recording(&path);
    recording.end(&identity("r1"));
    drop(recording);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the store itself");
    assert_eq!(read_only(folder.path(), &path), format!("1 ended {}", 2 * SECONDS));
}

#[test]
fn a_run_of_somebody_else_that_is_on_is_read_up_to_its_last_window() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let mut recording = recording(&path);
    assert_eq!(read_only(folder.path(), &path), format!("1 running {}", 2 * SECONDS));
    recording.take(&identity("r1"), full(START_S + SECONDS));
    assert_eq!(read_only(folder.path(), &path), format!("1 running {}", 2 * SECONDS + 6));
}

#[test]
fn a_log_that_nobody_can_read_is_told_with_what_to_do_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let recording = recording(&path);
    let copies = tempfile::tempdir().unwrap();
    let copy = |name: &str| fs::copy(folder.path().join(name), copies.path().join(name)).unwrap();
    assert!(copy("runs.db") > 0 && copy("runs.db-wal") > 0);
    drop(recording);
    let file = copies.path().join("runs.db");
    let said = read_only(copies.path(), &file);
    assert!(said.contains("runs.db-wal") && said.contains("copy both"), "{said}");
    // And it is true.
    let store = Store::open(&file).unwrap();
    assert_eq!(reader(&store, "r1").aggregate(None).unwrap().requests(), 2 * SECONDS as u64);
}
