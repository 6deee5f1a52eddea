//! The registry of trainers: their names, parameters and defaults.

use crate::initial::{Initialisation, Law};
use crate::optimiser::OptimiserKind;
use crate::random_search::RandomSearch;
use crate::schedule::{Schedule, ScheduleKind};
use crate::settings::{Path, RateScale, Settings};
use crate::stopping::Stopping;
use crate::trainer::DescentTrainer;
use crate::traps::Trap;
use optgap_problem::{BadParameter, Method, Parameter, Parameters, Trainer};

/// Every trainer.
pub const METHODS: &[Method<dyn Trainer>] = &[
    Method {
        name: "sgd",
        meaning: "full-batch gradient descent with momentum (burn), the rate in units of 1 / curvature of the data",
        version: 2,
        parameters: SGD,
        build: |parameters| built(Settings::sgd(parameters)),
    },
    Method {
        name: "adam",
        meaning: "full-batch Adam (burn)",
        version: 2,
        parameters: ADAM,
        build: |parameters| built(Settings::adam(parameters)),
    },
    Method {
        name: "adamw",
        meaning: "full-batch Adam with decoupled weight decay (burn), scored without the decay",
        version: 1,
        parameters: ADAMW,
        build: |parameters| built(Settings::adamw(parameters)),
    },
    Method {
        name: "rmsprop",
        meaning: "full-batch RMSProp (burn)",
        version: 1,
        parameters: RMSPROP,
        build: |parameters| built(Settings::rmsprop(parameters)),
    },
    Method {
        name: "lion",
        meaning: "full-batch Lion (burn): steps of one size in the direction of the sign",
        version: 1,
        parameters: LION,
        build: |parameters| built(Settings::lion(parameters)),
    },
    Method {
        name: "random-search",
        meaning: "random hidden units with the best output weights for them; a restart keeps the best of its draws",
        version: 1,
        parameters: RANDOM_SEARCH,
        build: |parameters| Ok(Box::new(RandomSearch { draws: parameters.count("draws") as u64 })),
    },
];

const RANDOM_SEARCH: &[Parameter] = &[Parameter::integer("draws", "networks that each restart draws", 1, 1_000_000_000, 1000)];

/// A method's own parameters, then those of every descent.
macro_rules! descent {
    ($($own:expr),+ $(,)?) => {
        &[
            $($own,)+
            SCHEDULE,
            WARM_UP,
            CLIP,
            STEPS,
            CHECK_EVERY,
            PATIENCE,
            IMPROVEMENT,
            REDUCTION,
            REDUCTIONS,
            LOSS_FLOOR,
            INITIAL,
            INITIAL_SCALE,
            BIAS_SCALE,
            PATH,
            THREADS,
        ]
    };
}

const SGD: &[Parameter] = descent![
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.1),
    Parameter::choice("rate-scale", "unit of the learning rate: 1 / curvature of the data, or one", &["curvature", "one"]),
    Parameter::real("momentum", "share of the last direction that is kept", 0.0, 0.9999, 0.9),
    Parameter::switch("nesterov", "whether the gradient is taken as if the momentum's part were done", false),
];

const ADAM: &[Parameter] = descent![
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.03),
    RATE_SCALE,
    BETA_1,
    BETA_2,
    EPSILON,
];

const ADAMW: &[Parameter] = descent![
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.03),
    RATE_SCALE,
    BETA_1,
    BETA_2,
    EPSILON,
    Parameter::real("decay", "share of all but the output bias that a step takes away, over the rate", 0.0, 10.0, 1e-3),
];

const RMSPROP: &[Parameter] = descent![
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.01),
    RATE_SCALE,
    Parameter::real("alpha", "decay of the mean squared gradient", 0.0, 0.99999, 0.99),
    Parameter::real("momentum", "share of the last direction that is kept", 0.0, 0.9999, 0.0),
    EPSILON,
    Parameter::switch("centred", "whether the variance of the gradient counts instead of its mean square", false),
];

const LION: &[Parameter] = descent![
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.003),
    RATE_SCALE,
    Parameter::real("beta-1", "weight of the memory in the direction", 0.0, 0.9999, 0.9),
    Parameter::real("beta-2", "decay of the memory", 0.0, 0.99999, 0.99),
];

const RATE_SCALE: Parameter =
    Parameter::choice("rate-scale", "unit of the learning rate: one, or 1 / curvature of the data", &["one", "curvature"]);
