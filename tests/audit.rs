//! The audit of buckets: what is found, what is not known, and who is told.

use crate::harness::{self, Stage, audit, denied, no_mail, one_mail};
use anyhow::{Context, ensure};
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, CreateBucketConfiguration,
    ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration, NoncurrentVersionTransition, TransitionStorageClass,
};
use serde_json::{Value, json};

const AUDITOR: &str = "AuditBucketFunctionName";

/// The ids of a part of a report, such as `findings`.
fn ids(report: &Value, part: &str) -> Vec<String> {
    let all = report[part].as_array().into_iter().flatten();
    all.map(|one| one["check"].as_str().unwrap_or_default().to_owned())
        .collect()
}

pub(crate) async fn the_bucket_of_the_stack_is_fine(stage: &Stage) -> anyhow::Result<()> {
    let quiet = json!({"notify": true, "fail_on": "high"});
    let report = no_mail(stage, audit(stage, &quiet)).await?.payload;
    ensure!(
        report["schema"] == "backup.audit/1" && report["verdict"] == "OK",
        "{report}"
    );
    ensure!(
        report["mail"].is_null() && report["exit_hint"] == 0,
        "{report}"
    );
    let passed = ["VER-01", "VER-02", "LC-01", "LC-03", "LC-04"];
    ensure!(ids(&report, "passed") == passed, "{report}");
    ensure!(
        report["counts"]["passed"] == 5 && report["counts"]["unknown"] == 0,
        "{report}"
    );
    let place = &report["buckets"][0];
    ensure!(
        place["name"] == stage.output("BackupBucketName")? && place["prefix"] == "efs/",
        "{place}"
    );
    ensure!(
        place["promises"][1]["answer"] == "YES, for 365 days or longer",
        "{place}"
    );
    Ok(())
}

pub(crate) async fn a_good_report_is_mailed_if_that_is_asked_for(
    stage: &Stage,
) -> anyhow::Result<()> {
    let (answer, mail) = one_mail(stage, audit(stage, &json!({"notify": true}))).await?;
    ensure!(mail.subject().starts_with("AUDIT | "), "{}", mail.subject());
    ensure!(
        mail.subject().contains(" | all 5 checks passed | "),
        "{}",
        mail.subject()
    );
    ensure!(
        mail.attribute("verdict") == "OK" && mail.attribute("schema") == "backup.audit/1",
        "{:?}",
        mail.headers
    );
    ensure!(
        mail.attribute("task") == harness::STACK,
        "{:?}",
        mail.headers
    );
    ensure!(
        answer.payload["mail"]["message_id"].is_string(),
        "{}",
        answer.payload
    );
    Ok(())
}

/// Each drift is found, and its command sets back exactly what was deployed; but
/// where no rule removes old versions any more, it has none of them removed.
pub(crate) async fn a_drift_is_found_and_its_command_undoes_it(
    stage: &Stage,
) -> anyhow::Result<()> {
    let deployed = lifecycle(stage).await?;
    let forty = expiring("tidy up", 40)?;
    let week = keeping("short", 7)?;
    let held: Vec<LifecycleRule> = deployed
        .iter()
        .map(|rule| match rule.id() {
            Some("expire-old-versions") => off(rule),
            _ => Ok(rule.clone()),
        })
        .collect::<anyhow::Result<_>>()?;
    ensure!(held != deployed, "no rule removes old versions");
    #[rustfmt::skip]
    let drifts: [(Vec<LifecycleRule>, &str, &str); 4] = [
        (vec![],                                     "LC-01", "the bucket has no lifecycle configuration"),
        ([deployed.clone(), vec![forty]].concat(),   "LC-03", "rule \"tidy up\" (all keys) expires current versions 40 days after they were written"),
        ([vec![week], deployed.clone()].concat(),    "LC-04", "rule \"short\" (all keys) removes old versions after 7 days"),
        (vec![off(&deployed[0])?],                   "LC-01", "its only rule is disabled"),
    ];
    for (rules, id, evidence) in drifts {
        set_lifecycle(stage, rules).await?;
        let found = found(stage, id, evidence).await;
        let command = found
            .as_ref()
            .map_or_else(|_| Ok(deployed.clone()), |command| rules_in(command));
        set_lifecycle(stage, command?).await?;
        let after = lifecycle(stage).await?;
        set_lifecycle(stage, deployed.clone()).await?;
        found?;
        let expected = if id == "LC-01" { &held } else { &deployed };
        ensure!(after == *expected, "the command for {id} sets other rules");
    }
    let report = audit(stage, &json!({})).await?.payload;
    ensure!(report["verdict"] == "OK", "{report}");
    Ok(())
}

/// The command against a finding, of which there must be this one alone.
async fn found(stage: &Stage, id: &str, evidence: &str) -> anyhow::Result<String> {
    let order = json!({"notify": true, "fail_on": "high"});
    let (answer, mail) = one_mail(stage, audit(stage, &order)).await?;
    let report = answer.payload;
    ensure!(ids(&report, "findings") == [id], "{report}");
    ensure!(
        report["exit_hint"] == 1 && report["verdict"] == "FINDING",
        "{report}"
    );
    let finding = &report["findings"][0];
    ensure!(finding["evidence"] == evidence, "{finding}");
    let command = finding["remedy"]["command"]
        .as_str()
        .context("no command")?;
    let in_mail = mail.body.lines().any(|line| line == format!("  {command}"));
    ensure!(in_mail, "the mail lacks {command}:\n{}", mail.body);
    Ok(command.to_owned())
}

