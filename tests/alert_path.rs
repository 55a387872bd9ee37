//! `status` and `notify-test`: a line that is well, and each way in which it is not.

use crate::harness::program::{Access, ended, tool, tool_on, user_without};
use crate::harness::{self, STACK, Stage, one_mail, signed};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// Runs a verb of the tool on the stage's stack; gives exit code and stdout.
async fn told(stage: &Stage, verb: &str, more: &[&str]) -> anyhow::Result<(i32, String)> {
    let arguments = [&[verb, "--stack-name", STACK], more].concat();
    let (code, stdout, _) = tool_on(&stage.cloud, &arguments).await?;
    Ok((code, stdout))
}

/// A call of EventBridge.
pub(crate) async fn events(stage: &Stage, operation: &str, body: &Value) -> anyhow::Result<Value> {
    let target = format!("AWSEvents.{operation}");
    let headers = [
        ("x-amz-target", target.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
    ];
    let answer = signed::post(&stage.cloud, "events", "/", body.to_string(), &headers).await?;
    Ok(serde_json::from_str(&answer.body).unwrap_or_default())
}

pub(crate) async fn a_line_that_is_well_is_told_so(stage: &Stage) -> anyhow::Result<()> {
    harness::run(stage).await?;
    let (code, text) = told(stage, "status", &[]).await?;
    ensure!(code == 0, "{code}: {text}");
    for line in [
        "Stack: acceptance, CREATE_COMPLETE",
        "Task: acceptance, AVAILABLE",
        "Last execution: SUCCESS, started ",
        "Schedule: ENABLED, cron(0 2 * * ? *) in Europe/Berlin",
        "Next run: 20",
        "  Subscription: email ops@example.com: confirmed",
        "Failure queue: ",
    ] {
        ensure!(has_line(&text, line), "no {line} in {text}");
    }
    ensure!(!has_line(&text, "Attention: last execution"), "{text}");
    let (code, text) = told(stage, "status", &["--json"]).await?;
    let status: Value = serde_json::from_str(&text)?;
    ensure!(
        code == 0 && status["schema"] == "backup.status/1",
        "{code}: {text}"
    );
    let told = &status["last_execution"]["told"];
    ensure!(told == "OK" || told == "NO CHANGE", "{text}");
    ensure!(status["task"]["arn"] == stage.output("TaskArn")?, "{text}");
    ensure!(
        status["alerts"]["subscriptions"][0]["state"] == "confirmed",
        "{text}"
    );
    Ok(())
}

pub(crate) async fn a_test_mail_goes_the_whole_way(stage: &Stage) -> anyhow::Result<()> {
    let ((code, text), mail) = one_mail(stage, told(stage, "notify-test", &[])).await?;
    let all_pass = text.lines().all(|line| line.starts_with("PASS  "));
    ensure!(code == 0 && all_pass, "{code}: {text}");
    ensure!(
        mail.subject().starts_with("TEST OK | "),
        "{}",
        mail.subject()
    );
    ensure!(text.contains(mail.header("X-Sns-Message-Id")), "{text}");
    ensure!(
        text.contains("soon there: email ops@example.com; not there: nobody"),
        "{text}"
    );
    Ok(())
}

fn has_line(text: &str, start: &str) -> bool {
    text.lines().any(|line| line.starts_with(start))
}

pub(crate) async fn a_disabled_rule_is_named(stage: &Stage) -> anyhow::Result<()> {
    let rule = json!({"Name": stage.output("ExecutionFinishedRuleName")?});
    events(stage, "DisableRule", &rule).await?;
    let tested = told(stage, "notify-test", &[]).await;
    let status = told(stage, "status", &[]).await;
    events(stage, "EnableRule", &rule).await?;
    failed(
        &tested?,
        "FAIL  state of the rule: ",
        "aws events enable-rule --name ",
    )?;
    // It could be read, hence 0; but it is never told as well.
    let (code, text) = status?;
    ensure!(
        code == 0 && has_line(&text, "Attention: state of the rule: "),
        "{code}: {text}"
    );
    Ok(())
}

pub(crate) async fn a_rule_without_a_target_is_named(stage: &Stage) -> anyhow::Result<()> {
    let rule = stage.output("ExecutionFinishedRuleName")?;
    let listed = events(stage, "ListTargetsByRule", &json!({"Rule": rule})).await?;
    let remove = json!({"Rule": rule, "Ids": ["report-execution"]});
    events(stage, "RemoveTargets", &remove).await?;
    let tested = told(stage, "notify-test", &[]).await;
    let put = json!({"Rule": rule, "Targets": listed["Targets"]});
    events(stage, "PutTargets", &put).await?;
    failed(
        &tested?,
        "FAIL  target of the rule: it has none",
        "aws cloudformation detect-stack-drift ",
    )
}

pub(crate) async fn a_target_that_replaces_the_event_is_named(stage: &Stage) -> anyhow::Result<()> {
    let rule = stage.output("ExecutionFinishedRuleName")?;
    let listed = events(stage, "ListTargetsByRule", &json!({"Rule": rule})).await?;
    let mut reshaped = listed["Targets"].clone();
    reshaped[0]["InputPath"] = "$.detail".into();
    let put = |targets: &Value| json!({"Rule": rule, "Targets": targets});
    events(stage, "PutTargets", &put(&reshaped)).await?;
    let tested = told(stage, "notify-test", &[]).await;
    events(stage, "PutTargets", &put(&listed["Targets"])).await?;
    let tested = tested?;
    failed(
        &tested,
        "FAIL  target of the rule: ",
        "but its InputPath replaces the event",
    )
}

pub(crate) async fn a_function_that_lets_no_rule_in_is_named(stage: &Stage) -> anyhow::Result<()> {
    let name = stage.output("ReportExecutionFunctionName")?;
    let path = format!("/2015-03-31/functions/{name}/policy");
    let answer: Value =
        serde_json::from_str(&signed::get(&stage.cloud, "lambda", &path).await?.body)?;
    let policy: Value = serde_json::from_str(answer["Policy"].as_str().context("no policy")?)?;
    let statement = &policy["Statement"][0];
    let id = statement["Sid"].as_str().context("no statement")?;
    signed::delete(&stage.cloud, "lambda", &format!("{path}/{id}")).await?;
    let tested = told(stage, "notify-test", &[]).await;
    let again = json!({
        "StatementId": id, "Action": statement["Action"],
        "Principal": statement["Principal"]["Service"],
        "SourceArn": statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        "SourceAccount": statement["Condition"]["StringEquals"]["AWS:SourceAccount"],
    });
    signed::post(&stage.cloud, "lambda", &path, again.to_string(), &[]).await?;
    failed(
        &tested?,
        "FAIL  leave of the rule to invoke the function: ",
        &format!("aws lambda add-permission --function-name {name} "),
    )?;
    let (code, text) = told(stage, "notify-test", &[]).await?;
    ensure!(code == 0, "it was not put right again: {text}");
    Ok(())
}

pub(crate) async fn a_subscription_that_is_picky_is_named(stage: &Stage) -> anyhow::Result<()> {
    let fields = [("TopicArn", stage.output("AlertTopicArn")?)];
    let listed = signed::query(&stage.cloud, "sns", "ListSubscriptionsByTopic", &fields).await?;
    let arn = between(&listed.body, "<SubscriptionArn>", "</SubscriptionArn>")?;
    set_filter(stage, arn, r#"{"verdict":["FAILED"]}"#).await?;
    let tested = told(stage, "notify-test", &[]).await;
    set_filter(stage, arn, "{}").await?;
    let tested = tested?;
    let again = format!("aws sns set-subscription-attributes --subscription-arn {arn} ");
    failed(
        &tested,
        "FAIL  subscription of email ops@example.com, mails about runs: ",
        &again,
    )?;
    let perhaps = "soon there: nobody; perhaps there, by filter policy: email ops@example.com; ";
    ensure!(tested.1.contains(perhaps), "{}", tested.1);
    let (code, text) = told(stage, "notify-test", &[]).await?;
    ensure!(code == 0, "it was not put right again: {text}");
    Ok(())
}

async fn set_filter(stage: &Stage, subscription: &str, policy: &str) -> anyhow::Result<()> {
    let fields = [
        ("SubscriptionArn", subscription),
        ("AttributeName", "FilterPolicy"),
        ("AttributeValue", policy),
    ];
    signed::query(&stage.cloud, "sns", "SetSubscriptionAttributes", &fields).await?;
    Ok(())
}

pub(crate) async fn a_wrong_pattern_is_named(stage: &Stage) -> anyhow::Result<()> {
    let cases = [
        (
            json!({"source": ["aws.datasync"], "detail": {"status": ["SUCCESS"]}}),
            "FAIL  pattern of the rule, on SUCCESS: stops it",
        ),
        (
            json!({"source": ["aws.datasync"]}),
            "FAIL  pattern of the rule, on TRANSFERRING: lets it through",
        ),
        (
            json!({"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}}),
            "UNKNOWN  pattern of the rule, on SUCCESS: EventBridge stops it, but our evaluator \
             cannot read it: detail.ip: the operator `cidr` is not known here",
        ),
    ];
    for (pattern, expected) in cases {
        let tested = with_pattern(stage, &pattern, told(stage, "notify-test", &[])).await?;
        failed(&tested, expected, "")?;
    }
    let (code, text) = told(stage, "notify-test", &[]).await?;
    ensure!(code == 0, "it was not put right again: {text}");
    Ok(())
}

fn failed((code, text): &(i32, String), line: &str, next: &str) -> anyhow::Result<()> {
    let named = has_line(text, line) && text.contains(next);
    ensure!(*code == 1 && named, "{code}, no {line} in {text}");
    Ok(())
}

/// Gives the stack's rule another pattern, while `act` runs.
async fn with_pattern<T>(
    stage: &Stage,
    pattern: &Value,
    act: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let name = json!({"Name": stage.output("ExecutionFinishedRuleName")?});
    let before = events(stage, "DescribeRule", &name).await?;
    let rule = |pattern: &Value| json!({"Name": before["Name"], "Description": before["Description"], "State": "ENABLED", "EventPattern": pattern});
    events(stage, "PutRule", &rule(&pattern.to_string().into())).await?;
    let result = act.await;
    events(stage, "PutRule", &rule(&before["EventPattern"])).await?;
    result
}

pub(crate) async fn a_pending_subscription_is_named(stage: &Stage) -> anyhow::Result<()> {
    const NEW: &str = "new@example.com";
    let topic = stage.output("AlertTopicArn")?;
    let fields = [
        ("TopicArn", topic),
        ("Protocol", "email"),
        ("Endpoint", NEW),
        ("ReturnSubscriptionArn", "true"),
    ];
    let made = signed::query(&stage.cloud, "sns", "Subscribe", &fields).await?;
    let status = told(stage, "status", &[]).await;
    let tested = told(stage, "notify-test", &["--json"]).await;
    let arn = between(&made.body, "<SubscriptionArn>", "</SubscriptionArn>")?;
    let fields = [("SubscriptionArn", arn)];
    signed::query(&stage.cloud, "sns", "Unsubscribe", &fields).await?;

    let (code, text) = status?;
    let line = format!("  Subscription: email {NEW}: PENDING, gets nothing");
    ensure!(code == 0 && has_line(&text, &line), "{code}: {text}");
    let (code, text) = tested?;
    let document: Value = serde_json::from_str(&text)?;
    ensure!(document["schema"] == "backup.notify-test/1", "{text}");
    ensure!(code == 1 && document["ok"] == false, "{code}: {text}");
    let pending = step(&document, &format!("subscription of email {NEW}"))?;
    let next = pending["next"].as_str().unwrap_or_default();
    let again = format!(
        "aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {NEW} "
    );
    ensure!(
        pending["outcome"] == "FAIL" && next.contains(&again),
        "{pending}"
    );
    let mail = step(&document, "test mail")?;
    let found = mail["found"].as_str().unwrap_or_default();
    let who = format!("soon there: email ops@example.com; not there: email {NEW}");
    ensure!(mail["outcome"] == "PASS" && found.ends_with(&who), "{mail}");
    Ok(())
}

fn step<'a>(document: &'a Value, name: &str) -> anyhow::Result<&'a Value> {
    let mut steps = document["steps"].as_array().into_iter().flatten();
    let is_named = |step: &&Value| {
        step["step"]
            .as_str()
            .is_some_and(|step| step.starts_with(name))
    };
    steps
        .find(is_named)
        .with_context(|| format!("no step {name} in {document}"))
}

pub(crate) async fn a_function_with_another_topic_is_named(stage: &Stage) -> anyhow::Result<()> {
    let path = format!(
        "/2015-03-31/functions/{}/configuration",
        stage.output("ReportExecutionFunctionName")?
    );
    let before: Value =
        serde_json::from_str(&signed::get(&stage.cloud, "lambda", &path).await?.body)?;
    let mut wrong = before["Environment"].clone();
    let elsewhere = format!("{}-elsewhere", stage.output("WatchTopicArn")?);
    wrong["Variables"]["TOPIC_ARN"] = elsewhere.into();
    signed::put(
        &stage.cloud,
        "lambda",
        &path,
        json!({"Environment": wrong}).to_string(),
    )
    .await?;
    let tested = told(stage, "notify-test", &[]).await;
    let right = json!({"Environment": before["Environment"]});
    signed::put(&stage.cloud, "lambda", &path, right.to_string()).await?;
    let tested = tested?;
    failed(
        &tested,
        "FAIL  topic of the function: ",
        "aws cloudformation detect-stack-drift ",
    )?;
    // Its role may publish to the stack's own topics only.
    failed(&tested, "FAIL  test mail: ", "aws logs filter-log-events ")
}

pub(crate) async fn what_is_denied_is_not_known_and_never_well(
    stage: &Stage,
) -> anyhow::Result<()> {
    let user = half_blind(stage).await?;
    let (code, text) = told_to(stage, &user, "status").await?;
    ensure!(code == 4, "{code}: {text}");
    for (label, action) in [
        ("Rule", "events:DescribeRule"),
        ("Mails about runs", "sns:ListSubscriptionsByTopic"),
        ("Failure queue", "sqs:GetQueueAttributes"),
    ] {
        let line = format!("{label}: not known: {action} failed for ");
        ensure!(has_line(&text, &line), "no {line} in {text}");
    }
    ensure!(has_line(&text, "Task: acceptance, AVAILABLE"), "{text}");
    let (code, text) = told_to(stage, &user, "notify-test").await?;
    ensure!(code == 1 && !text.contains("PASS"), "{code}: {text}");
    for step in [
        "subscriptions, mails about runs",
        "leave of the rule to invoke the function",
        "state of the rule",
        "test mail",
        "pattern of the rule",
    ] {
        let line = format!("UNKNOWN  {step}: ");
        ensure!(has_line(&text, &line), "no {line} in {text}");
    }
    Ok(())
}

/// A user who may do everything but look at rules, subscriptions, queues and
/// functions.
async fn half_blind(stage: &Stage) -> anyhow::Result<Access> {
    let denied = [
        "events:*",
        "sns:ListSubscriptionsByTopic",
        "sqs:*",
        "lambda:*",
    ];
    user_without(stage, "half-blind", &denied).await
}

async fn told_to(stage: &Stage, user: &Access, verb: &str) -> anyhow::Result<(i32, String)> {
    let mut command = tool(&[verb, "--stack-name", STACK])?;
    command.envs(stage.cloud.environment()).envs(user.clone());
    let (code, stdout, _) = ended(command.output().await?)?;
    Ok((code, stdout))
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> anyhow::Result<&'a str> {
    let rest = text.split_once(from).map(|(_, rest)| rest);
    let found = rest.and_then(|rest| rest.split(to).next());
    found.with_context(|| format!("no {from} in {text}"))
}
