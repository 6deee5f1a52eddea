//! Recorded data: Fisher's irises and the diabetes patients of Efron and others.
//!
//! **Definition.** `data` names a table that is shipped with this crate (`data/README.md` has sources and licences),
//! `features` some of its columns joined by `+`, `target` another column. A random subset of `n` rows, in the order of the
//! file, is the training set and all other rows are the test set. Features and measured targets are z-scored with the
//! training set's constants, rounded so that scores are exact affine images of the recorded decimals (see `table.rs`). The
//! irises can also be told apart: the target `setosa`, `versicolor` or `virginica` is 1 for the species and -1 for the others.
//!
//! Defaults: `iris` with `petal-length+petal-width` and target `versicolor`, the species between the two others, so that
//! two kinks are needed; `diabetes` with `bmi+s5`, the two strongest predictors, and target `progression`.
//!
//! **Source.** Fisher (1936); Efron, Hastie, Johnstone and Tibshirani (2004).
//!
//! **Reference.** None. Irises repeat and lie on a grid of 1 mm, so identical inputs with different labels keep the optimum
//! above 0 whatever the width.
//!
//! **Descent** is expected to reach the optimum or come close from many starts on `diabetes`, where the signal is nearly
//! linear and the kinks gain little, so that local minima differ by little, too. On `iris[target=versicolor]` both kinks must be
//! placed around a narrow band; starts that put both on one side should end visibly above the optimum.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::request::{OUTPUT_BIAS, Request, dataset, width};
use crate::stream::{Purpose, Stream};
use crate::table::{Column, Standardiser, parse};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Real;

/// A shipped table and what is used of it by default.
struct Source {
    name: &'static str,
    text: &'static str,
    features: &'static str,
    target: &'static str,
    /// Classes that can be targets: name, and value of the class column.
    classes: &'static [(&'static str, i64)],
    /// Column with the class.
    class_column: &'static str,
}

static SOURCES: [Source; 2] = [
    Source {
        name: "iris",
        text: include_str!("../data/iris.csv"),
        features: "petal-length+petal-width",
        target: "versicolor",
        classes: &[("setosa", 0), ("versicolor", 1), ("virginica", 2)],
        class_column: "species",
    },
    Source {
        name: "diabetes",
        text: include_str!("../data/diabetes.csv"),
        features: "bmi+s5",
        target: "progression",
        classes: &[],
        class_column: "",
    },
];

const PARAMETERS: &[Parameter] = &[
    Parameter::choice("data", "the table", &["iris", "diabetes"]),
    Parameter::text("features", "input columns joined by +; default: petal-length+petal-width, or bmi+s5", "default"),
    Parameter::text(
        "target",
        "a column, or a species of the irises as 1 against -1; default: versicolor, or progression",
        "default",
    ),
    Parameter::integer("n", "rows of the training set; at most 150 irises or 442 patients", 3, 442, 50),
    width(2),
    OUTPUT_BIAS,
];

impl Family for Real {
    fn name(&self) -> &'static str {
        "real"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("real.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=20,width=1" },
            Size { name: "small", parameters: "n=50,width=2" },
            Size { name: "medium", parameters: "n=80,width=2" },
            Size { name: "large", parameters: "n=120,width=3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let choice = Choice::of(parameters)?;
        let (samples, width) = (parameters.count("n"), parameters.count("width"));
        let output_bias = parameters.switch("output-bias");
        let total = choice.target.values.len();
        if samples > total {
            let data = choice.source.name;
            return Err(BadParameter::Combination(format!("data={data} has {total} rows, so n={samples} is too many")));
        }
        let training = Stream::new(seed, Purpose::Subsample).subset(total, samples);
        let rest: Vec<usize> = (0..total).filter(|row| training.binary_search(row).is_err()).collect();
        let scaled = choice.scaled(&training);

        let network = Network { output_bias, ..Network::dense(width) };
        let bias = if output_bias { "-c" } else { "" };
        let drawn = if rest.is_empty() { String::new() } else { format!("-s{seed}") };
        let name = format!("real-{}-{}-n{samples}-k{width}{bias}{drawn}", choice.source.name, choice.words());
        let (rows, labels) = scaled.at(&training);
        let request = Request::new(self, parameters, seed).drawn(!rest.is_empty());
        let mut instance = request.instance(&rows, labels, network)?;
        instance.name = name;
        instance.provenance["features"] = choice.features.iter().map(|column| column.name.as_str()).collect();
        instance.provenance["target"] = choice.target.name.as_str().into();
        if !rest.is_empty() {
            let (rows, labels) = scaled.at(&rest);
            instance.test = Some(dataset(&rows, labels)?);
        }
        refuse_trivial(&instance)?;
        Ok(instance)
    }
}

