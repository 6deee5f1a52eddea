//! A function of one hidden direction.
//!
//! **Definition.** Inputs `x ~ N(0, I_d)`, rounded to multiples of `2^-16`; labels `g(u . x)` for a random direction `u`,
//! where `g` is `relu` or a Hermite polynomial: `he1 = z`, `he2 = z^2 - 1`, `he3 = z^3 - 3z`, `he4 = z^4 - 6z^2 + 3`. Hidden
//! bias and output bias. The test set holds 200 further samples.
//!
//! **Source.** Ben Arous, Gheissari and Jagannath (2021): online descent needs about `d^(l-1)` samples, `l` being the
//! information exponent of `g`, which for a Hermite polynomial is its degree and for `relu` 1.
//!
//! **Reference.** 0 for `relu`, and from width 2 on for `he1`, which is `relu(z) - relu(-z)`; every label is then exact. For
//! other polynomials none: a network follows them only piece by piece.
//!
//! **Descent** is expected to find the direction at once for `relu` and `he1` and to lose its way as the degree rises, since
//! near a random start the polynomial of degree `l` shows only in the `l`-th power of the small overlap with `u`. In low
//! dimension the overlap is not small, so the effect should need a dimension of some size.

use crate::about::about;
use crate::admission::refuse_trivial;
use crate::planted::{self, direction, product};
use crate::request::{Request, dataset, dimension, samples, state_optimum, width};
use crate::stream::{Purpose, Stream, gaussian_rows};
use optgap_problem::{About, BadParameter, Family, Instance, Network, Parameter, Parameters, Size, Tag};

/// See the module documentation.
pub(crate) struct SingleIndex;

const PARAMETERS: &[Parameter] = &[
    samples(40),
    dimension(2),
    width(2),
    Parameter::choice("link", "the function of the hidden direction", &["relu", "he1", "he2", "he3", "he4"]),
];

impl Family for SingleIndex {
    fn name(&self) -> &'static str {
        "single-index"
    }

    fn tag(&self) -> Tag {
        Tag::Structured
    }

    fn about(&self) -> About {
        about(include_str!("single_index.rs"))
    }

    fn parameters(&self) -> &'static [Parameter] {
        PARAMETERS
    }

    fn sizes(&self) -> &'static [Size] {
        &[
            Size { name: "tiny", parameters: "n=12,dimension=1" },
            Size { name: "small", parameters: "n=40,dimension=2" },
            Size { name: "medium", parameters: "n=60,dimension=2,link=he2" },
            Size { name: "large", parameters: "n=100,dimension=8,link=he3" },
        ]
    }

    fn instance(&self, parameters: &Parameters, seed: u64) -> Result<Instance, BadParameter> {
        let (dimension, width, link) = (parameters.count("dimension"), parameters.count("width"), parameters.text("link"));
        let [rows, test_rows] = gaussian_rows(seed, parameters.count("n"), dimension);
        let u = direction(&mut Stream::new(seed, Purpose::Teacher), dimension);
        let labels = |rows: &[Vec<f64>]| rows.iter().map(|row| linked(link, product(&u, row))).collect::<Vec<f64>>();
        let network = Network { output_bias: true, ..Network::dense(width) };
        let mut instance = Request::new(self, parameters, seed).instance(&rows, labels(&rows), network)?;
        instance.test = Some(dataset(&test_rows, labels(&test_rows))?);
        match link {
            "relu" => state_optimum(&mut instance, 0.0, &planted::rectified(&u, width, &[1.0])),
            "he1" if width >= 2 => state_optimum(&mut instance, 0.0, &planted::rectified(&u, width, &[1.0, -1.0])),
            _ => refuse_trivial(&instance)?,
        }
        Ok(instance)
    }
}

fn linked(link: &str, z: f64) -> f64 {
    match link {
        "he1" => z,
        "he2" => z * z - 1.0,
        "he3" => z * (z * z - 3.0),
        "he4" => z * z * (z * z - 6.0) + 3.0,
        _ => z.max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::{made, sum_of_squares, witness_of};

    #[test]
    fn linear_and_relu_links_are_fitted_exactly() {
        for text in ["n=100,dimension=5,width=1", "link=he1,n=100,dimension=5"] {
            let instance = made(&SingleIndex, text, 2).expect("valid");
            assert_eq!(sum_of_squares(&instance, &witness_of(&instance)), 0.0, "{text}");
        }
    }

    #[test]
    fn hermite_polynomials_are_orthogonal_under_the_normal_distribution() {
        let mut stream = Stream::new(1, Purpose::Inputs);
        let draws: Vec<f64> = (0..200_000).map(|_| stream.normal()).collect();
        let links = ["he1", "he2", "he3"];
        for (i, first) in links.iter().enumerate() {
            for second in &links[..i] {
                let mean = draws.iter().map(|&z| linked(first, z) * linked(second, z)).sum::<f64>() / draws.len() as f64;
                assert!(mean.abs() < 0.1, "{first} {second}: {mean}");
            }
        }
        assert_eq!(linked("he4", 2.0), -5.0);
    }
}
