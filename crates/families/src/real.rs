//! Seven recorded tables, from Fisher's irises to the shaking of earthquakes.
//!
//! **Definition.** `data` names a table that is shipped with this crate (`data/README.md` has sources and licences),
//! `features` some of its columns joined by `+`, `target` another column. A random subset of `n` rows, in the order of the
//! file, is the training set and all other rows are the test set. Features and measured targets are z-scored with the
//! training set's constants, rounded so that scores are exact affine images of the recorded decimals (see `table.rs`). Where
//! rows belong to classes, a class can be the target: 1 for its rows and -1 for the others.
//!
//! `features` can also be `pca1` to `pca5`: the leading principal components of all columns but the target and the class,
//! standardised. Means, deviations and components come from the training rows alone, every component has unit variance there
//! as any other feature, and its scores are rounded to multiples of `2^-16` (see `principal.rs`).
//!
//! Defaults are two telling features and a target that gives two kinks something to do:
//!
//! | `data` | rows | default features | default target | classes |
//! |---|---|---|---|---|
//! | `iris` | 150 | `petal-length+petal-width` | `versicolor`, the species between the two others | `setosa`, `versicolor`, `virginica` |
//! | `diabetes` | 442 | `bmi+s5`, the strongest predictors | `progression` after a year | none |
//! | `wine` | 178 | `alcohol+colour-intensity` | `grignolino`, the light and pale cultivar | `barolo`, `grignolino`, `barbera` |
//! | `breast-cancer` | 569 | `worst-area+worst-smoothness`, two of the three of Street and others | `malignant` | `malignant`, `benign` |
//! | `penguins` | 342 | `bill-length+bill-depth` | `chinstrap`, as deep as one species and as long as the other | `adelie`, `chinstrap`, `gentoo` |
//! | `red-wine` | 1599 | `alcohol+volatile-acidity`, the strongest predictors | `quality`, 3 to 8 | none |
//! | `earthquakes` | 182 | `magnitude+distance` | `acceleration` of the ground at its peak | none |
//!
//! **Source.** Fisher (1936); Efron, Hastie, Johnstone and Tibshirani (2004); Forina and others (1986) with Aeberhard
//! (1992); Street, Wolberg and Mangasarian (1993); Gorman, Williams and Fraser (2014); Cortez and others (2009); Joyner,
//! Boore and Porcella (1981). Components: Hotelling (1933).
//!
//! **Reference.** None. Few digits were recorded, and `red-wine` repeats 240 rows, so identical inputs with different labels
//! can keep the optimum above 0 whatever the width.
//!
//! **Descent** is expected to reach the optimum or come close from many starts on `diabetes` and `red-wine`, where the
//! signal is nearly linear and the kinks gain little, so that local minima differ by little, too. A single boundary sets
//! `grignolino` and `malignant` apart: two kinks make the ramp between the labels -1 and 1, which many starts should find.
//! On `versicolor` and `chinstrap` the kinks must be placed on two sides of a region, and on `earthquakes` among the crowded
//! stations near the source, where the shaking falls steeply; starts that put both on one side, or far out where few
//! stations are, should end visibly above the optimum. Components are no easier: they spread the same signal over directions
//! that were not chosen for the target.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::principal::{MOST_COMPONENTS, component_scores};
use crate::request::{OUTPUT_BIAS, Request, dataset, width};
use crate::sources::{NAMES, Source};
use crate::stream::{Purpose, Stream};
use crate::table::{Column, Standardiser};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct Real;

const PARAMETERS: &[Parameter] = &[
    Parameter::choice("data", "the table", &NAMES),
    Parameter::text(
        "features",
        "input columns joined by +, or pca1 to pca5: leading principal components of all columns but the target and the class; \
         default: two telling columns of the table",
        "default",
    ),
    Parameter::text(
        "target",
        "a column, or a class of the table as 1 against -1; default: a telling one of the table",
        "default",
    ),
    Parameter::integer("n", "rows of the training set, at most those of the table", 3, 500, 50),
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
            let text = format!("data={data} has {total} rows, so n={samples} is too many; take at most n={total}");
            return Err(BadParameter::Combination(text));
        }
        let training = Stream::new(seed, Purpose::Subsample).subset(total, samples);
        let rest: Vec<usize> = (0..total).filter(|row| training.binary_search(row).is_err()).collect();
        let scaled = choice.scaled(&training)?;

        let network = Network { output_bias, ..Network::dense(width) };
        let bias = if output_bias { "-c" } else { "" };
        let drawn = if rest.is_empty() { String::new() } else { format!("-s{seed}") };
        let name = format!("real-{}-{}-n{samples}-k{width}{bias}{drawn}", choice.source.name, choice.words());
        let (rows, labels) = scaled.at(&training);
        let request = Request::new(self, parameters, seed).drawn(!rest.is_empty());
        let mut instance = request.instance(&rows, labels, network)?;
        instance.name = name;
        instance.provenance["features"] = choice.features.names().into();
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
    source: Source,
    features: Features,
    target: Column,
    /// The target is a class: 1 or -1 as it stands.
    class: bool,
}

