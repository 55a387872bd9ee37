//! How much is played: a few dozen seconds of it by default, all of it with
//! `FAULT_LAB=full`, and one seed alone with `FAULT_LAB_SEED=17`.

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
}

impl Scale {
    pub(super) fn from_env() -> anyhow::Result<Scale> {
        let mut scale = match std::env::var("FAULT_LAB").as_deref() {
            Ok("full") => Scale::new(1000, 1..=5, 50, 10_000),
            Ok("") | Err(_) => Scale::new(200, 1..=1, 5, 300),
            Ok(other) => anyhow::bail!("FAULT_LAB is `{other}`; it can be `full`, or left out"),
        };
        if let Ok(seed) = std::env::var("FAULT_LAB_SEED") {
            let seed = seed.parse().context("FAULT_LAB_SEED is no number")?;
            scale.seeds = vec![seed];
        }
        Ok(scale)
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
        }
    }
}
