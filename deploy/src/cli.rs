//! The command line, as data: what `efs-backup` understands.

use crate::failure::Failure;
use crate::samconfig::Environment;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Backs up the files on EFS to a versioned S3 bucket, and tells you how it went.
#[derive(Debug, Parser)]
#[command(name = "efs-backup", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// Which stack, where, and how to say it.
    #[command(flatten)]
    pub global: Global,
}

/// The options of every verb.
#[derive(Debug, Args)]
pub struct Global {
    /// Name of the CloudFormation stack; default: as samconfig.toml has it, or efs-backup.
    #[arg(long, global = true, value_name = "NAME")]
    pub stack_name: Option<String>,
    /// Environment of samconfig.toml that names stack, region, profile and, for a
    /// deployment, parameters; default: the one called default, if there is one.
    #[arg(long, global = true, value_name = "NAME")]
    pub config_env: Option<String>,
    /// AWS region; default: as samconfig.toml has it, or as the AWS CLI finds it.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Profile of the AWS configuration files.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Address that stands for all AWS services, such as a kept rehearsal's.
    #[arg(long, global = true, value_name = "URL", value_parser = address)]
    pub endpoint_url: Option<String>,
    /// The result as JSON on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Say only the result and errors.
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say details too.
    #[arg(long, global = true)]
    pub verbose: bool,
    /// Go on without asking.
    #[arg(long, global = true)]
    pub yes: bool,
}

/// The name of a stack where none is given.
const STACK_NAME: &str = "efs-backup";

impl Global {
    /// The name of the stack.
    #[must_use]
    pub fn stack_name(&self) -> &str {
        self.stack_name.as_deref().unwrap_or(STACK_NAME)
    }

    /// Takes from an environment what the command line does not say.
    ///
    /// # Errors
    ///
    /// If the environment has one of them in a form that cannot be read.
    pub fn complete(&mut self, environment: &Environment) -> Result<(), Failure> {
        let known = |given: &Option<String>, said| given.clone().or(said);
        self.stack_name = known(&self.stack_name, environment.stack_name()?);
        self.region = known(&self.region, environment.region()?);
        self.profile = known(&self.profile, environment.profile()?);
        Ok(())
    }
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Show the whole backup line at work on this machine, without an AWS account.
    #[cfg(feature = "rehearsal")]
    Rehearse(Rehearse),
    /// Create or update the stack.
    Deploy(Deploy),
    /// Print the stack's outputs.
    Outputs,
    /// Show whether backups run, and who is told about them.
    Status,
    /// Send a test mail through the function, and check the settings along the way of mails.
    NotifyTest,
    /// Draw the architecture picture from the template.
    Diagram(Diagram),
}

impl Verb {
    /// Whether it prints a report however it ends.
    #[must_use]
    pub fn has_a_report(&self) -> bool {
        #[cfg(feature = "rehearsal")]
        if matches!(self, Verb::Rehearse(_)) {
            return true;
        }
        false
    }
}

/// The options of `rehearse`.
#[cfg(feature = "rehearsal")]
#[derive(Debug, Args)]
pub struct Rehearse {
    /// Play one scenario and what it needs before it; may be repeated.
    #[arg(long, value_enum, value_name = "NAME")]
    pub scenario: Vec<rehearsal::Scenario>,
    /// Keep the local cloud running afterwards, and print how to talk to it.
    #[arg(long)]
    pub keep: bool,
}

/// The options of `deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// A template parameter, such as AlertEmail=ops@example.com; may be repeated. It
    /// wins over samconfig.toml. What neither gives keeps its value.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
    /// Template to deploy; default: template.yaml of this project.
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Folder with the functions' binaries; default: built with cargo-lambda.
    #[arg(long, value_name = "DIR")]
    pub functions: Option<PathBuf>,
}

/// The options of `diagram`.
#[derive(Debug, Args)]
pub struct Diagram {
    /// The form of the picture.
    #[arg(long, value_enum, default_value_t = Format::Mermaid, value_name = "FORMAT")]
    pub format: Format,
    /// Template to draw; default: template.yaml of this project.
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
}

/// A form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for Markdown pages.
    Mermaid,
    /// A picture for browsers.
    Svg,
}

fn address(text: &str) -> Result<String, String> {
    let is_address = ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|host| !host.is_empty())
    });
    match is_address {
        true => Ok(text.to_owned()),
        false => Err("expected an address such as http://127.0.0.1:4566".to_owned()),
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE, such as AlertEmail=ops@example.com".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::path::Path;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_parameter_may_hold_an_equals_sign() {
        let cli = Cli::try_parse_from(["efs-backup", "deploy", "--parameter", "A=b=c"]).unwrap();
        let Verb::Deploy(deploy) = cli.verb else {
            panic!("not deploy")
        };
        assert_eq!(deploy.parameters, [("A".to_owned(), "b=c".to_owned())]);
        assert!(Cli::try_parse_from(["efs-backup", "deploy", "--parameter", "A"]).is_err());
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let environment = Environment::read(&folder, None).unwrap();
        for (arguments, expected) in [(vec![], "efs-backup"), (vec!["--stack-name", "web"], "web")]
        {
            let all = ["efs-backup", "outputs"].into_iter().chain(arguments);
            let mut global = Cli::try_parse_from(all).unwrap().global;
            global.complete(&environment).unwrap();
            assert_eq!(global.stack_name(), expected);
        }
    }

    /// The documents, and a letter of each kind.
    fn documents() -> Vec<String> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let read = |path: &Path| std::fs::read_to_string(path).unwrap().replace("\\\n", " ");
        let named = ["README.md", "CHANGELOG.md", "ARCHITECTURE.md"];
        let named = named.map(|name| read(&Path::new(root).join(name)));
        let letters = std::fs::read_dir(format!("{root}/domain/src/letter/snapshots")).unwrap();
        let letters = letters.map(|file| read(&file.unwrap().path()));
        named.into_iter().chain(letters).collect()
    }

    /// Every command that documents and letters show can be typed as it stands.
    #[test]
    fn documented_commands_parse() {
        let documents = documents();
        assert!(documents.len() > 20);
        let lines = documents.iter().flat_map(|text| text.lines());
        let commands: Vec<&str> = lines.filter_map(command).collect();
        assert!(commands.len() >= 12, "{commands:?}");
        for command in commands {
            let words = std::iter::once("efs-backup").chain(command.split_whitespace());
            assert!(Cli::try_parse_from(words).is_ok(), "efs-backup {command}");
        }
    }

    /// What follows `cargo run -- ` or a leading `efs-backup `.
    fn command(line: &str) -> Option<&str> {
        let line = line.trim_start();
        line.strip_prefix("cargo run -- ")
            .or_else(|| line.strip_prefix("efs-backup "))
    }
}
