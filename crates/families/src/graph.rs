//! Small graphs and their vertex cover numbers.

use crate::stream::Stream;
use optgap_problem::{BadParameter, Parameter, Parameters};

/// The parameters that choose a graph.
pub(crate) const CHOICE: [Parameter; 3] = [
    Parameter::choice("graph", "kind of graph", GRAPHS),
    Parameter::integer("vertices", "vertices of the graph", 2, 30, 5),
    Parameter::real("density", "chance of every edge of the random graph; the others ignore it", 0.0, 1.0, 0.5),
];

/// A simple graph on the vertices `0..vertices`, at most 30 of them.
pub(crate) struct Graph {
    pub(crate) vertices: usize,
    /// Pairs `(u, v)` with `u < v`, in ascending order.
    pub(crate) edges: Vec<(usize, usize)>,
    /// Was it drawn?
    pub(crate) random: bool,
}

/// Names of the graphs, as a plan writes them.
const GRAPHS: &[&str] = &["cycle", "complete", "star", "path", "prism", "crown", "petersen", "random"];

impl Graph {
    /// The graph of the parameters [`CHOICE`].
    ///
    /// # Errors
    /// When there is no such graph.
    pub(crate) fn chosen(parameters: &Parameters, stream: &mut Stream) -> Result<Self, BadParameter> {
        let (name, vertices, density) = (parameters.text("graph"), parameters.count("vertices"), parameters.real("density"));
        Self::named(name, vertices, density, stream).map_err(BadParameter::Combination)
    }

    /// The graph of a name in [`GRAPHS`] on so many vertices; `density` and `stream` serve the random one alone.
    ///
    /// # Errors
    /// Says which numbers of vertices the graph has.
    pub(crate) fn named(name: &str, vertices: usize, density: f64, stream: &mut Stream) -> Result<Self, String> {
        let half = vertices / 2;
        let fault = |wanted: &str| Err(format!("graph={name} with vertices={vertices}: give {wanted}"));
        let adjacent: Box<dyn Fn(usize, usize) -> bool> = match name {
            "cycle" if vertices < 3 => return fault("at least 3 vertices"),
            "prism" | "crown" if vertices < 6 || vertices % 2 == 1 => return fault("an even number of at least 6 vertices"),
            "petersen" if vertices != 10 => return fault("vertices=10, which is the size of the Petersen graph"),
            "cycle" => Box::new(move |u, v| ring_neighbours(u, v, vertices)),
            "complete" => Box::new(|_, _| true),
            "star" => Box::new(|u, _| u == 0),
            "path" => Box::new(|u, v| v == u + 1),
            "prism" => Box::new(move |u, v| v == u + half || (u / half == v / half && ring_neighbours(u % half, v % half, half))),
            "crown" => Box::new(move |u, v| u < half && v >= half && v != u + half),
            "petersen" => Box::new(|u, v| match (u < 5, v < 5) {
                (true, true) => ring_neighbours(u, v, 5),
                (false, false) => !ring_neighbours(u - 5, v - 5, 5),
                _ => v == u + 5,
            }),
            _ => return Ok(Self { random: true, ..Self::of(vertices, |_, _| stream.uniform() < density) }),
        };
        Ok(Self::of(vertices, adjacent))
    }

    fn of(vertices: usize, mut adjacent: impl FnMut(usize, usize) -> bool) -> Self {
        let pairs = (0..vertices).flat_map(|u| (u + 1..vertices).map(move |v| (u, v)));
        Self { vertices, edges: pairs.filter(|&(u, v)| adjacent(u, v)).collect(), random: false }
    }

    /// A smallest set of vertices that meets every edge, as a switch per vertex.
    pub(crate) fn smallest_cover(&self) -> Vec<bool> {
        let mut best = u32::MAX >> (32 - self.vertices);
        improve_cover(&self.edges, self.vertices, 0, &mut best);
        (0..self.vertices).map(|vertex| best >> vertex & 1 == 1).collect()
    }
}

/// Are two different numbers of `0..length` next to each other on the ring?
fn ring_neighbours(u: usize, v: usize, length: usize) -> bool {
    u.abs_diff(v) == 1 || u.abs_diff(v) == length - 1
}

