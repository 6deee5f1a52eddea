//! The file: what it says of itself, and where the records of its nodes are.

use crate::CheckError;
use crate::bytes::Reader;
use crate::evaluate::check_instance;
use crate::input::{Instance, List, Table, Weights};
use crate::refusal::{Fault, Refusal, Rule, require};
use num_bigint::BigInt;
use sha2::{Digest, Sha256};
use std::ops::Range;

const MAGIC: &[u8] = b"optgap-certificate/1";
const HASH: usize = 32;
/// Largest number of columns of a frame.
const MOST_COLUMNS: usize = 64;

/// What is said of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tag {
    Off,
    Bound,
    Split,
}

/// A record, its body unread.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) node: u64,
    pub(crate) tag: Tag,
    pub(crate) body: &'a [u8],
}

/// How nodes describe what they stand for.
#[derive(Debug)]
pub(crate) enum Frame {
    Cells,
    Cones { columns: Vec<usize>, rays: Vec<Vec<BigInt>> },
    Sides,
}

/// A certificate whose form is right.
pub(crate) struct Certificate<'a> {
    pub(crate) frame: Frame,
    /// By node; those of a node with OFF first, SPLIT last, in the order of the file otherwise.
    pub(crate) records: Vec<Record<'a>>,
    pub(crate) claim: f64,
    pub(crate) weights: Weights,
}

impl Frame {
    /// The columns in which rays are given.
    pub(crate) fn columns(&self) -> Option<&[usize]> {
        match self {
            Self::Cones { columns, .. } => Some(columns),
            _ => None,
        }
    }
}

impl<'a> Certificate<'a> {
    pub(crate) fn read(bytes: &'a [u8], instance: &Instance) -> Result<Self, Refusal> {
        let inputs = unit_inputs(instance)?;
        let mut reader = Reader(bytes);
        require(reader.bytes(MAGIC.len() as u64)? == MAGIC, Rule::Form, "not an optgap-certificate/1")?;
        require(
            reader.bytes(HASH as u64)? == fingerprint(instance, instance.x.columns / inputs),
            Rule::Form,
            "the fingerprint is that of another instance",
        )?;
        let frame = read_frame(&mut reader)?;
        let mut records = Vec::new();
        loop {
            let tag = match reader.byte()? {
                0 => break,
                1 => Tag::Split,
                2 => Tag::Bound,
                3 => Tag::Off,
                tag => return Err(Fault::form(format!("unknown tag {tag} of a record")).into()),
            };
            let node = reader.uint()?;
            let length = reader.uint()?;
            records.push(Record { node, tag, body: reader.bytes(length)? });
        }
        let claim = reader.number()?;
        require(claim >= 0.0, Rule::Form, format!("the claim {claim} is negative"))?;
        let weights = read_weights(&mut reader, instance.network.width, inputs)?;
        let count = reader.uint()?;
        require(count == records.len() as u64, Rule::Form, format!("{} records where {count} are said to be", records.len()))?;
        let checksum: [u8; HASH] = Sha256::digest(&bytes[..bytes.len() - reader.0.len()]).into();
        require(reader.bytes(HASH as u64)? == checksum, Rule::Form, "the checksum is wrong: the file was changed")?;
        reader.end()?;
        records.sort_by_key(|record| (record.node, record.tag));
        let twice = records
            .windows(2)
            .find(|pair| pair[0].node == pair[1].node && pair[0].tag == pair[1].tag && pair[0].tag != Tag::Bound);
        if let Some([record, _]) = twice {
            return Err(Fault::form("two records of one kind").at(record.node));
        }
        Ok(Self { frame, records, claim, weights })
    }

    /// Where the records of a node are.
    pub(crate) fn places_of(&self, node: u64) -> Range<usize> {
        let start = self.records.partition_point(|record| record.node < node);
        start..start + self.records[start..].partition_point(|record| record.node == node)
    }
}

/// Number of inputs of a unit.
fn unit_inputs(instance: &Instance) -> Result<usize, CheckError> {
    Ok(instance.x.columns / check_instance(instance)?)
}

fn read_frame(reader: &mut Reader) -> Result<Frame, Fault> {
    match reader.byte()? {
        1 => Ok(Frame::Cells),
        2 => {
            let count = reader.count(1)?;
            require(count <= MOST_COLUMNS, Rule::Form, format!("{count} columns; at most {MOST_COLUMNS} are treated"))?;
            let columns = (0..count).map(|_| Ok(usize::try_from(reader.uint()?).unwrap_or(usize::MAX)));
            let columns = columns.collect::<Result<_, Fault>>()?;
            let mut ray = || (0..count).map(|_| reader.big()).collect::<Result<Vec<BigInt>, Fault>>();
            let rays = (0..=count).map(|_| ray()).collect::<Result<_, _>>()?;
            Ok(Frame::Cones { columns, rays })
        }
        3 => Ok(Frame::Sides),
        kind => Err(Fault::form(format!("unknown kind {kind}"))),
    }
}

/// Weights of the network's shape; their values are checked where they are scored.
fn read_weights(reader: &mut Reader, width: usize, inputs: usize) -> Result<Weights, Fault> {
    let mut numbers = |count: usize| -> Result<Vec<f64>, Fault> {
        require(count as u64 * 8 <= reader.0.len() as u64, Rule::Form, "weights are missing")?;
        (0..count).map(|_| reader.number()).collect()
    };
    let values = numbers(width * inputs)?;
    Ok(Weights {
        hidden: Table { values, rows: width, columns: inputs },
        hidden_bias: List(numbers(width)?),
        output: List(numbers(width)?),
        output_bias: numbers(1)?[0],
    })
}

/// What identifies an instance.
fn fingerprint(instance: &Instance, patches: usize) -> [u8; HASH] {
    let mut hash = Sha256::new();
    hash.update(MAGIC);
    for count in [instance.x.rows, instance.x.columns, patches, instance.network.width] {
        hash.update((count as u64).to_le_bytes());
    }
    let network = &instance.network;
    hash.update([network.hidden_bias, network.output_bias, network.train_output].map(u8::from));
    for value in instance.x.values.iter().chain(&instance.y.0) {
        // Negative zero is zero.
        hash.update((value + 0.0).to_le_bytes());
    }
    hash.finalize().into()
}
