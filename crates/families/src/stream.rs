//! Random numbers that are the same on every platform.
//!
//! The generator is `ChaCha8`; everything above its 64-bit words is written here with correctly rounded operations and the
//! software functions of `libm`, because the standard library's logarithm and cosine differ between platforms.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What random numbers are drawn for. Each purpose has a stream of its own under the same data seed. The numbers are part
/// of every golden fingerprint: never change them, only add.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Inputs = 1,
    Labels = 2,
    Teacher = 3,
    Noise = 4,
    Subsample = 5,
    Graph = 6,
    TestInputs = 7,
    TestNoise = 8,
    TestLabels = 9,
    Numbers = 10,
    Jitter = 11,
}

/// Inverse of the resolution of inputs that are drawn or computed, such as [`Stream::input_rows`].
pub(crate) const INPUT_GRID: f64 = 65536.0;

/// A stream of random numbers.
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a data seed for one purpose.
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(purpose as u64);
        Self(generator)
    }

    /// Uniform in `[0, 1)`, a multiple of `2^-53`.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal, by the formula of Box and Muller (1958). Never beyond 8.6.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// -1 or +1 with equal probability.
    pub(crate) fn sign(&mut self) -> f64 {
        if self.0.next_u64() >> 63 == 0 { -1.0 } else { 1.0 }
    }

    /// Uniform among `0..bound`, which is not empty.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        // Words of the last, incomplete block of `bound` values would favour small results.
        let complete = u64::MAX - u64::MAX % bound;
        loop {
            let word = self.0.next_u64();
            if word < complete {
                return (word % bound) as usize;
            }
        }
    }

    /// `count` different numbers of `0..total` in ascending order, every subset with equal probability.
    pub(crate) fn subset(&mut self, total: usize, count: usize) -> Vec<usize> {
        let mut pool: Vec<usize> = (0..total).collect();
        for place in 0..count {
            let pick = place + self.below(total - place);
            pool.swap(place, pick);
        }
        pool.truncate(count);
        pool.sort_unstable();
        pool
    }

    /// The numbers `0..total` in random order.
    pub(crate) fn order(&mut self, total: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..total).collect();
        for place in 0..total {
            order.swap(place, place + self.below(total - place));
        }
        order
    }

    /// `count` rows of `dimension` standard normal inputs, rounded to multiples of `2^-16`.
    ///
    /// The short numbers keep exact arithmetic on the data cheap and let a teacher's labels be exact.
    pub(crate) fn input_rows(&mut self, count: usize, dimension: usize) -> Vec<Vec<f64>> {
        (0..count).map(|_| (0..dimension).map(|_| to_grid(self.normal(), INPUT_GRID)).collect()).collect()
    }
}

/// Samples of the test set of families that draw samples.
pub(crate) const TEST_SAMPLES: usize = 200;

/// Standard normal inputs of a data seed for training, `count` rows of `dimension`, and for testing.
pub(crate) fn gaussian_rows(seed: u64, count: usize, dimension: usize) -> [Vec<Vec<f64>>; 2] {
    [(Purpose::Inputs, count), (Purpose::TestInputs, TEST_SAMPLES)]
        .map(|(purpose, count)| Stream::new(seed, purpose).input_rows(count, dimension))
}

/// The multiple of `1 / grid` nearest to `value`; `grid` is a power of two.
pub(crate) fn to_grid(value: f64, grid: f64) -> f64 {
    (value * grid).round() / grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_have_the_moments_of_the_normal_distribution() {
        let mut stream = Stream::new(7, Purpose::Inputs);
        let draws: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let moment = |power: i32| draws.iter().map(|v| v.powi(power)).sum::<f64>() / draws.len() as f64;
        assert!(moment(1).abs() < 0.03, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.05, "{}", moment(2));
        assert!(moment(3).abs() < 0.15, "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.3, "{}", moment(4));
    }

    #[test]
    fn purposes_and_seeds_have_streams_of_their_own() {
        let first = |seed, purpose| Stream::new(seed, purpose).uniform();
        assert_eq!(first(1, Purpose::Inputs), first(1, Purpose::Inputs));
        assert_ne!(first(1, Purpose::Inputs), first(1, Purpose::Labels));
        assert_ne!(first(1, Purpose::Inputs), first(2, Purpose::Inputs));
    }

    #[test]
    fn subsets_are_ascending_without_repetition_and_reach_every_number() {
        let mut seen = [0; 10];
        for seed in 0..200 {
            let subset = Stream::new(seed, Purpose::Subsample).subset(10, 4);
            assert!(subset.len() == 4 && subset.is_sorted_by(|a, b| a < b), "{subset:?}");
            for number in subset {
                seen[number] += 1;
            }
        }
        assert!(seen.iter().all(|&count| (50..=110).contains(&count)), "{seen:?}");
        assert_eq!(Stream::new(1, Purpose::Subsample).subset(3, 3), [0, 1, 2]);
    }

    #[test]
    fn inputs_lie_on_their_grid() {
        let rows = Stream::new(3, Purpose::Inputs).input_rows(5, 4);
        assert!(rows.iter().flatten().all(|v| (v * INPUT_GRID).fract() == 0.0));
        assert_eq!((rows.len(), rows[0].len()), (5, 4));
    }
}
