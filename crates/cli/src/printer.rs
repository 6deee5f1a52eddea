//! What a person sees of a run while it works: a bar on a terminal, one line per cell elsewhere.

use crate::terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use optgap_harness::{Event, Observer};
use optgap_results::{CellRecord, CertificateState};
use std::io::IsTerminal;
use std::time::Duration;

/// Shows the events of a run on stderr.
pub(crate) struct Printer {
    bar: Option<ProgressBar>,
}

impl Printer {
    /// A bar if stderr is a terminal, else lines.
    pub(crate) fn new() -> Self {
        Self { bar: bar("cells") }
    }

    /// Takes the bar off the terminal.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar that counts things of this name, if stderr is a terminal.
pub(crate) fn bar(things: &str) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let template = format!("{{bar:30}} {{pos}}/{{len}} {things}  {{elapsed}} (about {{eta}} left)  {{wide_msg}}");
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(&template).expect("the template is well-formed"));
        bar.enable_steady_tick(Duration::from_millis(500));
        bar
    })
}

impl Observer for Printer {
    fn hear(&self, event: Event<'_>) {
        match (event, &self.bar) {
            (Event::Planned { total, done }, Some(bar)) => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
                // Cells of earlier runs say nothing about the speed of this one.
                bar.reset_eta();
            }
            (Event::Planned { total, done }, None) => {
                terminal::note(&format!("{total} cells, {done} of them done already"));
            }
            (Event::Started { .. }, _) => {}
            (Event::Finished { record, done, .. }, Some(bar)) => {
                bar.set_message(format!("{} {}", record.method.label, record.instance.name));
                bar.set_position(done as u64);
                let rejected = matches!(record.certification.state(), CertificateState::Rejected(_));
                if record.status.is_failure() || rejected {
                    bar.println(line(record));
                }
            }
            (Event::Finished { record, done, total }, None) => {
                terminal::note(&format!("[{done:>w$}/{total}] {}", line(record), w = total.to_string().len()));
            }
        }
    }
}

/// Status, time, loss, instance, method, the reason if there is one, and a certificate that proves nothing.
fn line(record: &CellRecord) -> String {
    let loss = record.best_loss().map_or_else(String::new, |loss| format!("{:.6e}", loss.hi));
    let reason = record.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let certificate = match record.certification.state() {
        CertificateState::Rejected(reason) => format!(" · certificate REJECTED: {reason}"),
        CertificateState::Unwritten(reason) => format!(" · no certificate: {reason}"),
        CertificateState::None | CertificateState::Accepted(_) => String::new(),
    };
    format!(
        "{:<11} {:>8.2} s  {loss:>12}  {} · {}{reason}{certificate}",
        record.status.to_string(),
        record.wall_s,
        record.instance.name,
        record.method.label
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use optgap_results::Certification;

    #[test]
    fn a_certificate_that_proves_nothing_stands_in_the_line_of_its_cell() {
        // A record without a certificate.
        let text = include_str!("../../../results/recorded/scaling/cells/local.jsonl");
        let record: CellRecord = serde_json::from_str(text.lines().next().expect("a record")).expect("readable");
        assert!(!line(&record).contains("certificate"));
        let with = |certification| line(&CellRecord { certification, ..record.clone() });
        let unwritten = Certification::unwritten("disk full");
        assert!(with(unwritten.clone()).ends_with(" · no certificate: disk full"));
        let rejected = Certification { check_s: Some(0.1), ..unwritten };
        assert!(with(rejected).ends_with(" · certificate REJECTED: disk full"));
    }
}