const BETA_1: Parameter = Parameter::real("beta-1", "decay of the mean gradient", 0.0, 0.9999, 0.9);
const BETA_2: Parameter = Parameter::real("beta-2", "decay of the mean squared gradient", 0.0, 0.99999, 0.999);
const EPSILON: Parameter = Parameter::real("epsilon", "added to the root of the mean squared gradient", 0.0, 1.0, 1e-8);
const SCHEDULE: Parameter = Parameter::choice(
    "schedule",
    "factor on the learning rate by step: always 1, half a cosine over the step budget, or 1, 1/10 and 1/100 for a third of it each",
    &["constant", "cosine", "step"],
);
const WARM_UP: Parameter = Parameter::integer("warm-up", "steps in which the learning rate rises from nearly 0", 0, 1_000_000, 0);
const CLIP: Parameter =
    Parameter::real("clip", "longest gradient of a restart, to which longer ones are shortened; 0 for none", 0.0, 1e9, 0.0);
const STEPS: Parameter = Parameter::integer("steps", "step budget of each restart", 1, 1_000_000_000, 20_000);
const CHECK_EVERY: Parameter = Parameter::integer("check-every", "steps between two looks at the losses", 1, 1_000_000, 25);
const PATIENCE: Parameter = Parameter::integer("patience", "checks without improvement that make a plateau", 1, 1_000_000, 6);
const IMPROVEMENT: Parameter =
    Parameter::real("improvement", "relative improvement of the best loss that ends the wait for a plateau", 0.0, 0.999, 1e-5);
const REDUCTION: Parameter = Parameter::real("reduction", "factor on the learning rate at each plateau", 1e-6, 1.0, 0.5);
const REDUCTIONS: Parameter =
    Parameter::integer("reductions", "reductions of the rate before a plateau stops the restart", 0, 1000, 12);
const LOSS_FLOOR: Parameter =
    Parameter::real("loss-floor", "share of the best constant's loss that counts as converged", 0.0, 1.0, 1e-13);
const THREADS: Parameter = Parameter::integer("threads", "threads that train batches of restarts side by side", 1, 1024, 1);
const PATH: Parameter = Parameter::choice(
    "path",
    "how gradients are computed: in one operation where there is code for the network, in burn's own, or by a module for each restart",
    &["fused", "batched", "plain"],
);
const INITIAL: Parameter = Parameter::choice(
    "initial",
    "law of the initial weights, or a trap: a point with a known loss from which descent cannot come away",
    &["he", "glorot", "uniform", "orthogonal", "linear-trap", "dead", "zero", "collapsed"],
);
const INITIAL_SCALE: Parameter = Parameter::real("initial-scale", "factor on the initial weights; 1 is He's", 1e-9, 1e9, 1.0);
const BIAS_SCALE: Parameter = Parameter::real("bias-scale", "standard deviation of the initial hidden biases", 0.0, 1e9, 0.5);

#[expect(clippy::unnecessary_wraps, reason = "the signature of a registry's build function")]
fn built(settings: Settings) -> Result<Box<dyn Trainer>, BadParameter> {
    Ok(Box::new(DescentTrainer::new(settings)))
}

/// The settings of each method for its completed parameters.
///
/// # Panics
/// All of them, when the parameters are not completed against that method's declarations.
impl Settings {
    /// Of `sgd`.
    pub fn sgd(parameters: &Parameters) -> Self {
        let (momentum, nesterov) = (parameters.real("momentum"), parameters.switch("nesterov"));
        Self::shared(parameters, OptimiserKind::Sgd { momentum, nesterov })
    }

    /// Of `adam`.
    pub fn adam(parameters: &Parameters) -> Self {
        Self::adaptive(parameters, 0.0)
    }

    /// Of `adamw`.
    pub fn adamw(parameters: &Parameters) -> Self {
        Self::adaptive(parameters, parameters.real("decay"))
    }

    fn adaptive(parameters: &Parameters, decay: f64) -> Self {
        let [beta_1, beta_2, epsilon] = ["beta-1", "beta-2", "epsilon"].map(|name| parameters.real(name));
        Self::shared(parameters, OptimiserKind::Adam { beta_1, beta_2, epsilon, decay })
    }

    /// Of `rmsprop`.
    pub fn rmsprop(parameters: &Parameters) -> Self {
        let [alpha, momentum, epsilon] = ["alpha", "momentum", "epsilon"].map(|name| parameters.real(name));
        Self::shared(parameters, OptimiserKind::RmsProp { alpha, momentum, epsilon, centred: parameters.switch("centred") })
    }

    /// Of `lion`.
    pub fn lion(parameters: &Parameters) -> Self {
        let [beta_1, beta_2] = ["beta-1", "beta-2"].map(|name| parameters.real(name));
        Self::shared(parameters, OptimiserKind::Lion { beta_1, beta_2 })
    }

