//! From the certificate that a search wrote to what an independent program says of it.

use crate::ExactAttempt;
use crate::panics::catch;
use optgap_problem::{Instance, Verified, Verifier, instance_to_json};
use optgap_results::{CertificateFile, Certification};
use std::time::Instant;

/// Has the certificate of a search checked and enters in the attempt what came of it. It is read back from the disk, so that
/// what is checked is what is kept.
///
/// A method that writes no certificates leaves none, and that is no fault.
pub fn certify(instance: &Instance, attempt: &mut ExactAttempt, file: CertificateFile, verifier: &dyn Verifier) {
    let certification = match &attempt.certificate {
        None => {
            file.discard();
            Certification::default()
        }
        Some(Err(reason)) => {
            file.discard();
            Certification::unwritten(reason)
        }
        Some(Ok(())) => match file.finish() {
            Ok(certificate) => check(instance_to_json(instance).as_bytes(), &certificate, verifier),
            Err(error) => Certification::unwritten(error.to_string()),
        },
    };
    attempt.verdict = certification.verdict();
    attempt.certification = certification;
}

/// What the verifier says, with its wall seconds. One that panics has accepted nothing.
fn check(instance: &[u8], certificate: &[u8], verifier: &dyn Verifier) -> Certification {
    let started = Instant::now();
    let answer = catch(|| verifier.verify(instance, certificate)).unwrap_or_else(Err);
    let check_s = Some(started.elapsed().as_secs_f64());
    let certificate_bytes = Some(certificate.len() as u64);
    let sized = Certification { certificate_bytes, check_s, ..Certification::default() };
    match answer {
        Ok(Verified { lower, upper, .. }) if lower.is_finite() => {
            // A loss beyond every number has no place in a record.
            Certification { checked_lower: Some(lower), checked_upper: Some(upper).filter(|upper| upper.is_finite()), ..sized }
        }
        Ok(Verified { lower, .. }) => Certification { certificate_fault: Some(format!("it proves the bound {lower}")), ..sized },
        Err(reason) => Certification { certificate_fault: Some(reason), ..sized },
    }
}
