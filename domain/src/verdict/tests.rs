use super::*;
use crate::baseline::Baseline;
use crate::execution::{Execution, Phase, Status};
use crate::failed_files::FailedFiles;
use crate::ledger::Record;
use crate::units::Bytes;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const ARN: &str = "arn:aws:datasync:us-east-1:111122223333:task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";

const LIMITS: Limits = Limits {
    freshness: SignedDuration::from_hours(30),
    run: SignedDuration::from_hours(12),
};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn hours_ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

/// Nights of 1,000 files, 20 of them copied.
fn nights(count: usize) -> Baseline {
    let record = Record {
        files_transferred: Some(20),
        files_skipped: Some(980),
        ..Record::without_facts(ARN, Verdict::Ok, now(), None)
    };
    Baseline::of(&vec![record; count])
}

fn judged(facts: &Facts<'_>, baseline: &Baseline, was_not_good: bool) -> Option<Verdict> {
    let past = Past {
        was_not_good,
        baseline,
    };
    judge(facts, &past, &LIMITS, now())
}

/// Without a past.
fn by_itself(execution: &Execution, failed: &FailedFiles) -> Option<Verdict> {
    judged(&Facts::Execution { execution, failed }, &nights(0), false)
}

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
        assert_eq!(by_itself(&run, &failed), Some(expected), "{name}");
    }
    let undescribed = judged(&Facts::NotDescribed, &nights(14), false);
    assert_eq!(undescribed, Some(Verdict::Unknown));
}

#[test]
fn a_good_run_beside_its_past() {
    let usual = || {
        with(execution("SUCCESS", Some(20)), |e| {
            e.counters.files_skipped = Some(980)
        })
    };
    let still = || {
        with(execution("SUCCESS", Some(0)), |e| {
            e.counters.files_skipped = Some(1000)
        })
    };
    let emptied = || {
        with(execution("SUCCESS", Some(0)), |e| {
            e.counters.files_skipped = Some(0)
        })
    };
    let read = FailedFiles::none;
    let not_known = || Baseline::NotKnown("denied".to_owned());

    #[rustfmt::skip]
    let cases = [
        ("as ever",                  usual(),   read(),     nights(14),  false, Verdict::Ok),
        ("nothing new",              still(),   read(),     nights(14),  false, Verdict::NoChange),
        ("good again",               usual(),   read(),     nights(14),  true,  Verdict::Recovered),
        ("nothing new, good again",  still(),   read(),     nights(14),  true,  Verdict::Recovered),
        ("emptied",                  emptied(), read(),     nights(14),  false, Verdict::Suspect),
        ("emptied after an outage",  emptied(), read(),     nights(14),  true,  Verdict::Suspect),
        ("emptied, a short history", emptied(), read(),     nights(4),   false, Verdict::NoChange),
        ("emptied, no history",      emptied(), read(),     not_known(), false, Verdict::NoChange),
        ("emptied, and files failed", emptied(), failing(1), nights(14), true,  Verdict::Partial),
    ];
    for (name, execution, failed, baseline, was_not_good, expected) in cases {
        let facts = Facts::Execution {
            execution: &execution,
            failed: &failed,
        };
        assert_eq!(
            judged(&facts, &baseline, was_not_good),
            Some(expected),
            "{name}"
        );
    }
}

#[test]
fn a_silence_is_judged_by_the_clock() {
    let quiet = |hours| Some(hours_ago(hours));
    #[rustfmt::skip]
    let cases = [
        ("nothing known",                 false, None,      None,      None),
        ("a night ago",                   false, None,      quiet(10), None),
        ("at the limit",                  false, None,      quiet(30), Some(Verdict::Missing)),
        ("just before it",                false, None,      quiet(29), None),
        ("a run goes on",                 false, quiet(11), quiet(20), None),
        ("for too long",                  false, quiet(12), quiet(20), Some(Verdict::Stuck)),
        ("a young run after a long silence", false, quiet(7), quiet(31), None),
        ("a long run after a long silence", false, quiet(12), quiet(31), Some(Verdict::Stuck)),
        ("a start is refused",            true,  None,      quiet(1),  Some(Verdict::Failed)),
        ("for days",                      true,  quiet(12), quiet(99), Some(Verdict::Failed)),
        ("a clock that goes wrong",       false, quiet(-9), quiet(-9), None),
    ];
    for (name, start_refused, running_since, quiet_since, expected) in cases {
        let silence = Silence {
            start_refused,
            running_since,
            quiet_since,
        };
        let verdict = judged(&Facts::Silence(silence), &nights(0), true);
        assert_eq!(verdict, expected, "{name}");
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
        assert_eq!(verdict.pings_success(), good, "{word}");
        let with_partial = good || verdict == Verdict::Partial;
        assert_eq!(verdict.counts_as_good(true), with_partial, "{word}");
        assert_eq!(Verdict::from_key(&verdict.key()), Some(verdict));
    }
    assert_eq!(Verdict::from_key("NO CHANGE"), None);
    assert!(Verdict::ALL.is_sorted());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn one_more_failure_never_lowers_the_verdict(
        status in prop_oneof![Just("SUCCESS"), Just("ERROR"), Just("VERIFYING"), Just("NEW")],
        transferred in proptest::option::of(0_u64..50),
        skipped in proptest::option::of(0_u64..2000),
        known in 0_u64..3,
        unread in any::<bool>(),
        was_not_good in any::<bool>(),
        records in 0_usize..9,
        worse in 0_usize..8,
    ) {
        let baseline = nights(records);
        let run = with(execution(status, transferred), |e| e.counters.files_skipped = skipped);
        let mut failed = failing(known);
        failed.unread = unread.then(|| "denied".to_owned());
        let verdict = |run: &Execution, failed: &FailedFiles, was_not_good| {
            judged(&Facts::Execution { execution: run, failed }, &baseline, was_not_good)
        };
        let before = verdict(&run, &failed, was_not_good);

        let (mut run, mut failed, mut was_not_good) = (run, failed, was_not_good);
        match worse {
            0 => failed.known += 1,
            1 => failed.unread = Some("denied".to_owned()),
            2 => run.verify.status = Some("ERROR".to_owned()),
            3 => run.error_code = Some("X".to_owned()),
            4 => run.error_detail = Some("cancelled".to_owned()),
            5 => run.counters.files_failed = Some(1),
            6 => (run.counters.files_transferred, run.counters.files_skipped) = (transferred.map(|_| 0), skipped.map(|_| 0)),
            _ => was_not_good = true,
        }
        // An ERROR that copied nothing is worse than one that copied something.
        prop_assert!(verdict(&run, &failed, was_not_good) >= before);
    }

    #[test]
    fn a_longer_silence_never_lowers_the_verdict(
        refused in any::<bool>(),
        running in proptest::option::of(0_i64..100),
        quiet in proptest::option::of(0_i64..100),
        longer in 0_i64..100,
        also_refused in any::<bool>(),
    ) {
        let verdict = |refused, more: i64| {
            let since = |hours: Option<i64>| hours.map(|hours| hours_ago(hours + more));
            let silence = Silence {
                start_refused: refused,
                running_since: since(running),
                quiet_since: since(quiet),
            };
            judged(&Facts::Silence(silence), &nights(0), false)
        };
        prop_assert!(verdict(refused || also_refused, longer) >= verdict(refused, 0));
    }
}
