//! The lock that a recorder holds while its process lives, so that others can tell whether its runs are still on.
//!
//! It is SQLite's own kind of lock, on an empty file beside the store, `runs.db-writer-` and a name that the recorder's
//! runs have in `run.writer`. The system takes it away from a process that ends, however it ends; it needs no clock, no
//! word from a process that hangs, and no room on a full disk; ids of processes do not come into it, so that containers
//! which share a volume tell each other's runs; and it reaches as far as the locks that the store itself depends on. A
//! forked child does not inherit it, as it would that of [`std::fs::File::lock`].

use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// After so many nanoseconds without a heartbeat a run is taken to be cut off, where there is no lock to look at.
const SILENCE_NS: i64 = 30_000_000_000;

/// What stands between the store's path and the name.
const INFIX: &str = "-writer-";

/// How many random bytes make a name, each two digits of it.
const NAME_BYTES: usize = 8;

/// How often a lock is tried for: others tidy up, and may take the file away before it is locked.
const ATTEMPTS: usize = 5;

/// A lock that is held.
#[derive(Debug)]
pub(crate) struct WriterLock {
    name: String,
    path: PathBuf,
    /// Has it; none only at the end.
    connection: Option<Connection>,
}

impl WriterLock {
    /// Locks a new file beside the store; `None` where that cannot be: a run without a lock has its heartbeat.
    pub(crate) fn hold(store: &Connection) -> Option<Self> {
        (0..ATTEMPTS).find_map(|_| {
            let sql = format!("SELECT lower(hex(randomblob({NAME_BYTES})))");
            let name: String = store.query_row(&sql, [], |row| row.get(0)).ok()?;
            let path = path_of(store, &name)?;
            let connection = lock(&path, OpenFlags::SQLITE_OPEN_CREATE).ok()?;
            let lock = Self { name, path, connection: Some(connection) };
            lock.path.exists().then_some(lock)
        })
    }

    /// What to call its holder in the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        remove(&self.path, self.connection.take());
    }
}

/// Whether the recorder of this name is gone. Where there is no such lock (a copy of the store, a store of an older build,
/// a file system without locks) its silence must tell.
pub(crate) fn is_gone(store: &Connection, name: &str, heartbeat_unix_ns: i64, now_unix_ns: i64) -> bool {
    let is_held = path_of(store, name).and_then(|path| is_held(&path));
    is_held.map_or(now_unix_ns.saturating_sub(heartbeat_unix_ns) > SILENCE_NS, |is_held| !is_held)
}

/// Removes the files of recorders that are gone, but for those by which a run that is not closed yet will be known as
/// cut off.
pub(crate) fn sweep(store: &Connection) -> io::Result<()> {
    let Some((folder, start)) = files(store) else { return Ok(()) };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().into_string().unwrap_or_default();
        // Asked once the lock is ours: from then on nobody opens a run under this name.
        if let Some(name) = file.strip_prefix(&start).filter(|name| is_name(name))
            && let Ok(connection) = lock(&entry.path(), OpenFlags::empty())
            && is_done_with(store, name)
        {
            remove(&entry.path(), Some(connection));
        }
    }
    Ok(())
}

/// Whether each run of the recorder of this name is closed. One that cannot be asked for keeps its file.
fn is_done_with(store: &Connection, name: &str) -> bool {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM run WHERE writer = ?1 AND state = 'running')";
    store.query_row(sql, [name], |row| row.get(0)).unwrap_or(false)
}

/// Whether somebody holds the lock of this file; `None` where there is none, or none that can be looked at.
fn is_held(path: &Path) -> Option<bool> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => Some(false),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Some(true),
        Err(_) => None,
    }
}

/// Takes the lock of a file, at once or not at all.
fn lock(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | flags)?;
    // Nothing is ever written, so nothing need be taken back; with a journal there would be a second file.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.execute_batch("BEGIN EXCLUSIVE")?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// Removes a file whose lock one has, best before the lock is let go of: so nobody finds it free, or begins to use it.