/// What S3 does not tell is not known, and never fine; what it tells is judged.
pub(crate) async fn a_denied_call_is_not_known(stage: &Stage) -> anyhow::Result<()> {
    let (versioning, lifecycle) = ("s3:GetBucketVersioning", "s3:GetLifecycleConfiguration");
    #[rustfmt::skip]
    let cases: [(&[&str], &[&str]); 3] = [
        (&[lifecycle],             &["LC-01", "LC-03", "LC-04"]),
        (&[versioning],            &["VER-01", "VER-02"]),
        (&[versioning, lifecycle], &["VER-01", "VER-02", "LC-01", "LC-03", "LC-04"]),
    ];
    for (actions, expected) in cases {
        let quiet = json!({"notify": true, "fail_on": "critical"});
        let audited = one_mail(stage, audit(stage, &quiet));
        let (answer, mail) = denied(stage, AUDITOR, actions, audited).await?;
        let report = answer.payload;
        ensure!(
            !answer.is_error && report["verdict"] == "UNKNOWN",
            "{report}"
        );
        ensure!(ids(&report, "unknown") == expected, "{actions:?}: {report}");
        ensure!(
            ids(&report, "passed").len() == 5 - expected.len(),
            "{report}"
        );
        ensure!(report["unknown"][0]["action"] == actions[0], "{report}");
        let cause = report["unknown"][0]["cause"].as_str().unwrap_or_default();
        ensure!(cause.starts_with("AccessDenied: "), "{cause}");
        ensure!(mail.attribute("verdict") == "UNKNOWN", "{}", mail.subject());
        ensure!(
            mail.body
                .contains("It is NOT KNOWN whether the settings are good"),
            "{}",
            mail.body
        );
    }
    Ok(())
}

pub(crate) async fn other_buckets_are_audited_by_name(stage: &Stage) -> anyhow::Result<()> {
    let (other, own) = ("somebody-elses-logs", stage.output("BackupBucketName")?);
    let here = CreateBucketConfiguration::builder().location_constraint(rehearsal::REGION.into());
    let request = stage.s3.create_bucket().bucket(other);
    request
        .create_bucket_configuration(here.build())
        .send()
        .await?;
    let configuration = configuration(vec![expiring("tidy", 30)?])?;
    let request = stage.s3.put_bucket_lifecycle_configuration().bucket(other);
    request
        .lifecycle_configuration(configuration)
        .send()
        .await?;

    let order = json!({"buckets": [own, other, "no-such-bucket-here"], "notify": true, "fail_on": "critical"});
    let (answer, mail) = one_mail(stage, audit(stage, &order)).await?;
    let report = answer.payload;
    ensure!(report["gone"] == json!(["no-such-bucket-here"]), "{report}");
    ensure!(ids(&report, "findings") == ["VER-01", "LC-03"], "{report}");
    ensure!(report["findings"][0]["bucket"] == other, "{report}");
    let command = report["findings"][1]["remedy"]["command"]
        .as_str()
        .unwrap_or_default();
    let delete =
        format!("aws s3api delete-bucket-lifecycle --region eu-central-1 --bucket {other}");
    ensure!(command == delete, "{command}");
    let verdicts: Vec<&Value> = (0..3).map(|n| &report["buckets"][n]["verdict"]).collect();
    ensure!(verdicts == ["OK", "FINDING", "GONE"], "{verdicts:?}");
    ensure!(
        mail.subject()
            .contains(" | 3 buckets | 1 of 3 buckets do not exist | "),
        "{}",
        mail.subject()
    );
    stage.s3.delete_bucket().bucket(other).send().await?;
    Ok(())
}

pub(crate) async fn an_order_that_makes_no_sense_is_refused(stage: &Stage) -> anyhow::Result<()> {
    #[rustfmt::skip]
    let cases = [
        (json!({"notfy": true}),       "the request is not understood: unknown field `notfy`; known are `buckets`, `notify` and `fail_on`"),
        (json!({"notify": "yes"}),     "the request is not understood: field `notify`: invalid type: string \"yes\", expected a boolean"),
        (json!({"fail_on": "urgent"}), "the request is not understood: field `fail_on`: unknown variant `urgent`"),
        (json!({"buckets": []}),       "the request is not understood: field `buckets`: it is empty"),
        (json!({"all": true}),         "the request is not understood: field `all`: the buckets of an account cannot be listed yet"),
        (json!([]),                    "the request is not understood: it is no JSON object"),
    ];
    for (order, expected) in cases {
        let answer = no_mail(stage, audit(stage, &order)).await?;
        let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
        ensure!(
            answer.is_error && message.starts_with(expected),
            "{order}: {}",
            answer.payload
        );
        ensure!(
            answer.payload["errorType"] == "BadRequest",
            "{}",
            answer.payload
        );
    }
    Ok(())
}

