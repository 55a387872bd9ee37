//! Which fault happens where. A decision hangs on the seed and the place alone, so
//! it can be made again.

use super::call::{Call, Place};
use super::kills::Point;
use std::ops::Range;
use std::time::Duration;

/// What the proxy does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The service says that there were too many.
    Throttle,
    /// The service fails, with this status.
    Error(u16),
    /// The connection is reset; the service never saw the request.
    ResetBefore,
    /// The connection is reset after the service did what was asked.
    ResetAfter,
    /// The answer breaks off in the middle.
    Truncate,
    /// The answer comes late.
    Delay(Duration),
    /// The function is killed; the service never saw the request.
    KillBefore,
    /// The function is killed after the service did what was asked.
    KillAfter,
}

/// The faults of an experiment.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    Nothing,
    /// 30 of 100 requests meet a fault, whichever they are.
    Thirty(u64),
    /// Every request of an operation fails in this span of virtual time.
    Down {
        seed: u64,
        service: &'static str,
        operation: &'static str,
        span: Range<Duration>,
    },
    /// The function is killed at this point of the first attempt.
    Kill(Point),
}

/// Of 100 faulty requests: five of 30 come after the service did what was asked.
const WEIGHTS: [(u64, Fault); 7] = [
    (8, Fault::Throttle),
    (4, Fault::Error(500)),
    (4, Fault::Error(503)),
    (5, Fault::ResetBefore),
    (3, Fault::ResetAfter),
    (2, Fault::Truncate),
    (4, Fault::Delay(Duration::from_millis(300))),
];

impl Plan {
    /// The fault that a request meets, if any.
    pub(super) fn fault(&self, place: &Place) -> Option<Fault> {
        match self {
            Plan::Nothing => None,
            Plan::Thirty(seed) => weighted(drawn(*seed, place) % 100),
            Plan::Down {
                seed,
                service,
                operation,
                span,
            } => {
                let hit = place.call.is(service, operation) && span.contains(&place.at);
                hit.then(|| down(drawn(*seed, place)))
            }
            Plan::Kill(point) => (place.attempt == 1).then(|| point.fault(place)).flatten(),
        }
    }
}

fn weighted(percent: u64) -> Option<Fault> {
    let mut below = 0;
    WEIGHTS.into_iter().find_map(|(weight, fault)| {
        below += weight;
        (percent < below).then_some(fault)
    })
}

/// A service that is down does nothing and says so in one way or another.
fn down(drawn: u64) -> Fault {
    match drawn % 4 {
        0 => Fault::Throttle,
        1 => Fault::Error(500),
        2 => Fault::Error(503),
        _ => Fault::ResetBefore,
    }
}

/// A number for a place: FNV-1a over what tells it from others, then the end of
/// `SplitMix64`, so that places close together draw far apart.
fn drawn(seed: u64, place: &Place) -> u64 {
    let Place {
        event,
        attempt,
        call,
        number,
        ..
    } = place;
    let text = format!("{seed} {event} {attempt} {call} {number}");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A seed plays the same faults again, another one plays others, and about 30 of 100
/// calls are hit.
pub(super) fn hang_on_seed_and_place_alone() -> anyhow::Result<()> {
    let faults = |seed| -> Vec<Option<Fault>> {
        let places = (0..10_000).map(|event| Place {
            event,
            attempt: 1,
            at: Duration::ZERO,
            call: Call::named("sns", "Publish"),
            number: 1,
        });
        places
            .map(|place| Plan::Thirty(seed).fault(&place))
            .collect()
    };
    anyhow::ensure!(faults(1) == faults(1), "a seed cannot be played again");
    anyhow::ensure!(faults(1) != faults(2), "the seed makes no difference");
    let hit = faults(1).iter().flatten().count();
    anyhow::ensure!(
        (2_900..3_100).contains(&hit),
        "{hit} of 10,000 calls are hit"
    );
    Ok(())
}
