//! The values of one event: found in the keyword dict, and kept alive while they are read.

use super::failure;
use super::owned::Owned;
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::ptr;

/// The keywords that are read, in the order of [`Values`].
const NAMES: [&str; COUNT] = ["name", "request_type", "response_time", "response_length", "exception", "response"];

const COUNT: usize = 6;

/// The place of a key that must be searched for: no dict has an entry there.
const UNKNOWN: ffi::Py_ssize_t = ffi::Py_ssize_t::MAX;

/// The place of a key that the last dict did not have, as the `response` of clients that do not speak HTTP.
const ABSENT: ffi::Py_ssize_t = -1;

/// Finds the values in the dicts of events.
///
/// A client fires its events with the same keywords in the same order each time. So the place of each in the
/// last dict is tried first; whether it is right is seen by the key there, and if not, the dict is walked. A key
/// that the last dict did not have is looked up by its hash instead: absence cannot be seen at a place.
pub(super) struct Keys {
    /// Interned; Locust's own calls use the same objects.
    keys: [Owned; COUNT],
    /// What `PyDict_Next` takes to give each key's entry, or [`UNKNOWN`] or [`ABSENT`]. Only touched with the GIL
    /// held.
    places: [Cell<ffi::Py_ssize_t>; COUNT],
}

/// The values of an event (null where absent). One strong reference to each, released at the end.
pub(super) struct Values([*mut ffi::PyObject; COUNT]);

impl Values {
    pub(super) fn name(&self) -> *mut ffi::PyObject {
        self.0[0]
    }

    pub(super) fn request_type(&self) -> *mut ffi::PyObject {
        self.0[1]
    }

    pub(super) fn response_time(&self) -> *mut ffi::PyObject {
        self.0[2]
    }

    pub(super) fn response_length(&self) -> *mut ffi::PyObject {
        self.0[3]
    }

    pub(super) fn exception(&self) -> *mut ffi::PyObject {
        self.0[4]
    }

    pub(super) fn response(&self) -> *mut ffi::PyObject {
        self.0[5]
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        for value in self.0 {
            // SAFETY: `Keys::read` took a reference to each that is not null; the GIL is held during a call.
            unsafe { ffi::Py_XDECREF(value) };
        }
    }
}

impl Keys {
    pub(super) fn new(py: Python<'_>) -> Self {
        Self { keys: NAMES.map(|name| Owned::interned(py, name)), places: NAMES.map(|_| Cell::new(UNKNOWN)) }
    }

    /// The values of the keywords.
    ///
    /// # Safety
    /// The GIL is held; `keywords` is null or a dict that the caller keeps alive.
    #[inline]
    pub(super) unsafe fn read(&self, keywords: *mut ffi::PyObject) -> Values {
        let mut found = [ptr::null_mut(); COUNT];
        if keywords.is_null() {
            return Values(found);
        }
        // SAFETY: see above; no Python code runs between finding the values and taking the references.
        unsafe {
            if !self.find_in_place(keywords, &mut found) {
                self.walk(keywords, &mut found);
            }
            found.iter().for_each(|&value| ffi::Py_XINCREF(value));
            let mut values = Values(found);
            if found.contains(&ptr::null_mut()) {
                self.look_up(keywords, &mut values);
            }
            values
        }
    }

    /// Looks where the keys were the last time; false if one is not there. Keys that were absent stay null.
    ///
    /// # Safety
    /// As for [`read`](Self::read).
    #[inline]
    unsafe fn find_in_place(&self, keywords: *mut ffi::PyObject, found: &mut [*mut ffi::PyObject; COUNT]) -> bool {
        for ((key, place), value) in self.keys.iter().zip(&self.places).zip(found) {
            let (mut position, mut at) = (place.get(), ptr::null_mut());
            if position == ABSENT {
                continue;
            }
            // SAFETY: a position beyond the dict's end is answered with 0; the results are borrowed.
            let is_entry = unsafe { ffi::PyDict_Next(keywords, &raw mut position, &raw mut at, value) };
            if is_entry == 0 || at != key.as_ptr() {
                return false;
            }
        }
        true
    }

    /// Walks the dict, and remembers the places.
    ///
    /// # Safety
    /// As for [`read`](Self::read).
    #[cold]
    unsafe fn walk(&self, keywords: *mut ffi::PyObject, found: &mut [*mut ffi::PyObject; COUNT]) {
        *found = [ptr::null_mut(); COUNT];
        self.places.iter().for_each(|place| place.set(ABSENT));
        let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        loop {
            let place = position;
            // SAFETY: `keywords` is a dict and does not change meanwhile; the results are borrowed.
            if unsafe { ffi::PyDict_Next(keywords, &raw mut position, &raw mut key, &raw mut value) } == 0 {
                return;
            }
            if let Some(which) = self.keys.iter().position(|wanted| wanted.as_ptr() == key) {
                found[which] = value;
                self.places[which].set(place);
            }
        }
    }

    /// Looks up by hash what has no place: it is absent, or there under an equal key that is another object
    /// (`fire(**{"na" + "me": …})`), or back after a dict without it.
    ///
    /// # Safety
    /// As for [`read`](Self::read).
    #[inline(never)]
    unsafe fn look_up(&self, keywords: *mut ffi::PyObject, values: &mut Values) {
        for ((key, place), value) in self.keys.iter().zip(&self.places).zip(&mut values.0) {
            if value.is_null() {
                // SAFETY: the result is borrowed, or null with or without an error, which is cleared. Comparing
                // keys may run Python code; all values so far are owned, and this one is as soon as it is found.
                unsafe {
                    *value = ffi::PyDict_GetItemWithError(keywords, key.as_ptr());
                    if !value.is_null() {
                        ffi::Py_INCREF(*value);
                        // A walk finds the place it has from now on, if it has one.
                        place.set(UNKNOWN);
                    } else if !ffi::PyErr_Occurred().is_null() {
                        failure::forget();
                    }
                }
            }
        }
    }
}
