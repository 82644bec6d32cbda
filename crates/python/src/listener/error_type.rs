//! Under which type a failed request is counted.
//!
//! The class of the exception, with two exceptions that make the same failure the same series whichever
//! client met it: a wrapper of an HTTP library (`requests`, `urllib3`, `geventhttpclient`) is opened down to
//! what went wrong (`ConnectionRefusedError`, `TimeoutError`, …), and the bad-status exceptions of Locust's
//! clients are all `HTTPError`. Runs for failures only.

use super::failure;
use super::owned::Owned;
use super::text::{UNREADABLE, utf8};
use pyo3::ffi;
use pyo3::prelude::*;

/// How deep a chain of wrappers is followed.
const MAX_DEPTH: usize = 8;

/// Packages whose exceptions wrap the real cause.
const WRAPPERS: [&str; 3] = ["requests.", "urllib3.", "geventhttpclient."];

/// Exceptions that only say "the status is bad": of requests, FastHttpUser, geventhttpclient.
const BAD_STATUS: [&str; 3] = ["HTTPError", "LocustBadStatusCode", "BadStatusCode"];

/// The attribute names that this module reads.
pub(super) struct ErrorNames {
    name: Owned,
    module: Owned,
    cause: Owned,
    context: Owned,
    original: Owned,
}

impl ErrorNames {
    pub(super) fn new(py: Python<'_>) -> Self {
        Self {
            name: Owned::interned(py, "__name__"),
            module: Owned::interned(py, "__module__"),
            cause: Owned::interned(py, "__cause__"),
            context: Owned::interned(py, "__context__"),
            original: Owned::interned(py, "original"),
        }
    }
}

/// A type's name, with its owner.
pub(super) enum ErrorType {
    /// One of ours.
    Fixed(&'static str),
    /// The string object that `__name__` gave.
    Named(Owned),
}

impl ErrorType {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            // SAFETY: the object is owned by `self` and outlives the text.
            Self::Named(owner) => unsafe { utf8(owner.as_ptr()) }.unwrap_or(UNREADABLE),
        }
    }
}

/// The type of `exception`, which may be any object that is true.
///
/// # Safety
/// The GIL is held; `exception` is a valid object.
pub(super) unsafe fn of(names: &ErrorNames, exception: *mut ffi::PyObject) -> ErrorType {
    // SAFETY: `current` is owned at every step; each failed call is cleared.
    unsafe {
        if ffi::PyUnicode_Check(exception) != 0 {
            // A client of the user's own that reports its failures as text.
            return ErrorType::Fixed("Failure");
        }
        if ffi::PyType_Check(exception) != 0 {
            // The class instead of an instance.
            let name = attribute(exception, &names.name);
            return name.map_or(ErrorType::Fixed(UNREADABLE), ErrorType::Named);
        }
        let mut current = Owned::from_borrowed(exception);
        for _ in 0..MAX_DEPTH {
            let name = type_attribute(current.as_ptr(), &names.name);
            if name.as_ref().and_then(|name| utf8(name.as_ptr())).is_some_and(|name| BAD_STATUS.contains(&name)) {
                return ErrorType::Fixed("HTTPError");
            }
            let module = type_attribute(current.as_ptr(), &names.module);
            let is_wrapper = module
                .as_ref()
                .and_then(|module| utf8(module.as_ptr()))
                .is_some_and(|module| WRAPPERS.iter().any(|wrapper| module.starts_with(wrapper)));
            // `original` is where geventhttpclient keeps the cause.
            let places = [&names.cause, &names.context, &names.original];
            let inner = if is_wrapper {
                places.into_iter().find_map(|place| exception_in(current.as_ptr(), place))
            } else {
                None
            };
            match inner {
                Some(inner) => current = inner,
                None => return name.map_or(ErrorType::Fixed(UNREADABLE), ErrorType::Named),
            }
        }
        type_attribute(current.as_ptr(), &names.name).map_or(ErrorType::Fixed(UNREADABLE), ErrorType::Named)
    }
}

/// An attribute of the object's class.
///
/// # Safety
/// As for [`of`].
unsafe fn type_attribute(object: *mut ffi::PyObject, name: &Owned) -> Option<Owned> {
    // SAFETY: the class of a live object is alive.
    unsafe { attribute(ffi::Py_TYPE(object).cast(), name) }
}

/// The exception that another one carries under `name`, if any.
///
/// # Safety
/// As for [`of`].
unsafe fn exception_in(object: *mut ffi::PyObject, name: &Owned) -> Option<Owned> {
    // SAFETY: see above.
    unsafe { attribute(object, name).filter(|value| ffi::PyExceptionInstance_Check(value.as_ptr()) != 0) }
}

/// # Safety
/// As for [`of`].
unsafe fn attribute(object: *mut ffi::PyObject, name: &Owned) -> Option<Owned> {
    // SAFETY: PyObject_GetAttr gives a new reference or null with an error set, which is cleared.
    unsafe {
        let value = Owned::from_new(ffi::PyObject_GetAttr(object, name.as_ptr()));
        if value.is_none() {
            failure::forget();
        }
        value
    }
}
