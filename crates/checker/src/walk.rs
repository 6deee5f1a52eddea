//! The walk through the tree, whatever its nodes are.

use crate::bytes::Reader;
use crate::certificate::{Certificate, Record, Tag};
use crate::refusal::{Fault, Refusal, Rule};

/// The first child's number and the children.
pub(crate) type Children<S> = (u64, Vec<S>);

/// What the walk needs to know of a kind of nodes.
pub(crate) trait Kind {
    /// What a node stands for.
    type State;

    /// The roots, in order.
    fn roots(&mut self) -> Vec<Self::State>;

    /// The children of a node that is split.
    fn split(&mut self, state: &Self::State, body: &mut Reader) -> Result<Children<Self::State>, Fault>;

    /// Does a bound close the node? If not, it may still tell something about it.
    fn bound(&mut self, state: &mut Self::State, body: &mut Reader) -> Result<bool, Fault>;

    /// Fails unless a neuron is off everywhere.
    fn off(&mut self, state: &Self::State, body: &mut Reader) -> Result<(), Fault>;
}

/// Visits all nodes that are reached and returns their number, or refuses the first that is not accepted.
pub(crate) fn walk<K: Kind>(kind: &mut K, certificate: &Certificate) -> Result<u64, Refusal> {
    let roots = kind.roots();
    // By the place of a node's first record: one without any is refused at once, so that no more are visited than there are records.
    let mut reached = vec![false; certificate.records.len()];
    let mut open: Vec<(u64, K::State)> = (0..).zip(roots).collect();
    // The last one is next.
    open.reverse();
    let mut visited = 0;
    while let Some((node, mut state)) = open.pop() {
        visited += 1;
        let places = certificate.places_of(node);
        let records = &certificate.records[places.clone()];
        if !records.is_empty() && std::mem::replace(&mut reached[places.start], true) {
            return Err(Fault::form("reached twice").at(node));
        }
        if let Some((first, children)) = treat(kind, records, node, &mut state).map_err(|fault| fault.at(node))? {
            let waiting = open.len();
            open.extend((first..).zip(children));
            open[waiting..].reverse();
        }
    }
    Ok(visited)
}

/// Accepts a node, or returns its children.
fn treat<K: Kind>(
    kind: &mut K,
    records: &[Record],
    node: u64,
    state: &mut K::State,
) -> Result<Option<Children<K::State>>, Fault> {
    for record in records {
        let mut body = Reader(record.body);
        match record.tag {
            Tag::Off => {
                kind.off(state, &mut body)?;
                body.end()?;
                return Ok(None);
            }
            Tag::Bound => {
                let closed = kind.bound(state, &mut body)?;
                body.end()?;
                if closed {
                    return Ok(None);
                }
            }
            Tag::Split => {
                let (first, children) = kind.split(state, &mut body)?;
                body.end()?;
                if first <= node || first.checked_add(children.len() as u64).is_none() {
                    return Err(Fault::form(format!("child {first} does not come after its parent")));
                }
                return Ok(Some((first, children)));
            }
        }
    }
    match records {
        [] => Err(Fault::form("there is no record of it")),
        _ => Err(Fault::new(Rule::Bound, "its bounds are below the claim, and it is not split")),
    }
}
