//! The numbers of a certificate, from its bytes.

use crate::refusal::Fault;
use num_bigint::{BigInt, BigUint, Sign};

/// Longest magnitude of a whole number in bytes.
const LONGEST: u64 = 65_536;

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: u64) -> Result<&'a [u8], Fault> {
        let split = usize::try_from(count).ok().and_then(|count| self.0.split_at_checked(count));
        let (taken, rest) =
            split.ok_or_else(|| Fault::form(format!("cut short: {count} bytes are expected, {} are left", self.0.len())))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.bytes(1)?[0])
    }

    pub(crate) fn uint(&mut self) -> Result<u64, Fault> {
        let mut value = 0u64;
        for place in 0..10 {
            let byte = self.byte()?;
            let digit = u64::from(byte & 0x7f);
            if place == 9 && digit > 1 {
                break;
            }
            value |= digit << (7 * place);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Fault::form("a number has more than 64 bits"))
    }

    /// A count of things that take at least `size` bytes each.
    pub(crate) fn count(&mut self, size: u64) -> Result<usize, Fault> {
        let count = self.uint()?;
        match count.checked_mul(size) {
            Some(bytes) if bytes <= self.0.len() as u64 => Ok(count as usize),
            _ => Err(Fault::form(format!("{count} things do not fit into the {} bytes that are left", self.0.len()))),
        }
    }

    pub(crate) fn sint(&mut self) -> Result<i64, Fault> {
        let value = self.uint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(crate) fn big(&mut self) -> Result<BigInt, Fault> {
        let head = self.uint()?;
        if head / 2 > LONGEST {
            return Err(Fault::form(format!("a whole number has {} bytes; at most {LONGEST} are read", head / 2)));
        }
        let magnitude = BigUint::from_bytes_le(self.bytes(head / 2)?);
        Ok(BigInt::from_biguint(if head % 2 == 1 { Sign::Minus } else { Sign::Plus }, magnitude))
    }

    pub(crate) fn number(&mut self) -> Result<f64, Fault> {
        let bytes = self.bytes(8)?;
        let value = f64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        if value.is_finite() { Ok(value) } else { Err(Fault::form(format!("{value} is not a finite number"))) }
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err(Fault::form(format!("{} bytes are left over", self.0.len()))) }
    }
}
