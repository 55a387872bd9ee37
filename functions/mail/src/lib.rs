//! SNS, as the functions use it: one message to one topic, and who gets it.

use aws_call::CallError;
use aws_sdk_sns::Client;
use aws_sdk_sns::config::{BehaviorVersion, Config};
use aws_sdk_sns::types::MessageAttributeValue;
use backup_domain::letter::Message;
use function_env::Clients;

/// The topic that a function's letters go to.
#[derive(Debug)]
pub struct Mail {
    client: Client,
    topic: String,
}

impl Mail {
    /// Letters to the topic with this ARN.
    #[must_use]
    pub fn to(topic: &str, clients: &Clients) -> Self {
        let config = Config::from(&clients.config("SNS"))
            .to_builder()
            .behavior_version(BehaviorVersion::latest())
            .build();
        Mail {
            client: Client::from_conf(config),
            topic: topic.to_owned(),
        }
    }

    /// Publishes a message in all its forms; gives its id.
    ///
    /// # Errors
    ///
    /// [`CallError`] if SNS does not confirm it; then it must be tried again.
    pub async fn publish(&self, message: &Message) -> Result<Option<String>, CallError> {
        let mut request = self
            .client
            .publish()
            .topic_arn(&self.topic)
            .subject(message.subject())
            .message_structure("json")
            .message(message.structure());
        for (name, text) in message.attributes() {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(text);
            let value = value.build().map_err(|error| self.not_built(&error))?;
            request = request.message_attributes(name, value);
        }
        let answer = request.send().await;
        let answer = answer.map_err(|error| CallError::new("sns:Publish", &self.topic, &error))?;
        Ok(answer.message_id().map(str::to_owned))
    }

    /// Who is subscribed: address, and ARN or what stands in its place.
    ///
    /// # Errors
    ///
    /// [`CallError`] if one page is missing: half a listing is none.
    pub async fn subscriptions(&self) -> Result<Vec<(String, String)>, CallError> {
        let request = self.client.list_subscriptions_by_topic();
        let mut pages = request.topic_arn(&self.topic).into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                CallError::new("sns:ListSubscriptionsByTopic", &self.topic, &error)
            })?;
            listed.extend(page.subscriptions().iter().map(|one| {
                let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
                (text(one.endpoint()), text(one.subscription_arn()))
            }));
        }
        Ok(listed)
    }

    fn not_built(&self, error: &dyn std::error::Error) -> CallError {
        CallError {
            operation: "sns:Publish",
            resource: self.topic.clone(),
            code: "NotSent".to_owned(),
            message: error.to_string(),
            may_pass: false,
        }
    }
}
