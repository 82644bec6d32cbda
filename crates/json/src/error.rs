//! What can go wrong, one enum for each operation.

use locust_telemetry_core::histogram::PartsError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a configuration cannot work.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ConfigError {
    /// Name a file.
    #[error("the path of the JSON file is empty")]
    EmptyPath,
    /// Allow at least one byte; a file takes one line whatever its length.
    #[error("the largest size of the JSON file must be at least 1 byte")]
    NoRoom,
    /// Choose an interval within the limits.
    #[error("the interval of {given} s must be above 0 and at most {max} s")]
    Interval {
        /// What was asked for, in seconds.
        given: f64,
        /// The longest possible, in seconds.
        max: f64,
    },
}

/// Why a file of lines cannot be opened.
#[derive(Debug, Error)]
pub enum OpenFileError {
    /// Fix the option that the source names.
    #[error("the JSON recorder cannot be set up so")]
    Config {
        /// Which option, and what it accepts.
        #[from]
        source: ConfigError,
    },
    /// Fix the path or its permissions, or create its directory.
    #[error("cannot open {path} for appending")]
    Unopenable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a line of a JSON file tells nothing.
#[derive(Debug, Error)]
pub enum ParseLineError {
    /// Skip the line: it was cut short, or another program wrote it.
    #[error("the line is no JSON")]
    NotJson {
        /// Where it breaks off.
        source: serde_json::Error,
    },
    /// Skip the line: another program wrote it.
    #[error("the line is JSON but no object")]
    NotObject,
    /// Skip the line: it is damaged, or of a version that this one does not know.
    #[error("the line's field `{field}` is missing or has a value that is never written")]
    Field {
        /// The field's key.
        field: &'static str,
    },
    /// Upgrade the program: the line is of a newer one.
    #[error("the line's histogram has scale {scale} in {unit}; this build reads scale {supported} in ms")]
    Scale {
        /// The scale as given.
        scale: i64,
        /// The unit as given.
        unit: String,
        /// The scale that can be read.
        supported: i32,
    },
    /// Skip the line: its histogram is damaged.
    #[error("the line's histogram contradicts itself")]
    Histogram {
        /// How.
        #[from]
        source: PartsError,
    },
}
