//! `efs-backup`: parses the command line, carries out a verb, says how it ended.

use clap::Parser;
use deploy::cli::{Cli, Color};
use deploy::verb;
use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.global.color {
        Color::Auto => {}
        Color::Always => colorchoice::ColorChoice::Always.write_global(),
        Color::Never => colorchoice::ColorChoice::Never.write_global(),
    }
    // A rehearsal says in its own report why it ended.
    let json = cli.global.json && !cli.verb.has_a_report();
    match verb::carry_out(cli).await {
        Ok(exit) => ExitCode::from(exit),
        Err(failure) => {
            drop(writeln!(anstream::stderr(), "error: {failure}"));
            if json {
                drop(writeln!(anstream::stdout(), "{}", failure.json()));
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}
