//! A number as an instrument takes it: whole or not, which OTLP keeps apart.

use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as ProtoValue;

/// A whole number or a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
}

impl Default for Number {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Number {
    /// As a float; whole numbers above 2^53 are rounded.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// The sum; whole as long as both are, and at the ends of the range it stays there.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Self::Int(one.saturating_add(other)),
            (one, other) => Self::Float(one.to_f64() + other.to_f64()),
        }
    }

    /// The difference, by the same rules.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => Self::Int(one.saturating_sub(other)),
            (one, other) => Self::Float(one.to_f64() - other.to_f64()),
        }
    }

    /// Zero of the same kind.
    #[must_use]
    pub const fn zero(self) -> Self {
        match self {
            Self::Int(_) => Self::Int(0),
            Self::Float(_) => Self::Float(0.0),
        }
    }

    /// Whether it is a number at all.
    #[must_use]
    pub const fn is_finite(self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Float(value) => value.is_finite(),
        }
    }

    pub(crate) const fn to_proto(self) -> ProtoValue {
        match self {
            Self::Int(value) => ProtoValue::AsInt(value),
            Self::Float(value) => ProtoValue::AsDouble(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_whole_until_a_float_comes() {
        assert_eq!(Number::Int(2).plus(Number::Int(3)), Number::Int(5));
        assert_eq!(Number::Int(2).plus(Number::Float(0.5)), Number::Float(2.5));
        assert_eq!(Number::Int(2).minus(Number::Int(3)), Number::Int(-1));
    }

    #[test]
    fn a_sum_beyond_the_range_stays_at_its_end() {
        assert_eq!(Number::Int(i64::MAX).plus(Number::Int(1)), Number::Int(i64::MAX));
    }
}
