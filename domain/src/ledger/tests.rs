use super::*;
use crate::verdict::Verdict;
use proptest::prelude::*;

const KEYS: [&str; 6] = [
    "ledger/task-1/20261121T020004Z_exec-a_OK.json",
    "ledger/task-1/20261122T020004Z_exec-b_NO-CHANGE.json",
    "ledger/task-1/20261123T020004Z_exec-c_STUCK.json",
    "ledger/task-1/20261124T020004Z_exec-d_UNKNOWN.json",
    "ledger/task-1/20261125T020004Z_exec-e_PARTIAL.json",
    "ledger/task-1/last-good.json",
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn told_means_a_record_that_ends_the_matter() {
    let history = History::from_keys(KEYS);
    #[rustfmt::skip]
    let cases = [
        ("exec-a", Verdict::Ok,      true),
        ("exec-a", Verdict::Partial, true),
        ("exec-c", Verdict::Ok,      false),
        ("exec-d", Verdict::Unknown, true),
        ("exec-d", Verdict::Ok,      false),
        ("exec-z", Verdict::Ok,      false),
    ];
    for (execution, verdict, duplicate) in cases {
        let said = history.is_duplicate(execution, verdict);
        assert_eq!(said, duplicate, "{execution} {verdict:?}");
    }
}

#[test]
fn what_became_known_beats_unknown_whatever_came_first() {
    let unknown = "ledger/t/20261124T021500Z_exec-d_UNKNOWN.json";
    let ok = "ledger/t/20261124T020004Z_exec-d_OK.json";
    for keys in [[unknown, ok], [ok, unknown]] {
        assert_eq!(History::from_keys(keys).told("exec-d"), Some(Verdict::Ok));
    }
}

#[test]
fn the_last_good_run_may_be_a_partial_one_by_choice() {
    let history = History::from_keys(KEYS);
    let last_good = |partial| history.last_good(partial).map(|entry| entry.time);
    assert_eq!(last_good(false), Some(at("2026-11-22T02:00:04Z")));
    assert_eq!(last_good(true), Some(at("2026-11-25T02:00:04Z")));
    assert_eq!(History::default().last_good(true), None);
}

#[test]
fn other_keys_are_passed_over() {
    #[rustfmt::skip]
    let strange = [
        "", "ledger/", "ledger/t/x.json", "ledger/t/20261124T020004Z_exec-d_GREAT.json",
        "ledger/t/20261324T020004Z_exec-d_OK.json", "ledger/t/20261124T020004Z_exec-d_OK.txt",
        "ledger/t/20261124T020004Z_exec-d_OK_more.json",
    ];
    assert_eq!(History::from_keys(strange), History::default());
}

#[test]
fn the_listing_starts_sixty_days_ago() {
    let key = start_after("task-1", at("2026-11-23T02:14:00Z"));
    assert_eq!(key, "ledger/task-1/20260924T021400Z");
    assert!(key.as_str() < KEYS[0]);
    assert!(start_after("t", Timestamp::MIN).starts_with("ledger/t/"));
}

/// A history of these keys' ends, such as `20261121T020004Z_exec-a_OK`.
fn history(names: &[&str]) -> History {
    let keys: Vec<String> = names
        .iter()
        .map(|name| format!("ledger/t/{name}.json"))
        .collect();
    History::from_keys(keys.iter().map(String::as_str))
}

#[test]
fn a_narrowed_run_is_told_and_is_nobodys_last_good_run() {
    let history = history(&["20261121T02Z_x", "20261121T020004Z_exec-a_OK_narrowed"]);
    assert!(history.is_duplicate("exec-a", Verdict::Ok));
    assert_eq!(history.last_good(true), None);
    assert_eq!(history.last_end(), None);
    assert_eq!(history.usual().count(), 0);
}

#[test]
fn an_outage_is_what_was_told_since_the_last_good_run() {
    let night = |day: u8| at(&format!("2026-11-{day}T02:00:00Z"));
    let before = |names: &[&str]| history(names).not_good_before("exec-z", night(25), false);
    let not_good = |since, first, last, count| {
        Some(NotGood {
            since: night(since),
            first,
            last,
            count,
        })
    };
    use Verdict::{Failed, Missing, Partial, Stuck, Unknown};

    #[rustfmt::skip]
    let cases: [(&str, &[&str], Option<NotGood>); 9] = [
        ("nothing was told",        &[], None),
        ("all was good",            &["20261124T020000Z_exec-a_NO-CHANGE"], None),
        ("one failed",              &["20261123T020000Z_exec-a_OK", "20261124T020000Z_exec-b_FAILED"], not_good(24, Failed, Failed, 1)),
        ("two in a row",            &["20261122T020000Z_exec-a_OK", "20261123T020000Z_exec-b_FAILED", "20261124T020000Z_exec-c_PARTIAL"], not_good(23, Failed, Partial, 2)),
        ("good in between",         &["20261122T020000Z_exec-a_FAILED", "20261123T020000Z_exec-b_OK", "20261124T020000Z_exec-c_OK"], None),
        ("known after UNKNOWN",     &["20261124T020000Z_exec-b_UNKNOWN", "20261124T020000Z_exec-b_OK"], None),
        ("itself was stuck",        &["20261124T020000Z_exec-a_OK", "20261125T020000Z_exec-z_STUCK"], not_good(25, Stuck, Stuck, 1)),
        ("missing while it ran",    &["20261124T020000Z_exec-a_UNKNOWN", "20261126T020000Z_none_MISSING"], not_good(24, Unknown, Missing, 2)),
        ("a later run is not before", &["20261124T020000Z_exec-a_OK", "20261126T020000Z_exec-y_FAILED"], None),
    ];
    for (name, keys, expected) in cases {
        assert_eq!(before(keys), expected, "{name}");
    }
    let missing = before(&[
        "20261123T020000Z_exec-a_OK",
        "20261124T080000Z_none_MISSING",
    ]);
    assert_eq!(
        missing,
        not_good(23, Missing, Missing, 1),
        "since the last good run"
    );
    let partial = history(&["20261124T020000Z_exec-b_PARTIAL"]);
    assert_eq!(partial.not_good_before("exec-z", night(25), true), None);
}

#[test]
fn a_reminder_is_no_good_run_of_its_day() {
    let history = history(&[
        "20261122T020000Z_exec-a_PARTIAL",
        "20261123T020000Z_exec-a_PARTIAL",
        "20261124T020000Z_exec-a_PARTIAL",
    ]);
    let good = history.last_good(true).unwrap();
    assert_eq!(good.time, at("2026-11-22T02:00:00Z"));
}

#[test]
fn a_recovery_is_told_once() {
    let keys = [
        "20261120T020000Z_exec-a_OK",
        "20261122T020000Z_none_MISSING",
        "20261123T020000Z_none_MISSING",
        "20261124T020000Z_exec-b_RECOVERED",
    ];
    let next = at("2026-11-25T02:00:00Z");
    assert_eq!(history(&keys).not_good_before("exec-c", next, false), None);
}

#[test]
fn a_reminder_is_no_newer_run() {
    let history = history(&[
        "20261122T020000Z_exec-a_FAILED",
        "20261123T020000Z_exec-a_FAILED",
        "20261124T020000Z_exec-a_FAILED",
    ]);
    assert_eq!(history.last_end().unwrap().time, at("2026-11-22T02:00:00Z"));
    assert_eq!(
        history.newer_than("exec-a", at("2026-11-22T02:00:00Z")),
        None
    );
    assert!(!history.has_run_since(at("2026-11-23T02:00:00Z")));
    let newest = history.newest("exec-a", Verdict::Failed).unwrap();
    assert_eq!(newest.time, at("2026-11-24T02:00:00Z"));
    let outage = history.not_good_before("exec-z", at("2026-11-25T02:00:00Z"), false);
    assert_eq!(outage.unwrap().count, 1);
}

#[test]
fn runs_of_the_same_verdict_are_counted_back_to_the_first() {
    let history = history(&[
        "20261120T020000Z_exec-a_PARTIAL",
        "20261121T020000Z_exec-b_OK",
        "20261122T020000Z_exec-c_PARTIAL",
        "20261123T020000Z_exec-d_PARTIAL",
        "20261123T120000Z_none_MISSING",
        "20261123T130000Z_exec-e_OK_narrowed",
        "20261125T020000Z_exec-f_PARTIAL",
    ]);
    let row = history.row("exec-z", at("2026-11-24T02:00:00Z"), Verdict::Partial);
    assert_eq!((row.count, row.since), (3, at("2026-11-22T02:00:00Z")));
    let row = history.row("exec-z", at("2026-11-24T02:00:00Z"), Verdict::Failed);
    assert_eq!((row.count, row.since), (1, at("2026-11-24T02:00:00Z")));
}

#[test]
fn a_newer_run_is_seen() {
    let history = history(&[
        "20261123T020000Z_exec-a_OK",
        "20261124T020000Z_exec-b_FAILED",
        "20261126T020000Z_none_MISSING",
    ]);
    let newer = |time| {
        let newer = history.newer_than("exec-z", at(time));
        newer.map(|entry| entry.verdict)
    };
    assert_eq!(newer("2026-11-23T02:00:00Z"), Some(Verdict::Failed));
    assert_eq!(newer("2026-11-24T02:00:00Z"), None);
    let itself = history.newer_than("exec-b", at("2026-11-24T01:00:00Z"));
    assert_eq!(
        itself, None,
        "what was told of a run is not newer than the run"
    );
}

proptest! {
    #[test]
    fn a_key_gives_back_its_entry(seconds in 0_i64..4_102_444_800, index in 0_usize..9, narrowed in any::<bool>()) {
        let entry = Entry {
            time: Timestamp::from_second(seconds).unwrap(),
            execution_id: "exec-04ce9d516d69bd52f".to_owned(),
            verdict: Verdict::ALL[index],
            narrowed,
        };
        prop_assert_eq!(Entry::from_key(&entry.key("task-1")), Some(entry));
    }
}
