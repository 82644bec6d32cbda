//! What a failed request says: the text by which Locust tells failures apart.
//!
//! That is the exception's `repr()`, or the failure itself where a client reports it as text
//! (`locust.stats.StatsError.parse_error`); core leaves the addresses in it out, as Locust does. Runs for
//! failures only.

use super::failure;
use super::odd::Odd;
use super::owned::Owned;
use super::text::{self, UNREADABLE};
use locust_telemetry_core::Anomaly;
use pyo3::ffi;
use std::time::{Duration, Instant};

/// From here on an exception took long to say what it is. Nothing else ran in the process meanwhile.
const SLOW: Duration = Duration::from_millis(50);

/// The message of `exception`, which may be any object that is true. What it is read from lives in `owner`.
///
/// # Safety
/// The GIL is held; `exception` is a valid object. The text lives as long as `owner`.
pub(super) unsafe fn of<'a>(exception: *mut ffi::PyObject, owner: &'a mut Option<Owned>, odd: &mut Odd) -> &'a str {
    // SAFETY: all that is read is owned; a `__repr__` that raises, or gives no string, is cleared.
    unsafe {
        let message = if ffi::PyUnicode_Check(exception) != 0 {
            Owned::from_borrowed(exception)
        } else {
            let begin = Instant::now();
            let message = Owned::from_new(ffi::PyObject_Repr(exception));
            if begin.elapsed() >= SLOW {
                odd.add(Anomaly::MessageSlow);
            }
            let Some(message) = message else {
                failure::forget();
                odd.add(Anomaly::MessageUnreadable);
                return UNREADABLE;
            };
            message
        };
        let is_readable = text::utf8(message.as_ptr()).is_some();
        let readable = if is_readable { None } else { text::escaped(message.as_ptr()) };
        text::read(owner.insert(readable.unwrap_or(message)).as_ptr())
    }
}
