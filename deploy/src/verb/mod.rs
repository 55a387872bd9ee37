//! The verbs of the command line, one file each.

pub mod deploy;
mod diagram;
mod notify_test;
mod outputs;
#[cfg(feature = "rehearsal")]
mod rehearse;
mod status;

use crate::aws::{Aws, Connection};
use crate::cli::{Cli, Global, Verb};
use crate::failure::{Exit, Failure};
use crate::samconfig::Environment;
use crate::stack::{self, Stack, StackState};
use crate::voice::{Loudness, Voice};
use crate::workspace;

/// Carries out one verb; gives the exit code.
///
/// # Errors
///
/// [`Failure`] with the line to print and the exit code.
pub async fn carry_out(cli: Cli) -> Result<u8, Failure> {
    let Cli { verb, mut global } = cli;
    let voice = Voice::new(loudness(&global));
    let environment = match &verb {
        Verb::Deploy(_) | Verb::Outputs | Verb::Status | Verb::NotifyTest => environment(&global)?,
        _ => Environment::default(),
    };
    global.complete(&environment)?;
    match verb {
        #[cfg(feature = "rehearsal")]
        Verb::Rehearse(options) => rehearse::rehearse(&global, &options, voice).await,
        Verb::Deploy(options) => deploy::deploy(&global, &options, &environment, voice).await,
        Verb::Outputs => outputs::outputs(&global, voice).await,
        Verb::Status => status::status(&global, voice).await,
        Verb::Diagram(options) => diagram::diagram(&options, global.json, voice),
        Verb::NotifyTest => notify_test::notify_test(&global, voice).await,
    }
}

/// What the project's `samconfig.toml` says. A stack can be looked at from outside of
/// the project too; then it says nothing.
fn environment(global: &Global) -> Result<Environment, Failure> {
    match (workspace::root(), &global.config_env) {
        (Ok(root), named) => Environment::read(&root, named.as_deref()),
        (Err(failure), Some(_)) => Err(failure),
        (Err(_), None) => Ok(Environment::default()),
    }
}

fn loudness(global: &Global) -> Loudness {
    match (global.quiet, global.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    }
}

/// Connects to AWS and says where that is.
async fn connect(global: &Global, voice: Voice) -> Result<Aws, Failure> {
    let aws = Aws::connect(&Connection {
        region: global.region.clone(),
        profile: global.profile.clone(),
        endpoint_url: global.endpoint_url.clone(),
    })
    .await?;
    voice.say(&format!(
        "account {}, region {}, stack {}",
        aws.account,
        aws.region,
        global.stack_name()
    ));
    Ok(aws)
}

/// The stack, which has to be there.
async fn existing(aws: &Aws, name: &str) -> Result<Stack, Failure> {
    let found = stack::find(aws, name).await?;
    // The shell of a change set has no outputs, because there is no stack yet.
    let found = found.filter(|stack| StackState::of(&stack.status) != StackState::Absent);
    found.ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            format!(
                "there is no stack {name} in {region}, account {account}: look whether name, region and \
                 account are right; to make it there, run `efs-backup deploy --stack-name {name} --region {region}`",
                region = aws.region,
                account = aws.account,
            ),
        )
    })
}
