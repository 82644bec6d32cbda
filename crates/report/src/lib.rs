//! What is made of a recorded run: the report, the summary for a pull request, exports and charts.
//!
//! Start at [`figures`]: every output is written from [`Figures`] and the [`Point`]s of a [`timeline`], so that all of
//! them agree to the last digit. [`export`] has the formats, each in a file of its own.
//!
//! Nothing here writes a file: outputs are bytes, for the command and for the page's server.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod cause;
mod column;
mod csv;
pub mod error;
pub mod export;
pub mod figures;
mod file_name;
pub mod html;
mod json;
mod markdown;
pub mod markup;
pub mod missing;
pub mod page;
mod parquet_file;
pub mod report_file;
mod sentences;
mod slots;
mod svg;
mod table;
mod tables;
pub mod tally;
pub mod time;
pub mod timeline;
pub mod words;

pub use cause::Cause;
pub use error::{ReportError, WriteReportError, with_causes};
pub use export::{Format, Subject};
pub use figures::{Confidence, ErrorFigures, EventFigures, Figures, RunFacts, WorkerFigures};
pub use file_name::file_name;
pub use missing::Missing;
pub use tally::{LatencyFigures, Tally};
pub use timeline::Point;
