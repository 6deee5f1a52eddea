//! The numbers of a certificate as bytes.

use num_bigint::{BigInt, Sign};

/// LEB128.
pub(crate) fn push_uint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Zigzag.
pub(super) fn push_sint(bytes: &mut Vec<u8>, value: i64) {
    push_uint(bytes, (value << 1 ^ value >> 63) as u64);
}

/// Length and sign, then the magnitude.
pub(crate) fn push_big(bytes: &mut Vec<u8>, value: &BigInt) {
    let magnitude = if value.sign() == Sign::NoSign { Vec::new() } else { value.magnitude().to_bytes_le() };
    push_uint(bytes, 2 * magnitude.len() as u64 + u64::from(value.sign() == Sign::Minus));
    bytes.extend(magnitude);
}

pub(crate) fn push_f64(bytes: &mut Vec<u8>, value: f64) {
    bytes.extend(value.to_le_bytes());
}

/// Two's complement numbers of so many bits each, the lowest bits first.
pub(super) fn push_packed(bytes: &mut Vec<u8>, values: &[i64], bits: u32) {
    let mask = u64::MAX >> (64 - bits);
    let (mut pending, mut filled) = (0u128, 0);
    for &value in values {
        pending |= u128::from(value as u64 & mask) << filled;
        filled += bits;
        while filled >= 8 {
            bytes.push(pending as u8);
            pending >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        bytes.push(pending as u8);
    }
}

/// Bits of the shortest two's complement numbers that hold all values, at least 1.
pub(super) fn width(values: &[i64]) -> u32 {
    values.iter().map(|&value| 65 - (value ^ value >> 63).leading_zeros()).max().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes);
        bytes
    }

    #[test]
    fn numbers_are_written_as_the_format_says() {
        assert_eq!(written(|b| push_uint(b, 300)), [0xac, 2]);
        assert_eq!(written(|b| push_uint(b, u64::MAX)).len(), 10);
        assert_eq!([0, -1, 1, -2, 2].map(|v| written(|b| push_sint(b, v))[0]), [0, 1, 2, 3, 4]);
        assert_eq!(written(|b| push_sint(b, i64::MIN)), written(|b| push_uint(b, u64::MAX)));
        assert_eq!(written(|b| push_big(b, &BigInt::ZERO)), [0]);
        assert_eq!(written(|b| push_big(b, &BigInt::from(-258))), [5, 2, 1]);
    }

    #[test]
    fn packed_numbers_have_the_width_they_need() {
        assert_eq!([[0, 0], [0, -1], [1, 0], [-2, 1], [2, 0], [-3, 0]].map(|v| width(&v)), [1, 1, 2, 2, 3, 3]);
        assert_eq!([width(&[i64::MAX]), width(&[i64::MIN]), width(&[])], [64, 64, 1]);
        assert_eq!(written(|b| push_packed(b, &[1, -2, 3], 3)), [0b1111_0001, 0]);
        assert_eq!(written(|b| push_packed(b, &[i64::MIN, -1], 64)), [[0; 7].as_slice(), &[0x80], &[0xff; 8]].concat());
    }
}
