//! Playing a scenario, and what came of it.

use super::Scenario;
use crate::instance::NoNamespaces;
use crate::{Deploy, Say, Stage, Version};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario.
    pub scenario: Scenario,
    /// How long it took.
    pub took: Duration,
    /// Its mails.
    pub mails: Vec<PathBuf>,
    /// How it ended.
    pub ending: Ending,
    /// What was said while it played.
    pub told: Vec<String>,
    /// The backup bucket's versions before it, or why they are not known.
    pub before: Result<Vec<Version>, String>,
    /// The backup bucket's versions after it, or why they are not known.
    pub after: Result<Vec<Version>, String>,
}

/// How a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All that must be seen was seen.
    Pass,
    /// Something else was seen.
    Fail(String),
    /// It cannot be played on this machine. It has then not passed either.
    NotShown(String),
}

impl Ending {
    fn of<T>(played: anyhow::Result<T>) -> Self {
        match played {
            Ok(_) => Ending::Pass,
            Err(error) if error.is::<NoNamespaces>() => Ending::NotShown(format!("{error:#}")),
            Err(error) => Ending::Fail(format!("{error:#}")),
        }
    }

    /// The word in tables.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Ending::Pass => "PASS",
            Ending::Fail(_) => "FAIL",
            Ending::NotShown(_) => "NOT SHOWN",
        }
    }

    /// Why it did not pass.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Ending::Pass => None,
            Ending::Fail(reason) | Ending::NotShown(reason) => Some(reason),
        }
    }

    /// Whether it passed; `None` where that could not be shown.
    #[must_use]
    pub fn ok(&self) -> Option<bool> {
        match self {
            Ending::Pass => Some(true),
            Ending::Fail(_) => Some(false),
            Ending::NotShown(_) => None,
        }
    }
}

/// Plays one scenario; one about a variant of the stack deploys it. What goes wrong is
/// part of its outcome.
pub async fn play(scenario: Scenario, stage: &Stage, deploy: Deploy<'_>, say: Say<'_>) -> Outcome {
    let told = Mutex::new(Vec::new());
    let remember = |line: &str| {
        say(line);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(line.to_owned());
    };
    let before = versions(stage).await;
    let begun = Instant::now();
    let known = stage.mails().map_or(0, |mails| mails.len());
    let played = scenario.act(stage, deploy, &remember).await;
    let took = begun.elapsed();
    let mails = stage.mails().unwrap_or_default();
    Outcome {
        scenario,
        took,
        mails: mails
            .into_iter()
            .skip(known)
            .map(|mail| mail.path)
            .collect(),
        before,
        after: versions(stage).await,
        told: told.into_inner().unwrap_or_else(PoisonError::into_inner),
        ending: Ending::of(played),
    }
}

async fn versions(stage: &Stage) -> Result<Vec<Version>, String> {
    stage.versions().await.map_err(|error| format!("{error:#}"))
}
