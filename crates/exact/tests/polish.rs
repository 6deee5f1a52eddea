//! Polishing: the optimum of a cell, held against brute force, and never worse than what it was given.

use optgap_conformance::exact::solve;
use optgap_conformance::reference::reference_instances;
use optgap_exact::{CellPolish, Cones};
use optgap_problem::{Dataset, ExactSolver, ExactTask, Instance, Loss, Network, NoWatch, Polish, Tolerance, Weights};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::time::Instant;

fn loss(instance: &Instance, weights: &Weights) -> f64 {
    instance.loss_of(weights).expect("fits").hi
}

fn polished(instance: &Instance, weights: &Weights) -> Weights {
    CellPolish.polish(instance, weights).expect("treated")
}

/// Numbers that are often small integers, so that samples lie on kinks and columns are dependent.
fn number() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![3 => -2.0f64..2.0, 1 => (-2i32..3).prop_map(f64::from)]
}

fn problem(widths: std::ops::Range<usize>, samples: std::ops::Range<usize>) -> impl Strategy<Value = (Instance, Weights)> {
    (1usize..4, widths, samples, any::<[bool; 3]>()).prop_flat_map(|(d, k, n, switches)| {
        let row = |length: usize| prop::collection::vec(number(), length);
        let table = |rows: usize, length: usize| prop::collection::vec(prop::collection::vec(number(), length), rows);
        (table(n, d), row(n), table(k, d), row(k), row(k), number()).prop_map(move |(x, y, hidden, hidden_bias, output, c)| {
            let [bias, output_bias, train_output] = switches;
            let network = Network { hidden_bias: bias, output_bias, train_output, ..Network::dense(k) };
            let instance = Instance::new(Dataset::new(&x, y).expect("valid"), network, Loss::Squared).expect("valid");
            let weights = Weights {
                inner: vec![],
                hidden,
                hidden_bias: if bias { hidden_bias } else { vec![0.0; k] },
                output: if train_output { output } else { vec![1.0; k] },
                output_bias: if output_bias { c } else { 0.0 },
            };
            (instance, weights)
        })
    })
}

/// Curvature that brute force adds.
const RIDGE: f64 = 1e-9;

/// Solves a regular linear system by elimination.
fn eliminate(mut rows: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = rows.len();
    for c in 0..size {
        let pivot = (c..size).max_by(|&a, &b| rows[a][c].abs().total_cmp(&rows[b][c].abs()))?;
        rows.swap(c, pivot);
        if rows[c][c].abs() < 1e-11 {
            return None;
        }
        for r in (0..size).filter(|&r| r != c) {
            let share = rows[r][c] / rows[c][c];
            let pivot_row = rows[c].clone();
            rows[r].iter_mut().zip(pivot_row).for_each(|(entry, value)| *entry -= share * value);
        }
    }
    Some((0..size).map(|r| rows[r][size] / rows[r][r]).collect())
}

