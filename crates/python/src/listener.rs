//! The request listener: a raw C function that reads the keyword dict of a `request` event directly.
//!
//! The one module of the project with `unsafe` (with its parts below `listener/`). A function that PyO3 wraps
//! costs about 0.25 µs before it has read anything, since it unpacks arguments in general; this one is handed
//! the dict as Locust made it.
//!
//! It runs on whichever greenlet fires the event, with the GIL. It never raises, never blocks, and keeps no
//! reference to anything it was given but a bounded number of names ([`known`]). What it cannot read is counted
//! ([`Anomaly`]).
//!
//! Rules for every block below: what is read from the dict after anything that could run Python code (an attribute, a
//! `__bool__`, a `__str__`), and so change the dict, is held before that ([`values::Values`]). Every failed C call is
//! followed by `failure::forget`.
#![allow(unsafe_code)]

mod error_type;
mod failure;
mod known;
mod message;
mod odd;
mod owned;
mod text;
mod values;

use crate::handle::Handle;
use error_type::ErrorNames;
use known::{KnownNames, Named};
use locust_telemetry_core::{Anomaly, Request};
use odd::Odd;
use owned::Owned;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_char, c_int, c_void};
use std::num::NonZeroU16;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use values::Keys;

/// The capsule has no name, because comparing it would be a part of every call; nobody else can reach it.
const NO_NAME: *const c_char = ptr::null();

/// What the listener needs at every call; lives in the capsule that is the function's `self`.
struct Listener {
    handle: Arc<Handle>,
    keys: Keys,
    status_code: Owned,
    errors: ErrorNames,
    known: KnownNames,
}

/// Makes the listener: a Python callable that takes the keywords of Locust's `request` event.
pub(crate) fn make(py: Python<'_>, handle: Arc<Handle>) -> PyResult<Py<PyAny>> {
    let listener = Box::new(Listener {
        handle,
        keys: Keys::new(py),
        status_code: Owned::interned(py, "status_code"),
        errors: ErrorNames::new(py),
        known: KnownNames::new(),
    });
    // The definition must outlive the function object, which may live to the end of the process.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"on_request".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: on_request },
        ml_flags: ffi::METH_VARARGS | ffi::METH_KEYWORDS,
        ml_doc: c"Counts one finished request. Takes the keywords of Locust's request event.".as_ptr(),
    }));
    // SAFETY: the GIL is held (`py`). The capsule owns the box and `free_listener` takes it back; the function
    // holds a reference to the capsule, so `self` is valid at every call. Results are checked for null.
    unsafe {
        let pointer = Box::into_raw(listener).cast::<c_void>();
        let capsule = ffi::PyCapsule_New(pointer, NO_NAME, Some(free_listener));
        if capsule.is_null() {
            drop(Box::from_raw(pointer.cast::<Listener>()));
            return Err(PyErr::fetch(py));
        }
        let function = ffi::PyCFunction_NewEx(definition, capsule, ptr::null_mut());
        ffi::Py_DECREF(capsule);
        Bound::from_owned_ptr_or_err(py, function).map(Bound::unbind)
    }
}

unsafe extern "C" fn free_listener(capsule: *mut ffi::PyObject) {
    // SAFETY: called once, by the capsule made in `make`, which holds a pointer from `Box::into_raw`.
    unsafe {
        let pointer = ffi::PyCapsule_GetPointer(capsule, NO_NAME);
        if !pointer.is_null() {
            drop(Box::from_raw(pointer.cast::<Listener>()));
        }
    }
}

/// The C function: `on_request(**kwargs)`. Always returns None.
unsafe extern "C" fn on_request(
    capsule: *mut ffi::PyObject,
    _arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: `capsule` is the function's own `self`, made in `make`. The GIL is held by the caller.
    unsafe {
        let listener = ffi::PyCapsule_GetPointer(capsule, NO_NAME).cast::<Listener>();
        if let Some(listener) = listener.as_ref() {
            // Unwinding into C would be undefined; a failure in here must not end the test either.
            let caught = catch_unwind(AssertUnwindSafe(|| take(listener, keywords)));
            if caught.is_err() {
                failure::forget();
                listener.handle.engine().count_anomaly(Anomaly::ListenerFailed);
            }
        }
        ffi::Py_NewRef(ffi::Py_None())
    }
}

