//! What scenarios check: the first thing that does not hold ends one.

use crate::{Mail, Run, Say};

/// It must hold; `expected` and `found` say what is wrong where it does not.
pub(super) fn check(
    holds: bool,
    expected: &str,
    found: impl std::fmt::Display,
) -> anyhow::Result<()> {
    anyhow::ensure!(holds, "expected {expected}, found {found}");
    Ok(())
}

/// The mail's verdict must be this one, in the subject and in the attribute.
pub(super) fn check_verdict(mail: &Mail, verdict: &str) -> anyhow::Result<()> {
    let subject = mail.subject();
    let in_both =
        subject.starts_with(&format!("{verdict} | ")) && mail.attribute("verdict") == verdict;
    check(in_both, &format!("a mail that says {verdict}"), subject)
}

/// The mail must tell of a good run: nothing is left of what was wrong before.
pub(super) fn check_good(mail: &Mail) -> anyhow::Result<()> {
    let is_good = mail.attribute("severity") == "info";
    check(is_good, "a mail about a good run", mail.subject())
}

/// The subject must hold this text.
pub(super) fn check_subject(mail: &Mail, text: &str) -> anyhow::Result<()> {
    let subject = mail.subject();
    check(
        subject.contains(text),
        &format!("a subject that says \"{text}\""),
        subject,
    )
}

/// The mail must hold this text, wherever its lines are broken.
pub(super) fn check_says(mail: &Mail, text: &str) -> anyhow::Result<()> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = words(&mail.body).contains(&words(text));
    check(
        says,
        &format!("a mail that says \"{text}\""),
        mail.subject(),
    )
}

/// The execution must have made new versions of exactly these keys.
pub(super) fn check_new_versions(run: &Run, expected: &[String]) -> anyhow::Result<()> {
    let mut made: Vec<&str> = run
        .new_versions()
        .iter()
        .map(|version| version.key.as_str())
        .collect();
    made.sort_unstable();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.sort_unstable();
    check(
        made == expected,
        &format!("new versions of {expected:?} only"),
        format!("{made:?}"),
    )
}

/// Tells the mail in a few lines, as its reader would skim it.
pub(super) fn tell(mail: &Mail, say: Say<'_>) {
    say(&format!("    mail: {}", mail.subject()));
    for label in [
        "DataSync said",
        "Copied",
        "Unchanged or skipped",
        "Failed",
        "Verified",
    ] {
        if let Some(value) = mail.line(label) {
            say(&format!("          {label}: {value}"));
        }
    }
    let name = mail.path.file_name().unwrap_or_default();
    say(&format!("          {}", name.to_string_lossy()));
}
