//! A topic, and who gets what is published there.

use super::{Known, output};
use crate::aws::Aws;
use crate::stack::Stack;
use aws_call::CallError;
use backup_domain::subscription::SubscriptionState;
use serde::Serialize;

/// A topic with its subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// Its subscriptions.
    pub subscriptions: Vec<Subscription>,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Such as `email`.
    pub protocol: String,
    /// The address.
    pub endpoint: String,
    /// Whether anything arrives there.
    pub state: SubscriptionState,
    /// Its ARN; another word where it is not confirmed.
    #[serde(skip)]
    pub arn: String,
    /// Its filter policy, which holds back what it does not let through.
    #[serde(skip)]
    pub filter: Known<Option<String>>,
}

impl Subscription {
    /// Whether messages arrive there.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.state == SubscriptionState::Confirmed
    }

    /// Whether every message arrives there.
    #[must_use]
    pub fn gets_all(&self) -> bool {
        self.is_confirmed() && self.filter == Ok(None)
    }

    /// What arrives, for a reader.
    #[must_use]
    pub fn word(&self) -> String {
        match &self.filter {
            Ok(Some(filter)) => {
                format!(
                    "{}, gets only what its filter policy {filter} lets through",
                    self.state.word()
                )
            }
            _ => self.state.word().to_owned(),
        }
    }
}

pub(super) async fn describe(aws: &Aws, stack: &Stack, name: &str) -> Known<Topic> {
    let arn = output(stack, name)?;
    let mut pages = aws
        .sns
        .list_subscriptions_by_topic()
        .topic_arn(arn)
        .into_paginator()
        .send();
    let mut subscriptions = Vec::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| CallError::new("sns:ListSubscriptionsByTopic", arn, &error))?;
        for found in page.subscriptions() {
            subscriptions.push(subscription(aws, found).await);
        }
    }
    Ok(Topic {
        arn: arn.to_owned(),
        subscriptions,
    })
}

async fn subscription(aws: &Aws, found: &aws_sdk_sns::types::Subscription) -> Subscription {
    let arn = found.subscription_arn().unwrap_or_default();
    let state = SubscriptionState::of(arn);
    Subscription {
        protocol: found.protocol().unwrap_or_default().to_owned(),
        endpoint: found.endpoint().unwrap_or_default().to_owned(),
        state,
        arn: arn.to_owned(),
        filter: match state {
            SubscriptionState::Confirmed => filter(aws, arn).await,
            SubscriptionState::Pending | SubscriptionState::Deleted => Ok(None),
        },
    }
}

/// An empty policy lets everything through.
async fn filter(aws: &Aws, arn: &str) -> Known<Option<String>> {
    const ACTION: &str = "sns:GetSubscriptionAttributes";
    let request = aws.sns.get_subscription_attributes();
    let answer = request.subscription_arn(arn).send().await;
    let answer = answer.map_err(|error| CallError::new(ACTION, arn, &error))?;
    let policy = answer.attributes().and_then(|all| all.get("FilterPolicy"));
    let policy = policy.map(|text| text.trim());
    Ok(policy
        .filter(|text| !matches!(*text, "" | "{}"))
        .map(backup_domain::text::clipped))
}
