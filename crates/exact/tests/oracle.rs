//! The solver against enumeration of all activation cells, on tiny instances of every degenerate kind.

use optgap_conformance::exact::{AGREEMENT, assert_contains, solve};
use optgap_conformance::oracle::brute_force_optimum;
use optgap_exact::{Cones, OneSided};
use optgap_problem::{Dataset, Instance, Loss, Network};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Ways to place inputs; labels are small integers or multiples of 1/1024.
#[derive(Clone, Copy, Debug)]
enum Layout {
    General,
    Integers,
    Duplicates,
    Collinear,
    Constant,
}

const LAYOUTS: [Layout; 5] = [Layout::General, Layout::Integers, Layout::Duplicates, Layout::Collinear, Layout::Constant];

struct Draw(ChaCha8Rng);

impl Draw {
    fn integer(&mut self, least: i32, most: i32) -> i32 {
        least + (self.0.next_u32() % (most - least + 1) as u32) as i32
    }

    fn fraction(&mut self) -> f64 {
        f64::from(self.integer(-2048, 2048)) / 1024.0
    }

    fn instance(&mut self, layout: Layout, n: usize, d: usize, network: Network) -> Instance {
        let mut rows: Vec<Vec<f64>> = Vec::new();
        let (slope, offset) = (f64::from(self.integer(-3, 3)), f64::from(self.integer(-2, 2)));
        for i in 0..n {
            let row = match layout {
                Layout::General => (0..d).map(|_| self.fraction()).collect(),
                Layout::Integers => (0..d).map(|_| f64::from(self.integer(-1, 2))).collect(),
                Layout::Duplicates if i % 2 == 1 => rows[i - 1].clone(),
                Layout::Duplicates => (0..d).map(|_| f64::from(self.integer(-3, 3))).collect(),
                Layout::Collinear => {
                    let t = f64::from(self.integer(-4, 4));
                    [t, slope * t + offset][..d].to_vec()
                }
                Layout::Constant => vec![offset; d],
            };
            rows.push(row);
        }
        let whole = self.integer(0, 1) == 1;
        let labels = (0..n).map(|_| if whole { f64::from(self.integer(-2, 2)) } else { self.fraction() }).collect();
        let mut instance = Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid");
        instance.name = format!("{layout:?} n={n} d={d}");
        instance
    }
}

fn agree(seed: u64, sizes: &[(usize, usize, usize)], switches: &[[bool; 3]], rounds: usize) {
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed));
    for _ in 0..rounds {
        for layout in LAYOUTS {
            for &(width, d, most) in sizes {
                for &[hidden_bias, output_bias, train_output] in switches {
                    let n = draw.integer(2, most as i32) as usize;
                    let network = Network { hidden_bias, output_bias, train_output, ..Network::dense(width) };
                    let instance = draw.instance(layout, n, d, network);
                    let optimum = brute_force_optimum(&instance);
                    for one_sided in [OneSided::Always, OneSided::Never] {
                        let solver = Cones { one_sided, ..Cones::default() };
                        if one_sided == OneSided::Never || width == 1 {
                            assert_contains(solve(&solver, &instance), optimum, &instance, AGREEMENT);
                        }
                    }
                }
            }
        }
    }
}

const ALL_SWITCHES: [[bool; 3]; 8] = [
    [true, false, true],
    [false, false, true],
    [true, true, true],
    [false, true, true],
    [true, false, false],
    [false, false, false],
    [true, true, false],
    [false, true, false],
];

#[test]
fn one_unit_agrees_with_enumeration_for_all_switches() {
    agree(1, &[(1, 1, 8), (1, 2, 8)], &ALL_SWITCHES, 15);
}

#[test]
fn two_units_agree_with_enumeration_for_all_switches() {
    agree(2, &[(2, 1, 7), (2, 2, 6)], &ALL_SWITCHES, 8);
}

#[test]
fn two_units_on_eight_points_agree_with_enumeration() {
    agree(3, &[(2, 2, 8)], &[ALL_SWITCHES[0], ALL_SWITCHES[2]], 6);
}

#[test]
fn three_units_on_a_line_agree_with_enumeration() {
    agree(4, &[(3, 1, 8)], &[ALL_SWITCHES[0], ALL_SWITCHES[2], ALL_SWITCHES[4]], 8);
}
