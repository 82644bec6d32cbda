//! A store that is open: its runs, and the few things that a person may change.

use crate::connection::{self, Opened};
use crate::error::{ChangeError, FindRunError, OpenStoreError, ReadError};
use crate::maintenance;
use crate::rows::Annotated;
use crate::run_reader::RunReader;
use crate::run_row::{RunRow, RunState};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::Path;

/// How many runs an error names.
const MAX_NAMED: usize = 5;

/// Which runs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this test plan only.
    pub testplan: Option<String>,
    /// With this text in id, test plan, labels (as `key=value`), notes or annotations, in whatever case.
    pub search: Option<String>,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

/// An open store. For one thread at a time; opening another one costs little.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    is_frozen: bool,
}

impl Store {
    /// Opens the file at `path`, which must exist. Where it, or its folder, may not be written to, it can be read all the
    /// same.
    ///
    /// # Errors
    /// When there is no such file, or it is no run store that this build can read. See [`OpenStoreError`].
    pub fn open(path: &Path) -> Result<Self, OpenStoreError> {
        let Opened { connection, is_frozen } = connection::open_existing(path)?;
        Ok(Self { connection, is_frozen })
    }

    /// Whether the file is read as one that nobody changes, since this process may not make what it takes to see changes.
    /// Whoever wants to see them, or somebody else begin to record, opens the store anew.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    /// The runs, the newest first.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, ReadError> {
        let sql = format!(
            "{} WHERE (?1 IS NULL OR testplan = ?1)
                 AND (?2 IS NULL
                     OR instr(lower(concat_ws(char(10), run_id, testplan, notes)), lower(?2)) > 0
                     OR EXISTS (SELECT 1 FROM json_each(run.labels) AS label
                         WHERE instr(lower(label.key || '=' || label.value), lower(?2)) > 0)
                     OR EXISTS (SELECT 1 FROM event
                         WHERE event.run = run.id AND kind = 'annotation' AND instr(lower(name), lower(?2)) > 0))
             ORDER BY started_unix_ns DESC, id DESC LIMIT ?3",
            RunRow::SELECT
        );
        let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
        let mut select = self.connection.prepare_cached(&sql)?;
        let runs = select
            .query_map(params![filter.testplan, filter.search, limit], |row| RunRow::read(row, &self.connection))?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// The run of this very id.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn run(&self, run_id: &str) -> Result<Option<RunReader<'_>>, ReadError> {
        Ok(self.row(run_id)?.map(|row| self.reader(row)))
    }

    /// Reads a run that was listed or found.
    #[must_use]
    pub const fn reader(&self, row: RunRow) -> RunReader<'_> {
        RunReader::new(&self.connection, row)
    }

    /// The run that a user calls so: its id or the beginning of it, `@1` for the newest, `@2` for the one before and so
    /// on, or the name of a test plan for its newest run.
    ///
    /// # Errors
    /// When there is no such run, or several may be meant. See [`FindRunError`].
    pub fn find(&self, asked: &str) -> Result<RunRow, FindRunError> {
        let mut runs = self.runs(&RunFilter::default())?;
        if runs.is_empty() {
            return Err(FindRunError::Empty);
        }
        if let Some(place) = asked.strip_prefix('@').and_then(|place| place.parse::<usize>().ok())
            && (1..=runs.len()).contains(&place)
        {
            return Ok(runs.swap_remove(place - 1));
        }
        let by_id = |run: &RunRow| !asked.is_empty() && run.run_id.starts_with(asked);
        let place = runs
            .iter()
            .position(|run| run.run_id == asked)
            .or_else(|| runs.iter().position(|run| run.testplan == asked && !runs.iter().any(by_id)));
        if let Some(place) = place {
            return Ok(runs.swap_remove(place));
        }
        let mut matching: Vec<RunRow> = runs.extract_if(.., |run| by_id(run)).collect();
        let named = |runs: &[RunRow]| runs.iter().take(MAX_NAMED).map(name).collect();
        match (matching.pop(), matching.is_empty()) {
            (Some(run), true) => Ok(run),
            (Some(run), false) => {
                matching.push(run);
                Err(FindRunError::Ambiguous { asked: asked.to_owned(), matching: named(&matching) })
            }
            (None, _) => Err(FindRunError::Unknown { asked: asked.to_owned(), newest: named(&runs) }),
        }
    }

    /// Marks a moment (nanoseconds since the Unix epoch) of a run with a text.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn annotate(&self, run_id: &str, text: &str, time_unix_ns: i64) -> Result<(), ChangeError> {
        let sql = "INSERT INTO event (run, time_unix_ns, kind, name, attributes)
             SELECT id, ?2, 'annotation', ?3, '{}' FROM run WHERE run_id = ?1";
        self.change(run_id, self.connection.execute(sql, params![run_id, time_unix_ns, text])?)
    }

    /// The runs that got annotations behind the event `after`, whoever wrote them. With nothing new, this is one look at
    /// the end of a table.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn annotated_after(&self, after: i64) -> Result<Annotated, ReadError> {
        let last = "SELECT coalesce(max(id), 0) FROM event";
        let last_event: i64 = self.connection.prepare_cached(last)?.query_row([], |row| row.get(0))?;
        if last_event == after {
            return Ok(Annotated { run_ids: Vec::new(), last_event });
        }
        // With the newest run its events were deleted, and their ids are given out again: anything may be new.
        let after = if last_event < after { 0 } else { after };
        let runs = "SELECT DISTINCT run.run_id FROM event JOIN run ON run.id = event.run
             WHERE event.id > ?1 AND event.kind = 'annotation'";
        let mut select = self.connection.prepare_cached(runs)?;
        let run_ids = select.query_map([after], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Annotated { run_ids, last_event })
    }

    /// Replaces the notes of a run.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn set_notes(&self, run_id: &str, notes: &str) -> Result<(), ChangeError> {
        let sql = "UPDATE run SET notes = ?2 WHERE run_id = ?1";
        self.change(run_id, self.connection.execute(sql, params![run_id, notes])?)
    }

    /// Deletes a run that is not on, and gives its room back.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub fn delete(&self, run_id: &str) -> Result<(), ChangeError> {
        if self.row(run_id)?.is_some_and(|row| row.state == RunState::Running) {
            return Err(ChangeError::Running { run_id: run_id.to_owned() });
        }
        self.change(run_id, self.connection.execute("DELETE FROM run WHERE run_id = ?1", [run_id])?)?;
        Ok(maintenance::give_back(&self.connection)?)
    }

    fn row(&self, run_id: &str) -> rusqlite::Result<Option<RunRow>> {
        let sql = format!("{} WHERE run_id = ?1", RunRow::SELECT);
        let mut select = self.connection.prepare_cached(&sql)?;
        select.query_row([run_id], |row| RunRow::read(row, &self.connection)).optional()
    }

    fn change(&self, run_id: &str, changed: usize) -> Result<(), ChangeError> {
        if changed == 0 { Err(ChangeError::Gone { run_id: run_id.to_owned() }) } else { Ok(()) }
    }
}

fn name(run: &RunRow) -> String {
    format!("{} ({})", run.run_id, run.testplan)
}
