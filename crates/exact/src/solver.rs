//! The exact solver: presolve, local search, branch and bound.

use crate::arrangement::Arrangement;
use crate::certificate::{Journal, Kind};
use crate::deep_linear;
use crate::descent::Landscape;
use crate::hull::Hull;
use crate::incumbent::Incumbent;
use crate::interval::Interval;
use crate::multistart::multistart;
use crate::one_sided;
use crate::product::root_count;
use crate::products::search_products;
use crate::program::Program;
use crate::search::{Limits, Searched};
use optgap_problem::{
    BadParameter, Bounds, ExactOutcome, ExactSolver, ExactTask, Instance, Loss, Method, NetworkKind, Parameter, Parameters,
    Progress, SolveError, StopReason, Unsupported, Watch, Weights,
};
use std::time::{Duration, Instant};

/// Networks with more root products than this are refused: the search could not even begin.
const MOST_ROOTS: f64 = 100_000.0;
/// Certificates name sets of neurons by bits of a word.
const MOST_CERTIFIED: usize = 64;
/// Bytes of a MiB.
const MIB: usize = 1 << 20;

/// The exact methods, for registries.
pub const METHODS: &[Method<dyn ExactSolver>] = &[Method {
    name: "cones",
    meaning: "branch and bound on cones of neuron directions; proves the global optimum without any weight box",
    version: 4,
    parameters: PARAMETERS,
    build,
}];

const PARAMETERS: &[Parameter] = &[
    Parameter::integer("starts", "local searches per hidden unit before the tree search", 0, 1_000_000, 200),
    Parameter::integer("threads", "threads that search", 1, 1024, 1),
    Parameter::integer("memory-limit", "memory that nodes which wait may hold, in MiB", 16, 1 << 20, 1024),
    Parameter::choice(
        "bound",
        "bound of a node: prediction intervals, joint hulls of neurons, or whichever is usually faster",
        &["auto", "interval", "hull"],
    ),
    Parameter::choice(
        "one-sided",
        "whether one unit is searched by the sides of its samples instead of cones",
        &["auto", "always", "never"],
    ),
];

#[expect(clippy::unnecessary_wraps, reason = "the signature of every method's constructor")]
fn build(parameters: &Parameters) -> Result<Box<dyn ExactSolver>, BadParameter> {
    Ok(Box::new(Cones {
        starts: parameters.count("starts"),
        threads: parameters.count("threads"),
        memory_limit: parameters.count("memory-limit"),
        bound: Bound::named(parameters.text("bound")),
        one_sided: OneSided::named(parameters.text("one-sided")),
    }))
}

/// Branch and bound on cones of neuron directions.
#[derive(Clone, Copy, Debug)]
pub struct Cones {
    /// Local searches per hidden unit before the tree search.
    pub starts: usize,
    /// Threads of the tree search, at least 1.
    pub threads: usize,
    /// Memory of the nodes that wait, in MiB.
    pub memory_limit: usize,
    /// How a node is bounded.
    pub bound: Bound,
    /// Whether one unit is searched by its samples' sides instead of cones.
    pub one_sided: OneSided,
}

/// When to branch on the sides of samples instead of cones. Possible for dense networks of width 1 without output bias; others are
/// always searched by cones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OneSided {
    /// Where it is usually faster: with many inputs or few samples.
    #[default]
    Auto,
    /// Wherever it is possible.
    Always,
    /// Nowhere.
    Never,
}

/// Up to this number of pre-activations, of all lines of the arrangement on all points, hulls are usually faster than intervals:
/// their nodes are dearer in proportion to it, and fewer by a factor that grows with the width and the dimension. On learnable
/// data the two take the same time near this number, on random labels hulls are still faster by factors.
fn worth_hulls(width: usize, dim: usize) -> f64 {
    match (width, dim) {
        (2, ..=2) => 1e5,
        (2, 3) => 5e5,
        _ => 7e6,
    }
}

impl OneSided {
    fn named(name: &str) -> Self {
        match name {
            "always" => Self::Always,
            "never" => Self::Never,
            _ => Self::Auto,
        }
    }

    /// Number of nodes that the search on sides gets before the cones take over.
    fn node_budget(self, program: &Program) -> u64 {
        match self {
            _ if !one_sided::applies(program) => 0,
            Self::Auto => one_sided::node_budget(program),
            Self::Always => u64::MAX,
            Self::Never => 0,
        }
    }
}

/// How a node is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// By whichever is usually faster for the width and the number of inputs.
    #[default]
    Auto,
    /// By prediction intervals of the samples: cheap.
    Interval,
    /// By joint hulls of what the neurons can do, on cells of the points' arrangement: far fewer nodes. Where the arrangement
    /// has too many rays to keep, dense networks get intervals; shared filters have hulls only.
    Hull,
}