fn remove(path: &Path, connection: Option<Connection>) {
    let removed = fs::remove_file(path);
    drop(connection);
    if removed.is_err() {
        // Windows removes no file that is open. What is left here is swept by the next recorder.
        let _ = fs::remove_file(path);
    }
}

/// The file of the lock of this name beside the store, where it can be a name and the store is a file.
fn path_of(store: &Connection, name: &str) -> Option<PathBuf> {
    let (folder, start) = files(store).filter(|_| is_name(name))?;
    Some(folder.join(format!("{start}{name}")))
}

/// Where the locks of a store are, and how their files' names begin.
fn files(store: &Connection) -> Option<(PathBuf, String)> {
    let path = Path::new(store.path()?);
    let file = path.file_name().map(OsString::from)?.into_string().ok()?;
    Some((path.parent()?.to_owned(), file + INFIX))
}

/// Whether this can be the name of a lock. Stores come from anywhere: no other name becomes part of a path.
fn is_name(name: &str) -> bool {
    name.len() == 2 * NAME_BYTES && name.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let connection = crate::connection::open_for_writing(&directory.path().join("runs.db")).unwrap();
        (directory, connection)
    }

    fn lock_files(directory: &tempfile::TempDir) -> Vec<String> {
        let names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).filter(|name| name.contains(INFIX)).collect()
    }

    #[test]
    fn a_recorder_is_there_until_it_ends_however_silent_it_is() {
        let (directory, store) = store();
        let lock = WriterLock::hold(&store).unwrap();
        let other = WriterLock::hold(&store).unwrap();
        let name = lock.name().to_owned();
        for _ in 0..2 {
            // To look takes nothing away, also within the process that has it.
            assert!(!is_gone(&store, &name, 0, i64::MAX));
        }
        // As after a kill: the lock is gone and the file is there.
        let mut lock = lock;
        lock.connection = None;
        assert!(is_gone(&store, &name, i64::MAX, i64::MAX));
        assert!(!is_gone(&store, other.name(), 0, i64::MAX), "each has its own");
        drop((lock, other));
        assert_eq!(lock_files(&directory), Vec::<String>::new());
    }

    #[test]
    fn what_the_dead_have_left_is_swept_and_the_living_keep_theirs() {
        let (directory, store) = store();
        let alive = WriterLock::hold(&store).unwrap();
        let dead = directory.path().join(format!("runs.db{INFIX}0123456789abcdef"));
        let not_ours = directory.path().join(format!("runs.db{INFIX}notes.txt"));
        fs::write(&dead, "").unwrap();
        fs::write(&not_ours, "").unwrap();
        sweep(&store).unwrap();
        assert!(!dead.exists() && not_ours.exists());
        assert!(!is_gone(&store, alive.name(), 0, i64::MAX));
    }

    #[test]
    fn the_evidence_of_a_run_that_is_not_closed_yet_stays() {
        let (directory, store) = store();
        let name = "0123456789abcdef";
        let dead = directory.path().join(format!("runs.db{INFIX}{name}"));
        fs::write(&dead, "").unwrap();
        let insert = "INSERT INTO run (run_id, testplan, state, role, source, source_id, started_unix_ns, \
                      heartbeat_unix_ns, writer) VALUES ('r', 't', 'running', 'local', 's', 's', 0, 0, ?1)";
        store.execute(insert, [name]).unwrap();
        sweep(&store).unwrap();
        assert!(is_gone(&store, name, i64::MAX, i64::MAX), "known as cut off at once");
        store.execute("UPDATE run SET state = 'cut off'", []).unwrap();
        sweep(&store).unwrap();
        assert!(!dead.exists());
    }

    #[test]
    fn without_a_lock_only_silence_tells() {
        let (directory, store) = store();
        fs::write(directory.path().join("elsewhere"), "").unwrap();
        let hostile = "/../elsewhere".to_owned();
        for name in ["", "4f0c-boot pid:[1] 17 4711", "0123456789abcdef", &hostile] {
            assert!(!is_gone(&store, name, 0, SILENCE_NS), "{name}");
            assert!(is_gone(&store, name, 0, SILENCE_NS + 1), "{name}");
        }
    }
}
