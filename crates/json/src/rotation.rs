//! Moves a full file aside: `run.jsonl` to `run.jsonl.1`, that to `run.jsonl.2`, and so on.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Frees `path`, keeping at most `keep` old files. Adds one to `deleted` for each file that is deleted.
///
/// Only as many files move as are needed to reach a free number, so that a rotation which fails and is
/// tried again does not delete a file each time. Numbers above `keep`, left by another configuration,
/// stay as they are.
///
/// # Errors
/// What the system says; the file at `path` is then where it was.
pub(crate) fn rotate(path: &Path, keep: u32, deleted: &mut u64) -> io::Result<()> {
    if keep == 0 {
        return delete(path, deleted);
    }
    let mut free = 1;
    while free <= keep && exists(&numbered(path, free))? {
        free += 1;
    }
    if free > keep {
        delete(&numbered(path, keep), deleted)?;
        free = keep;
    }
    for number in (1..free).rev() {
        fs::rename(numbered(path, number), numbered(path, number + 1))?;
    }
    unless_missing(fs::rename(path, numbered(path, 1)))
}

fn delete(path: &Path, deleted: &mut u64) -> io::Result<()> {
    unless_missing(fs::remove_file(path).inspect(|()| *deleted += 1))
}

/// Somebody who deleted or moved the file has done the work.
fn unless_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{number}"));
    name.into()
}
