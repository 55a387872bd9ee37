//! A file is written to while it is copied: what is in the bucket is neither the
//! old text nor the new one, and the mail names it; the next run has it right.

use super::{check, check_good, check_says, check_verdict, tell};
use crate::{Mail, Say, Stage};
use serde_json::json;

const FILE: &str = "uploads/access.log";
const BEFORE: &str = "one line, then another line\n";
/// Written over the beginning, between the checksum and the copy.
const OVER: &str = "ONE";
const AFTER: &str = "ONE line, then another line\n";

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  a file is added, and written to while DataSync reads it; the schedule fires");
    stage.write(FILE, BEFORE.as_bytes())?;
    let file_system = stage.output("FileSystemId")?;
    let path = format!("/{FILE}");
    let change = json!({"file_system": file_system, "path": path, "content": OVER});
    let order = json!({ "change_while_read": change });
    stage.cloud.control_datasync(&order).await?;
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "PARTIAL")?;
    check_says(&run.mail, &path)?;
    check_says(&run.mail, "Verification detected mismatches")?;

    say("    nobody writes to it any more; the schedule fires");
    let next = stage.run().await?;
    tell(&next.mail, say);
    check_good(&next.mail)?;
    let text = stage.content(FILE, None).await?;
    check(
        text == AFTER.as_bytes(),
        "the new text in the bucket",
        String::from_utf8_lossy(&text),
    )?;
    Ok(vec![run.mail, next.mail])
}
