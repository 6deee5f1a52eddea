//! Products of regions: what a node of the search is made of, and the roots that cover everything.

use crate::bound::Region;
use crate::program::Program;
use std::sync::Arc;

/// Number of root products for so many root regions, for refusing networks that are far too wide.
pub(crate) fn root_count(width: usize, regions: usize, free_signs: bool) -> f64 {
    // Multisets of `count` regions.
    let multisets = |count: usize| (0..count).fold(1.0, |m, t| m * (regions + t) as f64 / (t + 1) as f64);
    let signs = if free_signs { 0..=width } else { width..=width };
    signs.map(|positive| multisets(positive) * multisets(width - positive)).sum()
}

/// One region per neuron; the first `positive` neurons have sign +1, the others -1.
#[derive(Debug)]
pub(crate) struct Product<R> {
    pub(crate) regions: Vec<Arc<R>>,
    pub(crate) positive: usize,
}

impl<R> Clone for Product<R> {
    fn clone(&self) -> Self {
        Self { regions: self.regions.clone(), positive: self.positive }
    }
}

/// Sign of neuron `j` if the first `positive` ones have sign +1.
pub(crate) fn sign(positive: usize, j: usize) -> f64 {
    if j < positive { 1.0 } else { -1.0 }
}

impl<R: Region> Product<R> {
    /// Sign of neuron `j`.
    pub(crate) fn sign(&self, j: usize) -> f64 {
        sign(self.positive, j)
    }

    /// `f(x_i) - y_i` at the given pre-activations of all points (neuron after neuron) and constant.
    pub(crate) fn error_of(&self, program: &Program, preactivations: &[f64], constant: f64, sample: usize) -> f64 {
        let (points, shown) = (program.incidence.points(), program.incidence.points_of(sample));
        let unit = |j: usize| shown.iter().map(move |&t| self.sign(j) * preactivations[j * points + t].max(0.0));
        (0..self.regions.len()).flat_map(unit).sum::<f64>() + constant - program.labels[sample]
    }

    /// Weighted sum of squares of `f(x_i) - y_i` at the given pre-activations and constant.
    pub(crate) fn squares(&self, program: &Program, preactivations: &[f64], constant: f64) -> f64 {
        let error = |i: usize| self.error_of(program, preactivations, constant, i);
        (0..program.len()).map(|i| program.multiplicity[i] * error(i) * error(i)).sum()
    }

    /// Neurons of the same sign in the very same region as neuron `j`, in order: they can be exchanged.
    pub(crate) fn group(&self, j: usize) -> Vec<usize> {
        let same = |&other: &usize| {
            (other < self.positive) == (j < self.positive) && Arc::ptr_eq(&self.regions[other], &self.regions[j])
        };
        (0..self.regions.len()).filter(same).collect()
    }

    /// The first neuron of every group: what it can do, the others can.
    pub(crate) fn distinct(&self) -> impl Iterator<Item = usize> {
        (0..self.regions.len()).filter(|&j| self.group(j)[0] == j)
    }

    /// A neuron that is off everywhere. If there is one, the optimum of this product also lies in one where that neuron is zero
    /// inside another region (rule R5 of the certificates), and this product may be dropped.
    pub(crate) fn dominated(&self) -> Option<usize> {
        self.regions.iter().position(|region| region.is_off())
    }

    /// The product with the first `in_first` neurons of a group in one region and the others in another.
    pub(crate) fn with_regions(&self, group: &[usize], in_first: usize, [first, second]: &[Arc<R>; 2]) -> Self {
        let mut child = self.clone();
        for (place, &neuron) in group.iter().enumerate() {
            child.regions[neuron] = Arc::clone(if place < in_first { first } else { second });
        }
        child
    }

    /// Every sign vector with every multiset of root regions: equal signs are exchangeable (rule R2 of the certificates).
    pub(crate) fn roots(program: &Program, regions: &[Arc<R>]) -> Vec<Self> {
        let signs = if program.free_signs { 0..=program.width } else { program.width..=program.width };
        let mut products = Vec::new();
        for positive in signs {
            let mut chosen = vec![0; program.width];
            loop {
                products.push(Self { regions: chosen.iter().map(|&c| Arc::clone(&regions[c])).collect(), positive });
                if !advance(&mut chosen, positive, regions.len()) {
                    break;
                }
            }
        }
        products
    }
}

/// The next tuple that does not decrease among the first `positive` places, nor among the others.
fn advance(chosen: &mut [usize], positive: usize, regions: usize) -> bool {
    for place in (0..chosen.len()).rev() {
        if chosen[place] + 1 < regions {
            let next = chosen[place] + 1;
            chosen[place] = next;
            for later in place + 1..chosen.len() {
                chosen[later] = if later < positive || place >= positive { next } else { 0 };
            }
            return true;
        }
    }
    false
}
