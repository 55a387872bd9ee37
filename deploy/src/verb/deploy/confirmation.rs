//! The confirmation of changes.

use super::Deployment;
use crate::failure::{Exit, Failure};
use crate::stack::{Change, PlannedChanges};
use anyhow::Context;
use std::io::{IsTerminal, Write};

/// Asks on a terminal; elsewhere nobody can answer, and the answer is no. Where
/// data is endangered, `--yes` is no answer, and a letter is not enough.
pub(super) fn confirmed(
    deployment: &Deployment<'_>,
    planned: &PlannedChanges,
) -> Result<bool, Failure> {
    let data_is_safe = endangered(planned).next().is_none();
    if deployment.yes && data_is_safe {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    if data_is_safe {
        let answer = ask("Apply these changes? [y/N] ")?;
        return Ok(matches!(answer.as_str(), "y" | "Y" | "yes"));
    }
    let answer = ask(
        "Data would be left behind, or no longer be backed up. Type the stack's name to go on: ",
    )?;
    Ok(answer == deployment.stack_name)
}

fn ask(question: &str) -> Result<String, Failure> {
    let mut err = anstream::stderr();
    write!(err, "{question}").context("cannot ask")?;
    err.flush().context("cannot ask")?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(answer.trim().to_owned())
}

/// Why nothing was changed.
pub(super) fn not_confirmed(name: &str, planned: &PlannedChanges) -> Failure {
    let endangered: Vec<&str> = endangered(planned)
        .map(|change| change.resource.as_str())
        .collect();
    let text = if endangered.is_empty() {
        format!("stack {name} was not changed: confirm the changes, or pass --yes")
    } else {
        format!(
            "stack {name} was not changed: {} would be replaced or removed, and data left behind or \
             no longer backed up; keep the parameters that ask for it as they were, or confirm it \
             by the stack's name, typed on a terminal",
            endangered.join(", ")
        )
    };
    Failure::new(Exit::Refused, text)
}

fn endangered(planned: &PlannedChanges) -> impl Iterator<Item = &Change> {
    planned
        .changes
        .iter()
        .filter(|change| change.endangers_data())
}
