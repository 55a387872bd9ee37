//! The answers about some buckets, and what they come to.

use super::bucket::Keeper;
use super::checks::Check;
use super::finding::{Answer, Finding, NotKnown, Severity};
use crate::arn::TaskArn;
use crate::units::plural;
use crate::verdict;
use jiff::Timestamp;

/// An audit, whole.
#[derive(Debug)]
pub struct Report {
    /// The stack that asked.
    pub stack: String,
    /// Its task.
    pub task: TaskArn,
    /// When the buckets were asked.
    pub time: Timestamp,
    /// From which severity on a finding counts.
    pub fail_on: Severity,
    /// The buckets, in the order of the request.
    pub audited: Vec<Audited>,
}

/// One bucket.
#[derive(Debug)]
pub struct Audited {
    /// Its name.
    pub bucket: String,
    /// What the keys of the backup begin with.
    pub prefix: String,
    /// Who keeps its settings.
    pub keeper: Keeper,
    /// What was seen of it.
    pub seen: Seen,
}

/// What was seen of a bucket.
#[derive(Debug)]
pub enum Seen {
    /// There is no such bucket.
    Gone,
    /// Its settings were asked for.
    Here {
        /// One answer a check.
        answers: Vec<(&'static Check, Answer)>,
        /// For how many days its rules keep noncurrent versions.
        shortest_days: Option<u32>,
    },
}

/// What an audit comes to, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every check passed.
    Ok,
    /// Nothing was found, but not everything is known.
    Unknown,
    /// Something was found.
    Finding,
    /// A bucket does not exist.
    Gone,
}

impl Verdict {
    /// The word in attributes and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "OK",
            Verdict::Unknown => "UNKNOWN",
            Verdict::Finding => "FINDING",
            Verdict::Gone => "GONE",
        }
    }
}

impl Audited {
    /// `s3://bucket/prefix`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    /// Every check with its answer; none where there is no bucket.
    pub fn answers(&self) -> impl Iterator<Item = (&'static Check, &Answer)> {
        let answers = match &self.seen {
            Seen::Gone => [].as_slice(),
            Seen::Here { answers, .. } => answers,
        };
        answers.iter().map(|(check, answer)| (*check, answer))
    }

    /// The findings, worst first.
    #[must_use]
    pub fn findings(&self) -> Vec<(&'static Check, &Finding)> {
        let mut found: Vec<_> = self
            .answers()
            .filter_map(|(check, answer)| match answer {
                Answer::Found(finding) => Some((check, finding)),
                Answer::Passed | Answer::NotKnown(_) => None,
            })
            .collect();
        found.sort_by_key(|(check, _)| std::cmp::Reverse(check.severity));
        found
    }

    /// What is not known.
    pub fn not_known(&self) -> impl Iterator<Item = (&'static Check, &NotKnown)> {
        self.answers().filter_map(|(check, answer)| match answer {
            Answer::NotKnown(not_known) => Some((check, not_known)),
            Answer::Passed | Answer::Found(_) => None,
        })
    }

    /// What passed.
    pub fn passed(&self) -> impl Iterator<Item = &'static Check> {
        self.answers()
            .filter(|(_, answer)| **answer == Answer::Passed)
            .map(|(check, _)| check)
    }

    /// What this bucket comes to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if matches!(self.seen, Seen::Gone) {
            Verdict::Gone
        } else if !self.findings().is_empty() {
            Verdict::Finding
        } else if self.not_known().next().is_some() {
            Verdict::Unknown
        } else {
            Verdict::Ok
        }
    }
}

