//! How much is played: a minute of it by default, all of it with `FAULT_LAB=full`, one
//! seed alone with `FAULT_LAB_SEED=17`, and with `FAULT_LAB_ONLY=kill` what has that
//! in its name.

use anyhow::Context;

/// The numbers of the experiments.
pub(super) struct Scale {
    /// Ended executions, and so events.
    pub(super) events: usize,
    /// What the faults are derived from, a run of the experiment each.
    pub(super) seeds: Vec<u64>,
    /// Kills at each point.
    pub(super) kills: usize,
    /// Invocations of one process.
    pub(super) invocations: usize,
    /// What an experiment must have in its name.
    only: String,
}

impl Scale {
    pub(super) fn from_env() -> anyhow::Result<Scale> {
        let mut scale = match std::env::var("FAULT_LAB").as_deref() {
            Ok("full") => Scale::new(1000, 1..=5, 50, 10_000),
            Ok("") | Err(_) => Scale::new(200, 1..=1, 5, 200),
            Ok(other) => anyhow::bail!("FAULT_LAB is `{other}`; it can be `full`, or left out"),
        };
        if let Ok(seed) = std::env::var("FAULT_LAB_SEED") {
            let seed = seed.parse().context("FAULT_LAB_SEED is no number")?;
            scale.seeds = vec![seed];
        }
        scale.only = std::env::var("FAULT_LAB_ONLY").unwrap_or_default();
        Ok(scale)
    }

    /// Whether an experiment is to be played.
    pub(super) fn wants(&self, experiment: &str) -> bool {
        experiment.contains(&self.only)
    }

    fn new(
        events: usize,
        seeds: impl IntoIterator<Item = u64>,
        kills: usize,
        invocations: usize,
    ) -> Scale {
        Scale {
            events,
            seeds: seeds.into_iter().collect(),
            kills,
            invocations,
            only: String::new(),
        }
    }
}
