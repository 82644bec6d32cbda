//! Python values as JSON, whatever they are: a line is always valid JSON.
//!
//! Numbers stay numbers (what is not finite becomes null, what has no 64 bits its `str()`), dates become ISO
//! 8601, enums their value, sets and tuples arrays, and everything else its `str()`.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyMapping, PySet, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// How deep a value may nest; below that it is written as its `str()`.
const MAX_DEPTH: usize = 32;

/// How many values one record may hold; what comes after is null. A list that holds itself has no end.
const MAX_VALUES: usize = 100_000;

/// `object` as JSON. Never fails: what cannot be read is said to be unprintable.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> Value {
    Conversion::default().convert(object, 0)
}

/// A mapping as a JSON object; keys become their `str()`.
pub(crate) fn object_from_python(dict: &Bound<'_, PyDict>) -> Map<String, Value> {
    Conversion::default().object(dict, 0)
}

/// One conversion, which must end.
#[derive(Default)]
struct Conversion {
    values: usize,
}

impl Conversion {
    fn convert(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Value {
        self.values += 1;
        if value.is_none() || self.values > MAX_VALUES {
            return Value::Null;
        }
        if let Ok(flag) = value.cast::<PyBool>() {
            return Value::Bool(flag.is_true());
        }
        if value.is_exact_instance_of::<PyString>() {
            return Value::String(text(value));
        }
        if depth < MAX_DEPTH
            && let Some(inner) = enum_value(value)
        {
            return self.convert(&inner, depth + 1);
        }
        if value.is_instance_of::<PyString>() {
            return Value::String(text(value));
        }
        if value.is_instance_of::<PyInt>() {
            return integer(value);
        }
        if let Ok(number) = value.cast::<PyFloat>() {
            return float(number.value());
        }
        if depth < MAX_DEPTH {
            if let Ok(dict) = value.cast::<PyDict>() {
                return Value::Object(self.object(dict, depth + 1));
            }
            if is_sequence(value) {
                return self.sequence(value, depth + 1);
            }
            if let Some(dict) = value.cast::<PyMapping>().ok().and_then(to_dict) {
                return Value::Object(self.object(&dict, depth + 1));
            }
        }
        scalar(value)
    }

    fn object(&mut self, dict: &Bound<'_, PyDict>, depth: usize) -> Map<String, Value> {
        // A copy, because `str()` of a key may run Python code that changes the dict.
        let items: Vec<_> = dict.iter().collect();
        items.iter().map(|(key, value)| (text(key), self.convert(value, depth))).collect()
    }

    fn sequence(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Value {
        let Ok(items) = value.try_iter() else {
            return Value::String(text(value));
        };
        // Up to the first failure of the iterator, and never without end.
        let items: Vec<_> = items.map_while(Result::ok).take(MAX_VALUES).collect();
        Value::Array(items.iter().map(|item| self.convert(item, depth)).collect())
    }
}

fn is_sequence(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyList>()
        || value.is_instance_of::<PyTuple>()
        || value.is_instance_of::<PySet>()
        || value.is_instance_of::<PyFrozenSet>()
}

fn to_dict<'py>(mapping: &Bound<'py, PyMapping>) -> Option<Bound<'py, PyDict>> {
    let dict = PyDict::new(mapping.py());
    dict.update(mapping).ok().map(|()| dict)
}

/// The value of an enum's member.
fn enum_value<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let is_member = value.get_type().hasattr("__members__").unwrap_or(false);
    is_member.then(|| value.getattr("value").ok()).flatten()
}

fn integer(value: &Bound<'_, PyAny>) -> Value {
    if let Ok(number) = value.extract::<i64>() {
        return Value::from(number);
    }
    value.extract::<u64>().map_or_else(|_| Value::String(text(value)), Value::from)
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Foreign numbers (of numpy, say), dates, and everything else.
fn scalar(value: &Bound<'_, PyAny>) -> Value {
    if let Ok(index) = value.call_method0("__index__") {
        return integer(&index);
    }
    if value.hasattr("__float__").unwrap_or(false)
        && let Ok(number) = value.extract::<f64>()
    {
        return float(number);
    }
    if let Ok(iso) = value.call_method0("isoformat")
        && iso.is_instance_of::<PyString>()
    {
        return Value::String(text(&iso));
    }
    Value::String(text(value))
}

/// The `str()` of anything; lone surrogates are replaced.
pub(crate) fn text(value: &Bound<'_, PyAny>) -> String {
    match value.str() {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => {
            format!("(unprintable {})", value.get_type().name().map_or_else(|_| "object".into(), |n| n.to_string()))
        }
    }
}

/// JSON as Python values.
pub(crate) fn to_python(py: Python<'_>, value: &Value) -> PyResult<Py<PyAny>> {
    Ok(match value {
        Value::Null => py.None(),
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any().unbind(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => number.into_pyobject(py)?.into_any().unbind(),
            (_, Some(number), _) => number.into_pyobject(py)?.into_any().unbind(),
            (_, _, number) => number.into_pyobject(py)?.into_any().unbind(),
        },
        Value::String(text) => PyString::new(py, text).into_any().unbind(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| to_python(py, item)).collect::<PyResult<_>>()?;
            PyList::new(py, items)?.into_any().unbind()
        }
        Value::Object(fields) => object_to_python(py, fields)?.into_any().unbind(),
    })
}

/// A JSON object as a dict.
pub(crate) fn object_to_python<'py>(py: Python<'py>, fields: &Map<String, Value>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in fields {
        dict.set_item(key, to_python(py, value)?)?;
    }
    Ok(dict)
}
