//! The page itself. All text goes through maud, which escapes it; mails and keys
//! hold names that others chose.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rehearsal::{Mail, Outcome, Version};
use std::collections::BTreeSet;

/// Forbids everything that would have to come from elsewhere, and every script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = include_str!("page.css");

/// What the page shows.
pub(super) struct Page<'a> {
    /// The architecture picture, an SVG element.
    pub(super) picture: String,
    /// The version of the tool.
    pub(super) version: &'a str,
    /// When the rehearsal ended.
    pub(super) time: Timestamp,
    /// The scenarios in the order of playing, each with its mails.
    pub(super) played: &'a [(&'a Outcome, Vec<Mail>)],
}

impl Page<'_> {
    /// Equal facts give equal text.
    pub(super) fn render(&self) -> Markup {
        let title = format!("Rehearsal of efs-backup: {}", self.result());
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.header())
                    main {
                        (self.table())
                        (self.architecture())
                        @for (outcome, mails) in self.played { (scenario(outcome, mails)) }
                    }
                }
            }
        }
    }

    fn count(&self, ok: Option<bool>) -> usize {
        let played = self.played.iter();
        played
            .filter(|(outcome, _)| outcome.ending.ok() == ok)
            .count()
    }

    /// One that could not be shown has not passed, and not failed either.
    fn result(&self) -> String {
        let (passed, all) = (self.count(Some(true)), self.played.len());
        let word = if self.has_failed() { "FAIL" } else { "PASS" };
        match self.count(None) {
            0 => format!("{word}, {passed} of {all} scenarios"),
            open => format!("{word}, {passed} of {all} scenarios, {open} not shown"),
        }
    }

    fn has_failed(&self) -> bool {
        self.count(Some(false)) > 0
    }

    fn header(&self) -> Markup {
        html! {
            header {
                h1 { "Rehearsal of efs-backup" }
                p.result.pass[!self.has_failed()].fail[self.has_failed()] {
                    (self.result())
                }
                p.facts {
                    (self.time.strftime("%Y-%m-%d %H:%M:%S UTC")) " \u{b7} efs-backup " (self.version)
                }
                p.honest {
                    "Played on one machine, without AWS. Real: template.yaml, deployed by the code of "
                    code { "efs-backup deploy" }
                    "; the functions, as they were compiled; every file that was copied; every mail, as SNS \
                     would have sent it. Played: AWS itself, by a local cloud; DataSync, by a program of ours \
                     that really copies; EFS, by a folder. What only a live account can prove stands in \
                     ARCHITECTURE.md under \u{201c}Unverified\u{201d}."
                }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            table.overview {
                thead { tr { th { "Result" } th { "Scenario" } th.number { "Took" } th { "First mail" } } }
                tbody {
                    @for (outcome, mails) in self.played {
                        tr {
                            td { (badge(outcome)) }
                            td { a href={ "#" (outcome.scenario.name()) } { (outcome.scenario.name()) } }
                            td.number { (seconds(outcome)) }
                            td.subject { (mails.first().map_or("none", Mail::subject)) }
                        }
                    }
                }
            }
        }
    }

    fn architecture(&self) -> Markup {
        html! {
            section {
                h2 { "What was deployed" }
                div.picture { (PreEscaped(&self.picture)) }
            }
        }
    }
}

fn badge(outcome: &Outcome) -> Markup {
    let kind = match outcome.ending.ok() {
        Some(true) => "badge pass",
        Some(false) => "badge fail",
        None => "badge open",
    };
    html! { span class=(kind) { (outcome.ending.word()) } }
}

fn seconds(outcome: &Outcome) -> String {
    format!("{:.1} s", outcome.took.as_secs_f64())
}

fn scenario(outcome: &Outcome, mails: &[Mail]) -> Markup {
    html! {
        section.scenario id=(outcome.scenario.name()) {
            h2 { (badge(outcome)) " " (outcome.scenario.name()) span.took { (seconds(outcome)) } }
            @if let Some(reason) = outcome.ending.reason() { p.failure { (reason) } }
            h3 { "What happened" }
            pre.story { (outcome.told.join("\n")) }
            h3 { "Versions in the backup bucket" }
            (versions(outcome))
            @for mail in mails { (letter(mail)) }
            @if mails.is_empty() { h3 { "Mail" } p { "None was sent." } }
        }
    }
}

fn letter(mail: &Mail) -> Markup {
    let file = mail.path.file_name().unwrap_or_default().to_string_lossy();
    html! {
        h3 { "Mail " span.took { (file) } }
        div.mail {
            p.subject { "To: " (mail.header("To")) br; "Subject: " b { (mail.subject()) } }
            pre { (mail.body.trim_end()) }
        }
    }
}

