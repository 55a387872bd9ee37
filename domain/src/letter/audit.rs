//! The letter about an audit: what was found in the settings of a bucket, what
//! is not known, and what passed.

use super::body::Body;
use super::message::{Draft, Message};
use super::times::Zone;
use crate::audit::{Audited, Check, Finding, Keeper, Mapped, Report, SCHEMA, Seen, Verdict};
use crate::units::plural;

/// The facts of the letter.
#[derive(Debug)]
pub struct AuditLetter<'a> {
    /// What was found.
    pub report: &'a Report,
    /// The zone in which times are printed beside UTC.
    pub zone: &'a Zone,
}

impl AuditLetter<'_> {
    /// Renders all forms. Equal facts give equal text.
    #[must_use]
    pub fn render(&self) -> Message {
        let report = self.report;
        Message::from(Draft {
            verdict: report.verdict().word(),
            label: "AUDIT",
            severity: report.urgency().word(),
            name: report.name(),
            // The template names the task like its stack.
            task: report.stack.clone(),
            schema: SCHEMA,
            fact: report.headline(),
            sms_more: None,
            time: report.time,
            body: self.body(),
            json: report.json(),
        })
    }

    fn body(&self) -> Body {
        let mut body = Body::default();
        body.paragraph(&self.opening());
        // What hurts most stands where a mail that is too long is not cut.
        let mut audited: Vec<&Audited> = self.report.audited.iter().collect();
        audited.sort_by_key(|audited| std::cmp::Reverse(audited.verdict()));
        for audited in audited {
            self.bucket(&mut body, audited);
        }
        self.sign(&mut body);
        body
    }

    fn opening(&self) -> String {
        let what = match self.report.verdict() {
            Verdict::Ok => "Every check of the audit passed. You have nothing to do.",
            Verdict::Unknown => {
                "It is NOT KNOWN whether the settings are good: S3 did not tell all of them."
            }
            Verdict::Finding => "The settings break what the backup promises.",
            Verdict::Gone => "A bucket does not exist.",
        };
        format!(
            "{what} This is about settings, read at {}; no run is judged here.",
            self.zone.show(self.report.time)
        )
    }

    fn bucket(&self, body: &mut Body, audited: &Audited) {
        body.heading("THE BUCKET");
        body.labelled("Audited", &audited.place());
        if matches!(audited.seen, Seen::Gone) {
            return self.gone(body, audited);
        }
        for promise in audited.promises() {
            body.sentence(&format!("{} {}.", promise.question, promise.answer));
        }
        for (check, finding) in audited.findings() {
            found(body, check, finding);
        }
        self.unknown(body, audited);
        passed(body, audited);
    }

    /// Checks that lack the same answer stand together.
    fn unknown(&self, body: &mut Body, audited: &Audited) {
        let mut causes: Vec<(String, Vec<&str>)> = Vec::new();
        for (check, not_known) in audited.not_known() {
            let cause = format!("{}: {}", not_known.action, not_known.cause);
            match causes.iter_mut().find(|(known, _)| *known == cause) {
                Some((_, ids)) => ids.push(check.id),
                None => causes.push((cause, vec![check.id])),
            }
        }
        if causes.is_empty() {
            return;
        }
        body.heading("NOT KNOWN");
        for (cause, ids) in causes {
            body.line(&ids.join(", "), &cause);
        }
        match audited.keeper {
            Keeper::Stack { .. } => {
                body.sentence("Do: give the function's role what is denied, or ask again later");
            }
            Keeper::Existing => {
                body.sentence(
                    "Do: give the function's role what is denied, see whether the bucket's own \
                     policy denies it, or ask again later",
                );
            }
            Keeper::Other => {
                body.sentence("Do: if it is denied, let audits read other buckets");
                body.whole(&format!(
                    "efs-backup deploy --region {} --stack-name {} --parameter AuditAllBuckets=true",
                    self.report.task.region, self.report.stack
                ));
            }
        }
    }

    fn gone(&self, body: &mut Body, audited: &Audited) {
        body.sentence("There is no bucket of this name: nothing can be got back from it.");
        body.sentence("Do: see who deleted it (CloudTrail knows the last 90 days)");
        body.whole(&format!(
            "aws cloudtrail lookup-events --region {} --lookup-attributes AttributeKey=ResourceName,AttributeValue={}",
            self.report.task.region, audited.bucket
        ));
    }

    fn sign(&self, body: &mut Body) {
        let task = &self.report.task;
        body.heading("IDS");
        body.sentence(&format!(
            "Account {}, {}, stack {}",
            task.account, task.region, self.report.stack
        ));
        body.whole(task.as_str());
        body.paragraph("The link SNS adds below stops these mails for this address.");
    }
}

