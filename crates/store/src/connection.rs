//! Opening the file: how it is set up, whose it is, and of which format.

use crate::error::OpenStoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// `PRAGMA application_id` of a run store: `LTRS`.
pub const APPLICATION_ID: i32 = 0x4C54_5253;

/// What makes format n of format n - 1, beginning with that of nothing.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("format_2.sql")];

/// Makes the views of the newest format, whatever was there before.
const VIEWS: &str = include_str!("views.sql");

/// `PRAGMA user_version` of the newest format that this build knows.
pub const FORMAT: i32 = STEPS.len() as i32;

/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before asking again, where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Big enough that strips, of one to eight kilobytes, waste little of a page: with 16 KiB an hour takes 2 % more.
const PAGE_BYTES: i32 = 32_768;

/// After so many pages, 4 MiB, the log goes into the file.
const LOG_PAGES: i32 = 128;

/// A log that had to grow beyond this, in bytes, is cut when it is begun anew.
const MAX_LOG_BYTES: i32 = 8 << 20;

/// Where SQLite keeps what is not in the file yet, and what it needs to find something there.
const LOG_SUFFIX: &str = "-wal";
const INDEX_SUFFIX: &str = "-shm";

/// How many statements stay prepared: all that the recorder has.
const PREPARED: usize = 64;

/// Opens the store at `path` for writing, makes it where it is missing, and brings it to the newest format.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, OpenStoreError> {
    if let Some(directory) = path.parent() {
        let failed = |source| OpenStoreError::Directory { path: path.to_owned(), source };
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let unopenable = |source| OpenStoreError::Unopenable { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = connect(path, flags).map_err(unopenable)?;
    if check(&connection, path)? < FORMAT {
        upgrade_patiently(&mut connection).map_err(unopenable)?;
        // Another process may have brought it farther meanwhile.
        check(&connection, path)?;
    }
    set_up_writing(&connection).map_err(unopenable)?;
    Ok(connection)
}

/// A store that is open as it is.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    /// Whether it is read as a file that nobody changes, without a look at what others do.
    pub(crate) is_frozen: bool,
}

/// Opens the store at `path` as it is; where the file may not be written to, for reading only.
pub(crate) fn open_existing(path: &Path) -> Result<Opened, OpenStoreError> {
    if !path.exists() {
        return Err(OpenStoreError::Missing { path: path.to_owned() });
    }
    let unopenable = |source| OpenStoreError::Unopenable { path: path.to_owned(), source };
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(unopenable)?;
    let opened = match check(&connection, path) {
        Err(OpenStoreError::Unopenable { source, .. }) if is_out_of_reach(&source, path) => {
            Opened { connection: open_frozen(path, source)?, is_frozen: true }
        }
        Err(error) => return Err(error),
        Ok(0) => return Err(OpenStoreError::Foreign { path: path.to_owned() }),
        Ok(_) => Opened { connection, is_frozen: false },
    };
    opened.connection.pragma_update(None, "foreign_keys", true).map_err(unopenable)?;
    opened.connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(opened)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Whether SQLite could open a file and not read it since it needs files beside it, and may not make them or write to them.
fn is_out_of_reach(error: &rusqlite::Error, path: &Path) -> bool {
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly) => true,
        // Says no more than that one of them could not be opened: this process may have too many files open.
        Some(ErrorCode::CannotOpen) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            [folder, &beside(path, LOG_SUFFIX), &beside(path, INDEX_SUFFIX)].into_iter().any(is_write_protected)
        }
        _ => false,
    }
}

/// Whether this process may not write to what is at `path`, or may not make anything there, if that is a folder. Opens
/// nothing: SQLite's locks on a file go as soon as anybody in the process closes it.
#[cfg(unix)]
fn is_write_protected(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    use rustix::io::Errno;
    matches!(access(path, Access::WRITE_OK), Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
}

/// Nobody can tell, so SQLite's word is taken for it.
#[cfg(not(unix))]
fn is_write_protected(_path: &Path) -> bool {
    true
}

/// Opens a store in a folder that cannot be written to. Nobody is recording to it: then the files would be there. What
/// is in a log that was left behind cannot be read so.
fn open_frozen(path: &Path, refused: rusqlite::Error) -> Result<Connection, OpenStoreError> {
    let unopenable = |source| OpenStoreError::Unopenable { path: path.to_owned(), source };
    let log = beside(path, LOG_SUFFIX);
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        return Err(OpenStoreError::LogOutOfReach { path: path.to_owned(), log, source: refused });
    }
    let Ok(address) = frozen_address(path) else { return Err(unopenable(refused)) };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = connect(Path::new(&address), flags).map_err(unopenable)?;
    match check(&connection, path)? {
        0 => Err(OpenStoreError::Foreign { path: path.to_owned() }),
        _ => Ok(connection),
    }
}

/// The file that SQLite has beside the one at `path`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The file at `path`, in the words in which SQLite can be told that nobody changes it (<https://sqlite.org/uri.html>).
fn frozen_address(path: &Path) -> io::Result<String> {
    let path = std::path::absolute(path)?;
    let mut address = "file://".to_owned();
    if cfg!(windows) {
        address.push('/');
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => address.push('/'),
            b'/' | b'.' | b'_' | b'-' => address.push(char::from(*byte)),
            b':' if cfg!(windows) => address.push(':'),
            _ if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address.push_str("?immutable=1");
    Ok(address)
}

/// The format of the file; 0 for an empty one. Changes nothing.
fn check(connection: &Connection, path: &Path) -> Result<i32, OpenStoreError> {
    // In one statement, hence at one moment: another process may be making the store.
    let sql = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
         FROM pragma_application_id, pragma_user_version";
    let read = || connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let (application, found, tables): (i32, i32, i64) = read().map_err(|source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => OpenStoreError::Foreign { path: path.to_owned() },
        _ => OpenStoreError::Unopenable { path: path.to_owned(), source },
    })?;
    match (application, found) {
        (APPLICATION_ID, 1..=FORMAT) => Ok(found),
        (APPLICATION_ID, _) if found > FORMAT => {
            Err(OpenStoreError::TooNew { path: path.to_owned(), found, supported: FORMAT })
        }
        (0, 0) if tables == 0 => Ok(0),
        _ => Err(OpenStoreError::Foreign { path: path.to_owned() }),
    }
}