/// The versions of every key that changed, and a count of the rest.
fn versions(outcome: &Outcome) -> Markup {
    let (before, after) = match (&outcome.before, &outcome.after) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(cause), _) | (_, Err(cause)) => return html! { p.failure { "Not known: " (cause) } },
    };
    let is_in = |versions: &[Version], version: &Version| {
        versions
            .iter()
            .any(|one| one.id == version.id && one.key == version.key)
    };
    let new = |version: &Version| !is_in(before, version);
    let gone: Vec<&Version> = before
        .iter()
        .filter(|version| !is_in(after, version))
        .collect();
    let changed: BTreeSet<&str> = after
        .iter()
        .filter(|version| new(version))
        .chain(gone.iter().copied())
        .map(|version| version.key.as_str())
        .collect();
    let shown: Vec<&Version> = after
        .iter()
        .filter(|version| changed.contains(version.key.as_str()))
        .collect();
    html! {
        p.counts {
            (before.len()) " before, " (after.len()) " after: "
            (after.iter().filter(|version| new(version)).count()) " new, " (gone.len()) " gone"
        }
        @if !changed.is_empty() {
            table.versions {
                thead { tr { th { "Key" } th { "Version" } th { "" } } }
                tbody {
                    @for version in shown { (row(version, if new(version) { "NEW" } else { "" })) }
                    @for version in gone { (row(version, "GONE")) }
                }
            }
        }
    }
}

fn row(version: &Version, word: &str) -> Markup {
    html! {
        tr.new[word == "NEW"].gone[word == "GONE"] {
            td.key { (version.key) }
            td.id { (version.id) }
            td { @if version.is_latest { "current " } @if !word.is_empty() { b { (word) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rehearsal::{Ending, Kind, Scenario};
    use std::time::Duration;

    const HOSTILE: &str = "<script>alert(1)</script>\"'&.txt";

    fn version(key: &str, id: &str, is_latest: bool) -> Version {
        Version {
            key: key.to_owned(),
            id: id.to_owned(),
            is_latest,
        }
    }

    fn outcome(failure: Option<&str>) -> Outcome {
        Outcome {
            scenario: Scenario::Modify,
            took: Duration::from_millis(1240),
            mails: Vec::new(),
            ending: failure.map_or(Ending::Pass, |why| Ending::Fail(why.to_owned())),
            told: vec![format!("  {HOSTILE} is changed")],
            before: Ok(vec![
                version(HOSTILE, "1", true),
                version("same", "2", true),
            ]),
            after: Ok(vec![
                version(HOSTILE, "1", false),
                version(HOSTILE, "3", true),
                version("same", "2", true),
            ]),
        }
    }

    fn mail() -> Mail {
        let headers = [
            ("Subject", format!("OK | {HOSTILE}")),
            ("To", "a@b.example".to_owned()),
        ];
        Mail {
            path: format!("/x/{HOSTILE}.eml").into(),
            kind: Kind::Notification,
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: format!("Failed: {HOSTILE}\n</pre><img src=x onerror=alert(1)>\n"),
        }
    }

    fn page(outcome: &Outcome) -> String {
        let page = Page {
            picture: "<svg></svg>".to_owned(),
            version: "0.0.0",
            time: "2026-11-23T09:00:00Z".parse().unwrap(),
            played: &[(outcome, vec![mail()])],
        };
        page.render().into_string()
    }

    /// A file's name comes into the story, the table, the subject and the body.
    #[test]
    fn no_name_of_a_file_becomes_part_of_the_page() {
        let page = page(&outcome(Some(HOSTILE)));
        assert!(
            !page.contains("<script") && !page.contains("<img"),
            "{page}"
        );
        let escaped = page
            .matches("&lt;script&gt;alert(1)&lt;/script&gt;")
            .count();
        assert!(escaped >= 7, "{escaped} times: {page}");
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = page(&outcome(None));
        for from_elsewhere in [
            " src=\"",
            "href=\"http",
            "url(http",
            "@import",
            "<link",
            "<script",
        ] {
            assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
        }
        assert!(page.contains(POLICY.split(';').next().unwrap()));
    }

    #[test]
    fn what_came_of_it_is_said() {
        let passed = page(&outcome(None));
        assert!(passed.contains("PASS, 1 of 1 scenarios") && !passed.contains(">FAIL<"));
        assert!(
            passed.contains("2 before, 3 after: 1 new, 0 gone"),
            "{passed}"
        );
        // The key that did not change is counted only.
        assert!(!passed.contains(">same<"), "{passed}");
        let failed = page(&outcome(Some("no mail came")));
        assert!(failed.contains("FAIL, 0 of 1 scenarios") && failed.contains("no mail came"));
        let mut gone = outcome(None);
        gone.after = Ok(Vec::new());
        assert!(page(&gone).contains("2 before, 0 after: 0 new, 2 gone"));
        gone.after = Err("denied".to_owned());
        assert!(page(&gone).contains("Not known: denied"));
    }
}
