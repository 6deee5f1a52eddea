//! The exact solver: presolve, local search, branch and bound.

use crate::descent::Landscape;
use crate::incumbent::Incumbent;
use crate::one_sided;
use crate::program::Program;
use crate::search::{Search, Searched, root_count};
use optgap_problem::{
    Activation, BadParameter, Bounds, ExactOutcome, ExactSolver, Instance, Loss, Method, NetworkKind, Parameter, ParameterKind,
    Parameters, SolveError, StopReason, Tolerance, Unsupported, Watch,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Networks with more root products than this are refused: the search could not even begin.
const MOST_ROOTS: f64 = 100_000.0;
/// Seed of the local searches: the solver is deterministic.
const START_SEED: u64 = 0x6f70_7467_6170;
/// Local searches may take this share of the time that is left.
const START_SHARE: u32 = 10;

/// The exact methods, for registries.
pub const METHODS: &[Method<dyn ExactSolver>] = &[Method {
    name: "cones",
    meaning: "branch and bound on simplicial cones of neuron directions; proves the global optimum without any weight box",
    version: 1,
    parameters: PARAMETERS,
    build,
}];

const PARAMETERS: &[Parameter] = &[Parameter {
    name: "starts",
    meaning: "local searches per hidden unit before the tree search",
    kind: ParameterKind::Integer { least: 0, most: 1_000_000, default: 200 },
}];

#[expect(clippy::unnecessary_wraps, reason = "the signature of every method's constructor")]
fn build(parameters: &Parameters) -> Result<Box<dyn ExactSolver>, BadParameter> {
    Ok(Box::new(Cones { starts: parameters.count("starts"), ..Cones::default() }))
}

/// Branch and bound on simplicial cones of neuron directions.
#[derive(Clone, Copy, Debug)]
pub struct Cones {
    /// Local searches per hidden unit before the tree search.
    pub starts: usize,
    /// Whether one unit is searched by its samples' sides instead of cones.
    pub one_sided: OneSided,
}

/// When to branch on the sides of samples instead of cones. Possible for width 1 without output bias; other networks are
/// always searched by cones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OneSided {
    /// Where it is usually faster: with many inputs or few samples. Unless the inputs are many it is tried for a limited
    /// number of nodes, after which the cones take over.
    #[default]
    Auto,
    /// Wherever it is possible.
    Always,
    /// Nowhere.
    Never,
}

impl Default for Cones {
    fn default() -> Self {
        Self { starts: 200, one_sided: OneSided::Auto }
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

    fn solve(&self, instance: &Instance, tolerance: Tolerance, watch: &mut dyn Watch) -> Result<ExactOutcome, SolveError> {
        self.supports(instance)?;
        let program = Program::new(instance);
        let landscape = Landscape::new(&program);
        let mut incumbent = Incumbent::new(instance, &program, tolerance);
        let mut stop = self.multistart(&program, &landscape, &mut incumbent, watch);
        let (mut lower, mut nodes) = (program.unavoidable, 0);
        if program.dim == 0 {
            lower = program.constant_fit_lower();
        } else if incumbent.cut() > program.unavoidable && stop.is_none() {
            let searched = self.search(&program, &landscape, &mut incumbent, watch);
            (lower, nodes, stop) = (searched.lower, searched.nodes, searched.stop);
        }
        let lower = incumbent.mean(lower);
        let closed = Bounds { lower, upper: incumbent.upper }.closed(tolerance);
        let stop = if closed { StopReason::BoundsClosed } else { stop.unwrap_or(StopReason::Converged) };
        Ok(ExactOutcome { weights: incumbent.weights, lower, nodes, stop })
    }
}

impl Cones {
    /// The tree search: on samples or on cones.
    fn search(self, program: &Program, landscape: &Landscape, incumbent: &mut Incumbent, watch: &mut dyn Watch) -> Searched {
        let budget = match self.one_sided {
            _ if !one_sided::applies(program) => 0,
            OneSided::Auto => one_sided::node_budget(program),
            OneSided::Always => u64::MAX,
            OneSided::Never => 0,
        };
        if budget == 0 {
            return Search::new(program, landscape).run(incumbent, watch);
        }
        let first = one_sided::search(program, landscape, incumbent, watch, budget);
        if first.stop.is_some() || first.lower >= incumbent.cut() {
            return first;
        }
        // The budget was spent, or rounding kept a node open that cannot be branched on: the cones prove what is missing.
        let second = Search::new(program, landscape).run(incumbent, watch);
        Searched { lower: first.lower.max(second.lower), nodes: first.nodes + second.nodes, stop: second.stop }
    }

    /// Local searches from random directions, all sign vectors in turn.
    fn multistart(
        self,
        program: &Program,
        landscape: &Landscape,
        incumbent: &mut Incumbent,
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
