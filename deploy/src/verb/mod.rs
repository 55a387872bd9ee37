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
use crate::stack::{self, Stack, StackState};
use crate::voice::{Loudness, Voice};

/// Carries out one verb; gives the exit code.
///
/// # Errors
///
/// [`Failure`] with the line to print and the exit code.
pub async fn carry_out(cli: Cli) -> Result<u8, Failure> {
    let voice = Voice::new(loudness(&cli.global));
    match cli.verb {
        #[cfg(feature = "rehearsal")]
        Verb::Rehearse(options) => rehearse::rehearse(&cli.global, &options, voice).await,
        Verb::Deploy(options) => deploy::deploy(&cli.global, &options, voice).await,
        Verb::Outputs => outputs::outputs(&cli.global, voice).await,
        Verb::Status => status::status(&cli.global, voice).await,
        Verb::Diagram(options) => diagram::diagram(&options, cli.global.json, voice),
        Verb::NotifyTest => notify_test::notify_test(&cli.global, voice).await,
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
        aws.account, aws.region, global.stack_name
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
