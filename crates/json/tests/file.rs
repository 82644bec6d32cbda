//! The file on a real file system: rotation, restarts, and writes that fail.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use locust_telemetry_json::{LineFile, Lines};
use locust_telemetry_pipeline::Load;
use std::fs;
use std::path::{Path, PathBuf};

fn lines(texts: &[&str]) -> Lines {
    let mut lines = Lines::default();
    texts.iter().for_each(|text| lines.push(format!("{text}\n").as_bytes(), Load::requests(1)));
    lines
}

fn in_directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    (directory, path)
}

fn read(path: &Path, number: u32) -> Option<String> {
    let name = if number == 0 { path.to_owned() } else { PathBuf::from(format!("{}.{number}", path.display())) };
    fs::read_to_string(name).ok()
}

fn write_all(file: &mut LineFile, texts: &[&str]) {
    for text in texts {
        let written = file.write(&lines(&[text]));
        assert!(written.error.is_none(), "{:?}", written.error);
        assert_eq!((written.delivered, written.dropped), (Load::requests(1), Load::NONE));
    }
}

#[test]
fn a_full_file_moves_aside_and_the_oldest_is_deleted() {
    let (_directory, path) = in_directory();
    let mut file = LineFile::open(&path, 4, 2).unwrap();
    write_all(&mut file, &["a", "b", "c", "d", "e", "f"]);
    assert_eq!(file.rotated_away_files(), 0);
    write_all(&mut file, &["g"]);
    assert_eq!(file.rotated_away_files(), 1);
    assert_eq!(
        [0, 1, 2, 3].map(|number| read(&path, number)),
        [Some("g\n".into()), Some("e\nf\n".into()), Some("c\nd\n".into()), None]
    );
}

#[test]
fn without_old_files_a_full_file_is_begun_anew() {
    let (_directory, path) = in_directory();
    let mut file = LineFile::open(&path, 4, 0).unwrap();
    write_all(&mut file, &["a", "b", "c"]);
    assert_eq!((read(&path, 0), read(&path, 1)), (Some("c\n".into()), None));
    assert_eq!(file.rotated_away_files(), 1);
}

#[test]
fn a_batch_is_split_at_line_ends_and_a_longer_line_gets_a_file_of_its_own() {
    let (_directory, path) = in_directory();
    let mut file = LineFile::open(&path, 4, 9).unwrap();
    let written = file.write(&lines(&["a", "b", "long line", "c"]));
    assert_eq!(written.delivered, Load::requests(4));
    assert_eq!(
        [0, 1, 2].map(|number| read(&path, number)),
        [Some("c\n".into()), Some("long line\n".into()), Some("a\nb\n".into())]
    );
}

#[test]
fn an_empty_file_is_not_moved_aside_for_a_line_that_is_too_long() {
    let (_directory, path) = in_directory();
    write_all(&mut LineFile::open(&path, 4, 9).unwrap(), &["long line"]);
    assert_eq!((read(&path, 0), read(&path, 1)), (Some("long line\n".into()), None));
}

#[test]
fn a_restart_goes_on_behind_what_is_there() {
    let (_directory, path) = in_directory();
    fs::write(&path, "one\ntwo\n").unwrap();
    write_all(&mut LineFile::open(&path, 100, 1).unwrap(), &["three"]);
    assert_eq!(read(&path, 0).unwrap(), "one\ntwo\nthree\n");
}

#[test]
fn a_restart_ends_the_line_that_a_kill_cut() {
    let (_directory, path) = in_directory();
    fs::write(&path, "one\ntw").unwrap();
    let mut file = LineFile::open(&path, 100, 1).unwrap();
    assert_eq!(read(&path, 0).unwrap(), "one\ntw\n");
    write_all(&mut file, &["three"]);
    assert_eq!(read(&path, 0).unwrap(), "one\ntw\nthree\n");
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let (directory, _) = in_directory();
    let error = LineFile::open(directory.path(), 100, 1).unwrap_err();
    assert!(error.to_string().contains(&*directory.path().to_string_lossy()));
    assert!(std::error::Error::source(&error).is_some());
    LineFile::open(&directory.path().join("missing/run.jsonl"), 100, 1).unwrap_err();
}