fn found(body: &mut Body, check: &Check, finding: &Finding) {
    body.heading(&format!(
        "{} {}: {}",
        check.severity.word().to_uppercase(),
        check.id,
        check.fails
    ));
    body.line("Set", &finding.evidence);
    body.line("Harm", &finding.harm);
    body.line("Do", &finding.remedy.effect);
    body.whole(&finding.remedy.command);
    let Mapped {
        security_hub,
        prowler,
        config,
    } = check.mapped;
    let names: Vec<&str> = [security_hub, prowler, config].concat();
    if !names.is_empty() {
        body.line("Others call it", &names.join(", "));
    }
}

fn passed(body: &mut Body, audited: &Audited) {
    let passed: Vec<&Check> = audited.passed().collect();
    if passed.is_empty() {
        return;
    }
    let count = u64::try_from(passed.len()).unwrap_or(u64::MAX);
    body.heading(&format!("PASSED: {}", plural(count, "check", "checks")));
    for check in passed {
        body.sentence(&format!("{} {}", check.id, check.holds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{
        expiring, gone, healthy, keeping, not_known, of_somebody_else, report, with_rules,
    };
    use crate::audit::{Bucket, Versioning, audit};
    use insta::assert_snapshot;

    fn letter(audited: Vec<Audited>) -> Message {
        let (report, zone) = (report(audited), "Europe/Berlin".parse().unwrap());
        AuditLetter {
            report: &report,
            zone: &zone,
        }
        .render()
    }

    fn whole(message: &Message) -> String {
        let attributes: Vec<String> = message
            .attributes()
            .map(|(name, text)| format!("{name}={text}"))
            .collect();
        format!(
            "Subject: {}\nAttributes: {}\nSMS: {}\n\n{}",
            message.subject(),
            attributes.join(" "),
            message.sms(),
            message.body()
        )
    }

    fn drifted() -> Audited {
        audit(&Bucket {
            versioning: Ok(Versioning::Suspended),
            ..healthy()
        })
    }

    #[test]
    fn letters_read_like_this() {
        let denied = Bucket {
            lifecycle: Err(not_known("s3:GetLifecycleConfiguration")),
            ..healthy()
        };
        let spoilt = with_rules(vec![expiring("tidy", 30), keeping("short", 7)]);
        let other = of_somebody_else(vec![expiring("tidy", 30), keeping("good", 400)]);
        let other = Bucket {
            versioning: Err(not_known("s3:GetBucketVersioning")),
            ..other
        };
        assert_snapshot!("audit_fine", whole(&letter(vec![audit(&healthy())])));
        assert_snapshot!("audit_drift", whole(&letter(vec![drifted()])));
        assert_snapshot!("audit_not_known", whole(&letter(vec![audit(&denied)])));
        assert_snapshot!("audit_spoilt_rules", whole(&letter(vec![audit(&spoilt)])));
        assert_snapshot!(
            "audit_several",
            whole(&letter(vec![audit(&healthy()), audit(&other), gone()]))
        );
    }

    #[test]
    fn the_machine_form_is_the_report() {
        let message = letter(vec![drifted()]);
        let form: serde_json::Value = serde_json::from_str(message.json()).unwrap();
        assert_eq!(form, report(vec![drifted()]).json());
    }

    /// The lines that a reader's eye follows; commands and addresses may be longer.
    #[test]
    fn lines_stay_narrow() {
        let spoilt = with_rules(vec![expiring(&"x".repeat(255), 30), keeping("short", 7)]);
        for line in letter(vec![drifted(), audit(&spoilt), gone()])
            .body()
            .lines()
        {
            let whole = line.starts_with("  aws ")
                || line.starts_with("  efs-backup ")
                || line.contains("arn:")
                || line.contains(&"x".repeat(20));
            assert!(whole || line.len() <= 72, "{line}");
        }
    }

    #[test]
    fn the_worst_bucket_comes_first() {
        let mut many: Vec<Audited> = (0..100).map(|_| audit(&healthy())).collect();
        many.push(drifted());
        let body = letter(many).body().to_owned();
        assert!(body.find("VER-02").unwrap() < body.find("PASSED").unwrap());
        assert!(body.contains("(cut"), "a hundred buckets do not fit");
    }
}
