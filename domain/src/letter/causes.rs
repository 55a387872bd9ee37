//! The part of a letter that tells why, as far as that is known.

use super::ExecutionLetter;
use super::body::Body;
use crate::diagnosis::{Diagnosis, Seen, Standing};
use crate::execution::Status;
use crate::units::plural;

/// What the causes of a letter are called; no more than these are told.
pub(super) const LETTERS: [&str; 3] = ["A", "B", "C"];

impl ExecutionLetter<'_> {
    pub(super) fn causes(&self, body: &mut Body) {
        let diagnoses = self.diagnoses();
        let told = &diagnoses[..diagnoses.len().min(LETTERS.len())];
        match told {
            [] => self.not_recognised(body),
            [one] => {
                body.heading(match one.standing {
                    Standing::Proven => "PROVEN CAUSE",
                    _ => "MOST LIKELY CAUSE",
                });
                cause(body, one, "");
            }
            several => {
                body.heading("CAUSES, THE MOST LIKELY FIRST");
                for (letter, one) in LETTERS.iter().zip(several) {
                    cause(body, one, &format!("{letter}. "));
                }
            }
        }
        self.looked(body);
        self.log_lines(body);
    }

    /// Nothing is guessed: DataSync's words are printed and called what they are.
    fn not_recognised(&self, body: &mut Body) {
        if self.execution.status == Status::Error || self.failed.known > 0 {
            body.heading("CAUSE");
            body.sentence("Not recognised. What DataSync itself says stands below, unchanged.");
        }
    }

    /// Lines of the log that name no file, or that nobody understood.
    fn log_lines(&self, body: &mut Body) {
        let lines = &self.failed.log.without_file;
        if lines.is_empty() {
            return;
        }
        body.heading("FROM THE TASK'S LOG");
        lines.iter().for_each(|line| body.sentence(line));
    }
}

fn cause(body: &mut Body, diagnosis: &Diagnosis, name: &str) {
    let proven = match diagnosis.standing {
        Standing::Proven if !name.is_empty() => "Proven: ",
        Standing::RuledOut => "Ruled out by what was seen: ",
        _ => "",
    };
    body.sentence(&format!("{name}{proven}{}", diagnosis.rule.cause));
    // The strongest of what was said, and all that was looked at.
    let looked = |sign: &Seen| matches!(sign, Seen::Looked(_));
    for (index, sign) in diagnosis.seen.iter().enumerate() {
        if index == 0 || looked(sign) {
            body.deeper("Seen", &seen(sign));
        }
    }
    for against in &diagnosis.against {
        body.deeper("Against", against);
    }
    body.deeper("Known from", diagnosis.rule.source);
}

fn seen(seen: &Seen) -> String {
    match seen {
        Seen::Code(code) => format!("DataSync's code {code}"),
        Seen::Detail(text) => format!("DataSync said \"{text}\""),
        Seen::Files(count, said) => {
            format!("{}, \"{said}\"", plural(*count, "file", "files"))
        }
        Seen::LogLine(line) => format!("the log's line \"{line}\""),
        Seen::TaskReport(text) => format!("about the task report, \"{text}\""),
        Seen::Looked(text) => text.clone(),
    }
}