impl Bound {
    fn named(name: &str) -> Self {
        match name {
            "interval" => Self::Interval,
            "hull" => Self::Hull,
            _ => Self::Auto,
        }
    }

    /// Are the nodes of dense networks of this width on so many points in so many coordinates bounded by hulls?
    fn is_hull(self, width: usize, points: usize, dim: usize) -> bool {
        let possible = Arrangement::treats(points, dim);
        match self {
            Self::Interval => false,
            Self::Hull => possible,
            Self::Auto => possible && width > 1 && Arrangement::subsets(points, dim) * points as f64 <= worth_hulls(width, dim),
        }
    }
}

impl Cones {
    /// The settings that suit most instances: one thread, everything else chosen by rule.
    pub const DEFAULT: Self = Self { starts: 200, threads: 1, memory_limit: 1024, bound: Bound::Auto, one_sided: OneSided::Auto };
}

impl Default for Cones {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl ExactSolver for Cones {
    fn supports(&self, instance: &Instance) -> Result<(), Unsupported> {
        if is_deep_linear(instance) {
            return deep_linear::supports(instance);
        }
        instance.is_relu_regression()?;
        if let NetworkKind::SharedFilter { .. } = instance.network.kind {
            return self.supports_filter(instance);
        }
        let dim = instance.data.dimension() + usize::from(instance.network.hidden_bias);
        let regions = if self.bound.is_hull(instance.network.width, instance.data.len(), dim) { 1 } else { dim + 1 };
        let roots = root_count(instance.network.width, regions, instance.network.train_output);
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
        if let Some(start) = task.start {
            instance.loss_of(start)?;
        }
        if is_deep_linear(instance) {
            return Ok(least_squares(instance, task));
        }
        let program = Program::new(instance);
        let landscape = Landscape::new(&program);
        let incumbent = Incumbent::new(instance, &program, task);
        let (journal, refused) = begin_certificate(instance, task);
        let mut watch = TargetWatch { watch, incumbent: &incumbent };
        if let Some(start) = task.start {
            begin_with(start, instance, &program, &landscape, &incumbent);
        }
        let Searched { lower, nodes, stop } = self.run(&program, &landscape, &incumbent, journal.as_ref(), &mut watch);
        let lower = incumbent.mean(lower);
        let (reached, excluded) = (incumbent.reached(), incumbent.excludes(lower));
        let (weights, upper) = incumbent.into_best();
        let stop = match stop {
            _ if reached => StopReason::TargetReached,
            _ if excluded => StopReason::TargetExcluded,
            _ if (Bounds { lower, upper }).closed(task.tolerance) => StopReason::BoundsClosed,
            other => other.unwrap_or(StopReason::Converged),
        };
        let certificate = journal.map(|journal| journal.end(&weights)).or(refused.map(Err));
        Ok(ExactOutcome { weights, lower, nodes, stop, certificate })
    }
}

/// A product of matrices that is fitted by squares.
fn is_deep_linear(instance: &Instance) -> bool {
    matches!(instance.network.kind, NetworkKind::DeepLinear { .. }) && instance.loss == Loss::Squared
}

/// What needs no search.
fn least_squares(instance: &Instance, task: ExactTask<'_>) -> ExactOutcome {
    let (weights, lower) = deep_linear::least_squares(instance);
    let upper = instance.loss_of(&weights).map_or(f64::INFINITY, |loss| loss.hi);
    let stop = match task.threshold {
        Some(threshold) if upper <= threshold => StopReason::TargetReached,
        Some(threshold) if lower > threshold => StopReason::TargetExcluded,
        _ if (Bounds { lower, upper }).closed(task.tolerance) => StopReason::BoundsClosed,
        _ => StopReason::Converged,
    };
    let unwritten = "certificates are of networks with relu units; this optimum is least squares in fractions".to_owned();
    ExactOutcome { weights, lower, nodes: 0, stop, certificate: task.certificate.map(|_| Err(unwritten)) }
}

/// The caller's watch, which also stops when the loss that was asked for is reached.
struct TargetWatch<'a> {
    watch: &'a mut dyn Watch,
    incumbent: &'a Incumbent<'a>,
}

impl Watch for TargetWatch<'_> {
    fn observe(&mut self, progress: Progress) {
        self.watch.observe(progress);
    }
    fn should_stop(&mut self) -> Option<StopReason> {
        if self.incumbent.reached() { Some(StopReason::TargetReached) } else { self.watch.should_stop() }
    }
    fn remaining(&self) -> Option<Duration> {
        self.watch.remaining()
    }
}

