//! The pauses between two questions to CloudFormation.

use std::time::Duration;

/// Pauses between two questions: short at first, then longer, so that a quick
/// change is seen at once and a slow one is not asked for all the time.
#[derive(Debug)]
pub(super) struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    pub(super) fn new(is_local: bool) -> Self {
        let longest = if is_local {
            Duration::from_millis(200)
        } else {
            Duration::from_secs(5)
        };
        Pause {
            next: Duration::from_millis(100),
            longest,
        }
    }

    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(self.longest);
    }
}
