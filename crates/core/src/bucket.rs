//! Which bucket a value falls into: the base-2 exponential index at scale 6.
//!
//! The rule is OpenTelemetry's (metrics data model, "Exponential Histogram"): with
//! base = 2^(2^-scale), bucket `i` holds the values in (base^i, base^(i+1)], upper bound included.
//! Values are in **milliseconds**, the unit in which Locust and the exported metrics count, so that
//! an exporter needs no conversion of buckets.
//!
//! The index is computed from the bits of the float, exactly: no logarithm, no rounding.

/// The scale of every histogram here: 64 buckets for each doubling, base ≈ 1.0109.
pub const SCALE: i32 = 6;

/// Buckets for each power of two.
const SUBDIVISIONS: usize = 1 << SCALE;

const MANTISSA_BITS: u32 = 52;
const MANTISSA_MASK: u64 = (1 << MANTISSA_BITS) - 1;
const EXPONENT_BIAS: i32 = 1023;

/// The mantissa bits of 2^(k/64), rounded down, for k in 0..64.
///
/// Except for k = 0 the true bound is irrational, so an integer mantissa `m` lies above it exactly
/// if `m > BOUNDS[k]`. A test recomputes the table with exact integers.
#[rustfmt::skip]
const BOUNDS: [u64; SUBDIVISIONS] = [
    0x0000000000000, 0x02C9A3E778060, 0x059B0D3158574, 0x0874518759BC8, 0x0B5586CF9890F, 0x0E3EC32D3D1A2,
    0x11301D0125B50, 0x1429AAEA92DDF, 0x172B83C7D517A, 0x1A35BEB6FCB75, 0x1D4873168B9AA, 0x2063B88628CD6,
    0x2387A6E756238, 0x26B4565E27CDD, 0x29E9DF51FDEE1, 0x2D285A6E4030B, 0x306FE0A31B715, 0x33C08B26416FF,
    0x371A7373AA9CA, 0x3A7DB34E59FF6, 0x3DEA64C123422, 0x4160A21F72E29, 0x44E086061892D, 0x486A2B5C13CD0,
    0x4BFDAD5362A27, 0x4F9B2769D2CA6, 0x5342B569D4F81, 0x56F4736B527DA, 0x5AB07DD485429, 0x5E76F15AD2148,
    0x6247EB03A5584, 0x6623882552224, 0x6A09E667F3BCC, 0x6DFB23C651A2E, 0x71F75E8EC5F73, 0x75FEB564267C8,
    0x7A11473EB0186, 0x7E2F336CF4E62, 0x82589994CCE12, 0x868D99B4492EC, 0x8ACE5422AA0DB, 0x8F1AE99157736,
    0x93737B0CDC5E4, 0x97D829FDE4E4F, 0x9C49182A3F090, 0xA0C667B5DE564, 0xA5503B23E255C, 0xA9E6B5579FDBF,
    0xAE89F995AD3AD, 0xB33A2B84F15FA, 0xB7F76F2FB5E46, 0xBCC1E904BC1D2, 0xC199BDD85529C, 0xC67F12E57D14B,
    0xCB720DCEF9069, 0xD072D4A07897B, 0xD5818DCFBA487, 0xDA9E603DB3285, 0xDFC97337B9B5E, 0xE502EE78B3FF6,
    0xEA4AFA2A490D9, 0xEFA1BEE615A27, 0xF50765B6E4540, 0xFA7C1819E90D8,
];

/// For the top 7 bits of a mantissa: the last bound at or below the lowest value with those bits.
const FIRST_GUESS: [u8; 128] = first_guess();

const fn first_guess() -> [u8; 128] {
    let mut table = [0_u8; 128];
    let mut top = 0;
    while top < 128 {
        let lowest = (top as u64) << (MANTISSA_BITS - 7);
        let mut bound = 0;
        while bound + 1 < SUBDIVISIONS && BOUNDS[bound + 1] < lowest {
            bound += 1;
        }
        table[top] = bound as u8;
        top += 1;
    }
    table
}

/// The bucket of `value_ms`, which must be finite and a normal float above zero.
///
/// Cost: two table look-ups and at most three comparisons.
#[inline]
#[must_use]
pub fn index(value_ms: f64) -> i32 {
    let bits = value_ms.to_bits();
    let exponent = ((bits >> MANTISSA_BITS) & 0x7FF) as i32 - EXPONENT_BIAS;
    let mantissa = bits & MANTISSA_MASK;
    if mantissa == 0 {
        // A power of two is the upper bound of the bucket below.
        return (exponent << SCALE) - 1;
    }
    let mut sub = FIRST_GUESS[(mantissa >> (MANTISSA_BITS - 7)) as usize] as usize;
    while sub + 1 < SUBDIVISIONS && mantissa > BOUNDS[sub + 1] {
        sub += 1;
    }
    (exponent << SCALE) + sub as i32
}

/// The lower bound of bucket `index` in milliseconds (excluded; the upper bound of the one below).
#[must_use]
pub fn lower_bound_ms(index: i32) -> f64 {
    (f64::from(index) / SUBDIVISIONS as f64).exp2()
}

/// The value that stands for bucket `index`, in milliseconds.
///
/// 2ab / (a + b) for bounds a and b: its relative distance to any value in the bucket is at most
/// (base - 1) / (base + 1) = 0.54 %, the smallest possible.
#[must_use]
pub fn representative_ms(index: i32) -> f64 {
    let low = lower_bound_ms(index);
    let high = lower_bound_ms(index + 1);
    2.0 * low * high / (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    #[test]
    fn bounds_are_the_exact_roots_of_two() {
        for (k, bound) in BOUNDS.iter().enumerate() {
            let mantissa = BigUint::from((1_u64 << 52) + bound);
            let exact = BigUint::from(1_u8) << (52 * 64 + k);
            assert!(mantissa.pow(64) <= exact, "bound {k} is above 2^({k}/64)");
            assert!((mantissa + 1_u8).pow(64) > exact, "bound {k} is not the last below");
        }
    }

    #[test]
    fn powers_of_two_belong_to_the_bucket_below() {
        for exponent in -20..40 {
            assert_eq!(index(f64::from(exponent).exp2()), (exponent << SCALE) - 1);
        }
    }

    #[test]
    fn the_next_float_after_a_power_of_two_opens_the_bucket_above() {
        for exponent in -20..40 {
            let next = f64::from_bits(f64::from(exponent).exp2().to_bits() + 1);
            assert_eq!(index(next), exponent << SCALE);
        }
    }

    #[test]
    fn each_bound_is_included_and_the_next_float_is_not() {
        for (k, bound) in BOUNDS.iter().enumerate().skip(1) {
            let at = f64::from_bits((1023_u64 << 52) | bound);
            assert_eq!(index(at), k as i32 - 1);
            assert_eq!(index(f64::from_bits(at.to_bits() + 1)), k as i32);
        }
    }

    proptest! {
        #[test]
        fn a_value_lies_within_its_bucket(value in 1e-6_f64..1e12) {
            let bucket = index(value);
            // The bounds as floats carry one rounding of their own.
            prop_assert!(lower_bound_ms(bucket) <= value * (1.0 + 1e-15));
            prop_assert!(value <= lower_bound_ms(bucket + 1) * (1.0 + 1e-15));
        }

        #[test]
        fn the_representative_is_within_the_promised_error(value in 1e-6_f64..1e12) {
            let off = (representative_ms(index(value)) - value).abs() / value;
            prop_assert!(off <= 0.005_416, "{value} is off by {off}");
        }
    }
}