/// Branches on a vertex with most uncovered edges: it is in the cover, or all its neighbours are. `cover` and `best` are
/// sets of bits. A greedy matching of uncovered edges is the lower bound: each of its edges needs a vertex of its own.
fn improve_cover(edges: &[(usize, usize)], vertices: usize, cover: u32, best: &mut u32) {
    let covered = |set: u32, (u, v): (usize, usize)| (set >> u | set >> v) & 1 == 1;
    let open: Vec<(usize, usize)> = edges.iter().copied().filter(|&edge| !covered(cover, edge)).collect();
    let (mut matched, mut matching) = (0_u32, 0);
    for &(u, v) in &open {
        if !covered(matched, (u, v)) {
            matched |= 1 << u | 1 << v;
            matching += 1;
        }
    }
    if cover.count_ones() + matching >= best.count_ones() {
        return;
    }
    let degree = |vertex: usize| open.iter().filter(|&&(u, v)| u == vertex || v == vertex).count();
    let busiest = (0..vertices).max_by_key(|&vertex| degree(vertex));
    let Some(busiest) = busiest.filter(|&vertex| degree(vertex) > 0) else {
        *best = cover;
        return;
    };
    let neighbours =
        open.iter().filter(|&&(u, v)| u == busiest || v == busiest).fold(0, |set, &(u, v)| set | 1 << (u + v - busiest));
    improve_cover(&open, vertices, cover | 1 << busiest, best);
    improve_cover(&open, vertices, cover | neighbours, best);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Purpose;

    fn graph(name: &str, vertices: usize, seed: u64) -> Graph {
        Graph::named(name, vertices, 0.4, &mut Stream::new(seed, Purpose::Graph)).expect("a graph")
    }

    fn cover_number(graph: &Graph) -> usize {
        graph.smallest_cover().iter().filter(|chosen| **chosen).count()
    }

    #[test]
    fn named_graphs_have_their_edges_and_their_cover_numbers() {
        let expected = [
            ("cycle", 5, 5, 3),
            ("cycle", 8, 8, 4),
            ("complete", 4, 6, 3),
            ("star", 7, 6, 1),
            ("path", 6, 5, 3),
            ("prism", 6, 9, 4),
            ("prism", 8, 12, 4),
            ("crown", 8, 12, 4),
            ("petersen", 10, 15, 6),
            ("complete", 30, 435, 29),
        ];
        for (name, vertices, edges, cover) in expected {
            let graph = graph(name, vertices, 0);
            assert_eq!((graph.edges.len(), cover_number(&graph)), (edges, cover), "{name} on {vertices}");
        }
    }

    #[test]
    fn the_petersen_graph_has_three_neighbours_everywhere_and_no_cycle_of_three_or_four() {
        let edges = graph("petersen", 10, 0).edges;
        let joined = |u: usize, v: usize| edges.contains(&(u.min(v), u.max(v)));
        for u in 0..10 {
            assert_eq!((0..10).filter(|&v| joined(u, v)).count(), 3);
            for v in 0..u {
                let common = (0..10).filter(|&w| joined(u, w) && joined(v, w)).count();
                assert_eq!(common, usize::from(!joined(u, v)), "{u} and {v}");
            }
        }
    }

    #[test]
    fn the_cover_search_agrees_with_trying_all_subsets_of_random_graphs() {
        for seed in 0..40 {
            let graph = graph("random", 2 + seed as usize % 9, seed);
            let meets_all = |set: u32| graph.edges.iter().all(|&(u, v)| (set >> u | set >> v) & 1 == 1);
            let smallest = (0..1_u32 << graph.vertices).filter(|&set| meets_all(set)).map(u32::count_ones).min();
            assert_eq!(Some(cover_number(&graph) as u32), smallest, "seed {seed}");
            let cover = graph.smallest_cover();
            assert!(graph.edges.iter().all(|&(u, v)| cover[u] || cover[v]), "seed {seed}");
        }
    }

    #[test]
    fn impossible_numbers_of_vertices_are_refused_with_the_possible_ones() {
        for (name, vertices) in [("cycle", 2), ("prism", 7), ("crown", 4), ("petersen", 9)] {
            let fault = Graph::named(name, vertices, 0.5, &mut Stream::new(0, Purpose::Graph)).err().expect("impossible");
            assert!(fault.contains(&format!("graph={name} with vertices={vertices}: give ")), "{fault}");
        }
    }
}
