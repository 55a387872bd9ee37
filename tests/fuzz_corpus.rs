//! The corpus of the fuzz targets, replayed without a fuzzer.

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

use crate::harness::root;
use anyhow::ensure;
use bodies::{describe, event, log_line, task_report};

/// What a target does with one input.
type Body = fn(&[u8]);

pub(crate) async fn every_input_is_survived() -> anyhow::Result<()> {
    let targets: [(&str, Body); 4] = [
        ("event", event::read),
        ("describe", describe::read),
        ("task_report", task_report::read),
        ("log_line", log_line::read),
    ];
    for (name, body) in targets {
        let count = replay(name, body)?;
        ensure!(count >= 10, "the corpus of {name} holds {count} inputs");
    }
    let answer = std::fs::read(root().join("fuzz/corpus/describe/basic-success.json"))?;
    ensure!(
        describe::output(&answer).is_some(),
        "the SDK reads no answer"
    );
    Ok(())
}

fn replay(name: &str, body: Body) -> anyhow::Result<usize> {
    let folder = root().join("fuzz/corpus").join(name);
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        body(&std::fs::read(entry?.path())?);
        count += 1;
    }
    Ok(count)
}
