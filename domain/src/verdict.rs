//! The verdict: how an execution, or its absence, is judged.
//!
//! This is the only place that decides. Subject, severity, exit code and what
//! counts as good are read from one enum.

use crate::execution::{Execution, Status};
use crate::failed_files::FailedFiles;

/// All verdicts, from good to bad. A failure more never lowers one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Everything that changed is in the bucket.
    Ok,
    /// Nothing had changed.
    NoChange,
    /// Good again, after a verdict that was not.
    Recovered,
    /// Good by itself, but far from what is usual.
    Suspect,
    /// Not known to be good.
    Unknown,
    /// Some files are in the bucket, some are not.
    Partial,
    /// Not finished after the longest time a run may take.
    Stuck,
    /// No finished execution within the time limit.
    Missing,
    /// No backup was made.
    Failed,
}

/// How much a verdict asks of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing to do.
    Info,
    /// Worth a look.
    Warning,
    /// Something must be done.
    Error,
}

impl Severity {
    /// The word in messages and attributes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl Verdict {
    /// Every verdict, in rising order.
    pub const ALL: [Verdict; 9] = [
        Verdict::Ok,
        Verdict::NoChange,
        Verdict::Recovered,
        Verdict::Suspect,
        Verdict::Unknown,
        Verdict::Partial,
        Verdict::Stuck,
        Verdict::Missing,
        Verdict::Failed,
    ];

    /// The word in a subject, such as `NO CHANGE`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "OK",
            Verdict::NoChange => "NO CHANGE",
            Verdict::Recovered => "RECOVERED",
            Verdict::Suspect => "SUSPECT",
            Verdict::Unknown => "UNKNOWN",
            Verdict::Partial => "PARTIAL",
            Verdict::Stuck => "STUCK",
            Verdict::Missing => "MISSING",
            Verdict::Failed => "FAILED",
        }
    }

    /// The word in the key of a ledger record, such as `NO-CHANGE`.
    #[must_use]
    pub fn key(self) -> String {
        self.word().replace(' ', "-")
    }

    /// The verdict of a ledger key's word.
    #[must_use]
    pub fn from_key(word: &str) -> Option<Verdict> {
        Verdict::ALL
            .into_iter()
            .find(|verdict| verdict.key() == word)
    }

    /// What it asks of its reader.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Verdict::Ok | Verdict::NoChange | Verdict::Recovered => Severity::Info,
            Verdict::Suspect | Verdict::Unknown => Severity::Warning,
            Verdict::Partial | Verdict::Stuck | Verdict::Missing | Verdict::Failed => {
                Severity::Error
            }
        }
    }

    /// The exit code of a command that waits for a run: 0 for what needs nobody.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        u8::from(self.severity() > Severity::Info)
    }

    /// Whether the files of before this run can be relied on.
    #[must_use]
    pub fn counts_as_good(self, partial_counts_as_good: bool) -> bool {
        self <= Verdict::Suspect || (self == Verdict::Partial && partial_counts_as_good)
    }
}

/// Judges a finished execution by its own facts.
///
/// The other verdicts need the ledger and the clock.
#[must_use]
pub fn judge(execution: &Execution, failed: &FailedFiles) -> Verdict {
    match execution.status {
        Status::Success => of_a_success(execution, failed),
        Status::Error => of_an_error(execution),
        Status::Transient(_) | Status::Other(_) => Verdict::Unknown,
    }
}

fn of_a_success(execution: &Execution, failed: &FailedFiles) -> Verdict {
    let known_failed = failed.known > 0 || execution.counters.files_failed > Some(0);
    if known_failed {
        Verdict::Partial
    } else if !failed.is_read() || contradicts_itself(execution) {
        Verdict::Unknown
    } else if nothing_moved(execution) {
        Verdict::NoChange
    } else {
        Verdict::Ok
    }
}

/// SUCCESS over a phase that failed, or beside an error code: whichever of the
/// two is true, it is not known to be good.
fn contradicts_itself(execution: &Execution) -> bool {
    let phases = [&execution.prepare, &execution.transfer, &execution.verify];
    phases.iter().any(|phase| phase.failed()) || execution.error_code.is_some()
}

fn nothing_moved(execution: &Execution) -> bool {
    let counters = &execution.counters;
    counters.files_transferred == Some(0)
        && counters.bytes_written.is_some_and(|bytes| bytes.0 == 0)
        && counters.files_deleted == Some(0)
}

