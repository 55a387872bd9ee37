//! CloudWatch Logs: the lines of a run that are about problems.

use super::Aws;
use aws_call::{CallError, JsonClient, JsonService};
use function_env::Clients;
use serde_json::{Value, json};

/// Every line about a problem has one of these. Source: DataSync User Guide,
/// "Monitoring with CloudWatch Logs"; CloudWatch Logs User Guide, "Filter pattern
/// syntax".
const PROBLEMS: &str = r#"?"[ERROR]" ?"[WARN]" ?"Verification failed""#;

pub(super) fn client(clients: &Clients) -> JsonClient {
    JsonClient::new(JsonService::LOGS, clients.config("LOGS"))
}

/// One page of lines, and where the next one begins.
pub(crate) struct Page {
    pub(crate) lines: Vec<String>,
    pub(crate) next: Option<String>,
}

impl Aws {
    /// Reads one page of a run's lines about problems. A page may be empty and
    /// not be the last.
    ///
    /// # Errors
    ///
    /// [`CallError`] if CloudWatch Logs does not give it.
    pub(crate) async fn problem_lines(
        &self,
        group: &str,
        stream: &str,
        next: Option<String>,
    ) -> Result<Page, CallError> {
        let mut input = json!({
            "logGroupName": group,
            "logStreamNamePrefix": stream,
            "filterPattern": PROBLEMS,
        });
        if let Some(token) = next {
            input["nextToken"] = token.into();
        }
        let resource = format!("{group}/{stream}");
        let answer = self
            .logs
            .call("logs:FilterLogEvents", &resource, &input)
            .await?;
        Ok(page_from(&answer))
    }
}

fn page_from(answer: &Value) -> Page {
    let events = answer.get("events").and_then(Value::as_array);
    let text = |event: &Value| Some(event.get("message")?.as_str()?.to_owned());
    Page {
        lines: events.into_iter().flatten().filter_map(text).collect(),
        next: answer
            .get("nextToken")
            .and_then(Value::as_str)
            .map(str::to_owned),
    }
}
