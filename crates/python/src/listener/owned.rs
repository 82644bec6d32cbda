//! A strong reference for the listener: like `Py`, without its checks whether the GIL is held.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// One strong reference. Made, used and dropped only with the GIL held.
pub(super) struct Owned(*mut ffi::PyObject);

// SAFETY: the pointer is only followed with the GIL held, which the listener's callers guarantee; the last
// reference goes when the capsule is freed, by Python, with the GIL.
unsafe impl Send for Owned {}
// SAFETY: as above.
unsafe impl Sync for Owned {}

impl Owned {
    /// Takes over a new reference; `None` for null.
    ///
    /// # Safety
    /// `pointer` is null or a new reference that nobody else releases.
    pub(super) unsafe fn from_new(pointer: *mut ffi::PyObject) -> Option<Self> {
        // Not `then_some`: its value is made, and dropped, even for null.
        if pointer.is_null() { None } else { Some(Self(pointer)) }
    }

    /// Adds a reference to a borrowed object.
    ///
    /// # Safety
    /// `pointer` is a valid object and the GIL is held.
    pub(super) unsafe fn from_borrowed(pointer: *mut ffi::PyObject) -> Self {
        // SAFETY: see above.
        unsafe { ffi::Py_INCREF(pointer) };
        Self(pointer)
    }

    /// The interned string `text`.
    pub(super) fn interned(py: Python<'_>, text: &str) -> Self {
        Self(PyString::intern(py, text).into_ptr())
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the reference is ours and the GIL is held (see the type).
        unsafe { ffi::Py_DECREF(self.0) };
    }
}
