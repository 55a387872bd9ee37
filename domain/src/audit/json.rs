//! The report for programs, schema `backup.audit/1`. Additive changes only.

use super::checks::{Check, Mapped};
use super::finding::{Finding, NotKnown, Severity};
use super::report::{Audited, Report, Seen};
use serde_json::{Map, Value, json};

/// The schema's name and version.
pub const SCHEMA: &str = "backup.audit/1";

impl Report {
    /// The report as JSON. Every check of every bucket stands in exactly one of
    /// `findings`, `unknown` and `passed`; a bucket without settings in `gone`.
    #[must_use]
    pub fn json(&self) -> Value {
        let each = |part: fn(&Audited) -> Vec<Value>| -> Vec<Value> {
            self.audited.iter().flat_map(part).collect()
        };
        json!({
            "schema": SCHEMA,
            "verdict": self.verdict().word(),
            "severity": self.urgency().word(),
            "exit_hint": u8::from(self.is_bad(self.fail_on)),
            "headline": self.headline(),
            "time": self.time,
            "fail_on": self.fail_on,
            "stack": self.stack,
            "account": self.task.account,
            "region": self.task.region,
            "task": { "name": self.stack, "arn": self.task.as_str() },
            "buckets": self.audited.iter().map(bucket).collect::<Vec<_>>(),
            "counts": self.counts(),
            "gone": self.gone().map(|gone| gone.bucket.as_str()).collect::<Vec<_>>(),
            "findings": each(findings),
            "unknown": each(unknown),
            "passed": each(passed),
        })
    }

    fn counts(&self) -> Value {
        let severity = |severity| {
            self.findings()
                .filter(|(_, check, _)| check.severity == severity)
                .count()
        };
        let mut counts: Map<String, Value> = Severity::FALLING
            .into_iter()
            .map(|each| (each.word().to_owned(), severity(each).into()))
            .collect();
        let passed: usize = self
            .audited
            .iter()
            .map(|audited| audited.passed().count())
            .sum();
        counts.insert("unknown".to_owned(), self.not_known().into());
        counts.insert("passed".to_owned(), passed.into());
        counts.into()
    }
}

fn bucket(audited: &Audited) -> Value {
    let promises = audited.promises().into_iter();
    let promises: Vec<Value> = promises
        .map(|promise| json!({"question": promise.question, "kept": promise.kept, "answer": promise.answer}))
        .collect();
    json!({
        "name": audited.bucket,
        "prefix": audited.prefix,
        "exists": !matches!(audited.seen, Seen::Gone),
        "verdict": audited.verdict().word(),
        "promises": promises,
    })
}

fn findings(audited: &Audited) -> Vec<Value> {
    let found = audited.findings().into_iter();
    found
        .map(|(check, found)| finding(audited, check, found))
        .collect()
}

fn finding(audited: &Audited, check: &Check, finding: &Finding) -> Value {
    let Mapped {
        security_hub,
        prowler,
        config,
    } = check.mapped;
    json!({
        "check": check.id,
        "severity": check.severity,
        "bucket": audited.bucket,
        "resource": audited.place(),
        "title": check.fails,
        "evidence": finding.evidence,
        "harm": finding.harm,
        "remedy": { "command": finding.remedy.command, "effect": finding.remedy.effect },
        "maps": { "security_hub": security_hub, "prowler": prowler, "aws_config": config },
    })
}

fn unknown(audited: &Audited) -> Vec<Value> {
    let not_known = audited.not_known();
    not_known
        .map(|(check, NotKnown { action, cause })| {
            json!({
                "check": check.id, "severity": check.severity, "bucket": audited.bucket,
                "action": action, "cause": cause,
            })
        })
        .collect()
}

fn passed(audited: &Audited) -> Vec<Value> {
    let passed = audited.passed();
    passed
        .map(|check| json!({"check": check.id, "bucket": audited.bucket, "title": check.holds}))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::audit::fixtures::{
        expiring, gone, healthy, keeping, not_known, of_somebody_else, report,
    };
    use crate::audit::{Bucket, Filter, Rule, audit};

    #[test]
    fn a_report_reads_like_this() {
        let denied = not_known("s3:GetBucketVersioning");
        let other = Bucket {
            versioning: Err(denied),
            ..of_somebody_else(vec![expiring("tidy up", 30)])
        };
        let report = report(vec![audit(&healthy()), audit(&other), gone()]);
        let text = serde_json::to_string_pretty(&report.json()).unwrap();
        insta::assert_snapshot!("report", text);
    }

    /// Lambda answers 6 MB at most. However many rules a bucket has, what is said
    /// about it stays short.
    #[test]
    fn the_report_on_a_bucket_is_short() {
        let filter = Filter {
            prefix: "p".repeat(1024),
            tags: vec![("k".repeat(128), "v".repeat(256)); 10],
            ..Filter::default()
        };
        let rule = |n| Rule {
            filter: filter.clone(),
            noncurrent: keeping("", 1).noncurrent,
            ..expiring(&format!("{n:->255}"), 1)
        };
        let worst = of_somebody_else((0..1000).map(rule).collect());
        let worst = Bucket {
            name: "b".repeat(63),
            versioning: Err(crate::audit::NotKnown {
                cause: "c".repeat(500),
                ..not_known("s3:GetBucketVersioning")
            }),
            ..worst
        };
        let length = report(vec![audit(&worst)]).json().to_string().len();
        assert!(length < 20_000, "{length} bytes");
    }
}
