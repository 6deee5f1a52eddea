//! Small hypergraphs and their colourings.

use crate::graph::Graph;
use crate::stream::Stream;
use optgap_problem::{BadParameter, Parameter, Parameters};

/// Names of the hypergraphs, as a plan writes them.
const HYPERGRAPHS: &[&str] = &["cycle", "complete", "path", "prism", "petersen", "fano", "random", "triples"];

/// The lines of the projective plane of order 2: seven points, no colouring with two colours.
const FANO: [[usize; 3]; 7] = [[0, 1, 2], [0, 3, 4], [0, 5, 6], [1, 3, 5], [1, 4, 6], [2, 3, 6], [2, 4, 5]];

/// The parameters that choose a hypergraph; families put them before their own.
pub(crate) const CHOICE: [Parameter; 4] = [
    Parameter::choice("hypergraph", "what is coloured", HYPERGRAPHS),
    Parameter::integer("vertices", "vertices", 2, 16, 5),
    Parameter::real(
        "density",
        "share of all pairs (random) or triples (triples) that are edges; the others ignore it",
        0.0,
        1.0,
        0.4,
    ),
    Parameter::switch("drop-edge", "whether the last edge is left out", false),
];

/// A hypergraph on the vertices `0..vertices` whose edges have at least two different vertices each.
#[derive(Debug)]
pub(crate) struct Hypergraph {
    pub(crate) vertices: usize,
    pub(crate) edges: Vec<Vec<usize>>,
    /// Was it drawn?
    pub(crate) random: bool,
}

impl Hypergraph {
    /// The hypergraph of the parameters [`CHOICE`].
    ///
    /// # Errors
    /// When there is no such hypergraph, or it has no edge.
    pub(crate) fn chosen(parameters: &Parameters, stream: &mut Stream) -> Result<Self, BadParameter> {
        let (name, vertices) = (parameters.text("hypergraph"), parameters.count("vertices"));
        let density = parameters.real("density");
        let mut edges: Vec<Vec<usize>> = match name {
            "fano" if vertices != 7 => {
                return Err(BadParameter::Combination(format!(
                    "hypergraph=fano with vertices={vertices}: give vertices=7, which is the size of the Fano plane"
                )));
            }
            "fano" => FANO.iter().map(|line| line.to_vec()).collect(),
            "triples" => triples(vertices).filter(|_| stream.uniform() < density).collect(),
            name => {
                let graph = Graph::named(name, vertices, density, stream);
                let fault = |text: String| BadParameter::Combination(text.replace("graph=", "hypergraph="));
                graph.map_err(fault)?.edges.into_iter().map(|(u, v)| vec![u, v]).collect()
            }
        };
        if parameters.switch("drop-edge") {
            edges.pop();
        }
        if edges.is_empty() {
            let text = format!(
                "hypergraph={name} with vertices={vertices} has no edge; take another seed, more vertices or a higher density"
            );
            return Err(BadParameter::Combination(text));
        }
        Ok(Self { vertices, edges, random: matches!(name, "random" | "triples") })
    }

    /// A colour for each vertex so that no edge has one colour only, or none if there is no such colouring.
    pub(crate) fn colouring(&self, colours: usize) -> Option<Vec<usize>> {
        let mut chosen = Vec::with_capacity(self.vertices);
        self.extend(&mut chosen, colours).then_some(chosen)
    }

    /// Colours the vertices in order; a vertex takes a colour that is used already or the first new one.
    fn extend(&self, chosen: &mut Vec<usize>, colours: usize) -> bool {
        if chosen.len() == self.vertices {
            return true;
        }
        let used = chosen.iter().max().map_or(0, |most| most + 1);
        for colour in 0..colours.min(used + 1) {
            chosen.push(colour);
            if self.edges.iter().all(|edge| !is_of_one_colour(edge, chosen)) && self.extend(chosen, colours) {
                return true;
            }
            chosen.pop();
        }
        false
    }

    /// The coordinates of a point for each vertex and each edge: unit vectors and their sums along edges.
    pub(crate) fn points(&self) -> impl Iterator<Item = Vec<f64>> {
        let single = (0..self.vertices).map(|vertex| vec![vertex]);
        single.chain(self.edges.iter().cloned()).map(|members| {
            let mut point = vec![0.0; self.vertices];
            members.into_iter().for_each(|member| point[member] = 1.0);
            point
        })
    }
}

/// Are all vertices of an edge coloured, and alike?
fn is_of_one_colour(edge: &[usize], chosen: &[usize]) -> bool {
    edge.iter().all(|&vertex| chosen.get(vertex).is_some_and(|colour| *colour == chosen[edge[0]]))
}

fn triples(vertices: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..vertices).flat_map(move |u| (u + 1..vertices).flat_map(move |v| (v + 1..vertices).map(move |w| vec![u, v, w])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Purpose;
    use optgap_problem::Selector;

    fn chosen(text: &str, seed: u64) -> Result<Hypergraph, BadParameter> {
        let selector: Selector = format!("x[{text}]").parse().expect("a selector");
        let parameters = selector.choices()[0].complete(&CHOICE).expect("declared");
        Hypergraph::chosen(&parameters, &mut Stream::new(seed, Purpose::Graph))
    }

    #[test]
    fn the_textbook_cases_have_colourings_or_none() {
        let cases = [
            ("hypergraph=cycle,vertices=5", 2, false),
            ("hypergraph=cycle,vertices=5,drop-edge=true", 2, true),
            ("hypergraph=cycle,vertices=5", 3, true),
            ("hypergraph=complete,vertices=4", 3, false),
            ("hypergraph=complete,vertices=4,drop-edge=true", 3, true),
            ("hypergraph=petersen,vertices=10", 2, false),
            ("hypergraph=petersen,vertices=10", 3, true),
            ("hypergraph=fano,vertices=7", 2, false),
            ("hypergraph=fano,vertices=7,drop-edge=true", 2, true),
        ];
        for (text, colours, colourable) in cases {
            assert_eq!(chosen(text, 0).expect("valid").colouring(colours).is_some(), colourable, "{text}");
        }
    }

    #[test]
    fn the_search_agrees_with_trying_all_colourings() {
        for seed in 0..30 {
            let hypergraph = chosen("hypergraph=triples,vertices=6,density=0.5", seed).expect("valid");
            let all = (0..64_u32).map(|set| (0..6).map(|vertex| (set >> vertex & 1) as usize).collect::<Vec<_>>());
            let proper = |colours: &[usize]| hypergraph.edges.iter().all(|edge| !is_of_one_colour(edge, colours));
            let found = hypergraph.colouring(2);
            assert_eq!(found.is_some(), all.clone().any(|colours| proper(&colours)), "seed {seed}");
            assert!(found.is_none_or(|colours| proper(&colours)));
        }
    }

    #[test]
    fn two_lines_of_the_fano_plane_meet_in_one_point() {
        for (index, line) in FANO.iter().enumerate() {
            for other in &FANO[..index] {
                assert_eq!(line.iter().filter(|point| other.contains(point)).count(), 1);
            }
        }
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        assert!(chosen("hypergraph=fano,vertices=6", 0).expect_err("no plane").to_string().contains("give vertices=7"));
        let fault = chosen("hypergraph=petersen,vertices=6", 0).expect_err("no such graph").to_string();
        assert!(fault.starts_with("hypergraph=petersen with vertices=6"), "{fault}");
        assert!(chosen("hypergraph=random,density=0", 0).expect_err("empty").to_string().contains("has no edge"));
    }
}
