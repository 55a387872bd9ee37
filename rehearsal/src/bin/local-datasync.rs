//! The process that plays `DataSync` in the local cloud.
//!
//! Started by the rehearsal with a clean environment (see
//! `rehearsal::datasync::Settings`). Prints one line of JSON with its address
//! once it is registered; ends when its stdin does, so that it never outlives
//! who started it.

use std::io::{Read, Write};

use anyhow::Context;
use rehearsal::datasync::{DataSync, Settings};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    std::thread::spawn(end_with_stdin);
    let datasync = DataSync::start(Settings::from_env()?)
        .await
        .context("DataSync of the local cloud did not start")?;
    writeln!(std::io::stdout(), r#"{{"url":"{}"}}"#, datasync.url())?;
    datasync.failed().await
}

/// Ends the process without waiting for transfers that nobody wants any more.
fn end_with_stdin() {
    let mut ignored = [0; 256];
    while std::io::stdin()
        .read(&mut ignored)
        .is_ok_and(|length| length > 0)
    {}
    std::process::exit(0);
}
