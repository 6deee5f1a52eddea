//! Certificates: what the search proves, written while it runs, for a checker that shares nothing with it.
//!
//! `crates/checker/FORMAT.md` specifies the bytes and the rules. The search numbers its nodes and records every split and every
//! vector that proved a bound (`journal`), in the order in which it happens; nothing is kept. Nodes that were proved but stay
//! open have their bound recorded, too: whatever lower bound the search states when it is stopped, the file proves it.

mod bytes;
mod journal;
mod vector;

pub(crate) use bytes::{push_big, push_f64, push_uint};
pub(crate) use journal::{Journal, Kind, NodeId};
pub(crate) use vector::DualVector;
