//! The exact solver: presolve, local search, branch and bound.

use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::interval::Interval;
use crate::program::Program;
use crate::roots::root_count;
use crate::search::{Limits, search};
use optgap_problem::{
    Activation, BadParameter, Bounds, ExactOutcome, ExactSolver, ExactTask, Instance, Loss, Method, NetworkKind, Parameter,
    ParameterKind, Parameters, Progress, SolveError, StopReason, Unsupported, Watch, Weights,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Networks with more root products than this are refused: the search could not even begin.
const MOST_ROOTS: f64 = 100_000.0;
/// Seed of the local searches: the solver is deterministic.
const START_SEED: u64 = 0x6f70_7467_6170;
/// Local searches may take this share of the time that is left.
const START_SHARE: u32 = 10;

/// Bytes of a MiB.
const MIB: usize = 1 << 20;

/// The exact methods, for registries.
pub const METHODS: &[Method<dyn ExactSolver>] = &[Method {
    name: "cones",
    meaning: "branch and bound on simplicial cones of neuron directions; proves the global optimum without any weight box",
    version: 1,
    parameters: PARAMETERS,
    build,
}];

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "starts",
        meaning: "local searches per hidden unit before the tree search",
        kind: ParameterKind::Integer { least: 0, most: 1_000_000, default: 200 },
    },
    Parameter {
        name: "threads",
        meaning: "threads that search",
        kind: ParameterKind::Integer { least: 1, most: 1024, default: 1 },
    },
    Parameter {
        name: "memory-limit",
        meaning: "MiB that open nodes may hold",
        kind: ParameterKind::Integer { least: 1, most: 1_048_576, default: 1024 },
    },
];

#[expect(clippy::unnecessary_wraps, reason = "the signature of every method's constructor")]
fn build(parameters: &Parameters) -> Result<Box<dyn ExactSolver>, BadParameter> {
    Ok(Box::new(Cones {
        starts: parameters.count("starts"),
        threads: parameters.count("threads"),
        memory_limit: parameters.count("memory-limit"),
    }))
}

/// Branch and bound on simplicial cones of neuron directions.
#[derive(Clone, Copy, Debug)]
pub struct Cones {
    /// Local searches per hidden unit before the tree search.
    pub starts: usize,
    /// Threads that search, at least 1. The optimum does not depend on them.
    pub threads: usize,
    /// MiB that open nodes may hold.
    pub memory_limit: usize,
}

impl Default for Cones {
    fn default() -> Self {
        Self { starts: 200, threads: 1, memory_limit: 1024 }
    }
}

impl ExactSolver for Cones {
    fn supports(&self, instance: &Instance) -> Result<(), Unsupported> {
        let NetworkKind::Dense = instance.network.kind;
        let Activation::Relu = instance.network.activation;
        let Loss::Squared = instance.loss;
        let dim = instance.data.dimension() + usize::from(instance.network.hidden_bias);
        let roots = root_count(instance.network.width, dim, instance.network.train_output);
        if roots > MOST_ROOTS {
            let (width, dimension) = (instance.network.width, instance.data.dimension());
            return Err(Unsupported(format!(
                "width {width} with {dimension} inputs needs {roots:.1e} root nodes, at most {MOST_ROOTS:.0e} are treated"
            )));
        }
        Ok(())
    }

    fn solve(&self, instance: &Instance, task: ExactTask<'_>, watch: &mut dyn Watch) -> Result<ExactOutcome, SolveError> {
        self.supports(instance)?;
        let program = Program::new(instance);
        let landscape = Landscape::new(&program);
        let reached = AtomicBool::new(false);
        let incumbent = Incumbent::new(instance, &program, task, &reached);
        let mut watch = TargetWatch { watch, reached: &reached };
        if let Some(start) = task.start {
            instance.loss_of(start)?;
            begin_with(start, instance, &program, &landscape, &incumbent);
        }
        let mut stop = self.multistart(&program, &landscape, &incumbent, &mut watch);
        let (mut lower, mut nodes) = (program.unavoidable, 0);
        if program.dim == 0 {
            lower = program.constant_fit_lower();
        } else if incumbent.cut() > program.unavoidable && stop.is_none() {
            let limits = Limits { threads: self.threads, memory: self.memory_limit.saturating_mul(MIB) };
            let searched = if std::env::var("HULL").is_ok() {
                search(&program, &landscape, &incumbent, limits, || crate::hull::Hull::new(&program), &mut watch)
            } else {
                search(&program, &landscape, &incumbent, limits, || Interval::new(&program), &mut watch)
            };
            (lower, nodes, stop) = (searched.lower, searched.nodes, searched.stop);
        }
        let lower = incumbent.mean(lower);
        let closed = Bounds { lower, upper: incumbent.upper() }.closed(task.tolerance);
        let stop = match stop {
            _ if incumbent.reached() => StopReason::TargetReached,
            _ if incumbent.excludes(lower) => StopReason::TargetExcluded,
            _ if closed => StopReason::BoundsClosed,
            other => other.unwrap_or(StopReason::Converged),
        };
        Ok(ExactOutcome { weights: incumbent.into_best(), lower, nodes, stop })
    }
}

/// The caller's watch, which also stops when the loss that was asked for is reached.
struct TargetWatch<'a> {
    watch: &'a mut dyn Watch,
    reached: &'a AtomicBool,
}

impl Watch for TargetWatch<'_> {
    fn observe(&mut self, progress: Progress) {
        self.watch.observe(progress);
    }
    fn should_stop(&mut self) -> Option<StopReason> {
        if self.reached.load(Ordering::Relaxed) { Some(StopReason::TargetReached) } else { self.watch.should_stop() }
    }
    fn remaining(&self) -> Option<Duration> {
        self.watch.remaining()
    }
}

/// Offers given weights, and a local optimum near them. Weights without a finite loss are of no use and do no harm.
fn begin_with(start: &Weights, instance: &Instance, program: &Program, landscape: &Landscape, incumbent: &Incumbent) {
    incumbent.offer_weights(start.clone());
    let (z, positive) = program.preactivations(instance, start);
    if let Some(parameters) = landscape.with_preactivations(&z, start.output_bias)
        && parameters.iter().all(|value| value.is_finite())
    {
        let optimum = landscape.descend(&parameters, positive);
        incumbent.offer(landscape, &optimum.parameters, positive);
    }
}

impl Cones {
    /// Local searches from random directions, all sign vectors in turn.
    fn multistart(
        self,
        program: &Program,
        landscape: &Landscape,
        incumbent: &Incumbent,
        watch: &mut dyn Watch,
    ) -> Option<StopReason> {
        let mut random = ChaCha8Rng::seed_from_u64(START_SEED);
        let least_left = watch.remaining().map(|left| left.saturating_sub(left / START_SHARE));
        for start in 0..=self.starts * program.width {
            if incumbent.cut() <= program.unavoidable {
                return None;
            }
            if let Some(stop) = watch.should_stop() {
                return Some(stop);
            }
            if watch.remaining().zip(least_left).is_some_and(|(left, least)| left < least) {
                return None;
            }
            let positive = if program.free_signs { (program.width + start) % (program.width + 1) } else { program.width };
            let parameters: Vec<f64> = (0..landscape.size()).map(|_| normal(&mut random)).collect();
            let optimum = landscape.descend(&parameters, positive);
            if optimum.value + program.unavoidable < incumbent.total() {
                incumbent.offer(landscape, &optimum.parameters, positive);
            }
        }
        None
    }
}

/// A standard normal number (Box and Muller).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u64() >> 11) as f64 * 2f64.powi(-53);
    let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform()).cos()
}
