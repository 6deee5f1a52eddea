//! The recorded tables that are shipped with this crate; `data/README.md` has where they come from and their licences.

use crate::principal::MOST_COMPONENTS;
use crate::table::{Column, parse};
use optgap_problem::BadParameter;

/// A shipped table and what is used of it by default.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    text: &'static str,
    /// Names of columns, joined by `+`.
    pub(crate) features: &'static str,
    pub(crate) target: &'static str,
    /// Classes that can be targets; the class column has their places in this list. None of them is the name of a column.
    classes: &'static [&'static str],
    /// Column with the class, empty without classes.
    pub(crate) class_column: &'static str,
}

/// Every table; the first one is the default.
const SOURCES: [Source; 7] = [
    Source {
        name: "iris",
        text: include_str!("../data/iris.csv"),
        features: "petal-length+petal-width",
        target: "versicolor",
        classes: &["setosa", "versicolor", "virginica"],
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
    Source {
        name: "wine",
        text: include_str!("../data/wine.csv"),
        features: "alcohol+colour-intensity",
        target: "grignolino",
        classes: &["barolo", "grignolino", "barbera"],
        class_column: "cultivar",
    },
    Source {
        name: "breast-cancer",
        text: include_str!("../data/breast-cancer.csv"),
        features: "worst-area+worst-smoothness",
        target: "malignant",
        classes: &["malignant", "benign"],
        class_column: "diagnosis",
    },
    Source {
        name: "penguins",
        text: include_str!("../data/penguins.csv"),
        features: "bill-length+bill-depth",
        target: "chinstrap",
        classes: &["adelie", "chinstrap", "gentoo"],
        class_column: "species",
    },
    Source {
        name: "red-wine",
        text: include_str!("../data/red-wine.csv"),
        features: "alcohol+volatile-acidity",
        target: "quality",
        classes: &[],
        class_column: "",
    },
    Source {
        name: "earthquakes",
        text: include_str!("../data/earthquakes.csv"),
        features: "magnitude+distance",
        target: "acceleration",
        classes: &[],
        class_column: "",
    },
];

/// Names of the tables, the default first.
pub(crate) const NAMES: [&str; SOURCES.len()] = names();

const fn names() -> [&'static str; SOURCES.len()] {
    let mut names = [""; SOURCES.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = SOURCES[index].name;
        index += 1;
    }
    names
}

impl Source {
    /// The table of that name.
    ///
    /// # Panics
    /// When the name is none of [`NAMES`].
    pub(crate) fn named(name: &str) -> Self {
        SOURCES.into_iter().find(|source| source.name == name).expect("declared as a choice among the sources")
    }

    /// All columns, in the order of the file.
    pub(crate) fn columns(&self) -> Vec<Column> {
        parse(self.text)
    }

    /// The column that a name among the features stands for.
    pub(crate) fn feature(&self, columns: &[Column], name: &str) -> Result<Column, BadParameter> {
        find(columns, name).ok_or_else(|| {
            let expected = format!("pca1 to pca{MOST_COMPONENTS}, or among the columns {}", listed(columns));
            self.fault("features", name, &expected)
        })
    }

    /// A class as 1 against -1 for the others and `true`, or a column as it was recorded and `false`.
    pub(crate) fn target(&self, columns: &[Column], name: &str) -> Result<(Column, bool), BadParameter> {
        let Some(class) = self.classes.iter().position(|class| *class == name) else {
            let column = find(columns, name).ok_or_else(|| self.fault("target", name, &self.known_targets(columns)))?;
            return Ok((column, false));
        };
        let recorded = find(columns, self.class_column).expect("a table with classes has their column");
        let values = recorded.values.iter().map(|&value| if value == class as i64 { 1 } else { -1 }).collect();
        Ok((Column { name: name.to_owned(), values }, true))
    }

    /// All columns but the target and the class.
    pub(crate) fn measurements(&self, columns: Vec<Column>, target: &str) -> Vec<Column> {
        columns.into_iter().filter(|column| column.name != target && column.name != self.class_column).collect()
    }

    /// The refusal of a parameter's value.
    pub(crate) fn fault(&self, parameter: &str, value: &str, expected: &str) -> BadParameter {
        let expected = format!("{expected} of data={}", self.name);
        BadParameter::Value { name: parameter.to_owned(), value: value.to_owned(), expected }
    }

    fn known_targets(&self, columns: &[Column]) -> String {
        let classes =
            if self.classes.is_empty() { String::new() } else { format!(" and the classes {}", self.classes.join(", ")) };
        format!("among the columns {}{classes}", listed(columns))
    }
}

fn find(columns: &[Column], name: &str) -> Option<Column> {
    columns.iter().find(|column| column.name == name).cloned()
}

fn listed(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The numbers below a name in a file's text, and the most decimals that one of them has; independent of `parse`.
    fn recorded(source: &Source, name: &str) -> (Vec<f64>, usize) {
        let mut lines = source.text.lines();
        let place = lines.next().and_then(|header| header.split(',').position(|column| column == name)).expect("a column");
        let texts: Vec<&str> = lines.map(|line| line.split(',').nth(place).expect("a number")).collect();
        let decimals = texts.iter().map(|text| text.split_once('.').map_or(0, |(_, decimals)| decimals.len())).max();
        (texts.iter().map(|text| text.parse().expect("a number")).collect(), decimals.expect("rows"))
    }

    /// Means to four decimals, computed by pandas from the packages' own files. Published summaries agree in the digits that
    /// they print: of wine in scikit-learn's description (alcohol 13.0, colour 5.1), of penguins in that of palmerpenguins
    /// (bill 43.92 and 17.15, flipper 200.9, mass 4202), and `summary(attenu)` in R (distance 45.60, acceleration 0.15422).
    #[test]
    fn the_shipped_tables_have_the_published_sizes_and_means() {
        let published = [
            ("iris", 150, "sepal-length", 5.8433),
            ("iris", 150, "sepal-width", 3.0573),
            ("diabetes", 442, "progression", 152.1335),
            ("diabetes", 442, "bmi", 26.3758),
            ("wine", 178, "alcohol", 13.0006),
            ("wine", 178, "colour-intensity", 5.0581),
            ("wine", 178, "proline", 746.8933),
            ("breast-cancer", 569, "mean-radius", 14.1273),
            ("breast-cancer", 569, "worst-area", 880.5831),
            ("breast-cancer", 569, "fractal-dimension-error", 0.0038),
            ("penguins", 342, "bill-length", 43.9219),
            ("penguins", 342, "bill-depth", 17.1512),
            ("penguins", 342, "flipper-length", 200.9152),
            ("penguins", 342, "body-mass", 4201.7544),
            ("red-wine", 1599, "quality", 5.6360),
            ("red-wine", 1599, "alcohol", 10.4230),
            ("red-wine", 1599, "volatile-acidity", 0.5278),
            ("earthquakes", 182, "magnitude", 6.0841),
            ("earthquakes", 182, "distance", 45.6033),
            ("earthquakes", 182, "acceleration", 0.1542),
        ];
        for (data, rows, column, expected) in published {
            let (values, _) = recorded(&Source::named(data), column);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            assert!(values.len() == rows && (mean - expected).abs() < 5.1e-5, "{data} {column}: {} rows, {mean}", values.len());
        }
    }

    #[test]
    fn the_classes_have_the_published_sizes() {
        let published = [
            ("iris", vec![("setosa", 50), ("versicolor", 50), ("virginica", 50)]),
            ("wine", vec![("barolo", 59), ("grignolino", 71), ("barbera", 48)]),
            ("breast-cancer", vec![("malignant", 212), ("benign", 357)]),
            ("penguins", vec![("adelie", 151), ("chinstrap", 68), ("gentoo", 123)]),
        ];
        for (data, classes) in published {
            let source = Source::named(data);
            assert_eq!(source.classes.len(), classes.len(), "{data}");
            for (class, rows) in classes {
                let (column, is_class) = source.target(&source.columns(), class).expect("a class");
                let found = column.values.iter().filter(|value| **value == 1).count();
                assert_eq!((is_class, found), (true, rows), "{data} {class}");
            }
        }
    }

    #[test]
    fn every_number_is_read_as_it_was_recorded() {
        for source in &SOURCES {
            for column in source.columns() {
                let (numbers, decimals) = recorded(source, &column.name);
                let unit = 10_f64.powi(-(decimals.min(8) as i32));
                for (&value, number) in column.values.iter().zip(&numbers) {
                    assert!((value as f64 * unit - number).abs() < 5.1e-9, "{} {}: {number}", source.name, column.name);
                }
            }
        }
    }

    #[test]
    fn names_are_plain_and_no_class_is_called_as_another_or_as_a_column() {
        let plain = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        for source in &SOURCES {
            let columns = source.columns();
            let names: Vec<&str> =
                columns.iter().map(|column| column.name.as_str()).chain(source.classes.iter().copied()).collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}: {names:?}", source.name);
            assert!(names.iter().all(|name| plain(name) && !name.starts_with("pca")), "{}: {names:?}", source.name);
        }
        assert_eq!(NAMES.iter().collect::<BTreeSet<_>>().len(), NAMES.len());
    }
}
