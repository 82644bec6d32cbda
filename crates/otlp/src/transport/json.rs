//! The JSON form of OTLP.
//!
//! The library that has the messages serializes names, enums, 64-bit integers and ids as OTLP wants them
//! (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>), but two things only as JSON has them: a number
//! that is not finite becomes `null` and so is lost, and an absent field becomes `null`, which the Collector's reader
//! refuses where it expects a number. This serializer takes over: such numbers are strings, absent fields are absent.

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::{Error, Map, Value};

/// A message as OTLP JSON.
pub(super) fn encode(message: &impl Serialize) -> Result<Vec<u8>, Error> {
    let value = message.serialize(Builder)?.unwrap_or_default();
    serde_json::to_vec(&value)
}

/// Builds a JSON value; `None` is a field that is absent.
struct Builder;

/// A value, or nothing at all.
type Built = Result<Option<Value>, Error>;

/// What is built of scalars as JSON has them.
macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Built {
            Ok(Some(value.into()))
        })*
    };
}

impl ser::Serializer for Builder {
    type Ok = Option<Value>;
    type Error = Error;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    scalars!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    scalars!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_str: &str);

    fn serialize_f32(self, value: f32) -> Built {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Built {
        Ok(Some(match value {
            value if value.is_nan() => "NaN".into(),
            f64::INFINITY => "Infinity".into(),
            f64::NEG_INFINITY => "-Infinity".into(),
            value => value.into(),
        }))
    }

    fn serialize_char(self, value: char) -> Built {
        Ok(Some(value.to_string().into()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Built {
        Ok(Some(value.to_vec().into()))
    }

    fn serialize_none(self) -> Built {
        Ok(None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Built {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Built {
        Ok(None)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Built {
        Ok(None)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Built {
        Ok(Some(variant.into()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Built {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Built {
        Members::of_variant(None).with(variant, value)?.build()
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements, Error> {
        Ok(Elements { variant: None, values: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Elements, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements, Error> {
        Ok(Elements { variant: Some(variant), values: Vec::with_capacity(length) })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Members, Error> {
        Ok(Members::of_variant(None))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Members, Error> {
        Ok(Members::of_variant(None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Members, Error> {
        Ok(Members::of_variant(Some(variant)))
    }
}

/// The elements of an array.
struct Elements {
    /// The name of the variant that holds them, if they are of one.
    variant: Option<&'static str>,
    /// The elements so far.
    values: Vec<Value>,
}

impl Elements {
    /// An element that is nothing is still one: places count.
    fn push(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.values.push(value.serialize(Builder)?.unwrap_or_default());
        Ok(())
    }

    /// The array.
    fn build(self) -> Built {
        let array = Value::Array(self.values);
        Ok(Some(match self.variant {
            Some(variant) => Value::Object(Map::from_iter([(variant.to_owned(), array)])),
            None => array,
        }))
    }
}

/// The members of an object.
struct Members {
    /// The name of the variant that holds them, if they are of one.
    variant: Option<&'static str>,
    /// The members so far.
    map: Map<String, Value>,
    /// The key whose value comes next.
    key: String,
}

impl Members {
    /// No members yet.
    fn of_variant(variant: Option<&'static str>) -> Self {
        Self { variant, map: Map::new(), key: String::new() }
    }

    /// Adds a member, if there is anything to it.
    fn add(&mut self, key: String, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if let Some(value) = value.serialize(Builder)? {
            self.map.insert(key, value);
        }
        Ok(())
    }

    /// With one more member.
    fn with(mut self, key: &str, value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        self.add(key.to_owned(), value)?;
        Ok(self)
    }

    /// The object.
    fn build(self) -> Built {
        let object = Value::Object(self.map);
        Ok(Some(match self.variant {
            Some(variant) => Value::Object(Map::from_iter([(variant.to_owned(), object)])),
            None => object,
        }))
    }
}

impl SerializeMap for Members {
    type Ok = Option<Value>;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = match key.serialize(Builder)? {
            Some(Value::String(key)) => key,
            other => other.unwrap_or_default().to_string(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.add(key, value)
    }

    fn end(self) -> Built {
        self.build()
    }
}

/// The traits that differ in names only.
macro_rules! parts {
    ($type:ty, $trait:ident, $method:ident($($key:ident)?), $call:ident) => {
        impl $trait for $type {
            type Ok = Option<Value>;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($key: &'static str,)? value: &T) -> Result<(), Error> {
                self.$call($($key.to_owned(),)? value)
            }

            fn end(self) -> Built {
                self.build()
            }
        }
    };
}

parts!(Members, SerializeStruct, serialize_field(key), add);
parts!(Members, SerializeStructVariant, serialize_field(key), add);
parts!(Elements, SerializeSeq, serialize_element(), push);
parts!(Elements, SerializeTuple, serialize_element(), push);
parts!(Elements, SerializeTupleStruct, serialize_field(), push);
parts!(Elements, SerializeTupleVariant, serialize_field(), push);

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
