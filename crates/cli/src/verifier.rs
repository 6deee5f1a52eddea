//! The independent checker as the harness and the commands ask it.

use optgap_checker::check;
use optgap_problem::{Verified, Verifier};

/// The program in `optgap-checker`.
pub(crate) struct Checker;

impl Verifier for Checker {
    fn verify(&self, instance: &[u8], certificate: &[u8]) -> Result<Verified, String> {
        let verdict = check(instance, certificate).map_err(|refusal| refusal.to_string())?;
        Ok(Verified {
            lower: verdict.lower.lower(),
            upper: verdict.upper.upper(),
            exact_lower: verdict.lower.to_string(),
            exact_upper: verdict.upper.to_string(),
            nodes: verdict.nodes,
        })
    }
}
