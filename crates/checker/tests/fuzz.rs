//! The reader of certificates under random damage: it never panics, never takes much memory, and accepts nothing above the truth.
//!
//! The corpus holds certificates of every kind with their instances. `OPTGAP_FUZZ_SECONDS` (`scripts/check --long`) makes it last.

use optgap_checker::check;
use peak_alloc::PeakAlloc;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Executions without a time given.
const EXECUTIONS: u64 = 20_000;
/// Memory that no certificate may take beyond the corpus, in MiB.
const MOST_MEMORY: f32 = 256.0;
const CHECKSUM: usize = 32;

/// An instance, its certificate, and an upper bound of its optimum.
struct Seed {
    name: String,
    instance: Vec<u8>,
    certificate: Vec<u8>,
    upper: f64,
}

fn corpus() -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seeds = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the corpus") {
        let file = entry.expect("an entry").path();
        if file.extension().is_some_and(|extension| extension == "certificate") {
            let certificate = std::fs::read(&file).expect("readable");
            let instance = std::fs::read(file.with_extension("json")).expect("its instance");
            let verdict = check(&instance, &certificate).unwrap_or_else(|refusal| panic!("{}: {refusal}", file.display()));
            seeds.push(Seed { name: file.display().to_string(), instance, certificate, upper: verdict.upper.upper() });
        }
    }
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(seeds.len() >= 20, "{}", seeds.len());
    seeds
}

/// A place in so many.
fn place(random: &mut ChaCha8Rng, count: usize) -> usize {
    random.next_u32() as usize % count.max(1)
}

/// Changes a few bytes, or moves, doubles, drops or takes over some.
fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut ChaCha8Rng) {
    if bytes.is_empty() {
        bytes.push(0);
    }
    let at = place(random, bytes.len());
    let length = place(random, 24).min(bytes.len() - at);
    match random.next_u32() % 8 {
        0 | 1 => bytes[at] ^= 1 << (random.next_u32() % 8),
        2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][place(random, 5)],
        3 => drop(bytes.drain(at..at + length)),
        4 => bytes.truncate(at.max(1)),
        5 => {
            let piece = bytes[at..at + length].to_vec();
            let to = place(random, bytes.len());
            bytes.splice(to..to, piece);
        }
        6 => {
            let from = place(random, other.len());
            let piece = other[from..(from + length).min(other.len())].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => bytes.splice(at..at, std::iter::repeat_n(0xff, length)).for_each(drop),
    }
}

/// Puts the right checksum at the end: most damage must come past it.
fn seal(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len().saturating_sub(CHECKSUM));
    let checksum = Sha256::digest(&*bytes);
    bytes.extend(checksum);
}

#[test]
fn random_damage_never_panics_takes_memory_or_proves_what_is_false() {
    let seconds = std::env::var("OPTGAP_FUZZ_SECONDS").ok().map(|text| text.parse().expect("OPTGAP_FUZZ_SECONDS in seconds"));
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let seeds = corpus();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let before = MEMORY.current_usage_as_mb();
    MEMORY.reset_peak_usage();
    let (mut executions, mut accepted) = (0u64, 0u64);
    while deadline.map_or(executions < EXECUTIONS, |deadline| Instant::now() < deadline) {
        let seed = &seeds[place(&mut random, seeds.len())];
        let other = &seeds[place(&mut random, seeds.len())].certificate;
        let mut bytes = seed.certificate.clone();
        for _ in 0..=random.next_u32() % 3 {
            damage(&mut bytes, other, &mut random);
        }
        if !random.next_u32().is_multiple_of(4) {
            seal(&mut bytes);
        }
        executions += 1;
        if let Ok(verdict) = check(&seed.instance, &bytes) {
            accepted += 1;
            assert!(verdict.lower.lower() <= seed.upper, "{}: {:?}", seed.name, verdict.lower);
        }
    }
    let peak = MEMORY.peak_usage_as_mb() - before;
    println!("{executions} executions, {accepted} accepted, at most {peak:.3} MiB");
    assert!(peak < MOST_MEMORY, "{peak} MiB");
}
