//! Certificates in parts, for damaging them: read and written as `crates/checker/FORMAT.md` says, sealed with right lengths, number
//! of records and checksum.

use optgap_problem::{Instance, NetworkKind};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

const MAGIC: usize = 20;
const HASH: usize = 32;

/// A whole number by its sign and the bytes of its magnitude.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Big {
    pub(crate) negative: bool,
    pub(crate) magnitude: Vec<u8>,
}

/// A dual vector.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vector {
    pub(crate) exponent: i64,
    pub(crate) bits: u8,
    pub(crate) integers: Vec<i64>,
    pub(crate) denominator: Big,
    pub(crate) fractions: Vec<(u64, Big)>,
}

/// What follows of a bound for a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Claim {
    pub(crate) group: u64,
    pub(crate) what: u8,
    pub(crate) low: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// Kind cells.
    Cut {
        neurons: u64,
        point: u64,
        first: u64,
    },
    /// Kind cones.
    Edge {
        neurons: u64,
        a: u64,
        b: u64,
        ray: Vec<Big>,
        first: u64,
    },
    /// Kind sides.
    Side {
        group: u64,
        first: u64,
    },
    /// Any kind; with slopes for cones, with claims for sides.
    Bound {
        vector: Vector,
        slopes: Vec<u8>,
        claims: Vec<Claim>,
    },
    Off {
        neuron: u64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) node: u64,
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Certificate {
    /// Magic, fingerprint.
    pub(crate) head: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) columns: Vec<u64>,
    pub(crate) rays: Vec<Vec<Big>>,
    pub(crate) records: Vec<Record>,
    pub(crate) claim: f64,
    pub(crate) weights: Vec<f64>,
}

/// Number of groups of an instance.
pub(crate) fn groups(instance: &Instance) -> usize {
    let patches = match instance.network.kind {
        NetworkKind::Dense | NetworkKind::DeepLinear { .. } => 1,
        NetworkKind::SharedFilter { patches, .. } => patches,
    };
    let key = |row: &[f64]| {
        let mut shown: Vec<Vec<u64>> =
            row.chunks(row.len() / patches).map(|patch| patch.iter().map(|v| (v + 0.0).to_bits()).collect()).collect();
        shown.sort_unstable();
        shown
    };
    instance.data.samples().map(|(row, _)| key(row)).collect::<HashSet<_>>().len()
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes(&mut self, count: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.bytes(1)[0]
    }

    fn uint(&mut self) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }

    fn big(&mut self) -> Big {
        let head = self.uint();
        Big { negative: head % 2 == 1, magnitude: self.bytes((head / 2) as usize).to_vec() }
    }

    fn number(&mut self) -> f64 {
        f64::from_le_bytes(self.bytes(8).try_into().expect("eight bytes"))
    }

    fn vector(&mut self, groups: usize) -> Vector {
        let zigzag = self.uint();
        let exponent = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
        let bits = self.byte();
        let packed = self.bytes((groups * usize::from(bits)).div_ceil(8));
        let bit = |place: usize| i64::from(packed[place / 8] >> (place % 8) & 1);
        let integer = |g: usize| {
            let start = g * usize::from(bits);
            let value = (0..usize::from(bits)).fold(0, |value, b| value | bit(start + b) << b);
            value << (64 - bits) >> (64 - bits)
        };
        let integers = (0..groups).map(integer).collect();
        let count = self.uint();
        let denominator = if count > 0 { self.big() } else { Big { negative: false, magnitude: vec![1] } };
        let fractions = (0..count).map(|_| (self.uint(), self.big())).collect();
        Vector { exponent, bits, integers, denominator, fractions }
    }
}

