//! Waiting for something to be seen.

use anyhow::ensure;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LONGEST: Duration = Duration::from_secs(60);
/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(25);

/// Waits until something holds.
///
/// # Errors
///
/// If it cannot be found out, or does not hold within a minute.
pub(crate) async fn until(
    what: &str,
    holds: impl AsyncFn() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + LONGEST;
    while !holds().await? {
        let seconds = LONGEST.as_secs();
        ensure!(
            Instant::now() < deadline,
            "{what}: this did not happen within {seconds} s"
        );
        sleep(LOOK).await;
    }
    Ok(())
}
