//! The table at the end of `ARCHITECTURE.md`: every feature of the described
//! system, and what shows it.

use crate::harness::root;
use anyhow::{Context, ensure};
use clap::{Parser, ValueEnum};
use deploy::cli::Cli;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Rows that may wait.
const MAY_WAIT: [u8; 3] = [23, 24, 48];

/// Every row names at least one thing that shows it, and each of these is there:
/// scenarios are played and tests are run by the same command as this one.
pub(crate) async fn every_row_is_shown() -> anyhow::Result<()> {
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let rows = rows(&architecture)?;
    let all: Vec<u8> = rows.keys().copied().collect();
    ensure!(all == (1..=52).collect::<Vec<u8>>(), "rows: {all:?}");
    let known = Known::read()?;
    for (row, shown) in rows {
        if shown == "not yet" {
            ensure!(MAY_WAIT.contains(&row), "S{row} may not wait");
            continue;
        }
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        ensure!(!names.is_empty(), "S{row} is shown by nothing: {shown}");
        for name in names {
            known
                .find(name)
                .with_context(|| format!("S{row}: `{name}`"))?;
        }
    }
    Ok(())
}

/// `| S7 | what was described | what shows it |`, by number.
fn rows(text: &str) -> anyhow::Result<BTreeMap<u8, String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| S")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, _, shown] = cells[..] else {
            anyhow::bail!("a row with other than three cells: {line}");
        };
        let number = number.trim_start_matches('S').parse()?;
        let before = rows.insert(number, shown.to_owned());
        ensure!(before.is_none(), "S{number} stands there twice");
    }
    Ok(rows)
}

/// What can be named in the table.
struct Known {
    template: String,
    readme: String,
    tests: BTreeSet<String>,
}

impl Known {
    fn read() -> anyhow::Result<Self> {
        let solos = crate::solos().into_iter().map(|(name, _)| name);
        let acts = crate::acts().into_iter().map(|(name, _)| name);
        let mut tests: BTreeSet<String> = solos.chain(acts).map(str::to_owned).collect();
        for folder in ["call", "domain", "deploy", "functions", "rehearsal"] {
            unit_tests(&root().join(folder), &mut tests)?;
        }
        Ok(Known {
            template: std::fs::read_to_string(root().join("template.yaml"))?,
            readme: std::fs::read_to_string(root().join("README.md"))?,
            tests,
        })
    }

    /// `LogicalId`, or `LogicalId and a text in it`.
    fn resource_has(&self, name: &str) -> bool {
        let (id, text) = name.split_once(' ').unwrap_or((name, ""));
        let resource = self.template.split_once(&format!("\n  {id}:\n"));
        let resource = resource.map(|(_, rest)| {
            let lines = rest.lines();
            lines.take_while(|line| line.is_empty() || line.starts_with("   "))
        });
        resource.is_some_and(|mut lines| text.is_empty() || lines.any(|line| line.contains(text)))
    }

    fn find(&self, name: &str) -> anyhow::Result<()> {
        let (kind, rest) = name.split_once(' ').unwrap_or((name, ""));
        let is_there = match kind {
            "rehearse" => rehearsal::Scenario::from_str(rest, false).is_ok(),
            "template" => self.resource_has(rest),
            "README" => self.readme.contains(&format!("\n## {rest}\n")),
            "test" => self.tests.contains(rest),
            "efs-backup" => Cli::try_parse_from(name.split(' ')).is_ok(),
            _ => {
                anyhow::bail!("it begins with none of rehearse, template, README, test, efs-backup")
            }
        };
        ensure!(is_there, "it is not there");
        Ok(())
    }
}

/// The names of all functions below a `#[test]`, and of Python tests.
fn unit_tests(folder: &Path, tests: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            unit_tests(&path, tests)?;
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for pair in lines.windows(2) {
            let name = match pair {
                ["#[test]", function] => function.strip_prefix("fn "),
                [_, method] => method.strip_prefix("def test_"),
                _ => None,
            };
            let name = name.and_then(|name| name.split('(').next());
            tests.extend(name.map(str::to_owned));
        }
    }
    Ok(())
}
