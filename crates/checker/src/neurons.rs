//! What kinds 1 and 2 share: nodes with a region for every neuron.

use crate::bytes::Reader;
use crate::refusal::{Fault, Rule, require};
use std::rc::Rc;

/// A node: the number of positive neurons, which are the first, and the region of each neuron.
pub(crate) struct Node<R> {
    pub(crate) positive: usize,
    pub(crate) regions: Vec<Rc<R>>,
}

impl<R> Node<R> {
    /// The sign of a neuron.
    pub(crate) fn sign(&self, j: usize) -> i8 {
        if j < self.positive { 1 } else { -1 }
    }

    /// Is there a neuron before this one with its sign and its very region?
    pub(crate) fn is_repeated(&self, j: usize) -> bool {
        (0..j).any(|other| self.sign(other) == self.sign(j) && Rc::ptr_eq(&self.regions[other], &self.regions[j]))
    }

    /// The neurons of a split and the region of each. Rule R4: they have one sign, and their regions are the same.
    pub(crate) fn read_group(&self, body: &mut Reader, same: impl Fn(&R, &R) -> bool) -> Result<(Vec<usize>, Rc<R>), Fault> {
        let set = body.uint()?;
        let group: Vec<usize> = (0..64).filter(|j| set >> j & 1 == 1).collect();
        let (Some(&first), Some(&last)) = (group.first(), group.last()) else {
            return Err(Fault::new(Rule::Group, "no neuron is split"));
        };
        require(last < self.regions.len(), Rule::Group, format!("there is no neuron {last}"))?;
        require(self.sign(first) == self.sign(last), Rule::Group, "the neurons have different signs")?;
        let region = Rc::clone(&self.regions[first]);
        let is_same = |&j: &usize| Rc::ptr_eq(&self.regions[j], &region) || same(&self.regions[j], &region);
        require(group.iter().all(is_same), Rule::Group, "the neurons have different regions")?;
        Ok((group, region))
    }

    /// The neuron that is said to be off.
    pub(crate) fn read_neuron(&self, body: &mut Reader) -> Result<usize, Fault> {
        let neuron = body.uint()?;
        require(neuron < self.regions.len() as u64, Rule::Off, format!("there is no neuron {neuron}"))?;
        Ok(neuron as usize)
    }

    /// The children of a split: one neuron after the other of the group, from the last, goes from the first part to the second.
    pub(crate) fn children(&self, group: &[usize], parts: &[Rc<R>; 2]) -> Vec<Self> {
        let child = |second: usize| {
            let mut regions = self.regions.clone();
            for (place, &neuron) in group.iter().enumerate() {
                regions[neuron] = Rc::clone(&parts[usize::from(place >= group.len() - second)]);
            }
            Self { positive: self.positive, regions }
        };
        (0..=group.len()).map(child).collect()
    }
}
