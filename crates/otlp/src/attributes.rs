//! What distinguishes one series of a metric from another: sorted keys with typed values.

use opentelemetry_proto::tonic::common::v1::any_value::Value as ProtoValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};

/// A value of an attribute. Floats compare by their bits, so that a series with NaN is one series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeValue {
    /// Text.
    Text(Box<str>),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// The bits of a float.
    FloatBits(u64),
    /// A list.
    List(Vec<AttributeValue>),
}

impl From<f64> for AttributeValue {
    fn from(value: f64) -> Self {
        Self::FloatBits(value.to_bits())
    }
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for AttributeValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl AttributeValue {
    fn to_proto(&self) -> AnyValue {
        let value = match self {
            Self::Text(text) => ProtoValue::StringValue(text.to_string()),
            Self::Bool(value) => ProtoValue::BoolValue(*value),
            Self::Int(value) => ProtoValue::IntValue(*value),
            Self::FloatBits(bits) => ProtoValue::DoubleValue(f64::from_bits(*bits)),
            Self::List(values) => {
                ProtoValue::ArrayValue(ArrayValue { values: values.iter().map(Self::to_proto).collect() })
            }
        };
        AnyValue { value: Some(value) }
    }
}

/// A set of attributes: sorted by key, each key once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Attributes(Vec<(Box<str>, AttributeValue)>);

impl Attributes {
    /// Puts pairs in order; of a key that stands twice the last value counts. Empty keys are left out, as the
    /// specification asks ("common/attributes").
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (Box<str>, AttributeValue)>) -> Self {
        let mut pairs = pairs.into_iter().filter(|(key, _)| !key.is_empty()).collect::<Vec<_>>();
        // Stable, so that equal keys stay in their order.
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs.reverse();
        pairs.dedup_by(|(one, _), (other, _)| one == other);
        pairs.reverse();
        Self(pairs)
    }

    /// Text attributes.
    #[must_use]
    pub fn of_texts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::new(pairs.into_iter().map(|(key, text)| (key.into(), text.into())))
    }

    /// The set that counts what the limit on sets turned away (specification, "metrics/sdk", cardinality limits).
    #[must_use]
    pub fn overflow() -> Self {
        Self(vec![("otel.metric.overflow".into(), AttributeValue::Bool(true))])
    }

    /// Whether this is that set.
    pub(crate) fn is_overflow(&self) -> bool {
        *self == Self::overflow()
    }

    /// The value of `key`, if it is text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        let place = self.0.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?;
        match &self.0[place].1 {
            AttributeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As OTLP has them.
    #[must_use]
    pub fn to_proto(&self) -> Vec<KeyValue> {
        let pairs = self.0.iter();
        pairs
            .map(|(key, value)| KeyValue { key: key.to_string(), value: Some(value.to_proto()), ..KeyValue::default() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, i64)]) -> Attributes {
        Attributes::new(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())))
    }

    #[test]
    fn the_order_in_which_they_are_given_does_not_matter() {
        assert_eq!(set(&[("b", 2), ("a", 1)]), set(&[("a", 1), ("b", 2)]));
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_counts() {
        assert_eq!(set(&[("a", 1), ("b", 2), ("a", 3)]), set(&[("a", 3), ("b", 2)]));
    }

    #[test]
    fn empty_keys_are_left_out() {
        assert_eq!(set(&[("", 1)]), Attributes::default());
    }

    #[test]
    fn text_is_found_by_its_key_and_other_kinds_are_no_text() {
        let attributes = Attributes::new([("a".into(), "x".into()), ("b".into(), 1.into())]);
        assert_eq!((attributes.text("a"), attributes.text("b"), attributes.text("c")), (Some("x"), None, None));
    }

    #[test]
    fn each_kind_has_its_field_in_otlp() {
        let attributes = Attributes::new([
            ("b".into(), AttributeValue::Bool(true)),
            ("f".into(), 0.5.into()),
            ("i".into(), 7.into()),
            ("l".into(), AttributeValue::List(vec!["x".into()])),
        ]);
        let values = attributes.to_proto().into_iter().filter_map(|pair| pair.value?.value).collect::<Vec<_>>();
        let list = ArrayValue { values: vec![AnyValue { value: Some(ProtoValue::StringValue("x".into())) }] };
        assert_eq!(
            values,
            [
                ProtoValue::BoolValue(true),
                ProtoValue::DoubleValue(0.5),
                ProtoValue::IntValue(7),
                ProtoValue::ArrayValue(list)
            ]
        );
    }
}
