//! The verbs of the command line, one file each.

pub mod deploy;
mod outputs;
#[cfg(feature = "rehearsal")]
mod rehearse;

use crate::aws::{Aws, Connection};
use crate::cli::{Cli, Global, Verb};
use crate::failure::Failure;
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
