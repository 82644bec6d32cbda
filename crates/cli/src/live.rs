//! The live view of `locust-telemetry run --lt-live`: the terminal shows the run for as long as it is on.
//!
//! It is drawn by a process that does nothing else, while Locust runs in another one: nothing here can cost the test
//! anything, and whatever becomes of Locust, the terminal is given back. What is shown is read from the run store, as
//! the page of another process reads it. What Locust writes meanwhile is shown in part, and written in full afterwards.
//!
//! One thread, `lt-live-view`, reads and draws; any thread may hand over lines.

mod announcement;
mod output;
mod screen;
mod snapshot;
mod terminal;

use crate::console::Terminals;
use announcement::Announcement;
pub use output::Stream;
use output::{Output, Way};
use screen::Screen;
use snapshot::Snapshot;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the size of the terminal is looked at, and lines are shown.
const DRAW_EVERY: Duration = Duration::from_millis(250);
/// As often as windows close.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Where there is no terminal to draw on, one line says how it stands.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Shows the runs of another process.
#[derive(Debug)]
pub struct LiveView {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    output: Output,
    is_paused: bool,
    is_over: bool,
}

impl LiveView {
    /// Waits for runs that are announced in the file at `announcement`, which need not be there yet: a line of JSON
    /// for each run, `{"store": PATH, "run_id": ID}`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(announcement: PathBuf, terminals: Terminals) -> io::Result<Self> {
        let state = Mutex::new(State { output: Output::default(), is_paused: false, is_over: false });
        let shared = Arc::new(Shared { state, ended: Condvar::new() });
        let told = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("lt-live-view".to_owned()).spawn(move || {
            let way = if terminals.is_drawable() { Way::Drawn } else { Way::Told };
            Watch { announcement: Announcement::new(announcement), snapshot: None, trouble: None, terminals }
                .until_over(way, &told);
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Takes a line that Locust wrote, without its end: written at once while nothing is drawn, else once it is over.
    pub fn take_line(&self, stream: Stream, line: String) {
        self.shared.lock().output.take_line(stream, line);
    }

    /// Gives the terminal back and writes what was kept back, until [`resume`](Self::resume).
    pub fn pause(&self) {
        let mut state = self.shared.lock();
        state.is_paused = true;
        state.output.leave();
    }

    /// Draws again.
    pub fn resume(&self) {
        self.shared.lock().is_paused = false;
    }

    /// Ends the view, gives the terminal back and writes what was kept back. Safe to call again.
    pub fn close(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        // Also where the thread came to grief.
        self.shared.lock().output.leave();
    }
}

impl Drop for LiveView {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next look; returns whether there is one.
    fn waits(&self) -> bool {
        let waited = self.ended.wait_timeout_while(self.lock(), DRAW_EVERY, |state| !state.is_over);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_over
    }
}

/// What the thread knows.
struct Watch {
    announcement: Announcement,
    snapshot: Option<Snapshot>,
    /// Why the store could not be read last time.
    trouble: Option<String>,
    terminals: Terminals,
}

impl Watch {
    fn until_over(mut self, way: Way, shared: &Shared) {
        let (mut read, mut told) = (None::<Instant>, Instant::now());
        while shared.waits() {
            if read.is_none_or(|read| read.elapsed() >= READ_EVERY) {
                read = Some(Instant::now());
                self.read();
            }
            let running = self.snapshot.as_ref().filter(|snapshot| snapshot.is_running());
            match (way, running) {
                (Way::Drawn, Some(snapshot)) if terminal::is_ours() => {
                    let (columns, lines) = terminal::size();
                    let mut state = shared.lock();
                    if state.is_paused {
                        continue;
                    }
                    let output = state.output.newest(screen::MAX_OUTPUT_LINES);
                    let trouble = self.trouble.as_deref();
                    let screen = Screen { snapshot, trouble, output: &output, columns, lines };
                    let frame = screen.frame(self.terminals);
                    state.output.draw(&frame, lines);
                }
                (Way::Drawn, _) => shared.lock().output.leave(),
                (Way::Told, Some(snapshot)) if told.elapsed() >= TELL_EVERY => {
                    told = Instant::now();
                    shared.lock().output.take_line(Stream::Output, snapshot.line());
                }
                (Way::Told, _) => {}
            }
        }
    }

    fn read(&mut self) {
        let Some((store, run_id)) = self.announcement.newest() else { return };
        match Snapshot::read(&store, &run_id, terminal::size().0) {
            Ok(Some(snapshot)) => (self.snapshot, self.trouble) = (Some(snapshot), None),
            // Its first window is still to come.
            Ok(None) => {}
            Err(error) => self.trouble = Some(error.line()),
        }
    }
}
