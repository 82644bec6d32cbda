//! What a failed call into Python leaves behind: an error that the listener's caller must not see.

use pyo3::ffi;

/// Forgets the error of a failed call; none may be set. An interrupt is not for the listener to forget: Python raises
/// it again as soon as it is back in its own code.
///
/// # Safety
/// The GIL is held.
#[cold]
pub(super) unsafe fn forget() {
    // SAFETY: see above; `PyErr_ExceptionMatches` is only asked while an error is set.
    unsafe {
        if ffi::PyErr_Occurred().is_null() {
            return;
        }
        let is_interrupt = ffi::PyErr_ExceptionMatches(ffi::PyExc_KeyboardInterrupt) != 0;
        ffi::PyErr_Clear();
        if is_interrupt {
            // As if the signal had come now. Where the user ignores it, nothing happens, as Python documents.
            ffi::PyErr_SetInterrupt();
        }
    }
}
