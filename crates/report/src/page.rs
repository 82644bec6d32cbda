//! The page's files, part of the program: built from `web/` and committed there. Reports have them inside, the live page's
//! server hands them out.

/// `index.html`.
pub const DOCUMENT: &str = include_str!("../../../web/dist/index.html");

/// `app.js`.
pub const SCRIPT: &str = include_str!("../../../web/dist/app.js");

/// `app.css`.
pub const STYLE: &str = include_str!("../../../web/dist/app.css");