fn of_an_error(execution: &Execution) -> Verdict {
    let something_arrived =
        execution.counters.files_transferred > Some(0) || execution.transfer.succeeded();
    if something_arrived && !execution.was_cancelled() {
        Verdict::Partial
    } else {
        Verdict::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::Phase;
    use crate::units::Bytes;
    use proptest::prelude::*;

    const ARN: &str = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";

    fn execution(status: &str, transferred: Option<u64>) -> Execution {
        let mut run = Execution::new(ARN.parse().unwrap(), Status::from(status));
        run.counters.files_transferred = transferred;
        run.counters.bytes_written = transferred.map(|files| Bytes(files * 10));
        run.counters.files_deleted = Some(0);
        run
    }

    fn with(mut run: Execution, change: impl FnOnce(&mut Execution)) -> Execution {
        change(&mut run);
        run
    }

    fn failing(known: u64) -> FailedFiles {
        FailedFiles {
            known,
            ..FailedFiles::none()
        }
    }

    #[test]
    fn verdicts_of_finished_executions() {
        let read = FailedFiles::none;
        let unread = || FailedFiles::unread("denied");
        let phase = |word: &str| Phase {
            status: Some(word.to_owned()),
            took: None,
        };
        let success = |files| execution("SUCCESS", files);
        let error = |files| execution("ERROR", files);

        #[rustfmt::skip]
        let cases = [
            ("files moved",                  success(Some(3)), read(), Verdict::Ok),
            ("nothing moved",                success(Some(0)), read(), Verdict::NoChange),
            ("only bytes were reported",     with(success(None), |e| e.counters.bytes_written = Some(Bytes(0))), read(), Verdict::Ok),
            ("only a deletion",              with(success(Some(0)), |e| e.counters.files_deleted = Some(2)), read(), Verdict::Ok),
            ("deletions not reported",       with(success(Some(0)), |e| e.counters.files_deleted = None), read(), Verdict::Ok),
            ("no counter at all",            with(success(None), |e| e.counters.files_deleted = None), read(), Verdict::Ok),
            ("skipped files mean nothing",   with(success(Some(3)), |e| e.counters.files_skipped = Some(9)), read(), Verdict::Ok),
            ("less verified than copied",    with(success(Some(3)), |e| e.counters.files_verified = Some(1)), read(), Verdict::Ok),
            ("list not read",                success(Some(3)), unread(), Verdict::Unknown),
            ("list not read, nothing moved", success(Some(0)), unread(), Verdict::Unknown),
            ("one failed file",              success(Some(3)), failing(1), Verdict::Partial),
            ("failed file, rest unread",     success(Some(3)), FailedFiles { known: 1, ..unread() }, Verdict::Partial),
            ("Enhanced mode counts one",     with(success(Some(3)), |e| e.counters.files_failed = Some(1)), read(), Verdict::Partial),
            ("Enhanced mode counts none",    with(success(Some(3)), |e| e.counters.files_failed = Some(0)), read(), Verdict::Ok),
            ("SUCCESS with a failed phase",  with(success(Some(3)), |e| e.verify = phase("ERROR")), read(), Verdict::Unknown),
            ("SUCCESS with an error code",   with(success(Some(3)), |e| e.error_code = Some("X".into())), read(), Verdict::Unknown),
            ("error after some files",       error(Some(3)), read(), Verdict::Partial),
            ("error after the transfer",     with(error(Some(0)), |e| e.transfer = phase("SUCCESS")), read(), Verdict::Partial),
            ("error before any file",        error(Some(0)), read(), Verdict::Failed),
            ("error, nothing reported",      error(None), unread(), Verdict::Failed),
            ("cancelled after some files",   with(error(Some(3)), |e| e.error_detail = Some("cancelled".into())), read(), Verdict::Failed),
            ("still running",                execution("VERIFYING", Some(3)), read(), Verdict::Unknown),
            ("a status nobody knows",        execution("PAUSED", Some(3)), read(), Verdict::Unknown),
        ];
        for (name, run, failed, expected) in cases {
            assert_eq!(judge(&run, &failed), expected, "{name}");
        }
    }

    #[test]
    fn every_verdict_reads_the_same_everywhere() {
        #[rustfmt::skip]
        let table = [
            ("OK",        Severity::Info,    0, true),
            ("NO CHANGE", Severity::Info,    0, true),
            ("RECOVERED", Severity::Info,    0, true),
            ("SUSPECT",   Severity::Warning, 1, true),
            ("UNKNOWN",   Severity::Warning, 1, false),
            ("PARTIAL",   Severity::Error,   1, false),
            ("STUCK",     Severity::Error,   1, false),
            ("MISSING",   Severity::Error,   1, false),
            ("FAILED",    Severity::Error,   1, false),
        ];
        for (verdict, (word, severity, exit_code, good)) in Verdict::ALL.into_iter().zip(table) {
            assert_eq!(verdict.word(), word);
            assert_eq!(verdict.severity(), severity, "{word}");
            assert_eq!(verdict.exit_code(), exit_code, "{word}");
            assert_eq!(verdict.counts_as_good(false), good, "{word}");
            let with_partial = good || verdict == Verdict::Partial;
            assert_eq!(verdict.counts_as_good(true), with_partial, "{word}");
            assert_eq!(Verdict::from_key(&verdict.key()), Some(verdict));
        }
        assert_eq!(Verdict::from_key("NO CHANGE"), None);
        assert!(Verdict::ALL.is_sorted());
    }

    proptest! {
        #[test]
        fn one_more_failure_never_lowers_the_verdict(
            status in prop_oneof![Just("SUCCESS"), Just("ERROR"), Just("VERIFYING"), Just("NEW")],
            transferred in proptest::option::of(0_u64..5),
            known in 0_u64..3,
            unread in any::<bool>(),
            worse in 0_usize..5,
        ) {
            let run = execution(status, transferred);
            let mut failed = failing(known);
            failed.unread = unread.then(|| "denied".to_owned());
            let before = judge(&run, &failed);

            let (mut run, mut failed) = (run, failed);
            match worse {
                0 => failed.known += 1,
                1 => failed.unread = Some("denied".to_owned()),
                2 => run.verify.status = Some("ERROR".to_owned()),
                3 => run.error_code = Some("X".to_owned()),
                _ => run.error_detail = Some("cancelled".to_owned()),
            }
            prop_assert!(judge(&run, &failed) >= before);
        }
    }
}
