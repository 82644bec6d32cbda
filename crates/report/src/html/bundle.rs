//! The page as it was built, and the places in its document that a report fills.

use crate::error::ReportError;
use crate::page;

/// Places in the page's document, each of which it has once.
pub(super) const CHARSET: &str = r#"<meta charset="utf-8">"#;
pub(super) const TITLE: &str = "<title>Locust Telemetry</title>";
pub(super) const STYLE: &str = r#"<link rel="stylesheet" href="app.css">"#;
pub(super) const DATA: &str = "<!-- run-data -->";
pub(super) const SCRIPT: &str = r#"<script src="app.js"></script>"#;

/// The page's files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bundle<'a> {
    /// The document.
    pub(super) document: &'a str,
    /// Its script.
    pub(super) script: &'a str,
    /// Its style sheet.
    pub(super) style: &'a str,
}

impl Bundle<'static> {
    /// The files that `web/dist` had when this was built.
    pub(super) const fn of_this_build() -> Self {
        Self { document: page::DOCUMENT, script: page::SCRIPT, style: page::STYLE }
    }
}

impl Bundle<'_> {
    /// How many bytes of a report are the page's.
    pub(super) const fn size(&self) -> usize {
        self.document.len() + self.script.len() + self.style.len()
    }

    /// The document with something else in each of these places.
    ///
    /// # Errors
    /// When it does not have one of them exactly once: the page was changed and this file was not.
    pub(super) fn fill(&self, places: &[(&'static str, &str)]) -> Result<String, ReportError> {
        // From place to place in their order, so that nothing which was put in is taken for a place.
        let mut found = Vec::new();
        for (place, content) in places {
            match self.document.match_indices(place).collect::<Vec<_>>()[..] {
                [(start, _)] => found.push((start, start + place.len(), *content)),
                _ => return Err(ReportError::Page { place }),
            }
        }
        found.sort_unstable_by_key(|(start, ..)| *start);
        let mut filled = String::new();
        let mut end = 0;
        for (start, after, content) in found {
            filled.push_str(&self.document[end..start]);
            filled.push_str(content);
            end = after;
        }
        filled.push_str(&self.document[end..]);
        Ok(filled)
    }
}