/// The least mean square over the cell of `weights`, over all faces of the cone, and how far rounding may have raised it; none
/// where no face has a regular system.
/// One unit or more, hidden bias, no output bias, nothing on a kink.
fn by_faces(instance: &Instance, weights: &Weights) -> Option<(f64, f64)> {
    let rows: Vec<Vec<f64>> = instance.data.samples().map(|(x, _)| x.iter().copied().chain([1.0]).collect()).collect();
    let (n, dim) = (rows.len(), rows[0].len());
    let side = |j: usize, i: usize| {
        let z: f64 = weights.hidden[j].iter().chain([&weights.hidden_bias[j]]).zip(&rows[i]).map(|(w, x)| w * x).sum();
        if z > 0.0 { 1.0 } else { -1.0 }
    };
    let alive: Vec<usize> = (0..weights.width()).filter(|&j| (0..n).any(|i| side(j, i) > 0.0)).collect();
    let size = alive.len() * dim;
    let padded = |place: usize, i: usize, scale: f64| {
        let mut row = vec![0.0; size];
        (0..dim).for_each(|c| row[place * dim + c] = scale * rows[i][c]);
        row
    };
    let mut design = vec![vec![0.0; size]; n];
    let mut normals = Vec::new();
    for (place, &j) in alive.iter().enumerate() {
        for i in 0..n {
            normals.push(padded(place, i, side(j, i)));
            if side(j, i) > 0.0 {
                let own = padded(place, i, weights.output[j].signum());
                design[i].iter_mut().zip(own).for_each(|(a, b)| *a += b);
            }
        }
    }
    let labels = instance.data.labels();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut best: Option<(f64, f64)> = None;
    for mask in 0u32..1 << normals.len() {
        let tight: Vec<&Vec<f64>> = (0..normals.len()).filter(|t| mask >> t & 1 == 1).map(|t| &normals[t]).collect();
        if tight.len() > size {
            continue;
        }
        let total = size + tight.len();
        let mut system = vec![vec![0.0; total + 1]; total];
        for r in 0..size {
            (0..size).for_each(|c| system[r][c] = design.iter().map(|row| row[r] * row[c]).sum());
            // Two units with one pattern leave directions without curvature; any point along them will do.
            system[r][r] += RIDGE;
            system[r][total] = design.iter().zip(labels).map(|(row, y)| row[r] * y).sum();
            for (t, normal) in tight.iter().enumerate() {
                system[r][size + t] = normal[r];
                system[size + t][r] = normal[r];
            }
        }
        let Some(solution) = eliminate(system) else { continue };
        if normals.iter().all(|normal| dot(normal, &solution[..size]) > -1e-9) {
            let value =
                design.iter().zip(labels).map(|(row, y)| (dot(row, &solution[..size]) - y).powi(2)).sum::<f64>() / n as f64;
            let blur = 1e-8 + RIDGE * dot(&solution[..size], &solution[..size]);
            best = best.filter(|(known, _)| *known <= value).or(Some((value, blur)));
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn polishing_never_raises_the_loss_and_a_polished_point_stays((instance, weights) in problem(1..5, 1..12)) {
        let once = polished(&instance, &weights);
        prop_assert!(loss(&instance, &once) <= loss(&instance, &weights));
        // A polished point may lie on kinks, whose other side can be better: but never worse, and soon it stays.
        let mut point = once;
        let mut rounds = 0;
        loop {
            let next = polished(&instance, &point);
            let gain = loss(&instance, &point) - loss(&instance, &next);
            prop_assert!(gain >= 0.0);
            if gain <= 1e-9 * instance.constant_level().max(1e-9) {
                break;
            }
            point = next;
            rounds += 1;
            prop_assert!(rounds < 50);
        }
    }

    #[test]
    fn no_point_of_the_cell_is_better(
        (instance, weights) in problem(1..4, 3..12),
        steps in prop::collection::vec(-1.0f64..1.0, 300),
    ) {
        let best = polished(&instance, &weights);
        let floor = loss(&instance, &best) - 1e-9 * instance.constant_level().max(loss(&instance, &weights));
        // Points of the cell: a small step from the start that changes no sign. What lies on a kink must stay there, since it
        // belongs to two cells, of which one is polished.
        let pattern = |weights: &Weights| -> Vec<Option<Ordering>> {
            let products = |j: usize, x: &[f64]| weights.hidden[j].iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            let z = |j: usize, x: &[f64]| products(j, x) + weights.hidden_bias[j];
            (0..weights.width()).flat_map(|j| instance.data.samples().map(move |(x, _)| z(j, x).partial_cmp(&0.0))).collect()
        };
        let mut numbers = steps.iter();
        for scale in [1.0, 0.3, 0.1, 0.03, 0.01] {
            let mut moved = weights.clone();
            let mut step = |value: &mut f64| *value += scale * numbers.next().expect("enough");
            moved.hidden.iter_mut().flatten().for_each(&mut step);
            if instance.network.hidden_bias {
                moved.hidden_bias.iter_mut().for_each(&mut step);
            }
            if instance.network.output_bias {
                step(&mut moved.output_bias);
            }
            if pattern(&moved) == pattern(&weights) {
                prop_assert!(loss(&instance, &moved) >= floor, "{} < {floor}", loss(&instance, &moved));
            }
        }
    }

    #[test]
    fn tiny_cells_agree_with_the_best_of_all_faces(
        // Brute force adds curvature, which is only little where points are equal or clearly apart.
        x in prop::collection::vec((-64i32..65).prop_map(|step| f64::from(step) / 64.0), 5),
        y in prop::collection::vec(-1.0f64..1.0, 5),
        w in prop::collection::vec(-1.0f64..1.0, 4),
        signs in any::<[bool; 2]>(),
    ) {
        let rows: Vec<Vec<f64>> = x.iter().map(|&x| vec![x]).collect();
        let instance = Instance::new(Dataset::new(&rows, y).expect("valid"), Network::dense(2), Loss::Squared).expect("valid");
        let weights = Weights {
            inner: vec![],
            hidden: vec![vec![w[0]], vec![w[1]]],
            hidden_bias: vec![w[2], w[3]],
            output: signs.map(|positive| if positive { 1.5 } else { -0.5 }).to_vec(),
            output_bias: 0.0,
        };
        let found = loss(&instance, &polished(&instance, &weights));
        if let Some((best, blur)) = by_faces(&instance, &weights) {
            prop_assert!(found <= best + 1e-8 && found >= best - blur, "{found} {best}");
        }
    }
}

#[test]
fn a_global_optimum_is_a_fixed_point_and_its_neighbourhood_returns_to_it() {
    for reference in reference_instances().into_iter().filter(|reference| reference.instance.network.width <= 2).take(12) {
        let instance = reference.instance;
        let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
        let optimum = Cones::default().solve(&instance, task, &mut NoWatch).expect("supported").weights;
        let after = polished(&instance, &optimum);
        let allowed = 1e-9 * instance.constant_level();
        assert!(loss(&instance, &optimum) - loss(&instance, &after) <= allowed, "{}", instance.name);
        assert!(solve(&Cones::default(), &instance).lower <= loss(&instance, &after));
        // Half as large weights in the same cell: polishing scales them back.
        let mut shrunk = optimum.clone();
        shrunk.output.iter_mut().for_each(|a| *a *= 0.5);
        let back = loss(&instance, &polished(&instance, &shrunk));
        assert!(back <= loss(&instance, &optimum) + allowed, "{}: {back} {}", instance.name, loss(&instance, &optimum));
    }
}

/// Numbers from -1 to 1 that follow no pattern.
fn wave(seed: usize) -> f64 {
    ((seed * 7919 % 10007) as f64 / 10007.0 * 400.0).sin()
}

/// Twelve samples of `patches` patches of two inputs.
fn filter(seed: usize, patches: usize, switches: [bool; 3]) -> Instance {
    let columns = 2 * patches;
    let rows: Vec<Vec<f64>> = (0..12).map(|i| (0..columns).map(|c| wave(1000 * seed + columns * i + c + 1)).collect()).collect();
    let labels = (0..12).map(|i| wave(1000 * seed + i + 500)).collect();
    let [hidden_bias, output_bias, train_output] = switches;
    let network = Network { hidden_bias, output_bias, train_output, ..Network::shared_filter(patches, 2) };
    Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid")
}

#[test]
fn a_filter_returns_to_its_optimum_from_nearby() {
    let switches = [[true, false, true], [false, true, true], [true, true, false]];
    for (seed, patches, switches) in (0..12).map(|seed| (seed, 1 + seed % 4, switches[seed % 3])) {
        let instance = filter(seed, patches, switches);
        let task = ExactTask::optimum(Tolerance::for_level(instance.constant_level()));
        let optimum = Cones::default().solve(&instance, task, &mut NoWatch).expect("supported").weights;
        // Only patches on the kink change their side, so that the optimum lies on the border of the cell.
        let mut near = optimum.clone();
        near.hidden[0].iter_mut().for_each(|w| *w *= 1.0 + 1e-9 * wave(seed + 7));
        near.output_bias *= 0.5;
        let (before, after) = (loss(&instance, &optimum), loss(&instance, &polished(&instance, &near)));
        assert!(after <= before + 1e-9 * instance.constant_level(), "{seed}: {after} {before}");
    }
}

#[test]
fn a_polished_filter_is_the_best_of_its_cell() {
    for seed in 0..30 {
        let instance = filter(seed, 1 + seed % 3, [true, true, true]);
        let given = Weights {
            inner: vec![],
            hidden: vec![vec![wave(seed + 11), wave(seed + 12)]],
            hidden_bias: vec![wave(seed + 13)],
            output: vec![wave(seed + 14)],
            output_bias: 0.0,
        };
        let best = polished(&instance, &given);
        assert!(loss(&instance, &best) <= loss(&instance, &given));
        let on = |weights: &Weights| -> Vec<bool> {
            let z = |patch: &[f64]| weights.hidden[0].iter().zip(patch).map(|(w, x)| w * x).sum::<f64>() + weights.hidden_bias[0];
            instance.data.inputs().chunks_exact(2).map(|patch| z(patch) > 0.0).collect()
        };
        let sides = on(&given);
        for step in 0..200 {
            let mut other = best.clone();
            let move_by = |value: &mut f64, number: usize| *value += 0.1 * wave(100 * step + number) * wave(step);
            other.hidden[0].iter_mut().enumerate().for_each(|(c, w)| move_by(w, c));
            move_by(&mut other.hidden_bias[0], 2);
            move_by(&mut other.output_bias, 3);
            assert!(on(&other) != sides || loss(&instance, &other) >= loss(&instance, &best) * (1.0 - 1e-9), "{seed}");
        }
    }
}

#[test]
fn units_that_are_off_or_silent_keep_their_weights() {
    let data = Dataset::new(&[vec![0.0], vec![1.0], vec![2.0]], vec![1.0, 2.0, 4.0]).expect("valid");
    let instance = Instance::new(data, Network::dense(3), Loss::Squared).expect("valid");
    let weights = Weights {
        inner: vec![],
        hidden: vec![vec![1.0], vec![-1.0], vec![0.5]],
        hidden_bias: vec![0.5, -3.0, 0.1],
        output: vec![1.0, 2.0, 0.0],
        output_bias: 0.0,
    };
    let best = polished(&instance, &weights);
    assert_eq!((best.hidden[1][0], best.hidden_bias[1], best.output[1]), (-1.0, -3.0, 2.0));
    assert!((loss(&instance, &best) - 1.0 / 18.0).abs() < 1e-12, "the best line: {}", loss(&instance, &best));
    let silent = Weights::zero(3, 1);
    assert!(loss(&instance, &polished(&instance, &silent)) <= loss(&instance, &silent));
}

#[test]
fn wide_networks_are_polished_in_reasonable_time_and_far_too_wide_ones_refused() {
    let rows: Vec<Vec<f64>> = (0..300).map(|i| (0..3).map(|c| wave(3 * i + c + 1)).collect()).collect();
    let labels = (0..300).map(|i| wave(i + 5000)).collect();
    let data = Dataset::new(&rows, labels).expect("valid");
    let wide = |width: usize| {
        let instance = Instance::new(data.clone(), Network::dense(width), Loss::Squared).expect("valid");
        let weights = Weights {
            inner: vec![],
            hidden: (0..width).map(|j| (0..3).map(|c| wave(100 * j + c + 7)).collect()).collect(),
            hidden_bias: (0..width).map(|j| 0.3 * wave(j + 77)).collect(),
            output: (0..width).map(|j| wave(31 * j + 3)).collect(),
            output_bias: 0.0,
        };
        (instance, weights)
    };
    let (instance, weights) = wide(64);
    let started = Instant::now();
    let best = polished(&instance, &weights);
    assert!(loss(&instance, &best) < 0.9 * loss(&instance, &weights));
    assert!(started.elapsed().as_secs_f64() < 10.0, "{:?}", started.elapsed());
    let (instance, weights) = wide(400);
    let refusal = CellPolish.polish(&instance, &weights).expect_err("too wide").to_string();
    assert!(refusal.contains("at most 640"), "{refusal}");
    let mismatch = CellPolish.polish(&instance, &Weights::zero(2, 3)).expect_err("another shape").to_string();
    assert!(mismatch.contains("hidden has length 2"), "{mismatch}");
}
