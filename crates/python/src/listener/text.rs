//! Python's texts, read without a copy where that is possible.

use super::failure;
use super::odd::Odd;
use super::owned::Owned;
use locust_telemetry_core::Anomaly;
use pyo3::ffi;

/// What stands for a text that cannot be had.
pub(super) const UNREADABLE: &str = "(unreadable)";

/// `value` as text; anything but a string by its `str()`, which then lives in `owner`.
///
/// # Safety
/// The GIL is held; `value` is null or kept alive by the caller. The text lives as long as `value` and `owner`.
pub(super) unsafe fn of<'a>(value: *mut ffi::PyObject, owner: &'a mut Option<Owned>, odd: &mut Odd) -> &'a str {
    // SAFETY: `value` is kept alive by the caller, what replaces it by `owner`.
    unsafe {
        if value.is_null() {
            return "";
        }
        if let Some(text) = utf8(value) {
            return text;
        }
        let replaced = if ffi::PyUnicode_Check(value) != 0 {
            odd.add(Anomaly::TextUnreadable);
            escaped(value)
        } else {
            odd.add(Anomaly::TextNotString);
            let text = Owned::from_new(ffi::PyObject_Str(value));
            if text.is_none() {
                failure::forget();
            }
            text
        };
        match replaced {
            Some(replaced) => read(owner.insert(replaced).as_ptr()),
            None => UNREADABLE,
        }
    }
}

/// The text of a string, or of the bytes that [`escaped`] made; [`UNREADABLE`] if it has lone surrogates.
///
/// # Safety
/// The GIL is held; `object` is a valid object that outlives the text.
pub(super) unsafe fn read<'a>(object: *mut ffi::PyObject) -> &'a str {
    // SAFETY: the buffer of a bytes object belongs to it, and is as long as it says.
    unsafe {
        if let Some(text) = utf8(object) {
            return text;
        }
        if ffi::PyBytes_Check(object) == 0 {
            return UNREADABLE;
        }
        let length = usize::try_from(ffi::PyBytes_Size(object)).unwrap_or(0);
        let bytes = std::slice::from_raw_parts(ffi::PyBytes_AsString(object).cast::<u8>(), length);
        std::str::from_utf8(bytes).unwrap_or(UNREADABLE)
    }
}

/// A string with lone surrogates as bytes of UTF-8 that have them as escapes.
///
/// # Safety
/// The GIL is held; `string` is a valid string object.
pub(super) unsafe fn escaped(string: *mut ffi::PyObject) -> Option<Owned> {
    // SAFETY: the result is a new reference or null with an error set, which is cleared.
    unsafe {
        let bytes = ffi::PyUnicode_AsEncodedString(string, c"utf-8".as_ptr(), c"backslashreplace".as_ptr());
        let bytes = Owned::from_new(bytes);
        if bytes.is_none() {
            failure::forget();
        }
        bytes
    }
}

/// The UTF-8 of a string object, kept by that object; `None` if it is no string or has lone surrogates.
///
/// # Safety
/// The GIL is held; `value` is a valid object that outlives the text.
pub(super) unsafe fn utf8<'a>(value: *mut ffi::PyObject) -> Option<&'a str> {
    // SAFETY: the buffer belongs to the string object and is valid UTF-8 (documented by CPython). What is no string is
    // answered with an error.
    unsafe {
        let mut length: ffi::Py_ssize_t = 0;
        let data = ffi::PyUnicode_AsUTF8AndSize(value, &raw mut length);
        if data.is_null() {
            failure::forget();
            return None;
        }
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), usize::try_from(length).unwrap_or(0));
        Some(std::str::from_utf8_unchecked(bytes))
    }
}