/// Reads one event and records it.
///
/// # Safety
/// The GIL is held; `keywords` is null or a dict that the caller keeps alive.
unsafe fn take(listener: &Listener, keywords: *mut ffi::PyObject) {
    let mut odd = Odd::default();
    // SAFETY: see above. `values` keeps alive what it holds until this function returns; the numbers, which it may not
    // hold, are read before anything else.
    unsafe {
        let values = listener.keys.read(keywords);
        let elapsed_ms = elapsed_ms(values.response_time());
        let response_bytes = response_bytes(values.response_length(), &mut odd);
        let status = status(listener, values.response(), &mut odd);
        let engine = listener.handle.engine();
        let named = Named { name: values.name(), method: values.request_type(), status };
        let is_usual = odd.is_empty() && is_none(values.exception());
        if is_usual
            && let Some(series) = listener.known.find(named)
            && engine.record_known(series, elapsed_ms, response_bytes)
        {
            return;
        }
        // Texts that are no strings become ones; the owners keep them alive until recorded.
        let (mut name_owner, mut method_owner, mut message_owner) = (None, None, None);
        let (error, message) = if is_failure(values.exception()) {
            let error = error_type::of(&listener.errors, values.exception());
            (Some(error), Some(message::of(values.exception(), &mut message_owner, &mut odd)))
        } else {
            (None, None)
        };
        let name = text::of(values.name(), &mut name_owner, &mut odd);
        let method = text::of(values.request_type(), &mut method_owner, &mut odd);
        let error_type = error.as_ref().map(|error| error.as_str());
        let request = Request { name, method, status, error_type, message, elapsed_ms, response_bytes };
        let series = engine.record(&request, odd.iter());
        // Its texts may be odd, too, and are to be counted as that each time.
        if let Some(series) = series
            && is_usual
            && odd.is_empty()
            && !(named.name.is_null() || named.method.is_null())
        {
            listener.known.remember(named, series);
        }
    }
}

/// Whether a value is absent or None.
///
/// # Safety
/// The GIL is held.
#[inline]
unsafe fn is_none(value: *mut ffi::PyObject) -> bool {
    // SAFETY: nothing is followed.
    value.is_null() || value == unsafe { ffi::Py_None() }
}

/// # Safety
/// As for [`take`]; `value` is null or kept alive by the caller.
unsafe fn elapsed_ms(value: *mut ffi::PyObject) -> Result<f64, Anomaly> {
    // SAFETY: `value` is checked for null; a failed conversion is cleared.
    unsafe {
        if is_none(value) {
            return Err(Anomaly::TimeMissing);
        }
        let elapsed_ms = ffi::PyFloat_AsDouble(value);
        if elapsed_ms == -1.0 && !ffi::PyErr_Occurred().is_null() {
            failure::forget();
            return Err(Anomaly::TimeNotNumeric);
        }
        Ok(elapsed_ms)
    }
}

/// # Safety
/// As for [`elapsed_ms`].
unsafe fn response_bytes(value: *mut ffi::PyObject, odd: &mut Odd) -> u64 {
    // SAFETY: `value` is checked for null; a failed conversion is cleared.
    unsafe {
        if is_none(value) {
            return 0;
        }
        let length = ffi::PyLong_AsLongLong(value);
        if length == -1 && !ffi::PyErr_Occurred().is_null() {
            failure::forget();
        }
        u64::try_from(length).unwrap_or_else(|_| {
            odd.add(Anomaly::LengthInvalid);
            0
        })
    }
}

/// The response's `status_code`: never the truth of the response, which is false for a 404 in `requests`.
///
/// FastHttpUser's is a property with a body in Python. Doing that body's steps from here instead, with the checks
/// that make this safe for patched and derived classes, saves 8 % (Python 3.11) to 19 % (3.10) of an event: too
/// little for what it takes.
///
/// # Safety
/// As for [`elapsed_ms`].
unsafe fn status(listener: &Listener, response: *mut ffi::PyObject, odd: &mut Odd) -> Option<NonZeroU16> {
    // SAFETY: `response` is checked for null and kept alive by the caller while its attribute is read.
    unsafe {
        if is_none(response) {
            return None;
        }
        let Some(code) = Owned::from_new(ffi::PyObject_GetAttr(response, listener.status_code.as_ptr())) else {
            // No such attribute (not HTTP), or none without a connection (FastHttpUser).
            failure::forget();
            return None;
        };
        if code.as_ptr() == ffi::Py_None() {
            return None;
        }
        let mut overflow: c_int = 0;
        let number = if ffi::PyLong_Check(code.as_ptr()) != 0 {
            ffi::PyLong_AsLongLongAndOverflow(code.as_ptr(), &raw mut overflow)
        } else {
            -1
        };
        if number == 0 {
            return None;
        }
        let status = u16::try_from(number).ok().and_then(NonZeroU16::new);
        if status.is_none() {
            odd.add(Anomaly::StatusInvalid);
        }
        status
    }
}

/// Whether Locust counts the event as a failure: its `exception` is true.
///
/// # Safety
/// As for [`elapsed_ms`].
unsafe fn is_failure(exception: *mut ffi::PyObject) -> bool {
    // SAFETY: checked for null; a `__bool__` that raises is cleared and counts as a failure.
    unsafe {
        if is_none(exception) {
            return false;
        }
        let truth = ffi::PyObject_IsTrue(exception);
        if truth < 0 {
            failure::forget();
        }
        truth != 0
    }
}
