//! The recorder: glue between windows and records on one side and the file on the other.
//!
//! Runs on its lane's thread, so it may wait for the disk.

use crate::config::JsonFileConfig;
use crate::error::OpenFileError;
use crate::file::LineFile;
use crate::line;
use crate::lines::Lines;
use crate::progress::Progress;
use locust_telemetry_pipeline::{Ledger, Load, Record, Recorder, RunWindow};
use std::io;

/// Writes records and the intervals of endpoints and workers to a file, a line each.
///
/// What waits in an open interval counts as queued; see [`LineFile`] for what *delivered* means.
#[derive(Debug)]
pub struct JsonFileRecorder {
    file: LineFile,
    interval_s: u64,
    endpoint_intervals: bool,
    /// The run that windows come from, with its open interval.
    progress: Option<Progress>,
    /// Lines that could not be written.
    lost_lines: u64,
    failure_told: bool,
    recovery_told: bool,
    deletion_told: bool,
}

impl JsonFileRecorder {
    /// Checks `config` and opens its file.
    ///
    /// # Errors
    /// When a value is outside of its limits or the file cannot be opened.
    pub fn open(config: JsonFileConfig) -> Result<Self, OpenFileError> {
        config.validate()?;
        Ok(Self {
            file: LineFile::open(&config.path, config.max_bytes, config.keep)?,
            interval_s: config.interval_whole_s(),
            endpoint_intervals: config.endpoint_intervals,
            progress: None,
            lost_lines: 0,
            failure_told: false,
            recovery_told: false,
            deletion_told: false,
        })
    }

    fn write(&mut self, lines: &Lines, ledger: &Ledger) {
        if lines.is_empty() {
            return;
        }
        let written = self.file.write(lines);
        ledger.delivered(written.delivered);
        match written.error {
            Some(error) => {
                ledger.dropped(written.dropped, &format!("write failed: {}", error.kind()));
                self.tell_failure(&error, ledger);
                self.lost_lines += written.dropped_lines;
            }
            None => self.tell_success(ledger),
        }
        self.tell_deletion(ledger);
    }

    /// The first failure is worth a notice; a disk that is nearly full fails and works by turns.
    fn tell_failure(&mut self, error: &io::Error, ledger: &Ledger) {
        if !self.failure_told {
            self.failure_told = true;
            let path = self.file.path().display();
            ledger.notice(format!("cannot write {path}: {error}; lines are dropped and counted until it works again"));
        }
    }

    /// So is the first write that works after it.
    fn tell_success(&mut self, ledger: &Ledger) {
        if self.lost_lines > 0 && !self.recovery_told {
            self.recovery_told = true;
            let path = self.file.path().display();
            ledger.notice(format!("{path} is written again; lines lost so far: {}", self.lost_lines));
        }
    }

    fn tell_deletion(&mut self, ledger: &Ledger) {
        if self.file.rotated_away_files() > 0 && !self.deletion_told {
            self.deletion_told = true;
            let path = self.file.path().display();
            ledger.notice(format!(
                "{path} has reached its limits: from now on rotation deletes the oldest file each time"
            ));
        }
    }
}

impl Recorder for JsonFileRecorder {
    fn id(&self) -> &'static str {
        "json"
    }

    fn window(&mut self, window: &RunWindow, ledger: &Ledger) {
        if !self.endpoint_intervals {
            ledger.delivered(Load::requests(window.window.requests.requests()));
            return;
        }
        let mut lines = Lines::default();
        if let Some(mut other) = self.progress.take_if(|progress| !progress.is_of(window)) {
            other.close(&mut lines);
        }
        let progress = self.progress.get_or_insert_with(|| Progress::new(&window.run));
        progress.add(window, self.interval_s, &mut lines);
        self.write(&lines, ledger);
    }

    fn record(&mut self, record: &Record, ledger: &Ledger) {
        let mut lines = Lines::default();
        lines.push(&line::encode(record), Load::RECORD);
        self.write(&lines, ledger);
    }

    fn takes_records(&self) -> bool {
        true
    }

    fn flush(&mut self, ledger: &Ledger) {
        let mut lines = Lines::default();
        if let Some(progress) = &mut self.progress {
            progress.close(&mut lines);
        }
        self.write(&lines, ledger);
    }
}
