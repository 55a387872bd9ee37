//! The parts of the backup line that start runs and report them: EventBridge
//! Scheduler, EventBridge, SNS and SQS.

use super::Aws;
use aws_call::{CallError, JsonClient, JsonService};
use backup_domain::schedule::Schedule;
use backup_domain::subscription::SubscriptionState;
use backup_domain::watch::{Looked, NotLooked, Rule, Subscription};
use function_env::Clients;
use function_mail::Mail;
use serde_json::{Value, json};

/// The clients for what is looked at only.
#[derive(Debug)]
pub(super) struct LineClients {
    scheduler: JsonClient,
    events: JsonClient,
    sqs: JsonClient,
}

pub(super) fn clients(clients: &Clients) -> LineClients {
    let json = |service: JsonService, name| JsonClient::new(service, clients.config(name));
    LineClients {
        scheduler: json(JsonService::SCHEDULER, "SCHEDULER"),
        events: json(JsonService::EVENTS, "EVENTBRIDGE"),
        sqs: json(JsonService::SQS, "SQS"),
    }
}

impl Aws {
    /// The schedule of this name in the default group.
    pub(crate) async fn schedule(&self, name: &str) -> Looked<Option<Schedule>> {
        let path = format!("/schedules/{name}");
        let answer = self
            .line
            .scheduler
            .send("scheduler:GetSchedule", name, path, None)
            .await
            .map(|answer| answer.body);
        let Some(answer) = there(answer)? else {
            return Ok(None);
        };
        let zone = answer["ScheduleExpressionTimezone"].as_str();
        Ok(Some(Schedule {
            name: name.to_owned(),
            state: text(&answer, "State")?,
            expression: text(&answer, "ScheduleExpression")?,
            time_zone: zone.unwrap_or("UTC").to_owned(),
        }))
    }

    /// The rule of this name on the default bus; `reporter` is the ARN of the
    /// function that must be among its targets.
    pub(crate) async fn rule(&self, name: &str, reporter: &str) -> Looked<Option<Rule>> {
        let (named, ruled) = (json!({"Name": name}), json!({"Rule": name}));
        let events = &self.line.events;
        let (rule, targets) = tokio::join!(
            events.call("events:DescribeRule", name, &named),
            events.call("events:ListTargetsByRule", name, &ruled),
        );
        let (Some(rule), Some(targets)) = (there(rule)?, there(targets)?) else {
            return Ok(None);
        };
        let targets = targets["Targets"].as_array();
        let mut targets = targets.ok_or_else(|| lacks("Targets"))?.iter();
        Ok(Some(Rule {
            state: text(&rule, "State")?,
            reaches_reporter: targets.any(|target| is_function(&target["Arn"], reporter)),
        }))
    }

    /// Who gets the mails about runs.
    pub(crate) async fn alert_audience(&self) -> Looked<Vec<Subscription>> {
        audience(&self.mail).await
    }

    /// Who gets the mails about the line.
    pub(crate) async fn watch_audience(&self) -> Looked<Vec<Subscription>> {
        audience(&self.watch_mail).await
    }

    /// How many messages wait in a queue, about.
    pub(crate) async fn waiting(&self, queue: &str) -> Looked<u64> {
        const NAME: &str = "ApproximateNumberOfMessages";
        let input = json!({"QueueUrl": queue, "AttributeNames": [NAME]});
        let call = self.line.sqs.call("sqs:GetQueueAttributes", queue, &input);
        let answer = call.await.map_err(not_looked)?;
        let count = answer["Attributes"][NAME].as_str();
        count
            .and_then(|count| count.parse().ok())
            .ok_or_else(|| lacks(NAME))
    }
}

/// The ARN of an invoked function may end with a version or an alias.
fn is_function(target: &Value, invoked: &str) -> bool {
    let function = target.as_str().and_then(|arn| invoked.strip_prefix(arn));
    function.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

async fn audience(mail: &Mail) -> Looked<Vec<Subscription>> {
    let listed = mail.subscriptions().await.map_err(not_looked)?;
    let subscription = |(endpoint, arn): (String, String)| Subscription {
        endpoint,
        state: SubscriptionState::of(&arn),
    };
    Ok(listed.into_iter().map(subscription).collect())
}

/// `None` for what is not there.
fn there(answer: Result<Value, CallError>) -> Looked<Option<Value>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code == "ResourceNotFoundException" => Ok(None),
        Err(error) => Err(not_looked(error)),
    }
}

fn text(answer: &Value, name: &str) -> Looked<String> {
    let text = answer[name].as_str();
    text.map(str::to_owned).ok_or_else(|| lacks(name))
}

fn lacks(name: &str) -> NotLooked {
    NotLooked {
        because: format!("the answer has no {name}"),
        may_pass: false,
    }
}

#[allow(clippy::needless_pass_by_value)] // it stands in `map_err`
pub(crate) fn not_looked(error: CallError) -> NotLooked {
    NotLooked {
        because: error.to_string(),
        may_pass: error.may_pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_its_arn_without_its_version() {
        let invoked = "arn:aws:lambda:eu-central-1:111122223333:function:report";
        #[rustfmt::skip]
        let cases = [
            (json!(invoked),                  invoked.to_owned(),            true),
            (json!(invoked),                  format!("{invoked}:live"),     true),
            (json!(format!("{invoked}-2")),   invoked.to_owned(),            false),
            (json!(invoked),                  format!("{invoked}-2"),        false),
            (json!(null),                     invoked.to_owned(),            false),
        ];
        for (target, invoked, expected) in cases {
            assert_eq!(
                is_function(&target, &invoked),
                expected,
                "{target} {invoked}"
            );
        }
    }
}
