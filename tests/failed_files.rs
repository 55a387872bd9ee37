//! Failed files from the task report and the task's log, in the mail.

use crate::harness::{self, Stage, denied, event, forget, one_mail, report};
use anyhow::ensure;
use rehearsal::Mail;
use serde_json::{Value, json};

const REPORTER: &str = "ReportExecutionFunctionName";

/// What the report and the log of a run are made to say.
struct Said {
    part: Vec<u8>,
    lines: Vec<String>,
}

/// A report of many parts of a list, one of them 16 MB long, and a log that tells
/// why: every file is counted, every class is named, nothing is dropped.
pub(crate) async fn all_of_a_hundred_thousand_are_counted_and_classed(
    stage: &Stage,
) -> anyhow::Result<()> {
    let said = a_hundred_thousand_and_two();
    ensure!(said.part.len() > 15_000_000, "{}", said.part.len());
    let mail = mail_about(stage, &said).await?;
    ensure!(mail.attribute("verdict") == "PARTIAL", "{}", mail.subject());
    #[rustfmt::skip]
    let expected = [
        "Changed during the run: 100,000 files",
        "Not readable for DataSync: 1 file",
        "Path too long for S3: 1 file",
        " /secret\\u{a}.key ",
        "and 99,992 more (see the task report)",
        "[WARN] a wording of next year",
        "Failed: 100,002 (from the task report and 2 lines of the log, 1 of them not understood)",
    ];
    let text = one_line(&mail.body);
    for part in expected {
        ensure!(text.contains(part), "{part} is not in: {}", mail.body);
    }
    ensure!(mail.body.len() <= 16 * 1024, "{}", mail.body.len());
    Ok(())
}

fn a_hundred_thousand_and_two() -> Said {
    let filler = "x".repeat(100);
    let changed = |n| {
        json!({
            "RelativePath": format!("/changed/{filler}-{n}"),
            "VerifyStatus": "FAILED", "ErrorCode": "MetadataDiffers",
        })
    };
    let mut items: Vec<Value> = (0..100_000).map(changed).collect();
    items.push(json!({"RelativePath": "/secret\n.key"}));
    items.push(json!({"RelativePath": format!("/{}", "l".repeat(4095))}));
    let part = json!({"TaskExecutionId": "x", "Verified": items});
    Said {
        part: part.to_string().into_bytes(),
        lines: vec![
            "[ERROR] Failed to open source file /secret\\x0a.key: Permission denied".to_owned(),
            "[WARN] a wording of next year".to_owned(),
        ],
    }
}

/// Whatever a part is, the mail goes out and never says that none failed.
pub(crate) async fn a_broken_part_is_never_none(stage: &Stage) -> anyhow::Result<()> {
    #[rustfmt::skip]
    let cases: [(&str, &[u8], &str, &str); 4] = [
        ("truncated", br#"{"Verified":[{"RelativePath":"/a"},{"Rel"#, "PARTIAL", "at least 1 file"),
        ("not JSON",  b"<Error>AccessDenied</Error>",                 "UNKNOWN", "not known"),
        ("binary",    &[0xff, 0xfe, 0x00, 0x01],                      "UNKNOWN", "not known"),
        ("empty",     b"",                                            "UNKNOWN", "not known"),
    ];
    for (name, part, verdict, failed) in cases {
        let said = Said {
            part: part.to_vec(),
            lines: Vec::new(),
        };
        let mail = mail_about(stage, &said).await?;
        ensure!(
            mail.attribute("verdict") == verdict,
            "{name}: {}",
            mail.subject()
        );
        let line = mail.line("Failed").unwrap_or_default();
        ensure!(line.starts_with(failed), "{name}: {}", mail.body);
    }
    Ok(())
}

/// The report is enough for a verdict; that the log was not read is said.
pub(crate) async fn a_denied_log_is_said(stage: &Stage) -> anyhow::Result<()> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    let again = event(&execution, "SUCCESS");
    let report_now = one_mail(stage, report(stage, &again));
    let (_, mail) = denied(stage, REPORTER, &["logs:FilterLogEvents"], report_now).await?;
    harness::ensure_good(&mail)?;
    let text = one_line(&mail.body);
    let expected =
        "Failed: 0 (from the task report; the log was not read: logs:FilterLogEvents failed for";
    ensure!(text.contains(expected), "{}", mail.body);
    Ok(())
}

/// The mail about a run whose report has one part more, and whose log has more
/// lines.
async fn mail_about(stage: &Stage, said: &Said) -> anyhow::Result<Mail> {
    let (execution, _) = harness::run(stage).await?;
    forget(stage, &execution).await?;
    let (task, run) = harness::ids(&execution)?;
    let key = format!(
        "datasync-reports/Detailed-Reports/{task}/{run}/{run}.files-verified-v1-00099-0a123abc12d3b0e4f.json"
    );
    let request = stage
        .s3
        .put_object()
        .bucket(stage.output("ReportBucketName")?);
    let body = said.part.clone();
    request.key(key).body(body.into()).send().await?;
    harness::log(stage, &harness::stream(&execution)?, &said.lines).await?;
    let (_, mail) = one_mail(stage, report(stage, &event(&execution, "SUCCESS"))).await?;
    Ok(mail)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
