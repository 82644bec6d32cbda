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

/// The values of an event (null where absent).
///
/// What is read after Python code may have run is held until the end, by a reference each. Plain numbers are not: they
/// are read first, and reading them runs none.
pub(super) struct Values {
    found: [*mut ffi::PyObject; COUNT],
    /// Null for what needs no holding.
    held: [*mut ffi::PyObject; COUNT],
}

/// Where the numbers are in [`Values`].
const NUMBERS: [usize; 2] = [2, 3];

impl Values {
    const NONE: Self = Self { found: [ptr::null_mut(); COUNT], held: [ptr::null_mut(); COUNT] };

    /// Holds one of the values.
    ///
    /// # Safety
    /// The GIL is held; no Python code ran since the value was found.
    #[inline]
    unsafe fn hold(&mut self, which: usize) {
        let value = self.found[which];
        // SAFETY: the value is null, which is passed over, or in the dict still. None is always there.
        unsafe {
            if value != ffi::Py_None() {
                ffi::Py_XINCREF(value);
                self.held[which] = value;
            }
        }
    }

    /// Whether reading the numbers runs no Python code. Subclasses have `__float__` and `__index__` of their own.
    ///
    /// # Safety
    /// As for [`hold`](Self::hold).
    #[inline]
    unsafe fn has_plain_numbers(&self) -> bool {
        let [time, length] = NUMBERS.map(|which| self.found[which]);
        // SAFETY: neither is null where its type is looked at.
        unsafe {
            !time.is_null()
                && !length.is_null()
                && ffi::PyFloat_CheckExact(time) != 0
                && ffi::PyLong_CheckExact(length) != 0
        }
    }

    pub(super) fn name(&self) -> *mut ffi::PyObject {
        self.found[0]
    }

    pub(super) fn request_type(&self) -> *mut ffi::PyObject {
        self.found[1]
    }

    pub(super) fn response_time(&self) -> *mut ffi::PyObject {
        self.found[2]
    }

    pub(super) fn response_length(&self) -> *mut ffi::PyObject {
        self.found[3]
    }

    pub(super) fn exception(&self) -> *mut ffi::PyObject {
        self.found[4]
    }

    pub(super) fn response(&self) -> *mut ffi::PyObject {
        self.found[5]
    }
}

impl Drop for Values {
    fn drop(&mut self) {
        for value in self.held {
            // SAFETY: `hold` took a reference to each that is not null; the GIL is held during a call.
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
        let mut values = Values::NONE;
        if keywords.is_null() {
            return values;
        }
        // SAFETY: see above; no Python code runs between finding the values and holding them.
        unsafe {
            if !self.find_in_place(keywords, &mut values.found) {
                self.walk(keywords, &mut values.found);
            }
            let is_complete = !values.found.contains(&ptr::null_mut());
            let are_numbers_held = !(is_complete && values.has_plain_numbers());
            for which in 0..COUNT {
                if are_numbers_held || !NUMBERS.contains(&which) {
                    values.hold(which);
                }
            }
            if !is_complete {
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
        for (which, (key, place)) in self.keys.iter().zip(&self.places).enumerate() {
            if values.found[which].is_null() {
                // SAFETY: the result is borrowed, or null with or without an error, which is cleared. Comparing
                // keys may run Python code; all values so far are held, and this one is as soon as it is found.
                unsafe {
                    values.found[which] = ffi::PyDict_GetItemWithError(keywords, key.as_ptr());
                    if !values.found[which].is_null() {
                        values.hold(which);
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