impl Certificate {
    /// Takes apart a certificate of an instance.
    pub(crate) fn read(bytes: &[u8], instance: &Instance) -> Self {
        let mut reader = Reader(bytes);
        let head = reader.bytes(MAGIC + HASH).to_vec();
        let kind = reader.byte();
        let dim = if kind == 2 { reader.uint() } else { 0 };
        let columns = (0..dim).map(|_| reader.uint()).collect();
        let rays = if kind == 2 { (0..=dim).map(|_| (0..dim).map(|_| reader.big()).collect()).collect() } else { Vec::new() };
        let mut records = Vec::new();
        loop {
            let tag = reader.byte();
            if tag == 0 {
                break;
            }
            let node = reader.uint();
            let length = reader.uint();
            let mut body = Reader(reader.bytes(length as usize));
            let body = match (tag, kind) {
                (1, 1) => Body::Cut { neurons: body.uint(), point: body.uint(), first: body.uint() },
                (1, 2) => Body::Edge {
                    neurons: body.uint(),
                    a: body.uint(),
                    b: body.uint(),
                    ray: (0..dim).map(|_| body.big()).collect(),
                    first: body.uint(),
                },
                (1, _) => Body::Side { group: body.uint(), first: body.uint() },
                (2, _) => {
                    let vector = body.vector(groups(instance));
                    let count = if kind == 3 { body.uint() } else { 0 };
                    let claims = (0..count).map(|_| {
                        let (group, what) = (body.uint(), body.byte());
                        Claim { group, what, low: (what == 2).then(|| body.number()) }
                    });
                    let claims = claims.collect();
                    Body::Bound { vector, slopes: body.0.to_vec(), claims }
                }
                _ => Body::Off { neuron: body.uint() },
            };
            records.push(Record { node, body });
        }
        let claim = reader.number();
        let inputs = instance.network.unit_inputs(instance.data.dimension());
        let weights = (0..=instance.network.width * (inputs + 2)).map(|_| reader.number()).collect();
        assert_eq!(reader.uint() as usize, records.len(), "number of records");
        assert_eq!(reader.0.len(), HASH, "only the checksum is left");
        Self { head, kind, columns, rays, records, claim, weights }
    }

    /// Puts it together again.
    pub(crate) fn seal(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        bytes.push(self.kind);
        if self.kind == 2 {
            push_uint(&mut bytes, self.columns.len() as u64);
            self.columns.iter().for_each(|&column| push_uint(&mut bytes, column));
            self.rays.iter().flatten().for_each(|entry| push_big(&mut bytes, entry));
        }
        for record in &self.records {
            let (tag, body) = record.body.write(self.kind);
            bytes.push(tag);
            push_uint(&mut bytes, record.node);
            push_uint(&mut bytes, body.len() as u64);
            bytes.extend(body);
        }
        bytes.push(0);
        [self.claim].iter().chain(&self.weights).for_each(|value| bytes.extend(value.to_le_bytes()));
        push_uint(&mut bytes, self.records.len() as u64);
        let checksum = Sha256::digest(&bytes);
        bytes.extend(checksum);
        bytes
    }
}

impl Body {
    fn write(&self, kind: u8) -> (u8, Vec<u8>) {
        let mut bytes = Vec::new();
        let mut numbers = |values: &[u64]| values.iter().for_each(|&value| push_uint(&mut bytes, value));
        let tag = match self {
            Self::Cut { neurons, point, first } => {
                numbers(&[*neurons, *point, *first]);
                1
            }
            Self::Edge { neurons, a, b, ray, first } => {
                numbers(&[*neurons, *a, *b]);
                ray.iter().for_each(|entry| push_big(&mut bytes, entry));
                push_uint(&mut bytes, *first);
                1
            }
            Self::Side { group, first } => {
                numbers(&[*group, *first]);
                1
            }
            Self::Bound { vector, slopes, claims } => {
                vector.write(&mut bytes);
                if kind == 3 {
                    push_uint(&mut bytes, claims.len() as u64);
                }
                for claim in claims {
                    push_uint(&mut bytes, claim.group);
                    bytes.push(claim.what);
                    bytes.extend(claim.low.into_iter().flat_map(f64::to_le_bytes));
                }
                bytes.extend(slopes);
                2
            }
            Self::Off { neuron } => {
                numbers(&[*neuron]);
                3
            }
        };
        (tag, bytes)
    }
}

impl Vector {
    fn write(&self, bytes: &mut Vec<u8>) {
        push_uint(bytes, (self.exponent << 1 ^ self.exponent >> 63) as u64);
        bytes.push(self.bits);
        let mut packed = vec![0u8; (self.integers.len() * usize::from(self.bits)).div_ceil(8)];
        for (g, &value) in self.integers.iter().enumerate() {
            for b in (0..usize::from(self.bits)).filter(|&b| value >> b.min(63) & 1 == 1) {
                let place = g * usize::from(self.bits) + b;
                packed[place / 8] |= 1 << (place % 8);
            }
        }
        bytes.extend(packed);
        push_uint(bytes, self.fractions.len() as u64);
        if !self.fractions.is_empty() {
            push_big(bytes, &self.denominator);
        }
        for (group, numerator) in &self.fractions {
            push_uint(bytes, *group);
            push_big(bytes, numerator);
        }
    }
}

fn push_uint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn push_big(bytes: &mut Vec<u8>, value: &Big) {
    push_uint(bytes, 2 * value.magnitude.len() as u64 + u64::from(value.negative));
    bytes.extend(&value.magnitude);
}
