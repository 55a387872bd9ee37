//! The way of a mail: from the rule through the function and the topic to people.

use super::{Place, Step};
use crate::aws::Aws;
use crate::line::{Known, Line, Subscription, SubscriptionState, Topic};
use crate::stack::Stack;

/// The way of a mail about a run: who is subscribed, and whether rule, function
/// and topic belong together.
#[must_use]
pub fn alert_path(line: &Line, aws: &Aws, stack: &Stack) -> Vec<Step> {
    let place = Place { aws, stack };
    let address = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| stack.parameters.get(*name));
        values.find(|value| !value.is_empty())
    };
    let (alert, watch) = (
        address(&["AlertEmail"]),
        address(&["WatchEmail", "AlertEmail"]),
    );
    let mut steps = subscriptions("mails about runs", &line.alerts, alert, &place);
    steps.extend(subscriptions(
        "mails about the backup line",
        &line.watch,
        watch,
        &place,
    ));
    steps.push(target(line, &place));
    steps.push(function_topic(line, &place));
    steps.push(rule_state(line, &place));
    steps
}

/// `address` is whom the stack has subscribed.
fn subscriptions(
    what: &str,
    topic: &Known<Topic>,
    address: Option<&String>,
    place: &Place<'_>,
) -> Vec<Step> {
    let topic = match topic {
        Ok(topic) => topic,
        Err(because) => return vec![Step::unknown(format!("subscriptions, {what}"), because)],
    };
    if topic.subscriptions.is_empty() {
        let again = place.subscribe(
            &topic.arn,
            "email",
            address.map_or("ADDRESS", String::as_str),
        );
        let found = format!("nobody is subscribed to {}", topic.arn);
        return vec![Step::fail(
            format!("subscriptions, {what}"),
            found,
            format!("run `{again}`"),
        )];
    }
    let each = topic.subscriptions.iter();
    each.map(|one| subscription(what, topic, one, place))
        .collect()
}

fn subscription(what: &str, topic: &Topic, one: &Subscription, place: &Place<'_>) -> Step {
    let step = format!("subscription of {} {}, {what}", one.protocol, one.endpoint);
    let found = format!("{}, topic {}", one.state.word(), topic.arn);
    let again = place.subscribe(&topic.arn, &one.protocol, &one.endpoint);
    match one.state {
        SubscriptionState::Confirmed => Step::pass(step, found),
        SubscriptionState::Pending => Step::fail(
            step,
            found,
            format!("follow the link in the mail from AWS Notifications; `{again}` sends it again"),
        ),
        SubscriptionState::Deleted => {
            Step::fail(step, found, format!("run `{again}` and follow the link"))
        }
    }
}

fn target(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "target of the rule";
    let (targets, reporter) = match (&line.rule, &line.reporter) {
        (Err(because), _) | (_, Err(because)) => return Step::unknown(STEP, because),
        (Ok(rule), Ok(reporter)) => (&rule.targets, reporter),
    };
    match targets {
        Err(because) => Step::unknown(STEP, because),
        Ok(targets) if targets.contains(&reporter.arn) => {
            Step::pass(STEP, format!("this stack's function {}", reporter.name))
        }
        Ok(targets) => {
            let found = match targets.as_slice() {
                [] => "it has none".to_owned(),
                targets => format!("{}, and not {}", targets.join(", "), reporter.arn),
            };
            Step::fail(STEP, found, place.changed_by_hand())
        }
    }
}

fn function_topic(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "topic of the function";
    let wanted = place.stack.outputs.get("AlertTopicArn");
    match (&line.reporter, wanted) {
        (Err(because), _) => Step::unknown(STEP, because),
        (Ok(reporter), Some(wanted)) if reporter.topic_arn.as_ref() == Some(wanted) => {
            Step::pass(STEP, format!("this stack's {wanted}"))
        }
        (Ok(reporter), wanted) => {
            let none = "none".to_owned();
            let found = reporter.topic_arn.as_ref().unwrap_or(&none);
            let wanted = wanted.unwrap_or(&none);
            Step::fail(
                STEP,
                format!("{found}, and not {wanted}"),
                place.changed_by_hand(),
            )
        }
    }
}

fn rule_state(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "state of the rule";
    match &line.rule {
        Err(because) => Step::unknown(STEP, because),
        Ok(rule) if rule.state.starts_with("ENABLED") => {
            Step::pass(STEP, format!("{} is {}", rule.name, rule.state))
        }
        Ok(rule) => {
            let enable = place
                .aws
                .command("events enable-rule", &["--name", &rule.name]);
            let found = format!("{} is {}: no run is reported", rule.name, rule.state);
            Step::fail(STEP, found, format!("run `{enable}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::NotKnown;

    fn nobody(arn: &str) -> Known<Topic> {
        Ok(Topic {
            arn: arn.to_owned(),
            subscriptions: Vec::new(),
        })
    }

    #[test]
    fn each_topic_gets_its_own_address_again() {
        let line = Line {
            alerts: nobody("arn:runs"),
            watch: nobody("arn:watch"),
            ..Line::not_looked_at(&NotKnown::because("nobody asked"))
        };
        #[rustfmt::skip]
        let cases = [
            (vec![("AlertEmail", "a@x.example"), ("WatchEmail", "w@x.example")], ["a@x.example", "w@x.example"]),
            (vec![("AlertEmail", "a@x.example"), ("WatchEmail", "")],            ["a@x.example", "a@x.example"]),
            (vec![],                                                             ["ADDRESS", "ADDRESS"]),
        ];
        for (parameters, addresses) in cases {
            let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
            let stack = Stack {
                parameters: parameters.into_iter().map(owned).collect(),
                ..Stack::fixture()
            };
            let steps = alert_path(&line, &Aws::offline(), &stack);
            let next = |at: usize| steps[at].next.clone().unwrap_or_default();
            for (at, topic) in ["arn:runs", "arn:watch"].into_iter().enumerate() {
                let command = format!(
                    "run `aws sns subscribe --topic-arn {topic} --protocol email \
                     --notification-endpoint {} --region eu-central-1`",
                    addresses[at]
                );
                assert_eq!(next(at), command);
            }
        }
    }
}
