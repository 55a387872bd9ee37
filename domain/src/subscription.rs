//! Who gets what is published on a topic.

use serde::Serialize;

/// What stands in the place of a subscription's ARN (source: SNS API Reference,
/// `ListSubscriptionsByTopic`, and the guide on deleting subscriptions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionState {
    /// Messages arrive.
    Confirmed,
    /// Nobody has followed the link: nothing arrives.
    Pending,
    /// It was deleted and is still listed: nothing arrives.
    Deleted,
}

impl SubscriptionState {
    /// Reads what is listed as a subscription's ARN.
    #[must_use]
    pub fn of(arn: &str) -> Self {
        match arn {
            "PendingConfirmation" => SubscriptionState::Pending,
            arn if arn.starts_with("arn:") => SubscriptionState::Confirmed,
            _ => SubscriptionState::Deleted,
        }
    }

    /// The word for a reader.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SubscriptionState::Confirmed => "confirmed",
            SubscriptionState::Pending => "PENDING, gets nothing until its link is followed",
            SubscriptionState::Deleted => "DELETED, gets nothing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_arn_means_that_mail_arrives() {
        #[rustfmt::skip]
        let cases = [
            ("arn:aws:sns:eu-central-1:111122223333:t:1", SubscriptionState::Confirmed),
            ("PendingConfirmation",                       SubscriptionState::Pending),
            ("Deleted",                                   SubscriptionState::Deleted),
            ("",                                          SubscriptionState::Deleted),
        ];
        for (arn, state) in cases {
            assert_eq!(SubscriptionState::of(arn), state, "{arn}");
        }
    }
}
