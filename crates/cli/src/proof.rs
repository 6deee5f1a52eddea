//! The certificate of a search on the command line: where it goes, and what is said of it.

use anyhow::Context;
use clap::Args;
use optgap_harness::ExactAttempt;
use optgap_problem::CertificateSink;
use optgap_report::size_words;
use optgap_report::thresholds::ROUNDING;
use optgap_results::{CertificateFile, CertificateState, Certification};
use std::path::{Path, PathBuf};

/// Where the proof goes.
#[derive(Args)]
pub(crate) struct CertificateArguments {
    /// Write the proof of the lower bound to this file while the search works, and have an independent program check it
    #[arg(long, value_name = "OUT")]
    certificate: Option<PathBuf>,
}

impl CertificateArguments {
    /// Opens the file, so that a place that cannot be written is found before the search.
    pub(crate) fn open(&self) -> anyhow::Result<Option<CertificateFile>> {
        self.certificate.as_deref().map(CertificateFile::create).transpose().context("--certificate")
    }

    /// The line `proof` of a summary, with its line break; nothing where no certificate was asked for.
    pub(crate) fn line(&self, attempt: &ExactAttempt) -> String {
        self.certificate.as_deref().map_or_else(String::new, |file| {
            format!("proof      {}\n", words(&attempt.certification, attempt.result.bounds.lower, file))
        })
    }
}

/// The file as a search sees it.
pub(crate) fn sink(file: Option<&CertificateFile>) -> Option<&dyn CertificateSink> {
    file.map(|file| file as &dyn CertificateSink)
}

/// Is the lower bound that a search claims the one that the checker proved?
pub(crate) fn confirms(certification: &Certification, claimed: f64) -> bool {
    certification.checked_lower.is_some_and(|proved| proved >= claimed - ROUNDING * claimed.abs())
}

fn words(certification: &Certification, claimed: f64, file: &Path) -> String {
    let size = size_words(certification.certificate_bytes.unwrap_or(0));
    let place = format!("{size} -> {}", file.display());
    match certification.state() {
        CertificateState::Accepted(proved) => {
            let seconds = certification.check_s.unwrap_or(0.0);
            let checked = format!("checked by an independent program in {seconds:.2} s, {place}");
            let weaker = format!("{checked}; it proves no more than the lower bound {proved:.16e}");
            if confirms(certification, claimed) { checked } else { weaker }
        }
        CertificateState::Rejected(reason) => format!("NOT accepted: {reason} ({place})"),
        CertificateState::Unwritten(reason) => format!("there is no certificate: {reason}"),
        CertificateState::None => "there is no certificate".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(certification: Certification) -> String {
        let sized = Certification { certificate_bytes: Some(34_000), check_s: Some(0.123), ..certification };
        words(&sized, 0.25, Path::new("out.certificate"))
    }

    #[test]
    fn the_words_say_who_checked_how_long_it_took_and_where_the_proof_lies() {
        let proved = |lower| checked(Certification { checked_lower: Some(lower), ..Certification::default() });
        let expected = "checked by an independent program in 0.12 s, 34 kB -> out.certificate";
        assert_eq!(proved(0.25), expected);
        assert_eq!(proved(0.25f64.next_down()), expected, "rounding makes no other bound");
        assert_eq!(proved(0.125), format!("{expected}; it proves no more than the lower bound 1.2500000000000000e-1"));
    }

    #[test]
    fn the_words_say_why_nothing_is_proved() {
        let rejected = checked(Certification::unwritten("node 7: no rule holds"));
        assert_eq!(rejected, "NOT accepted: node 7: no rule holds (34 kB -> out.certificate)");
        let unwritten = words(&Certification::unwritten("disk full"), 0.25, Path::new("out.certificate"));
        assert_eq!(unwritten, "there is no certificate: disk full");
    }
}