impl Report {
    /// The worst verdict on a bucket. Nothing audited is nothing known.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.audited.iter().map(Audited::verdict);
        verdicts.max().unwrap_or(Verdict::Unknown)
    }

    /// The worst finding's severity.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        let severities = self.findings().map(|(_, check, _)| check.severity);
        severities.max()
    }

    /// Whether it calls for somebody: a finding of at least this severity, a
    /// bucket that is gone, or anything that is not known.
    #[must_use]
    pub fn is_bad(&self, from: Severity) -> bool {
        let gone = self.verdict() == Verdict::Gone;
        gone || self.not_known() > 0 || self.worst() >= Some(from)
    }

    /// What a message about it asks of its reader, in the words of all messages.
    #[must_use]
    pub fn urgency(&self) -> verdict::Severity {
        match (self.verdict(), self.worst()) {
            (Verdict::Gone, _) | (_, Some(Severity::High | Severity::Critical)) => {
                verdict::Severity::Error
            }
            (_, Some(Severity::Low | Severity::Medium)) => verdict::Severity::Warning,
            _ if self.not_known() > 0 => verdict::Severity::Warning,
            _ => verdict::Severity::Info,
        }
    }

    /// The bucket's name, or how many there are.
    #[must_use]
    pub fn name(&self) -> String {
        match self.audited.as_slice() {
            [one] => one.bucket.clone(),
            all => plural(count(all.len()), "bucket", "buckets"),
        }
    }

    /// The one fact that a subject has room for.
    #[must_use]
    pub fn headline(&self) -> String {
        let gone = self.gone().count();
        let (found, not_known) = (self.findings().count(), self.not_known());
        let worst = self.worst();
        let worst = self
            .findings()
            .find(|(_, check, _)| Some(check.severity) == worst);
        match worst {
            _ if gone > 0 && self.audited.len() == 1 => "the bucket does not exist".to_owned(),
            _ if gone > 0 => format!("{gone} of {} buckets do not exist", self.audited.len()),
            Some((_, check, _)) => {
                let more = match found - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{}: {}{more}", check.severity, check.fails)
            }
            None if not_known > 0 => format!("{not_known} of {} checks not known", self.asked()),
            None => format!("all {} checks passed", self.asked()),
        }
    }

    /// The findings of all buckets.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&Audited, &'static Check, &Finding)> {
        self.audited.iter().flat_map(|audited| {
            let found = audited.findings().into_iter();
            found.map(move |(check, finding)| (audited, check, finding))
        })
    }

    /// The buckets that do not exist.
    pub(super) fn gone(&self) -> impl Iterator<Item = &Audited> {
        self.audited
            .iter()
            .filter(|audited| matches!(audited.seen, Seen::Gone))
    }

    /// How many answers are not known.
    pub(super) fn not_known(&self) -> usize {
        self.audited
            .iter()
            .map(|audited| audited.not_known().count())
            .sum()
    }

    fn asked(&self) -> usize {
        self.audited
            .iter()
            .map(|audited| audited.answers().count())
            .sum()
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{expiring, gone, healthy, keeping, not_known, report, with_rules};
    use crate::audit::{Bucket, Versioning, audit};

    #[test]
    fn what_some_buckets_come_to() {
        let fine = || audit(&healthy());
        let suspended = || {
            audit(&Bucket {
                versioning: Ok(Versioning::Suspended),
                ..healthy()
            })
        };
        let denied = || {
            audit(&Bucket {
                lifecycle: Err(not_known("s3:GetLifecycleConfiguration")),
                ..healthy()
            })
        };
        let bare = || audit(&with_rules(vec![]));
        let two = || audit(&with_rules(vec![expiring("e", 1), keeping("k", 1)]));
        use crate::verdict::Severity::{Error, Info, Warning};
        #[rustfmt::skip]
        let cases = [
            (vec![fine()],              "OK",      Info,    false, "all 5 checks passed"),
            (vec![fine(), fine()],      "OK",      Info,    false, "all 10 checks passed"),
            (vec![denied()],            "UNKNOWN", Warning, true,  "3 of 5 checks not known"),
            (vec![bare()],              "FINDING", Error,   true,  "high: no lifecycle rule is enabled"),
            (vec![suspended()],         "FINDING", Error,   true,  "critical: versioning is suspended"),
            (vec![bare(), suspended()], "FINDING", Error,   true,  "critical: versioning is suspended and 1 more"),
            (vec![two()],               "FINDING", Error,   true,  "critical: a rule expires current copies and 1 more"),
            (vec![denied(), fine()],    "UNKNOWN", Warning, true,  "3 of 10 checks not known"),
            (vec![gone()],              "GONE",    Error,   true,  "the bucket does not exist"),
            (vec![gone(), bare()],      "GONE",    Error,   true,  "1 of 2 buckets do not exist"),
            (vec![],                    "UNKNOWN", Info,    false, "all 0 checks passed"),
        ];
        for (audited, verdict, urgency, bad, headline) in cases {
            let report = report(audited);
            assert_eq!(report.headline(), headline);
            assert_eq!(report.verdict().word(), verdict, "{headline}");
            assert_eq!(report.urgency(), urgency, "{headline}");
            assert_eq!(report.is_bad(Severity::High), bad, "{headline}");
        }
    }

    #[test]
    fn only_findings_from_a_severity_on_count() {
        let high = report(vec![audit(&with_rules(vec![]))]);
        let counted = Severity::FALLING.map(|from| high.is_bad(from));
        assert_eq!(counted, [false, true, true, true, true]);
    }
}
