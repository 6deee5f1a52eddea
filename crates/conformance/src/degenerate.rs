//! Random tiny instances on which searches go wrong: ties, duplicates, points on a line, samples that show the same patches.

use optgap_problem::{Dataset, Instance, Loss, Network};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Ways to place the inputs of a dense network.
#[derive(Clone, Copy, Debug)]
pub enum Layout {
    /// Multiples of 1/1024.
    General,
    /// Small integers.
    Integers,
    /// Every point twice.
    Duplicates,
    /// Integers on a line.
    Collinear,
    /// On a line in decimals, rounded to multiples of 1/1024.
    NearlyCollinear,
    /// One point.
    Constant,
}

/// All layouts of dense networks, whose inputs must be at most three.
pub const LAYOUTS: [Layout; 6] =
    [Layout::General, Layout::Integers, Layout::Duplicates, Layout::Collinear, Layout::NearlyCollinear, Layout::Constant];

/// Ways to place the inputs of patches.
#[derive(Clone, Copy, Debug)]
pub enum FilterLayout {
    /// Multiples of 1/1024.
    General,
    /// Small integers, many of them equal.
    Integers,
    /// Samples that come twice, the second time with their patches in another order.
    Duplicates,
    /// Samples that show the same patches over and over, of at most two inputs.
    Repeated,
}

/// All layouts of shared filters.
pub const FILTER_LAYOUTS: [FilterLayout; 4] =
    [FilterLayout::General, FilterLayout::Integers, FilterLayout::Duplicates, FilterLayout::Repeated];

/// A source of instances.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The same seed draws the same instances.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A whole number from `least` to `most`.
    pub fn integer(&mut self, least: i32, most: i32) -> i32 {
        least + (self.0.next_u32() % (most - least + 1) as u32) as i32
    }

    /// A multiple of 1/1024 from -2 to 2.
    pub fn fraction(&mut self) -> f64 {
        f64::from(self.integer(-2048, 2048)) / 1024.0
    }

    fn one_of_two(&mut self) -> [f64; 2] {
        if self.integer(0, 1) == 0 { [1.0, -2.0] } else { [-1.5, 0.5] }
    }

    /// `n` samples of `d` inputs for a dense network; labels are small integers, or multiples of 1/1024, with a large offset or not.
    ///
    /// # Panics
    /// When the network does not fit.
    pub fn dense(&mut self, layout: Layout, n: usize, d: usize, network: Network) -> Instance {
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
                    [t, slope * t + offset, offset - t][..d].to_vec()
                }
                Layout::NearlyCollinear => {
                    let t = 0.1 * f64::from(self.integer(-4, 4));
                    [t, slope * t + 0.3 * offset, 0.7 - 0.1 * t][..d].iter().map(|v| (v * 1024.0).round() / 1024.0).collect()
                }
                Layout::Constant => vec![offset; d],
            };
            rows.push(row);
        }
        let kind = self.integer(0, 4);
        let label = |draw: &mut Self| match kind {
            0 | 1 => f64::from(draw.integer(-2, 2)),
            2 => 1000.0 + draw.fraction(),
            _ => draw.fraction(),
        };
        let labels = (0..n).map(|_| label(self)).collect();
        let mut instance = Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid");
        instance.name = format!("{layout:?} n={n} d={d}");
        instance
    }
    /// `n` samples of so many patches of so many inputs for a shared filter with these switches: hidden bias, output bias, trained
    /// output.
    ///
    /// # Panics
    /// When the sizes do not fit.
    pub fn filter(&mut self, layout: FilterLayout, n: usize, [patches, size]: [usize; 2], switches: [bool; 3]) -> Instance {
        let mut rows: Vec<Vec<f64>> = Vec::new();
        for i in 0..n {
            let row = match layout {
                FilterLayout::General => (0..patches * size).map(|_| self.fraction()).collect(),
                FilterLayout::Integers => (0..patches * size).map(|_| f64::from(self.integer(-1, 2))).collect(),
                FilterLayout::Duplicates if i % 2 == 1 => rows[i - 1].chunks_exact(size).rev().flatten().copied().collect(),
                FilterLayout::Duplicates => (0..patches * size).map(|_| f64::from(self.integer(-3, 3))).collect(),
                FilterLayout::Repeated => (0..patches).flat_map(|_| self.one_of_two()[..size].to_vec()).collect(),
            };
            rows.push(row);
        }
        let whole = self.integer(0, 1) == 1;
        let labels = (0..n).map(|_| if whole { f64::from(self.integer(-2, 2)) } else { self.fraction() }).collect();
        let [hidden_bias, output_bias, train_output] = switches;
        let network = Network { hidden_bias, output_bias, train_output, ..Network::shared_filter(patches, size) };
        let mut instance = Instance::new(Dataset::new(&rows, labels).expect("valid"), network, Loss::Squared).expect("valid");
        instance.name = format!("{layout:?} n={n} {patches} patches of {size}");
        instance
    }
}
