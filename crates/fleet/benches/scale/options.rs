//! How many workers, how busy, and for how long.

use std::error::Error;

/// What is simulated.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// How many workers report.
    pub(crate) workers: usize,
    /// How many series each worker has requests in, each second.
    pub(crate) series: usize,
    /// Seconds of the run.
    pub(crate) seconds: usize,
    /// Seconds between two reports of a worker.
    pub(crate) report_s: usize,
    /// The first second: Unix seconds.
    pub(crate) start_s: i64,
    /// Whether this process is the workers.
    pub(crate) frames_only: bool,
}

impl Options {
    /// Reads the command line.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options =
            Self { workers: 100, series: 1_000, seconds: 30, report_s: 3, start_s: 1_767_323_045, frames_only: false };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--workers" => options.workers = value()?.parse()?,
                "--series" => options.series = value()?.parse()?,
                "--seconds" => options.seconds = value()?.parse()?,
                "--report-s" => options.report_s = value()?.parse::<usize>()?.max(1),
                "--start-s" => options.start_s = value()?.parse()?,
                "--frames-only" => options.frames_only = true,
                // What cargo itself adds.
                "--bench" => {}
                _ => return Err(format!("unknown option {name}").into()),
            }
        }
        Ok(options)
    }
}
