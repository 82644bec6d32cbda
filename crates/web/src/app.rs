//! What all routes share.

use crate::access::Access;
use crate::end::End;
use crate::limits::Limits;
use crate::live::hub::Hub;
use crate::reads::Reads;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// One server.
pub(crate) struct App {
    pub(crate) access: Access,
    pub(crate) reads: Arc<Reads>,
    /// Places for files under way.
    pub(crate) downloads: Arc<Semaphore>,
    pub(crate) hub: Arc<Hub>,
    /// Says that the store has a new note.
    pub(crate) news_of_notes: Arc<Notify>,
    pub(crate) limits: Limits,
    /// Becomes true at the end.
    pub(crate) end: End,
}