/// The certificate that the task wants, or why there can be none.
fn begin_certificate<'a>(instance: &Instance, task: ExactTask<'a>) -> (Option<Journal<'a>>, Option<String>) {
    match task.certificate {
        Some(_) if instance.network.width > MOST_CERTIFIED => {
            (None, Some(format!("certificates have at most {MOST_CERTIFIED} units, the network has {}", instance.network.width)))
        }
        Some(sink) => (Some(Journal::new(instance, sink)), None),
        None => (None, None),
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
    /// Only hulls bound a filter: under it a sample shows several points.
    fn supports_filter(self, instance: &Instance) -> Result<(), Unsupported> {
        if self.bound == Bound::Interval {
            return Err(Unsupported("shared filters are bounded by hulls only; leave the bound at auto".into()));
        }
        let program = Program::new(instance);
        let (points, dim) = (program.incidence.points(), program.dim);
        if dim > 0 && !Arrangement::treats(points, dim) {
            return Err(Unsupported(format!(
                "a shared filter of {dim} weights, its bias among them, on {points} distinct patches has too many \
                 directions to search"
            )));
        }
        Ok(())
    }

    /// Local searches, then the tree search if they leave something to prove.
    fn run(
        self,
        program: &Program,
        landscape: &Landscape,
        incumbent: &Incumbent,
        journal: Option<&Journal>,
        watch: &mut dyn Watch,
    ) -> Searched {
        if program.dim == 0 {
            return constant_fit(program, journal);
        }
        let pool = (self.threads > 1).then(|| {
            rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().expect("the system starts the threads asked for")
        });
        let stop = multistart(self.starts * program.width, program, landscape, incumbent, pool.as_ref(), watch);
        let claim = |searched: Searched| {
            journal.inspect(|journal| journal.claim(searched.lower));
            searched
        };
        if stop.is_some() || incumbent.cut() <= program.unavoidable {
            return claim(Searched { lower: program.unavoidable, nodes: 0, stop });
        }
        let limits = Limits { pool: pool.as_ref(), memory: self.memory_limit.saturating_mul(MIB), nodes: u64::MAX };
        let budget = self.one_sided.node_budget(program);
        if budget == 0 {
            return claim(self.search_cones(program, landscape, incumbent, journal, limits, watch));
        }
        let first = claim(one_sided::search(program, landscape, incumbent, journal, Limits { nodes: budget, ..limits }, watch));
        if first.stop.is_some() || first.lower >= incumbent.cut() {
            return first;
        }
        // The budget was spent, or rounding kept a node open that cannot be branched on: the cones prove what is missing. The
        // certificate has their tree alone.
        let second = claim(self.search_cones(program, landscape, incumbent, journal, limits, watch));
        Searched { lower: first.lower.max(second.lower), nodes: first.nodes + second.nodes, stop: second.stop }
    }

    /// The tree search on cones.
    fn search_cones(
        self,
        program: &Program,
        landscape: &Landscape,
        incumbent: &Incumbent,
        journal: Option<&Journal>,
        limits: Limits<'_>,
        watch: &mut dyn Watch,
    ) -> Searched {
        let (points, dim) = (program.incidence.points(), program.dim);
        let recorded = journal.is_some();
        // Intervals are for points that are samples.
        if program.incidence.is_identity() && !self.bound.is_hull(program.width, points, dim) {
            let bound = || Interval::new(program, recorded);
            return search_products(program, landscape, incumbent, journal, limits, bound, watch);
        }
        let mut stop = None;
        let deadline = watch.remaining().map(|left| Instant::now() + left);
        let arrangement = Arrangement::new(program, limits.pool, deadline, || {
            stop = stop.or_else(|| watch.should_stop());
            stop.is_some()
        });
        match arrangement {
            Some(arrangement) => {
                let bound = || Hull::new(program, &arrangement, recorded);
                search_products(program, landscape, incumbent, journal, limits, bound, watch)
            }
            None => Searched { lower: program.unavoidable, nodes: 0, stop: stop.or_else(|| watch.should_stop()) },
        }
    }
}

/// Where no neuron can do anything: all points are zero.
fn constant_fit(program: &Program, journal: Option<&Journal>) -> Searched {
    let (lower, vector) = program.constant_fit();
    if let Some(journal) = journal {
        let roots = if program.free_signs { program.width as u64 + 1 } else { 1 };
        journal.begin(Kind::Cells, &[], roots);
        let mut record = Vec::new();
        vector.write(&mut record);
        (0..roots).for_each(|root| journal.bound(root, &record));
        journal.claim(lower);
    }
    Searched { lower, nodes: 0, stop: None }
}
