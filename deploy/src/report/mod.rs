//! The report of a rehearsal: one page that shows what was played and what came
//! of it. It needs nothing from outside, runs no script, and can be printed.

mod page;

use crate::diagram;
use anyhow::Context;
use jiff::Timestamp;
use page::Page;
use rehearsal::{Mail, Outcome};
use std::path::{Path, PathBuf};

/// Writes `report.html` into the folder of the rehearsal; gives its path.
///
/// # Errors
///
/// If a mail cannot be read or the page not be written.
pub fn write(folder: &Path, template: &str, outcomes: &[Outcome]) -> anyhow::Result<PathBuf> {
    let played: Vec<(&Outcome, Vec<Mail>)> = outcomes
        .iter()
        .map(|outcome| Ok((outcome, mails(outcome)?)))
        .collect::<anyhow::Result<_>>()?;
    let page = Page {
        picture: diagram::svg(&diagram::picture(template)?),
        version: env!("CARGO_PKG_VERSION"),
        time: Timestamp::now(),
        played: &played,
    };
    let path = folder.join("report.html");
    std::fs::write(&path, page.render().into_string())
        .with_context(|| format!("cannot write the report {}", path.display()))?;
    Ok(path)
}

fn mails(outcome: &Outcome) -> anyhow::Result<Vec<Mail>> {
    outcome.mails.iter().map(|path| Mail::read(path)).collect()
}
