//! What follows for samples from the bound of a node, as certificates have it.

use super::sides::Side;
use crate::certificate::{push_f64, push_uint};

/// Samples that a bound decides, or whose pre-activation it limits: everything else costs more than the incumbent.
#[derive(Default)]
pub(super) struct Claims {
    count: u64,
    bytes: Vec<u8>,
}

impl Claims {
    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
    }

    /// The sample lies on this side, on or off.
    pub(super) fn decide(&mut self, sample: usize, side: Side) {
        self.begin(sample, u8::from(side == Side::Off));
    }

    /// The sample's pre-activation is at least this.
    pub(super) fn raise(&mut self, sample: usize, low: f64) {
        self.begin(sample, 2);
        push_f64(&mut self.bytes, low);
    }

    fn begin(&mut self, sample: usize, what: u8) {
        self.count += 1;
        push_uint(&mut self.bytes, sample as u64);
        self.bytes.push(what);
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        push_uint(bytes, self.count);
        bytes.extend_from_slice(&self.bytes);
    }
}
