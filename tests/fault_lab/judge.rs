//! The judge. It sees which executions ended, and how, and the mails that came; of
//! the product it knows nothing but that a mail's subject begins with a verdict and
//! its text names the execution.

use rehearsal::Mail;
use std::collections::BTreeMap;

/// An execution that ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) arn: String,
    /// Whether all of its files are in the bucket.
    pub(super) is_good: bool,
}

/// What was told about the executions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judgement {
    /// Executions without a mail.
    pub(super) silent: Vec<String>,
    /// Executions with a mail that tells nothing new.
    pub(super) repeated: Vec<String>,
    /// Mails that tell nothing new.
    pub(super) too_many: usize,
    /// Subjects that contradict what happened.
    pub(super) wrong: Vec<String>,
    /// Executions of which a mail said that it is not known.
    pub(super) unknown: usize,
}

/// What a verdict promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    Good,
    NotGood,
    Nothing,
}

/// Compares executions and mails.
pub(super) fn judge(ended: &[Ended], mails: &[Mail]) -> Judgement {
    let told = by_execution(mails);
    let mut judgement = Judgement::default();
    for execution in ended {
        let told = told.get(execution.arn.as_str());
        judgement.add(execution, told.map_or(&[], Vec::as_slice));
    }
    judgement
}

impl Judgement {
    fn add(&mut self, execution: &Ended, told: &[(Promise, &str)]) {
        let arn = &execution.arn;
        if told.is_empty() {
            self.silent.push(arn.clone());
        }
        let too_many = repetitions(told);
        if too_many > 0 {
            self.repeated.push(arn.clone());
        }
        self.too_many += too_many;
        let unknown = told.iter().any(|(promise, _)| *promise == Promise::Nothing);
        self.unknown += usize::from(unknown);
        let opposite = match execution.is_good {
            true => Promise::NotGood,
            false => Promise::Good,
        };
        let wrong = told.iter().filter(|(promise, _)| *promise == opposite);
        let wrong = wrong.map(|(_, subject)| format!("{arn}: {subject}"));
        self.wrong.extend(wrong);
    }
}

/// Mails after the first one; but what became known may follow what was not.
fn repetitions(told: &[(Promise, &str)]) -> usize {
    let followed = matches!(told, [(Promise::Nothing, _), rest @ ..]
        if rest.iter().any(|(promise, _)| *promise != Promise::Nothing));
    told.len().saturating_sub(1 + usize::from(followed))
}

/// What was promised of each execution, in order, with the subject. Mails that are
/// not about the end of one are none of the judge's business.
fn by_execution(mails: &[Mail]) -> BTreeMap<&str, Vec<(Promise, &str)>> {
    let mut told: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for mail in mails {
        let lines = mail.body.lines().map(str::trim);
        let mut named =
            lines.filter(|line| line.starts_with("arn:") && line.contains("/execution/"));
        if let (Some(promise), Some(arn)) = (promise(mail.subject()), named.next_back()) {
            told.entry(arn).or_default().push((promise, mail.subject()));
        }
    }
    told
}

fn promise(subject: &str) -> Option<Promise> {
    match subject.split(" | ").next()? {
        "OK" | "NO CHANGE" | "RECOVERED" | "SUSPECT" => Some(Promise::Good),
        "PARTIAL" | "FAILED" => Some(Promise::NotGood),
        "UNKNOWN" => Some(Promise::Nothing),
        _ => None,
    }
}

/// Whoever judges must be able to condemn.
pub(super) fn condemns_what_it_must() -> anyhow::Result<()> {
    #[rustfmt::skip]
    let cases: [(&str, bool, &[&str], [usize; 4]); 10] = [
        // subjects, and then: silent, too many, wrong, unknown
        ("told once",                   true,  &["OK"],                    [0, 0, 0, 0]),
        ("told as bad",                 false, &["PARTIAL"],               [0, 0, 0, 0]),
        ("never told",                  true,  &[],                        [1, 0, 0, 0]),
        ("only a letter of the watch",  true,  &["WATCH"],                 [1, 0, 0, 0]),
        ("told twice",                  true,  &["OK", "OK"],              [0, 1, 0, 0]),
        ("wrongly good",                false, &["NO CHANGE"],             [0, 0, 1, 0]),
        ("wrongly bad",                 true,  &["FAILED"],                [0, 0, 1, 0]),
        ("not known",                   false, &["UNKNOWN"],               [0, 0, 0, 1]),
        ("known later",                 true,  &["UNKNOWN", "OK"],         [0, 0, 0, 1]),
        ("forgotten, and told again",   true,  &["OK", "UNKNOWN", "OK"],   [0, 2, 0, 1]),
    ];
    let arn = "arn:aws:datasync:x:1:task/t/execution/e";
    for (name, is_good, words, expected) in cases {
        let ended = Ended {
            arn: arn.to_owned(),
            is_good,
        };
        let mails: Vec<Mail> = words.iter().map(|word| mail(word, arn)).collect();
        let judged = judge(&[ended], &mails);
        let found = [
            judged.silent.len(),
            judged.too_many,
            judged.wrong.len(),
            judged.unknown,
        ];
        anyhow::ensure!(found == expected, "{name}: {judged:?}");
    }
    Ok(())
}

fn mail(word: &str, arn: &str) -> Mail {
    let subject = format!("{word} | web | 3 files | 2026-11-23 02:14Z");
    Mail {
        path: "1.eml".into(),
        kind: rehearsal::Kind::Notification,
        headers: [("Subject".to_owned(), subject)].into(),
        body: format!("IDS\n  {arn}\n"),
    }
}
