//! The roots of the search: every sign vector with every multiset of root cones.

use crate::cone::{Cone, roots};
use crate::node::Product;
use crate::program::Program;
use std::sync::Arc;

/// Number of root products, for refusing networks that are far too wide.
pub(crate) fn root_count(width: usize, dim: usize, free_signs: bool) -> f64 {
    // Multisets of `count` out of `dim + 1` cones.
    let multisets = |count: usize| (0..count).fold(1.0, |m, t| m * (dim + 1 + t) as f64 / (t + 1) as f64);
    let signs = if free_signs { 0..=width } else { width..=width };
    signs.map(|positive| multisets(positive) * multisets(width - positive)).sum()
}

/// Every sign vector with every multiset of root cones: equal signs are exchangeable (rule R2 of the certificates).
pub(crate) fn root_products(program: &Program) -> Vec<Product> {
    let cones = roots(program);
    let signs = if program.free_signs { 0..=program.width } else { program.width..=program.width };
    let mut products = Vec::new();
    for positive in signs {
        let mut chosen = vec![0; program.width];
        loop {
            products.push(Product { cones: chosen.iter().map(|&c| Arc::clone(&cones[c])).collect::<Vec<Arc<Cone>>>(), positive });
            if !advance(&mut chosen, positive, cones.len()) {
                break;
            }
        }
    }
    products
}

/// The next tuple that does not decrease among the first `positive` places, nor among the others.
fn advance(chosen: &mut [usize], positive: usize, cones: usize) -> bool {
    for place in (0..chosen.len()).rev() {
        if chosen[place] + 1 < cones {
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
