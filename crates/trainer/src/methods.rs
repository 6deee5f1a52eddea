//! The registry of trainers: their names, parameters and defaults.

use crate::initial::Initialisation;
use crate::optimiser::OptimiserKind;
use crate::settings::{Path, RateScale, Settings};
use crate::stopping::Stopping;
use crate::trainer::DescentTrainer;
use optgap_problem::{BadParameter, Method, Parameter, Parameters, Trainer};

/// Every trainer.
pub const METHODS: &[Method<dyn Trainer>] = &[
    Method {
        name: "sgd",
        meaning: "full-batch gradient descent with momentum (burn), the rate in units of 1 / curvature of the data",
        version: 2,
        parameters: SGD,
        build: build_sgd,
    },
    Method { name: "adam", meaning: "full-batch Adam (burn)", version: 2, parameters: ADAM, build: build_adam },
];

const SGD: &[Parameter] = &[
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.1),
    Parameter::choice("rate-scale", "unit of the learning rate: 1 / curvature of the data, or one", &["curvature", "one"]),
    Parameter::real("momentum", "share of the last direction that is kept", 0.0, 0.9999, 0.9),
    STEPS,
    CHECK_EVERY,
    PATIENCE,
    IMPROVEMENT,
    REDUCTION,
    REDUCTIONS,
    LOSS_FLOOR,
    INITIAL_SCALE,
    BIAS_SCALE,
    PATH,
    THREADS,
];

const ADAM: &[Parameter] = &[
    Parameter::real("learning-rate", "learning rate at the start, in units of rate-scale", 1e-9, 1e3, 0.03),
    Parameter::choice("rate-scale", "unit of the learning rate: one, or 1 / curvature of the data", &["one", "curvature"]),
    Parameter::real("beta-1", "decay of the mean gradient", 0.0, 0.9999, 0.9),
    Parameter::real("beta-2", "decay of the mean squared gradient", 0.0, 0.99999, 0.999),
    Parameter::real("epsilon", "added to the root of the mean squared gradient", 0.0, 1.0, 1e-8),
    STEPS,
    CHECK_EVERY,
    PATIENCE,
    IMPROVEMENT,
    REDUCTION,
    REDUCTIONS,
    LOSS_FLOOR,
    INITIAL_SCALE,
    BIAS_SCALE,
    PATH,
    THREADS,
];

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
    "how gradients are computed: in one operation where there is code for the network, or in burn's own",
    &["fused", "batched"],
);
const INITIAL_SCALE: Parameter = Parameter::real("initial-scale", "factor on the initial weights; 1 is He's", 1e-9, 1e9, 1.0);
const BIAS_SCALE: Parameter = Parameter::real("bias-scale", "standard deviation of the initial hidden biases", 0.0, 1e9, 0.5);

#[expect(clippy::unnecessary_wraps, reason = "the signature of a registry's build function")]
fn build_sgd(parameters: &Parameters) -> Result<Box<dyn Trainer>, BadParameter> {
    Ok(Box::new(DescentTrainer::new(Settings::sgd(parameters))))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a registry's build function")]
fn build_adam(parameters: &Parameters) -> Result<Box<dyn Trainer>, BadParameter> {
    Ok(Box::new(DescentTrainer::new(Settings::adam(parameters))))
}

impl Settings {
    /// The settings of the method `sgd` for its completed parameters.
    ///
    /// # Panics
    /// When the parameters are not completed against that method's declarations.
    pub fn sgd(parameters: &Parameters) -> Self {
        Self::shared(parameters, OptimiserKind::Sgd { momentum: parameters.real("momentum") })
    }

    /// The settings of the method `adam` for its completed parameters.
    ///
    /// # Panics
    /// When the parameters are not completed against that method's declarations.
    pub fn adam(parameters: &Parameters) -> Self {
        let optimiser = OptimiserKind::Adam {
            beta_1: parameters.real("beta-1"),
            beta_2: parameters.real("beta-2"),
            epsilon: parameters.real("epsilon"),
        };
        Self::shared(parameters, optimiser)
    }

    /// What all methods declare alike.
    fn shared(parameters: &Parameters, optimiser: OptimiserKind) -> Self {
        Self {
            optimiser,
            learning_rate: parameters.real("learning-rate"),
            rate_scale: if parameters.text("rate-scale") == "curvature" { RateScale::Curvature } else { RateScale::One },
            path: if parameters.text("path") == "batched" { Path::Batched } else { Path::Fused },
            initialisation: Initialisation { scale: parameters.real("initial-scale"), bias_scale: parameters.real("bias-scale") },
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
                      loss-floor=0.9,initial-scale=10,bias-scale=11,path=batched,threads=7";
        let expected = Settings {
            optimiser: OptimiserKind::Sgd { momentum: 0.12 },
            learning_rate: 2.0,
            rate_scale: RateScale::One,
            path: Path::Batched,
            initialisation: Initialisation { scale: 10.0, bias_scale: 11.0 },
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
        let sgd = completed(&METHODS[0], &format!("sgd[{shared},momentum=0.12,rate-scale=one]"));
        assert_eq!(Settings::sgd(&sgd), expected);
        let adam = completed(&METHODS[1], &format!("adam[{shared},beta-1=0.1,beta-2=0.2,epsilon=0.3,rate-scale=curvature]"));
        let optimiser = OptimiserKind::Adam { beta_1: 0.1, beta_2: 0.2, epsilon: 0.3 };
        assert_eq!(Settings::adam(&adam), Settings { optimiser, rate_scale: RateScale::Curvature, ..expected });
    }

    #[test]
    fn only_gradient_descent_measures_its_rate_in_curvatures_by_default() {
        assert_eq!(Settings::sgd(&completed(&METHODS[0], "sgd")).rate_scale, RateScale::Curvature);
        assert_eq!(Settings::adam(&completed(&METHODS[1], "adam")).rate_scale, RateScale::One);
    }
}
