//! What an independent program said of the lower bounds: per instance and of the whole run.

use crate::clock::Clock;
use crate::number::{self, counted};
use optgap_results::{CellRecord, CertificateState};

/// What came of a certificate, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateOutcome {
    /// The checker refused it.
    Rejected,
    /// The checker proved a lower bound from it.
    Accepted,
    /// It could not be written.
    Unwritten,
}

impl CertificateOutcome {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rejected => "REJECTED",
            Self::Accepted => "checked",
            Self::Unwritten => "not written",
        }
    }
}

/// The certificate of an instance. With several cells, a rejected one comes before all others, then the accepted one with the
/// highest bound.
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateRow {
    /// What came of it.
    pub outcome: CertificateOutcome,
    /// The lower bound that the checker proved.
    pub proved: Option<f64>,
    /// Seconds of the checker.
    pub seconds: Option<f64>,
    /// Size in bytes.
    pub bytes: Option<u64>,
}

impl CertificateRow {
    pub(crate) fn of(records: &[&CellRecord]) -> Option<Self> {
        let rows = records.iter().filter_map(|record| {
            let certification = &record.certification;
            Some(Self {
                outcome: outcome(record)?,
                proved: certification.checked_lower,
                seconds: certification.check_s,
                bytes: certification.certificate_bytes,
            })
        });
        let proved = |row: &Self| row.proved.unwrap_or(f64::NEG_INFINITY);
        rows.min_by(|a, b| a.outcome.cmp(&b.outcome).then(proved(b).total_cmp(&proved(a))))
    }

    /// `checked: 0.12 s, 34 kB`.
    pub(crate) fn words(&self) -> String {
        match (self.seconds, self.bytes) {
            (Some(seconds), Some(bytes)) => {
                format!("{}: {} s, {}", self.outcome.word(), number::seconds(Some(seconds)), number::size(bytes))
            }
            _ => self.outcome.word().to_owned(),
        }
    }
}

/// The certificates of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificates {
    /// Lower bounds that exact cells delivered.
    pub bounds: usize,
    /// Those that the checker proved.
    pub accepted: usize,
    /// Certificates that it refused or that could not be written, rejected ones first.
    pub faults: Vec<CertificateFault>,
    /// Bytes of all that were checked.
    pub bytes: u64,
    /// Seconds of checking, on the machine whose seconds are shown.
    pub check_seconds: f64,
    /// Seconds of the searches that wrote these.
    pub search_seconds: f64,
}

/// A certificate that proves nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateFault {
    /// [`CertificateOutcome::Rejected`] or [`CertificateOutcome::Unwritten`].
    pub outcome: CertificateOutcome,
    /// Name of the instance.
    pub instance: String,
    /// Label of the method.
    pub method: String,
    /// Why.
    pub reason: String,
    /// Identity of the cell, which is the name of the file.
    pub cell: String,
}

impl std::fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: the certificate of cell {} ({}): {}", self.instance, self.cell, self.method, self.reason)
    }
}

impl Certificates {
    pub(crate) fn of(records: &[&CellRecord], clock: &Clock) -> Self {
        let mut all = Self::default();
        for record in records {
            all.bounds += usize::from(record.exact.is_some());
            all.accepted += usize::from(outcome(record) == Some(CertificateOutcome::Accepted));
            all.faults.extend(fault(record));
            let certification = &record.certification;
            all.bytes += certification.certificate_bytes.unwrap_or(0);
            if let (Some(check), Some(search)) = (certification.check_s, clock.seconds(record)) {
                all.check_seconds += check;
                all.search_seconds += search;
            }
        }
        let key = |fault: &CertificateFault| (fault.outcome, fault.instance.clone(), fault.cell.clone());
        all.faults.sort_by_key(key);
        all
    }

    /// Did any method write certificates, or try to?
    pub fn any(&self) -> bool {
        self.accepted > 0 || !self.faults.is_empty()
    }

    /// Number of certificates that the checker refused.
    pub fn rejected(&self) -> usize {
        self.count(CertificateOutcome::Rejected)
    }

    /// Number of certificates that could not be written.
    pub fn unwritten(&self) -> usize {
        self.count(CertificateOutcome::Unwritten)
    }

    /// How much was checked again, at what cost; none where no method wrote certificates.
    pub(crate) fn sentence(&self) -> Option<String> {
        let seconds = |value| number::seconds(Some(value));
        let rejected = match self.rejected() {
            0 => String::new(),
            count => format!(" {} REJECTED.", counted(count, "certificate")),
        };
        self.any().then(|| {
            format!(
                "{} of {} re-checked by an independent program in exact arithmetic, in {} s (their search: {} s); {} of \
                 certificates.{rejected}",
                self.accepted,
                counted(self.bounds, "lower bound"),
                seconds(self.check_seconds),
                seconds(self.search_seconds),
                number::size(self.bytes)
            )
        })
    }

    fn count(&self, outcome: CertificateOutcome) -> usize {
        self.faults.iter().filter(|fault| fault.outcome == outcome).count()
    }
}

fn outcome(record: &CellRecord) -> Option<CertificateOutcome> {
    match record.certification.state() {
        CertificateState::None => None,
        CertificateState::Accepted(_) => Some(CertificateOutcome::Accepted),
        CertificateState::Rejected(_) => Some(CertificateOutcome::Rejected),
        CertificateState::Unwritten(_) => Some(CertificateOutcome::Unwritten),
    }
}

fn fault(record: &CellRecord) -> Option<CertificateFault> {
    let (CertificateState::Rejected(reason) | CertificateState::Unwritten(reason)) = record.certification.state() else {
        return None;
    };
    Some(CertificateFault {
        outcome: outcome(record)?,
        instance: record.instance.name.clone(),
        method: record.method.label.clone(),
        reason: reason.to_owned(),
        cell: record.cell.clone(),
    })
}