#[test]
fn a_rotation_that_fails_drops_lines_until_it_works() {
    let (directory, path) = in_directory();
    // A directory cannot be deleted as if it were the oldest file; not even by root.
    let obstacle = directory.path().join("run.jsonl.1");
    fs::create_dir(&obstacle).unwrap();
    let mut file = LineFile::open(&path, 4, 1).unwrap();
    write_all(&mut file, &["a"]);
    let written = file.write(&lines(&["b", "c", "d"]));
    assert_eq!((written.delivered, written.dropped, written.dropped_lines), (Load::requests(1), Load::requests(2), 2));
    assert!(written.error.is_some());
    assert_eq!(file.write(&lines(&["e"])).dropped, Load::requests(1));
    assert_eq!(read(&path, 0).unwrap(), "a\nb\n");
    fs::remove_dir(&obstacle).unwrap();
    write_all(&mut file, &["f"]);
    assert_eq!((read(&path, 0), read(&path, 1)), (Some("f\n".into()), Some("a\nb\n".into())));
}

#[test]
fn while_rotation_fails_short_lines_do_not_slip_in() {
    let (directory, path) = in_directory();
    fs::create_dir(directory.path().join("run.jsonl.1")).unwrap();
    let mut file = LineFile::open(&path, 4, 1).unwrap();
    write_all(&mut file, &["a"]);
    assert_eq!(file.write(&lines(&["long"])).dropped, Load::requests(1));
    assert_eq!(file.write(&lines(&["b"])).dropped, Load::requests(1));
    assert_eq!(read(&path, 0).unwrap(), "a\n");
}

#[test]
fn a_gap_among_the_old_files_is_filled_before_one_is_deleted() {
    let (directory, path) = in_directory();
    for number in [1, 3, 4] {
        fs::write(directory.path().join(format!("run.jsonl.{number}")), format!("{number}\n")).unwrap();
    }
    let mut file = LineFile::open(&path, 2, 4).unwrap();
    write_all(&mut file, &["a", "b"]);
    assert_eq!(file.rotated_away_files(), 0);
    let expected = ["b\n", "a\n", "1\n", "3\n", "4\n"].map(|text| Some(text.to_owned()));
    assert_eq!([0, 1, 2, 3, 4].map(|number| read(&path, number)), expected);
}

#[cfg(unix)]
#[test]
fn a_deleted_file_is_made_anew() {
    let (_directory, path) = in_directory();
    let mut file = LineFile::open(&path, 100, 1).unwrap();
    write_all(&mut file, &["a"]);
    fs::remove_file(&path).unwrap();
    write_all(&mut file, &["b"]);
    assert_eq!(read(&path, 0).unwrap(), "b\n");
}

#[test]
fn a_file_that_somebody_emptied_has_room_again() {
    let (_directory, path) = in_directory();
    let mut file = LineFile::open(&path, 4, 1).unwrap();
    write_all(&mut file, &["a", "b"]);
    fs::File::create(&path).unwrap();
    write_all(&mut file, &["c"]);
    assert_eq!((read(&path, 0), read(&path, 1)), (Some("c\n".into()), None));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_takes_nothing_and_all_is_counted() {
    let mut file = LineFile::open(Path::new("/dev/full"), 100, 1).unwrap();
    for _ in 0..100 {
        let written = file.write(&lines(&["a", "b"]));
        assert_eq!((written.delivered, written.dropped), (Load::NONE, Load::requests(2)));
        assert_eq!(written.error.unwrap().kind(), std::io::ErrorKind::StorageFull);
    }
}

/// The kernel cuts a write short at the limit on file sizes, as it does on a disk that fills up.
#[cfg(target_os = "linux")]
#[test]
fn a_write_cut_short_leaves_only_whole_lines() {
    let (_directory, path) = in_directory();
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" --exact --ignored --quiet in_a_process_with_a_limit"])
        .arg(std::env::current_exe().unwrap())
        .env("LIMITED_FILE", &path)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let text = read(&path, 0).unwrap();
    assert_eq!(text.lines().last(), Some("after"), "the other process did not get there");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "a part of a_write_cut_short_leaves_only_whole_lines"]
fn in_a_process_with_a_limit() {
    let Some(path) = std::env::var_os("LIMITED_FILE").map(PathBuf::from) else { return };
    let mut file = LineFile::open(&path, 1 << 20, 1).unwrap();
    // The limit is 512 or 1,024 bytes, by the shell: neither is a multiple of 61.
    let line = "x".repeat(60);
    let written = file.write(&lines(&[line.as_str(); 40]));
    let size = fs::metadata(&path).unwrap().len();
    assert!(size > 0 && size % 61 == 0, "{size} bytes are not whole lines");
    assert_eq!((written.delivered, written.dropped), (Load::requests(size / 61), Load::requests(40 - size / 61)));
    assert!(written.error.is_some());
    assert_eq!(file.write(&lines(&[line.as_str()])).dropped, Load::requests(1), "still full");
    assert_eq!(fs::metadata(&path).unwrap().len(), size);
    fs::File::create(&path).unwrap();
    write_all(&mut file, &["room", "after"]);
}
