//! The formats in which a run leaves the store.

use crate::error::ReportError;
use crate::figures::Figures;
use crate::{csv, json, markdown, parquet_file, svg, tables, timeline};
use locust_telemetry_store::RunReader;
use std::ops::Range;

/// How many points the curves of a picture have at most, about one for every four units of its width.
const PICTURE_POINTS: usize = 220;

/// A format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One table as comma-separated values.
    Csv,
    /// Everything as one JSON object.
    Json,
    /// One table as a Parquet file.
    Parquet,
    /// A summary for a pull request.
    Markdown,
    /// The main charts.
    Svg,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Json, Self::Parquet, Self::Markdown, Self::Svg];

    /// The name in addresses and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Markdown => "markdown",
            Self::Svg => "svg",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// How names of such files end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            other => other.name(),
        }
    }

    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// What the rows of a table are. Formats that are no table have everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Endpoints.
    Endpoints,
    /// Seconds, over all endpoints.
    Intervals,
    /// Errors of endpoints.
    Errors,
}

impl Subject {
    /// Every subject.
    pub const ALL: [Self; 3] = [Self::Endpoints, Self::Intervals, Self::Errors];

    /// The name in addresses and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Endpoints => "endpoints",
            Self::Intervals => "intervals",
            Self::Errors => "errors",
        }
    }

    /// The subject of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.name() == name)
    }
}

/// A run, or the part of it that is in `range` (seconds since the Unix epoch, the last one excluded), in a format.
///
/// # Errors
/// When the store cannot be read.
pub fn encode(
    run: &RunReader<'_>,
    range: Option<Range<i64>>,
    format: Format,
    subject: Subject,
) -> Result<Vec<u8>, ReportError> {
    let figures = Figures::read(run, range)?;
    let table = || -> Result<_, ReportError> {
        Ok(match subject {
            Subject::Endpoints => tables::endpoints(&figures.endpoints, figures.length),
            Subject::Intervals => tables::intervals(&timeline::read_seconds(run, &figures)?),
            Subject::Errors => tables::errors(&figures.errors),
        })
    };
    Ok(match format {
        Format::Csv => csv::encode(&table()?).into_bytes(),
        Format::Json => json::encode(&figures, &timeline::read_seconds(run, &figures)?).into_bytes(),
        Format::Parquet => parquet_file::encode(&table()?)?,
        Format::Markdown => markdown::encode(&figures).into_bytes(),
        Format::Svg => svg::encode(&figures, &timeline::read(run, &figures, PICTURE_POINTS)?).into_bytes(),
    })
}
