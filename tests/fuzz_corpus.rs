//! The corpus of the fuzz targets, replayed without a fuzzer.

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

use crate::harness::root;
use anyhow::{Context, ensure};
use bodies::{describe, event, log_line, task_report};
use std::thread;

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
        // A thread of its own: the SDK in it has a runtime of its own.
        let replayed = thread::spawn(move || replay(name, body)).join();
        let count = replayed.ok().context("a target panicked")??;
        ensure!(count >= 10, "the corpus of {name} holds {count} inputs");
    }
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