/// What the network's inputs are made of.
enum Features {
    /// Columns, one input each.
    Columns(Vec<Column>),
    /// The first `count` principal components of columns.
    Components { count: usize, columns: Vec<Column> },
}

impl Choice {
    fn of(parameters: &Parameters) -> Result<Self, BadParameter> {
        let source = Source::named(parameters.text("data"));
        let or_default = |parameter, default| match parameters.text(parameter) {
            "default" => default,
            given => given,
        };
        let columns = source.columns();
        let target_name = or_default("target", source.target);
        let (target, class) = source.target(&columns, target_name)?;
        let text = or_default("features", source.features);
        if let Some(count) = components(text) {
            let columns = source.measurements(columns, target_name);
            return Ok(Self { source, features: Features::Components { count, columns }, target, class });
        }
        let mut features: Vec<Column> = Vec::new();
        for name in text.split('+').map(str::trim) {
            let column = source.feature(&columns, name)?;
            if features.contains(&column) || name == target_name || (class && name == source.class_column) {
                return Err(source.fault("features", name, "every column once, and not the target"));
            }
            features.push(column);
        }
        Ok(Self { source, features: Features::Columns(features), target, class })
    }

    /// Features and target, for the instance's name.
    fn words(&self) -> String {
        let features = match &self.features {
            Features::Columns(_) => self.features.names().join("+"),
            Features::Components { count, .. } => format!("pca{count}"),
        };
        format!("{features}-{}", self.target.name)
    }

    fn scaled(&self, training: &[usize]) -> Result<Scaled, BadParameter> {
        let features = match &self.features {
            Features::Columns(columns) => columns.iter().map(|column| scores(column, training)).collect(),
            Features::Components { count, columns } => {
                component_scores(columns, training, *count).map_err(|found| self.too_few_directions(*count, found))?
            }
        };
        let target = &self.target;
        let target = if self.class { target.values.iter().map(|&v| v as f64).collect() } else { scores(target, training) };
        Ok(Scaled { features, target })
    }

    fn too_few_directions(&self, asked: usize, found: usize) -> BadParameter {
        BadParameter::Combination(format!(
            "the training rows of data={} vary in {found} directions only, too few for features=pca{asked}; take fewer \
             components or more rows",
            self.source.name
        ))
    }
}

impl Features {
    fn names(&self) -> Vec<String> {
        match self {
            Self::Columns(columns) => columns.iter().map(|column| column.name.clone()).collect(),
            Self::Components { count, .. } => (1..=*count).map(|number| format!("component-{number}")).collect(),
        }
    }
}

/// The number of principal components that the parameter `features` asks for, if it does.
fn components(text: &str) -> Option<usize> {
    (1..=MOST_COMPONENTS).find(|count| text == format!("pca{count}"))
}