/// The columns that the parameters choose.
struct Choice {
    source: &'static Source,
    features: Vec<Column>,
    target: Column,
    /// The target is a class: 1 or -1 as it stands.
    class: bool,
}

impl Choice {
    fn of(parameters: &Parameters) -> Result<Self, BadParameter> {
        let name = parameters.text("data");
        let source = SOURCES.iter().find(|source| source.name == name).expect("declared as a choice among the sources");
        let or_default = |parameter, default| match parameters.text(parameter) {
            "default" => default,
            given => given,
        };
        let columns = parse(source.text);
        let target_name = or_default("target", source.target);
        let (target, class) = source.target_column(&columns, target_name)?;
        let mut features: Vec<Column> = Vec::new();
        for name in or_default("features", source.features).split('+').map(str::trim) {
            let column = source.column(&columns, "features", name)?;
            if features.contains(&column) || name == target_name || (class && name == source.class_column) {
                return Err(source.fault("features", name, "every column once, and not the target"));
            }
            features.push(column);
        }
        Ok(Self { source, features, target, class })
    }

    /// Features and target, for the instance's name.
    fn words(&self) -> String {
        let features: Vec<&str> = self.features.iter().map(|column| column.name.as_str()).collect();
        format!("{}-{}", features.join("+"), self.target.name)
    }

    fn scaled(&self, training: &[usize]) -> Scaled {
        let scores = |column: &Column| {
            let standardiser = Standardiser::of(&column.values, training);
            column.values.iter().map(|&value| standardiser.score(value)).collect()
        };
        let target = if self.class { self.target.values.iter().map(|&v| v as f64).collect() } else { scores(&self.target) };
        Scaled { features: self.features.iter().map(scores).collect(), target }
    }
}

/// Columns as the network sees them.
struct Scaled {
    features: Vec<Vec<f64>>,
    target: Vec<f64>,
}

impl Scaled {
    fn at(&self, rows: &[usize]) -> (Vec<Vec<f64>>, Vec<f64>) {
        let inputs = rows.iter().map(|&row| self.features.iter().map(|column| column[row]).collect()).collect();
        (inputs, rows.iter().map(|&row| self.target[row]).collect())
    }
}

impl Source {
    fn column(&self, columns: &[Column], parameter: &str, name: &str) -> Result<Column, BadParameter> {
        let found = columns.iter().find(|column| column.name == name);
        let known = || columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let column = found.ok_or_else(|| self.fault(parameter, name, &format!("among the columns {}", known())))?;
        Ok(Column { name: column.name.clone(), values: column.values.clone() })
    }

    /// A measured column, or a class against the rest.
    fn target_column(&self, columns: &[Column], name: &str) -> Result<(Column, bool), BadParameter> {
        let Some((_, class)) = self.classes.iter().find(|(class, _)| *class == name) else {
            return Ok((self.column(columns, "target", name)?, false));
        };
        let species = self.column(columns, "target", self.class_column)?;
        let values = species.values.iter().map(|value| if value == class { 1 } else { -1 }).collect();
        Ok((Column { name: name.to_owned(), values }, true))
    }

