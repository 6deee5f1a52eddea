//! What came of a certificate.

use crate::Verdict;
use serde::{Deserialize, Serialize};

/// What came of the certificate of an exact method's lower bound. Everything is empty where none was asked for, as in records
/// from before there were certificates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certification {
    /// Size of the certificate, if it was written whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_bytes: Option<u64>,
    /// Seconds that the checker took: in no time of the method. None where there was nothing to check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_s: Option<f64>,
    /// No weights have a loss below this: what the checker proved, rounded down. None unless it accepted the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_lower: Option<f64>,
    /// The loss of the certificate's own weights as the checker computed it, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_upper: Option<f64>,
    /// Why nothing is proved although a certificate was asked for: it was not accepted or, where there was nothing to check,
    /// not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_fault: Option<String>,
}

/// The same as a single state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CertificateState<'a> {
    /// No certificate was asked for, or the method writes none.
    None,
    /// The checker proved this lower bound.
    Accepted(f64),
    /// The checker refused it, for this reason: there is a mistake somewhere.
    Rejected(&'a str),
    /// It was not written, for this reason.
    Unwritten(&'a str),
}

impl Certification {
    /// There is no certificate, for this reason.
    pub fn unwritten(reason: impl Into<String>) -> Self {
        Self { certificate_fault: Some(reason.into()), ..Self::default() }
    }

    /// What came of it.
    pub fn state(&self) -> CertificateState<'_> {
        match (self.checked_lower, &self.certificate_fault, self.check_s) {
            (Some(lower), ..) => CertificateState::Accepted(lower),
            (None, Some(reason), Some(_)) => CertificateState::Rejected(reason),
            (None, Some(reason), None) => CertificateState::Unwritten(reason),
            (None, None, _) => CertificateState::None,
        }
    }

    /// How far a lower bound is proved that comes with this.
    pub fn verdict(&self) -> Verdict {
        if self.checked_lower.is_some() { Verdict::Checked } else { Verdict::Unchecked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_follows_from_the_fields() {
        assert_eq!(Certification::default().state(), CertificateState::None);
        assert_eq!(Certification::unwritten("disk full").state(), CertificateState::Unwritten("disk full"));
        let rejected = Certification { check_s: Some(0.5), ..Certification::unwritten("node 3") };
        assert_eq!((rejected.state(), rejected.verdict()), (CertificateState::Rejected("node 3"), Verdict::Unchecked));
        let accepted = Certification { checked_lower: Some(0.25), check_s: Some(0.5), ..Certification::default() };
        assert_eq!((accepted.state(), accepted.verdict()), (CertificateState::Accepted(0.25), Verdict::Checked));
    }
}
