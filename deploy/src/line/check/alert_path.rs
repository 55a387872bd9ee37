//! The way of a mail: from the rule through the function and the topic to people.

use super::quoted;
use super::{Place, Step};
use crate::aws::Aws;
use crate::line::{Known, Line, Subscription, SubscriptionState, Target, Topic};
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
    steps.push(permission(line, &place));
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
    let found = format!("{}, topic {}", one.word(), topic.arn);
    let again = place.subscribe(&topic.arn, &one.protocol, &one.endpoint);
    match one.state {
        SubscriptionState::Confirmed => match &one.filter {
            Err(because) => Step::unknown(step, because),
            Ok(Some(_)) if !topic.subscriptions.iter().any(Subscription::gets_all) => {
                let next = format!("run `{}`", place.let_all_through(one));
                Step::fail(step, format!("{found}; nobody gets every mail"), next)
            }
            Ok(_) => Step::pass(step, found),
        },
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
        Ok(targets) => match wrong_with(targets, &reporter.arn) {
            None => Step::pass(STEP, format!("this stack's function {}", reporter.name)),
            Some(found) => Step::fail(STEP, found, place.changed_by_hand()),
        },
    }
}

/// `None` if one of the targets hands the whole event to the function.
fn wrong_with(targets: &[Target], function: &str) -> Option<String> {
    let ours: Vec<&Target> = targets.iter().filter(|one| one.arn == function).collect();
    if ours.iter().any(|one| one.reshaped_by.is_none()) {
        return None;
    }
    if let Some(setting) = ours.iter().find_map(|one| one.reshaped_by) {
        return Some(format!(
            "{function}, but its {setting} replaces the event, which the function then cannot read"
        ));
    }
    let arns: Vec<&str> = targets.iter().map(|one| one.arn.as_str()).collect();
    Some(match arns.as_slice() {
        [] => "it has none".to_owned(),
        arns => format!("{}, and not {function}", arns.join(", ")),
    })
}

/// Whether the rule may invoke the function.
fn permission(line: &Line, place: &Place<'_>) -> Step {
    const STEP: &str = "leave of the rule to invoke the function";
    let (rule, reporter) = match (&line.rule, &line.reporter) {
        (Err(because), _) | (_, Err(because)) => return Step::unknown(STEP, because),
        (Ok(rule), Ok(reporter)) => (rule, reporter),
    };
    match reporter.lets_in(&rule.arn) {
        Err(because) => Step::unknown(STEP, &because),
        Ok(Some(true)) => Step::pass(STEP, format!("{} lets it in", reporter.name)),
        Ok(Some(false)) => {
            let found = format!(
                "the policy of {} does not let {} in",
                reporter.name, rule.arn
            );
            let add = place.let_in(&reporter.name, &rule.arn);
            Step::fail(STEP, found, format!("run `{add}`"))
        }
        Ok(None) => {
            let words = ["--function-name", reporter.name.as_str()];
            let show = place.aws.command("lambda get-policy", &words);
            let found = format!("the policy of {} is not understood here", reporter.name);
            Step::not_sure(STEP, found, format!("read it with `{show}`"))
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

impl Place<'_> {
    fn let_all_through(&self, one: &Subscription) -> String {
        let words = [
            "--subscription-arn",
            &quoted(&one.arn),
            "--attribute-name",
            "FilterPolicy",
            "--attribute-value",
            "'{}'",
        ];
        self.aws.command("sns set-subscription-attributes", &words)
    }

    fn let_in(&self, function: &str, rule: &str) -> String {
        let words = [
            "--function-name",
            function,
            "--statement-id",
            "execution-finished",
            "--action",
            "lambda:InvokeFunction",
            "--principal",
            "events.amazonaws.com",
            "--source-arn",
            rule,
        ];
        self.aws.command("lambda add-permission", &words)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;
    use crate::line::NotKnown;

    fn subscribed(filters: &[Known<Option<String>>]) -> Topic {
        let subscription = |filter: &Known<Option<String>>| Subscription {
            protocol: "email".to_owned(),
            endpoint: "a@x.example".to_owned(),
            state: SubscriptionState::Confirmed,
            arn: "arn:aws:sns:eu-central-1:111122223333:t:1".to_owned(),
            filter: filter.clone(),
        };
        Topic {
            arn: "arn:runs".to_owned(),
            subscriptions: filters.iter().map(subscription).collect(),
        }
    }

    /// A second subscription may be picky, as long as somebody gets every mail.
    #[test]
    fn somebody_must_get_every_mail() {
        use Outcome::{Fail, Pass, Unknown};
        let picky = || Ok(Some(r#"{"verdict":["FAILED"]}"#.to_owned()));
        let unread = || Err(NotKnown::because("denied"));
        #[rustfmt::skip]
        let cases = [
            (vec![Ok(None)],            vec![Pass]),
            (vec![picky()],             vec![Fail]),
            (vec![picky(), picky()],    vec![Fail, Fail]),
            (vec![Ok(None), picky()],   vec![Pass, Pass]),
            (vec![unread(), picky()],   vec![Unknown, Fail]),
        ];
        let (aws, stack) = (Aws::offline(), Stack::fixture());
        let place = Place {
            aws: &aws,
            stack: &stack,
        };
        for (filters, expected) in cases {
            let topic = Ok(subscribed(&filters));
            let steps = subscriptions("mails", &topic, None, &place);
            let outcomes: Vec<Outcome> = steps.iter().map(|step| step.outcome).collect();
            assert_eq!(outcomes, expected, "{steps:?}");
        }
        let step = &subscriptions("mails", &Ok(subscribed(&[picky()])), None, &place)[0];
        assert!(step.found.contains(r#"{"verdict":["FAILED"]}"#), "{step:?}");
        let next = "run `aws sns set-subscription-attributes --subscription-arn \
                    arn:aws:sns:eu-central-1:111122223333:t:1 --attribute-name FilterPolicy \
                    --attribute-value '{}' --region eu-central-1`";
        assert_eq!(step.next.as_deref(), Some(next));
    }

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