/// Upgrades once nobody is in the way: of two who make a file a WAL file, SQLite refuses one at once.
fn upgrade_patiently(connection: &mut Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match upgrade(connection) {
            Err(error) if is_busy(&error) && Instant::now() < deadline => std::thread::sleep(BUSY_PAUSE),
            done => return done,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Takes the steps that are missing, all or none. Two processes may try at once.
fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    // These two are for the first writer to say, before there is a table.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let present: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // Another process may have brought it as far meanwhile, or farther: its views stay.
    if present >= FORMAT {
        return Ok(());
    }
    for step in STEPS.iter().skip(usize::try_from(present).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.execute_batch(VIEWS)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()
}

fn set_up_writing(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With a WAL a kill loses nothing that was committed, and a power cut the last moments, never the file.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", MAX_LOG_BYTES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn in_directory() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("some").join("runs.db");
        (directory, path)
    }

    #[test]
    fn a_store_is_made_with_its_directory_and_can_be_told_from_other_files() {
        let (_directory, path) = in_directory();
        drop(open_for_writing(&path).unwrap());
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes[60..64], FORMAT.to_be_bytes(), "user version");
        assert_eq!(bytes[68..72], *b"LTRS");
        assert_eq!(u16::from_be_bytes([bytes[16], bytes[17]]), PAGE_BYTES as u16);
        open_existing(&path).unwrap();
        open_for_writing(&path).unwrap();
    }

    #[test]
    fn a_newer_format_is_refused_by_name_and_left_alone() {
        let (_directory, path) = in_directory();
        let connection = open_for_writing(&path).unwrap();
        connection.pragma_update(None, "user_version", FORMAT + 3).unwrap();
        connection.pragma_update(None, "journal_mode", "DELETE").unwrap();
        drop(connection);
        let before = fs::read(&path).unwrap();
        for error in [open_for_writing(&path).unwrap_err(), open_existing(&path).unwrap_err()] {
            assert!(matches!(error, OpenStoreError::TooNew { found, .. } if found == FORMAT + 3), "{error}");
            assert!(error.to_string().contains("format 5; this build reads up to 2"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_belongs_to_others_is_refused_and_left_alone() {
        let (_directory, path) = in_directory();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let other = path.with_file_name("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
        fs::write(&path, "a text of more than a hundred bytes, as nobody would take for a database. ".repeat(9))
            .unwrap();
        for path in [path, other] {
            let before = fs::read(&path).unwrap();
            assert!(matches!(open_for_writing(&path), Err(OpenStoreError::Foreign { .. })));
            assert!(matches!(open_existing(&path), Err(OpenStoreError::Foreign { .. })));
            assert_eq!(fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn what_is_missing_is_not_made_by_a_reader() {
        let (_directory, path) = in_directory();
        assert!(matches!(open_existing(&path), Err(OpenStoreError::Missing { .. })));
        assert!(!path.exists());
    }

    #[test]
    fn a_frozen_store_is_read_under_any_name_and_cannot_be_changed() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["runs.db", "a b?mode=memory#%41.db", "käse&'\"+.db"] {
            // As Windows would not have it.
            if cfg!(windows) && name.contains('?') {
                continue;
            }
            let path = directory.path().join(name);
            drop(open_for_writing(&path).unwrap());
            let connection = open_frozen(&path, rusqlite::Error::InvalidQuery).unwrap();
            let files = || fs::read_dir(directory.path()).unwrap().count();
            let before = files();
            assert_eq!(connection.query_row("SELECT count(*) FROM run", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
            assert!(connection.execute("DELETE FROM run", []).is_err());
            assert_eq!(files(), before, "nothing is made beside it");
        }
    }

    /// What really may not be written to is in `tests/read_only.rs`.
    #[test]
    #[cfg(unix)]
    fn where_files_may_be_written_a_file_that_cannot_be_opened_says_nothing_of_that() {
        let (_directory, path) = in_directory();
        drop(open_for_writing(&path).unwrap());
        let error = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        // As SQLite says of a process that has too many files open.
        assert!(!is_out_of_reach(&error(rusqlite::ffi::SQLITE_CANTOPEN), &path));
        assert!(!is_out_of_reach(&error(rusqlite::ffi::SQLITE_CANTOPEN), Path::new("runs.db")));
        assert!(!is_out_of_reach(&error(rusqlite::ffi::SQLITE_FULL), &path));
        assert!(is_out_of_reach(&error(rusqlite::ffi::SQLITE_READONLY), &path));
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let (_directory, path) = in_directory();
        fs::write(path.parent().unwrap(), "a file").unwrap();
        let error = open_for_writing(&path).unwrap_err();
        assert!(matches!(error, OpenStoreError::Directory { .. }) && error.to_string().contains("runs.db"), "{error}");
    }

    #[test]
    fn many_who_open_at_once_make_one_store() {
        let (_directory, path) = in_directory();
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..8).map(|_| scope.spawn(|| open_for_writing(&path).map(drop))).collect();
            opened.into_iter().for_each(|opened| opened.join().unwrap().unwrap());
        });
    }
}