    /// What all methods declare alike.
    fn shared(parameters: &Parameters, optimiser: OptimiserKind) -> Self {
        Self {
            optimiser,
            learning_rate: parameters.real("learning-rate"),
            rate_scale: if parameters.text("rate-scale") == "curvature" { RateScale::Curvature } else { RateScale::One },
            schedule: Schedule { kind: schedule_kind(parameters.text("schedule")), warm_up: parameters.count("warm-up") },
            clip: Some(parameters.real("clip")).filter(|clip| *clip > 0.0),
            path: path(parameters.text("path")),
            initialisation: Initialisation {
                law: law(parameters.text("initial")),
                scale: parameters.real("initial-scale"),
                bias_scale: parameters.real("bias-scale"),
            },
            stopping: Stopping {
                steps: parameters.count("steps") as u64,
                check_every: parameters.count("check-every") as u64,
                patience: parameters.count("patience") as u32,
                improvement: parameters.real("improvement"),
                reduction: parameters.real("reduction"),
                reductions: parameters.count("reductions") as u32,
                loss_floor: parameters.real("loss-floor"),
            },
            threads: parameters.count("threads"),
        }
    }
}

fn schedule_kind(word: &str) -> ScheduleKind {
    match word {
        "cosine" => ScheduleKind::Cosine,
        "step" => ScheduleKind::Step,
        _ => ScheduleKind::Constant,
    }
}

fn path(word: &str) -> Path {
    match word {
        "batched" => Path::Batched,
        "plain" => Path::Plain,
        _ => Path::Fused,
    }
}

fn law(word: &str) -> Law {
    match word {
        "glorot" => Law::Glorot,
        "uniform" => Law::Uniform,
        "orthogonal" => Law::Orthogonal,
        "linear-trap" => Law::Trap(Trap::Linear),
        "dead" => Law::Trap(Trap::Dead),
        "zero" => Law::Trap(Trap::Zero),
        "collapsed" => Law::Trap(Trap::Collapsed),
        _ => Law::He,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_problem::Selector;

    fn completed(method: &Method<dyn Trainer>, text: &str) -> Parameters {
        let selector: Selector = text.parse().expect("a selector");
        selector.choices()[0].complete(method.parameters).expect("declared")
    }

    #[test]
    fn every_parameter_reaches_its_setting() {
        let shared = "learning-rate=2,steps=3,check-every=4,patience=5,improvement=0.6,reduction=0.7,reductions=8,\
                      loss-floor=0.9,initial=orthogonal,initial-scale=10,bias-scale=11,path=batched,threads=7,schedule=cosine,warm-up=6,clip=0.5";
        let expected = |optimiser, rate_scale| Settings {
            optimiser,
            learning_rate: 2.0,
            rate_scale,
            schedule: Schedule { kind: ScheduleKind::Cosine, warm_up: 6 },
            clip: Some(0.5),
            path: Path::Batched,
            initialisation: Initialisation { law: Law::Orthogonal, scale: 10.0, bias_scale: 11.0 },
            stopping: Stopping {
                steps: 3,
                check_every: 4,
                patience: 5,
                improvement: 0.6,
                reduction: 0.7,
                reductions: 8,
                loss_floor: 0.9,
            },
            threads: 7,
        };
        let given = |index: usize, own: &str| completed(&METHODS[index], &format!("{}[{shared},{own}]", METHODS[index].name));
        let sgd = OptimiserKind::Sgd { momentum: 0.12, nesterov: true };
        let found = Settings::sgd(&given(0, "momentum=0.12,nesterov=true,rate-scale=one"));
        assert_eq!(found, expected(sgd, RateScale::One));
        let adam = |decay| OptimiserKind::Adam { beta_1: 0.1, beta_2: 0.2, epsilon: 0.3, decay };
        let found = Settings::adam(&given(1, "beta-1=0.1,beta-2=0.2,epsilon=0.3,rate-scale=curvature"));
        assert_eq!(found, expected(adam(0.0), RateScale::Curvature));
        let found = Settings::adamw(&given(2, "beta-1=0.1,beta-2=0.2,epsilon=0.3,decay=0.4"));
        assert_eq!(found, expected(adam(0.4), RateScale::One));
        let rmsprop = OptimiserKind::RmsProp { alpha: 0.1, momentum: 0.2, epsilon: 0.3, centred: true };
        let found = Settings::rmsprop(&given(3, "alpha=0.1,momentum=0.2,epsilon=0.3,centred=true"));
        assert_eq!(found, expected(rmsprop, RateScale::One));
        let found = Settings::lion(&given(4, "beta-1=0.1,beta-2=0.2"));
        assert_eq!(found, expected(OptimiserKind::Lion { beta_1: 0.1, beta_2: 0.2 }, RateScale::One));
    }

    #[test]
    fn only_gradient_descent_measures_its_rate_in_curvatures_by_default() {
        assert_eq!(Settings::sgd(&completed(&METHODS[0], "sgd")).rate_scale, RateScale::Curvature);
        assert_eq!(Settings::adam(&completed(&METHODS[1], "adam")).rate_scale, RateScale::One);
    }
}
