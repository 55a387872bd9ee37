//! Two files cannot be read: the mail names both, and what was copied; the run
//! after the repair is good again.

use super::{check, check_good, check_new_versions, check_says, check_verdict, tell};
use crate::{Mail, Say, Stage};
use serde_json::json;

const CLOSED: [&str; 2] = ["private/key.pem", "private/pass words.txt"];
const OPEN: &str = "private/notes.txt";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  three files are added; two of them cannot be read; the schedule fires");
    for path in CLOSED.iter().chain([&OPEN]) {
        stage.write(path, path.as_bytes())?;
    }
    close(stage, &CLOSED).await?;
    let run = stage.run().await;
    close(stage, &[]).await?;
    let run = run?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "PARTIAL")?;
    check_says(&run.mail, "2 files")?;
    for path in CLOSED {
        check_says(&run.mail, &format!("/{path}"))?;
    }
    check_new_versions(&run, &[stage.key("private/")?, stage.key(OPEN)?])?;
    let copied = run.mail.line("Copied").unwrap_or("nothing said");
    check(
        copied.starts_with("2 files and folders"),
        "2 copied",
        copied,
    )?;

    say("    they can be read again; the schedule fires");
    let repaired = stage.run().await?;
    tell(&repaired.mail, say);
    check_good(&repaired.mail)?;
    let keys = [stage.key(CLOSED[0])?, stage.key(CLOSED[1])?];
    check_new_versions(&repaired, &keys)?;
    Ok(vec![run.mail, repaired.mail])
}

/// Files that `DataSync` cannot read, and no others.
async fn close(stage: &Stage, paths: &[&str]) -> anyhow::Result<()> {
    let paths: Vec<String> = paths.iter().map(|path| format!("/{path}")).collect();
    let file_system = stage.output("FileSystemId")?;
    let order = json!({"deny_read": {"file_system": file_system, "paths": paths}});
    stage.cloud.control_datasync(&order).await
}
