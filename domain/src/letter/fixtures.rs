//! One night of one backup line, for the tests of letters.

use super::{Backup, Beside, LastGood, NextRun};
use crate::baseline::{Baseline, Spread, Usual};
use crate::execution::{Counters, Execution, Phase, Status, TaskReport};
use crate::failed_files::{FailedFiles, Gathering};
use crate::units::{Bytes, Millis};

pub(crate) fn backup() -> Backup {
    Backup {
        stack: "web-backup".to_owned(),
        task: "arn:aws:datasync:eu-central-1:111122223333:task/task-0f1e2d3c4b5a69788"
            .parse()
            .unwrap(),
        task_name: Some("web-uploads".to_owned()),
        file_system: "fs-0a1b2c3d4e5f60718".to_owned(),
        bucket: "acme-web-backup".to_owned(),
        prefix: "efs/".to_owned(),
        log_group: "/aws/datasync/web-backup".to_owned(),
        zone: "Europe/Berlin".parse().unwrap(),
    }
}

pub(crate) fn nightly() -> Execution {
    let arn = format!("{}/execution/exec-0a1b2c3d4e5f60718", backup().task);
    let at = |text: &str| Some(text.parse().unwrap());
    let phase = |took| Phase {
        status: Some("SUCCESS".to_owned()),
        took: Some(Millis(took)),
    };
    Execution {
        started: at("2026-11-23T01:00:04Z"),
        launched: at("2026-11-23T01:00:15Z"),
        ended: at("2026-11-23T01:14:31Z"),
        took: Some(Millis(867_000)),
        prepare: phase(228_000),
        transfer: phase(550_000),
        verify: phase(78_000),
        counters: Counters {
            files_estimated: Some(1204),
            files_transferred: Some(1204),
            files_skipped: Some(412_880),
            files_verified: Some(1204),
            files_deleted: Some(0),
            deletions_estimated: Some(0),
            files_failed: None,
            bytes_transferred: Some(Bytes(3_673_000_000)),
            bytes_written: Some(Bytes(3_672_197_038)),
            bytes_compressed: Some(Bytes(2_100_000_000)),
        },
        task_report: TaskReport::Written,
        preserve_deleted_files: Some("PRESERVE".to_owned()),
        ..Execution::new(arn.parse().unwrap(), Status::Success)
    }
}

/// Nothing failed, and the log agrees.
pub(crate) fn clean() -> FailedFiles {
    let mut gathering = Gathering::new("efs/");
    gathering.log_is_read();
    gathering.finish()
}

/// Most changed while they were read; one could not be read; one is strange.
pub(crate) fn failed(known: u64) -> FailedFiles {
    let mut gathering = Gathering::new("efs/");
    gathering.line("[ERROR] Failed to open source file /private/license.key: Permission denied");
    gathering.line("[ERROR] Deferred error: something that no guide names");
    for n in 3..=known {
        gathering.item(&format!("/sessions/sess_{n:03}"), "MetadataDiffers");
    }
    gathering.item("/private/license.key", "");
    gathering.item("/odd/file", "E4711: the flux is low");
    gathering.finish()
}

/// Fourteen nights like this one.
pub(crate) fn usual() -> Baseline {
    let spread = |median, least, most| Spread {
        median,
        least,
        most,
    };
    Baseline::Known(Usual {
        runs: 14,
        seen: spread(413_900, 412_000, 414_100),
        copied: spread(1_180, 870, 1_460),
        bytes: Some(spread(3_328_599_654, 1_932_735_283, 4_187_593_113)),
        took: Some(spread(830_000, 790_000, 1_022_000)),
        per_month: Some(Bytes(103_079_215_104)),
    })
}

pub(crate) fn beside() -> Beside {
    Beside {
        last_good: LastGood::Started("2026-11-20T01:00:03Z".parse().unwrap()),
        baseline: usual(),
        not_good: None,
        row: None,
        newer: None,
        narrowed: false,
        next_run: NextRun::Due("2026-11-24T01:00:00Z".parse().unwrap()),
    }
}
