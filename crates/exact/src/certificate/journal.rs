//! The certificate of a search, written record by record.

use super::bytes::{push_f64, push_uint};
use optgap_problem::{CertificateSink, Instance, Weights};
use sha2::{Digest, Sha256};
use std::io;
use std::sync::{Mutex, MutexGuard};

const MAGIC: &[u8] = b"optgap-certificate/1";
/// Bytes that are collected before the sink gets them.
const CHUNK: usize = 1 << 16;

/// Number of a node in the certificate.
pub(crate) type NodeId = u64;

/// How nodes describe what they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cells = 1,
    Cones = 2,
    Sides = 3,
}

/// What is said of a node.
#[derive(Clone, Copy)]
enum Tag {
    End = 0,
    Split = 1,
    Bound = 2,
    Off = 3,
}

/// Records what a search proves. Shared by all threads.
pub(crate) struct Journal<'a> {
    sink: &'a dyn CertificateSink,
    fingerprint: [u8; 32],
    state: Mutex<State>,
}

struct State {
    pending: Vec<u8>,
    hash: Sha256,
    records: u64,
    /// The next node's number.
    next: NodeId,
    /// What is claimed for the sum of squares.
    claim: f64,
    /// The sink has failed: nothing more is written.
    failed: Option<io::Error>,
}

impl<'a> Journal<'a> {
    /// A certificate that claims nothing yet.
    pub(crate) fn new(instance: &Instance, sink: &'a dyn CertificateSink) -> Self {
        let state = State { pending: Vec::new(), hash: Sha256::new(), records: 0, next: 0, claim: 0.0, failed: None };
        let journal = Self { sink, fingerprint: fingerprint(instance), state: Mutex::new(state) };
        journal.begin(Kind::Cells, &[], 0);
        journal
    }

    /// Begins a tree with so many roots; forgets one that was begun before. `frame` is what the kind tells first.
    pub(crate) fn begin(&self, kind: Kind, frame: &[u8], roots: u64) {
        let mut state = self.state();
        state.pending.clear();
        state.hash = Sha256::new();
        (state.records, state.next, state.claim) = (0, roots, 0.0);
        state.failed = self.sink.restart().err();
        state.pending.extend([MAGIC, &self.fingerprint, &[kind as u8], frame].concat());
    }

    /// States what the tree proves of the sum of squares.
    pub(crate) fn claim(&self, total: f64) {
        self.state().claim = if total.is_nan() { 0.0 } else { total.clamp(0.0, f64::MAX) };
    }

    /// Records that a node is split into so many children; `place` says where. Returns the number of the first one.
    pub(crate) fn split(&self, node: NodeId, place: &[u8], children: u64) -> NodeId {
        let mut state = self.state();
        let first = state.next;
        state.next += children;
        let mut body = place.to_vec();
        push_uint(&mut body, first);
        self.record(&mut state, Tag::Split, node, &body);
        first
    }

    /// Records what proves a node's bound.
    pub(crate) fn bound(&self, node: NodeId, body: &[u8]) {
        self.record(&mut self.state(), Tag::Bound, node, body);
    }

    /// Records that a neuron of a node is off everywhere.
    pub(crate) fn off(&self, node: NodeId, neuron: usize) {
        let mut body = Vec::new();
        push_uint(&mut body, neuron as u64);
        self.record(&mut self.state(), Tag::Off, node, &body);
    }

    /// Ends the certificate with the claim and the weights.
    pub(crate) fn end(self, weights: &Weights) -> Result<(), String> {
        let mut state = self.state();
        let mut end = vec![Tag::End as u8];
        push_f64(&mut end, state.claim);
        let values = weights.hidden.iter().flatten().chain(&weights.hidden_bias).chain(&weights.output);
        values.chain([&weights.output_bias]).for_each(|&value| push_f64(&mut end, value));
        push_uint(&mut end, state.records);
        state.pending.extend(end);
        self.flush(&mut state);
        let checksum = std::mem::take(&mut state.hash).finalize();
        let failed = state.failed.take();
        failed.map_or_else(|| self.sink.append(&checksum), Err).map_err(|error| error.to_string())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it writes a record")
    }

    fn record(&self, state: &mut State, tag: Tag, node: NodeId, body: &[u8]) {
        state.records += 1;
        state.pending.push(tag as u8);
        push_uint(&mut state.pending, node);
        push_uint(&mut state.pending, body.len() as u64);
        state.pending.extend_from_slice(body);
        if state.pending.len() >= CHUNK {
            self.flush(state);
        }
    }

    fn flush(&self, state: &mut State) {
        if state.failed.is_none() {
            state.hash.update(&state.pending);
            state.failed = self.sink.append(&state.pending).err();
        }
        state.pending.clear();
    }
}

/// What the format hashes of an instance.
fn fingerprint(instance: &Instance) -> [u8; 32] {
    let (data, network) = (&instance.data, &instance.network);
    let mut hash = Sha256::new();
    hash.update(MAGIC);
    for count in [data.len(), data.dimension(), network.patches(), network.width] {
        hash.update((count as u64).to_le_bytes());
    }
    hash.update([network.hidden_bias, network.output_bias, network.train_output].map(u8::from));
    for value in data.inputs().iter().chain(data.labels()) {
        // Negative zero is zero.
        hash.update((value + 0.0).to_le_bytes());
    }
    hash.finalize().into()
}
