//! What the lab prints: a line an experiment, with its figures.

use std::path::Path;
use std::time::{Duration, Instant};

/// The lines so far.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

struct Row {
    experiment: String,
    figures: String,
    took: Duration,
    /// What must not be, each with enough to find it.
    faults: Vec<String>,
}

impl Table {
    /// Adds an experiment that began at `since`.
    pub(super) fn add(
        &mut self,
        experiment: impl Into<String>,
        since: Instant,
        figures: String,
        faults: Vec<String>,
    ) {
        let row = Row {
            experiment: experiment.into(),
            figures,
            took: since.elapsed(),
            faults,
        };
        eprintln!("{}", row.line());
        self.rows.push(row);
    }

    /// Prints it.
    ///
    /// # Errors
    ///
    /// If an experiment found what must not be.
    pub(super) fn close(self, seeds: &[u64], log: &Path) -> anyhow::Result<()> {
        eprintln!("\nthe fault lab, seeds {seeds:?}; FAULT_LAB_SEED plays one again");
        for row in &self.rows {
            eprintln!("{}", row.line());
            for fault in &row.faults {
                eprintln!("      {fault}");
            }
        }
        let failed = self
            .rows
            .iter()
            .filter(|row| !row.faults.is_empty())
            .count();
        anyhow::ensure!(
            failed == 0,
            "{failed} experiments found what must not be; every decision is in {}",
            log.display()
        );
        Ok(())
    }
}

impl Row {
    fn line(&self) -> String {
        let word = if self.faults.is_empty() {
            "PASS"
        } else {
            "FAIL"
        };
        let Row {
            experiment,
            figures,
            ..
        } = self;
        let seconds = self.took.as_secs_f32();
        format!("{word}  {experiment:<38} {figures:<96} {seconds:>6.1} s")
    }
}
