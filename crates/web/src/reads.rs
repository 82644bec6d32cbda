//! Reads of the store, on threads where they may take their time: the server's own thread never waits for a disk.

use crate::api_error::ApiError;
use locust_telemetry_store::Store;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Opens the store as often as it is read at the same time, and keeps what it has opened.
pub(crate) struct Reads {
    path: PathBuf,
    idle: Mutex<Vec<Store>>,
    places: Arc<Semaphore>,
}

impl Reads {
    /// Begins with an open store, with this many reads at a time; others wait in order.
    pub(crate) fn new(path: PathBuf, store: Store, places: usize) -> Self {
        let idle = if store.is_frozen() { Vec::new() } else { vec![store] };
        Self { path, idle: Mutex::new(idle), places: Arc::new(Semaphore::new(places)) }
    }

    /// Runs a job on another thread.
    ///
    /// # Errors
    /// Those of the job, and when the store cannot be opened any more.
    pub(crate) async fn run<T, J>(self: &Arc<Self>, job: J) -> Result<T, ApiError>
    where
        T: Send + 'static,
        J: FnOnce(&Store) -> Result<T, ApiError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|error| ApiError::store(&error))?;
        let reads = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even when its client has gone.
            let _place = place;
            let idle = reads.idle().pop();
            let store = match idle {
                Some(store) => store,
                None => Store::open(&reads.path).map_err(|error| ApiError::store(&error))?,
            };
            let result = job(&store);
            // After trouble a fresh one is better; and one that is frozen sees nothing of what is recorded next.
            if !matches!(result, Err(ApiError::Store(_))) && !store.is_frozen() {
                reads.idle().push(store);
            }
            result
        });
        work.await.map_err(|error| ApiError::store(&error))?
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Store>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