/// All values of a column, z-scored by the training rows.
fn scores(column: &Column, training: &[usize]) -> Vec<f64> {
    let standardiser = Standardiser::of(&column.values, training);
    column.values.iter().map(|&value| standardiser.score(value)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::made;
    use optgap_problem::Dataset;
    use std::collections::BTreeSet;

    fn real(text: &str, seed: u64) -> Result<Instance, BadParameter> {
        made(&Real, text, seed)
    }

    /// The rows of training and test set in a canonical order, every input as its rank among all rows: what stays the same
    /// under scores that grow with the recorded number.
    fn ranked(instance: &Instance) -> Vec<Vec<i64>> {
        let sets = || [&instance.data].into_iter().chain(&instance.test);
        let values = |axis: usize| sets().flat_map(move |set| set.samples().map(move |(input, _)| input[axis]));
        let rank = |axis: usize, input: f64| values(axis).filter(|value| *value < input).count() as i64;
        let ranks = |(input, label): (&[f64], f64)| {
            input.iter().enumerate().map(|(axis, &x)| rank(axis, x)).chain([label as i64]).collect()
        };
        let mut rows: Vec<Vec<i64>> = sets().flat_map(|set| set.samples().map(ranks)).collect();
        rows.sort_unstable();
        rows
    }

    #[test]
    fn training_and_test_rows_are_all_rows_of_the_table() {
        let instance = real("data=diabetes,n=80", 4).expect("valid");
        assert_eq!((instance.data.len(), instance.test.as_ref().map(Dataset::len)), (80, Some(362)));
        assert!(instance.constant_level() > 0.98 && instance.constant_level() < 1.02);
        let whole = real("data=iris,n=150", 4).expect("valid");
        assert_eq!((whole.data.len(), &whole.test), (150, &None));
        assert_eq!(whole, real("data=iris,n=150", 5).expect("valid"));
        for data in ["iris", "wine", "penguins"] {
            let rows = |n: usize| ranked(&real(&format!("data={data},n={n}"), 4).expect("valid"));
            let total = rows(50).len();
            assert_eq!(rows(50), rows(total), "{data}");
        }
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
        assert_eq!(fault("n=151"), "data=iris has 150 rows, so n=151 is too many; take at most n=150");
        for unknown in ["pca6", "pca0", "pca", "pca2+alcohol"] {
            assert!(fault(&format!("data=wine,features={unknown}")).contains("pca1 to pca5, or among the columns alcohol"));
        }
        let fault = fault("data=penguins,target=emperor");
        assert!(fault.ends_with("body-mass, species and the classes adelie, chinstrap, gentoo of data=penguins"), "{fault}");
    }

    #[test]
    fn components_that_the_training_rows_do_not_have_are_refused() {
        for (text, found) in [("target=petal-width,features=pca5", 3), ("data=breast-cancer,features=pca3,n=3,width=1", 2)] {
            let fault = real(text, 1).expect_err("refused").to_string();
            assert!(fault.contains(&format!("vary in {found} directions only")), "{fault}");
            assert!(fault.contains("take fewer components or more rows"), "{fault}");
        }
    }

    #[test]
    fn every_table_gives_instances_of_every_size_and_both_kinds_of_features() {
        for data in NAMES {
            for features in ["default", "pca1", "pca2"] {
                for n in [20, 100, 150] {
                    let text = format!("data={data},features={features},n={n}");
                    let instance = real(&text, 3).expect("valid");
                    let numbers =
                        instance.test.iter().chain([&instance.data]).flat_map(|set| set.inputs().iter().chain(set.labels()));
                    assert!(numbers.copied().all(f64::is_finite), "{text}");
                    assert_eq!(instance, real(&text, 3).expect("valid"), "{text}");
                }
            }
        }
        assert_eq!(real("data=red-wine,n=500", 1).expect("valid").test.expect("other rows").len(), 1099);
    }

    #[test]
    fn components_leave_out_the_target_and_the_class() {
        let provenance = real("data=penguins,features=pca3,target=body-mass", 1).expect("valid").provenance;
        assert_eq!(provenance["features"], serde_json::json!(["component-1", "component-2", "component-3"]));
        // The three other measurements have three components, and with the species there would be four.
        assert!(real("data=penguins,features=pca4,target=body-mass", 1).is_err());
        assert!(real("data=penguins,features=pca4,target=gentoo", 1).is_ok());
        let instance = real("data=wine,features=pca2", 1).expect("valid");
        assert_eq!((instance.name.as_str(), instance.data.dimension()), ("real-wine-pca2-grignolino-n50-k2-s1", 2));
    }

    #[test]
    fn instances_of_every_table_are_the_same_on_every_platform() {
        let fingerprint = |data: &str, features: &str| {
            real(&format!("data={data},features={features}"), 1).expect("valid").fingerprint().to_string()
        };
        let found = NAMES.map(|data| format!("{data} {} {}", fingerprint(data, "default"), fingerprint(data, "pca2")));
        assert_eq!(
            found,
            [
                "iris 5422ce41c6f7077f 6409d9adacd76369",
                "diabetes d882f47af58b1350 134ddccdd55ee323",
                "wine 84690830fc168aa5 66cb6d5f27ecc9c7",
                "breast-cancer faaa00f0bdb71476 28d66e9d32b59768",
                "penguins 4eff1ba9942d97af 0d730675dd186b5f",
                "red-wine 3532a5fd432c9aef 6f913e8f6c1fea9d",
                "earthquakes 1fa143a1cb45d615 2c7843b340ea6401",
            ]
        );
    }

    #[test]
    fn samples_too_few_for_the_width_are_refused() {
        assert!(real("n=3,width=2,target=petal-length,features=sepal-length+sepal-width", 1).is_err());
        assert!(real("n=20,width=20,target=petal-length,features=sepal-length", 1).is_err());
    }
}
