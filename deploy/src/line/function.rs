//! The function that reports: where it sends, and a test mail through it.

use super::{Known, NotKnown, output, permission, text};
use crate::aws::Aws;
use crate::stack::Stack;
use aws_call::CallError;
use serde_json::{Value, json};

/// The function that reports a finished execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The topic that its environment names.
    pub topic_arn: Option<String>,
    /// Who may invoke it: its resource policy, `Value::Null` if there is none.
    pub policy: Known<Value>,
}

/// A test mail that SNS took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMail {
    /// SNS's id of the message.
    pub message_id: String,
}

pub(super) async fn describe(aws: &Aws, stack: &Stack) -> Known<Reporter> {
    let name = output(stack, "ReportExecutionFunctionName")?;
    let path = format!("/2015-03-31/functions/{name}/configuration");
    let configuration = aws
        .lambda
        .send("lambda:GetFunctionConfiguration", name, path, None);
    let (answer, policy) = tokio::join!(configuration, policy(aws, name));
    let answer = answer?.body;
    let topic = answer["Environment"]["Variables"]["TOPIC_ARN"].as_str();
    Ok(Reporter {
        arn: text(&answer, "FunctionArn")?,
        name: name.to_owned(),
        topic_arn: topic.map(str::to_owned),
        policy,
    })
}

async fn policy(aws: &Aws, name: &str) -> Known<Value> {
    let path = format!("/2015-03-31/functions/{name}/policy");
    let answer = aws.lambda.send("lambda:GetPolicy", name, path, None).await;
    match answer {
        Ok(answer) => serde_json::from_str(&text(&answer.body, "Policy")?)
            .map_err(|error| NotKnown::because(format!("the policy of {name}: {error}"))),
        // A function that is not there fails the other call.
        Err(CallError { code, .. }) if code == "ResourceNotFoundException" => Ok(Value::Null),
        Err(error) => Err(error.into()),
    }
}

impl Reporter {
    /// Whether a rule may invoke it; `None` where its policy is not understood.
    ///
    /// # Errors
    ///
    /// [`NotKnown`] if the policy could not be read.
    pub fn lets_in(&self, rule_arn: &str) -> Known<Option<bool>> {
        let policy = self.policy.as_ref().map_err(Clone::clone)?;
        Ok(permission::lets_in(policy, rule_arn))
    }
}

/// Has the function send its test mail; gives what SNS answered, or the function's
/// own words where it failed.
///
/// # Errors
///
/// [`NotKnown`] if Lambda did not invoke it.
pub async fn send_test_mail(aws: &Aws, stack: &Stack) -> Known<Result<TestMail, String>> {
    let name = output(stack, "ReportExecutionFunctionName")?;
    let path = format!("/2015-03-31/functions/{name}/invocations");
    let request = json!({"test": {}});
    let answer = aws
        .lambda
        .send("lambda:InvokeFunction", name, path, Some(&request))
        .await?;
    if answer.is_function_error {
        let error = answer.body["errorMessage"].as_str();
        let error = error.unwrap_or("it failed without a message");
        return Ok(Err(backup_domain::text::clipped(error)));
    }
    sent(&answer.body).map(Ok)
}

fn sent(answer: &Value) -> Known<TestMail> {
    match (answer["action"].as_str(), answer["message_id"].as_str()) {
        (Some("sent"), Some(id)) => Ok(TestMail {
            message_id: id.to_owned(),
        }),
        _ => Err(NotKnown::because(format!(
            "the function did not say that it sent a mail, but {answer}"
        ))),
    }
}