    fn fault(&self, parameter: &str, value: &str, expected: &str) -> BadParameter {
        let expected = format!("{expected} of data={}", self.name);
        BadParameter::Value { name: parameter.to_owned(), value: value.to_owned(), expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;
    use optgap_problem::Dataset;
    use std::collections::BTreeSet;

    fn real(text: &str, seed: u64) -> Result<Instance, BadParameter> {
        made(&Real, text, seed)
    }

    #[test]
    fn the_shipped_tables_have_the_published_sizes_and_means() {
        let mean = |source: &Source, name: &str| {
            let column = source.column(&parse(source.text), "features", name).expect("a column");
            (column.values.len(), column.values.iter().sum::<i64>() as f64 / column.values.len() as f64)
        };
        // Sums of the published tables: 876.5 cm of sepal, 67243 points of progression, 11658.1 of body mass index.
        assert_eq!(mean(&SOURCES[0], "sepal-length"), (150, 8765.0 / 150.0));
        assert_eq!(mean(&SOURCES[0], "species"), (150, 1.0));
        assert_eq!(mean(&SOURCES[1], "progression"), (442, 67_243.0 / 442.0));
        assert_eq!(mean(&SOURCES[1], "bmi"), (442, 116_581.0 / 442.0));
    }

    #[test]
    fn training_and_test_rows_are_all_rows_of_the_table() {
        let instance = real("data=diabetes,n=80", 4).expect("valid");
        assert_eq!((instance.data.len(), instance.test.as_ref().map(Dataset::len)), (80, Some(362)));
        assert!(instance.constant_level() > 0.98 && instance.constant_level() < 1.02);
        let whole = real("data=iris,n=150", 4).expect("valid");
        assert_eq!((whole.data.len(), &whole.test), (150, &None));
        assert_eq!(whole, real("data=iris,n=150", 5).expect("valid"));
    }

    #[test]
    fn equal_measurements_stay_equal_and_steps_of_a_millimetre_stay_even() {
        let instance = real("features=sepal-length,target=petal-width,n=100", 1).expect("valid");
        let scores: BTreeSet<i64> = instance.data.inputs().iter().map(|x| (x * 2.0_f64.powi(24)) as i64).collect();
        let steps: BTreeSet<i64> = scores.iter().zip(scores.iter().skip(1)).map(|(a, b)| b - a).collect();
        let least = *steps.first().expect("several lengths");
        assert!(scores.len() < 40 && steps.iter().all(|step| step % least == 0), "{steps:?}");
    }

    #[test]
    fn a_species_is_told_from_the_others_by_sign() {
        let instance = real("target=virginica,n=150", 0).expect("valid");
        assert_eq!(instance.data.labels().iter().filter(|label| **label == 1.0).count(), 50);
        assert_eq!(instance.data.labels().iter().filter(|label| **label == -1.0).count(), 100);
    }

    #[test]
    fn columns_that_cannot_be_used_are_refused_with_those_that_can() {
        let fault = |text: &str| real(text, 1).expect_err("refused").to_string();
        assert!(fault("features=age").contains("sepal-length, sepal-width, petal-length, petal-width, species of data=iris"));
        assert!(fault("data=diabetes,target=setosa").contains("parameter target = setosa: expected among the columns age"));
        for twice in ["features=petal-width,target=petal-width", "features=species", "features=petal-width+petal-width"] {
            assert!(fault(twice).contains("every column once, and not the target"), "{twice}");
        }
        assert_eq!(fault("n=151"), "data=iris has 150 rows, so n=151 is too many");
    }

    #[test]
    fn samples_too_few_for_the_width_are_refused() {
        assert!(real("n=3,width=2,target=petal-length,features=sepal-length+sepal-width", 1).is_err());
        assert!(real("n=20,width=20,target=petal-length,features=sepal-length", 1).is_err());
    }
}