pub(crate) async fn a_letter_that_is_not_published_is_an_error(
    stage: &Stage,
) -> anyhow::Result<()> {
    let order = json!({"notify": true});
    let audited = no_mail(stage, audit(stage, &order));
    let answer = denied(stage, AUDITOR, &["sns:Publish"], audited).await?;
    let message = answer.payload["errorMessage"].as_str().unwrap_or_default();
    ensure!(
        answer.is_error && message.starts_with("sns:Publish failed for arn:aws:sns:"),
        "{message}"
    );
    Ok(())
}

async fn lifecycle(stage: &Stage) -> anyhow::Result<Vec<LifecycleRule>> {
    let request = stage.s3.get_bucket_lifecycle_configuration();
    let answer = request
        .bucket(stage.output("BackupBucketName")?)
        .send()
        .await?;
    Ok(answer.rules().to_vec())
}

/// Replaces the rules of the backup bucket; none removes the configuration.
async fn set_lifecycle(stage: &Stage, rules: Vec<LifecycleRule>) -> anyhow::Result<()> {
    let bucket = stage.output("BackupBucketName")?;
    if rules.is_empty() {
        stage
            .s3
            .delete_bucket_lifecycle()
            .bucket(bucket)
            .send()
            .await?;
        return Ok(());
    }
    let request = stage.s3.put_bucket_lifecycle_configuration().bucket(bucket);
    request
        .lifecycle_configuration(configuration(rules)?)
        .send()
        .await?;
    Ok(())
}

fn configuration(rules: Vec<LifecycleRule>) -> anyhow::Result<BucketLifecycleConfiguration> {
    let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(rules));
    Ok(configuration.build()?)
}

fn expiring(id: &str, days: i32) -> anyhow::Result<LifecycleRule> {
    rule(
        &json!({"ID": id, "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}),
    )
}

fn keeping(id: &str, days: i32) -> anyhow::Result<LifecycleRule> {
    rule(
        &json!({"ID": id, "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days}}),
    )
}

fn off(rule: &LifecycleRule) -> anyhow::Result<LifecycleRule> {
    let mut rule = rule.clone();
    rule.status = ExpirationStatus::Disabled;
    Ok(rule)
}

/// The rules inside a command, as the AWS CLI would send them.
fn rules_in(command: &str) -> anyhow::Result<Vec<LifecycleRule>> {
    let rules = command
        .split('\'')
        .nth(1)
        .context("no JSON in the command")?;
    let rules: Value = serde_json::from_str(rules)?;
    rules["Rules"]
        .as_array()
        .context("no rules")?
        .iter()
        .map(rule)
        .collect()
}

/// A rule from the JSON of the AWS CLI; a field that is not read here is an error.
fn rule(json: &Value) -> anyhow::Result<LifecycleRule> {
    let mut rule = LifecycleRule::builder();
    for (name, value) in json.as_object().context("no rule")? {
        let text = || value.as_str().unwrap_or_default();
        rule = match name.as_str() {
            "ID" => rule.id(text()),
            "Status" => rule.status(text().into()),
            "Filter" => rule.filter(filter(value)),
            "Expiration" => rule.expiration(expiration(value)),
            "NoncurrentVersionExpiration" => {
                let days = number(value, "NoncurrentDays");
                let noncurrent = NoncurrentVersionExpiration::builder();
                rule.noncurrent_version_expiration(noncurrent.set_noncurrent_days(days).build())
            }
            "NoncurrentVersionTransitions" => {
                rule.noncurrent_version_transitions(transition(&value[0]))
            }
            "AbortIncompleteMultipartUpload" => {
                let days = number(value, "DaysAfterInitiation");
                let abort = AbortIncompleteMultipartUpload::builder();
                rule.abort_incomplete_multipart_upload(
                    abort.set_days_after_initiation(days).build(),
                )
            }
            other => anyhow::bail!("a rule has {other}"),
        };
    }
    Ok(rule.build()?)
}

fn filter(json: &Value) -> LifecycleRuleFilter {
    LifecycleRuleFilter::builder()
        .set_prefix(json["Prefix"].as_str().map(str::to_owned))
        .set_object_size_greater_than(json["ObjectSizeGreaterThan"].as_i64())
        .build()
}

fn expiration(json: &Value) -> LifecycleExpiration {
    LifecycleExpiration::builder()
        .set_days(number(json, "Days"))
        .set_expired_object_delete_marker(json["ExpiredObjectDeleteMarker"].as_bool())
        .build()
}

fn transition(json: &Value) -> NoncurrentVersionTransition {
    let class = json["StorageClass"].as_str().unwrap_or_default();
    NoncurrentVersionTransition::builder()
        .set_noncurrent_days(number(json, "NoncurrentDays"))
        .storage_class(TransitionStorageClass::from(class))
        .build()
}

fn number(json: &Value, name: &str) -> Option<i32> {
    json[name]
        .as_i64()
        .and_then(|days| i32::try_from(days).ok())
}
