//! Local searches from random directions before the tree search.

use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::program::Program;
use optgap_problem::{StopReason, Watch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::ThreadPool;
use rayon::prelude::*;

/// Seed of the local searches: the solver is deterministic.
const START_SEED: u64 = 0x6f70_7467_6170;
/// Local searches end once this many have ended in the best optimum known: more would rarely find a better one. Not where
/// the data are dependent in floating point: there many local searches end early in the same place.
const REPEATS: usize = 20;
/// Two optima whose values agree to this share are the same.
const SAME: f64 = 1e-9;
/// Local searches may take this share of the time that is left.
const START_SHARE: u32 = 10;

/// Local searches from random directions, all sign vectors in turn. The result does not depend on the number of threads.
pub(crate) fn multistart(
    starts: usize,
    program: &Program,
    landscape: &Landscape,
    incumbent: &Incumbent,
    pool: Option<&ThreadPool>,
    watch: &mut dyn Watch,
) -> Option<StopReason> {
    let least_left = watch.remaining().map(|left| left.saturating_sub(left / START_SHARE));
    let together = pool.map_or(1, ThreadPool::current_num_threads);
    let (mut best, mut repeats) = (f64::INFINITY, 0);
    for first in (0..=starts).step_by(together) {
        if incumbent.cut() <= program.unavoidable {
            return None;
        }
        if let Some(stop) = watch.should_stop() {
            return Some(stop);
        }
        if watch.remaining().zip(least_left).is_some_and(|(left, least)| left < least) {
            return None;
        }
        let batch = first..(first + together).min(starts + 1);
        let search = |start| local_search(start, program, landscape, incumbent);
        let values: Vec<f64> = match pool {
            Some(pool) => pool.install(|| batch.into_par_iter().map(search).collect()),
            None => batch.map(search).collect(),
        };
        for value in values {
            if best.is_infinite() || value < best * (1.0 - SAME) {
                (best, repeats) = (value, 0);
            } else if value <= best * (1.0 + SAME) {
                repeats += 1;
            }
        }
        if repeats >= REPEATS && landscape.is_whitened() {
            return None;
        }
    }
    None
}

/// The sum of squares where one local search ends. Start `start` depends on its number alone.
fn local_search(start: usize, program: &Program, landscape: &Landscape, incumbent: &Incumbent) -> f64 {
    let positive = if program.free_signs { (program.width + start) % (program.width + 1) } else { program.width };
    let mut random = ChaCha8Rng::seed_from_u64(START_SEED.wrapping_add(start as u64));
    let parameters: Vec<f64> = (0..landscape.size()).map(|_| normal(&mut random)).collect();
    let optimum = landscape.descend(&parameters, positive);
    if optimum.value + program.unavoidable < incumbent.total() {
        incumbent.offer(landscape, &optimum.parameters, positive);
    }
    optimum.value
}

/// A standard normal number (Box and Muller).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u64() >> 11) as f64 * 2f64.powi(-53);
    let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform()).cos()
}
