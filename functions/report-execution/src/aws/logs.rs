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
        self.filter(&resource, &input).await
    }

    /// Whether a run has logged anything at all: an empty log may be one that
    /// DataSync may not write.
    ///
    /// # Errors
    ///
    /// [`CallError`] if CloudWatch Logs does not tell.
    pub(crate) async fn has_logged(&self, group: &str, stream: &str) -> Result<bool, CallError> {
        let input = json!({
            "logGroupName": group, "logStreamNamePrefix": stream, "limit": 1,
        });
        let resource = format!("{group}/{stream}");
        Ok(!self.filter(&resource, &input).await?.lines.is_empty())
    }

    async fn filter(&self, resource: &str, input: &Value) -> Result<Page, CallError> {
        let action = "logs:FilterLogEvents";
        let answer = self.logs.call(action, resource, input).await?;
        page_from(&answer).ok_or_else(|| CallError {
            operation: action,
            resource: resource.to_owned(),
            code: "Malformed".to_owned(),
            message: "an answer without lines".to_owned(),
            may_pass: true,
        })
    }
}

/// `None` for an answer of another shape: what is not read must not look empty.
fn page_from(answer: &Value) -> Option<Page> {
    let text = |event: &Value| Some(event.get("message")?.as_str()?.to_owned());
    let events = answer.get("events")?.as_array()?;
    let next = answer.get("nextToken").and_then(Value::as_str);
    Some(Page {
        lines: events.iter().map(text).collect::<Option<_>>()?,
        next: next.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_shape_is_not_an_empty_log() {
        #[rustfmt::skip]
        let cases = [
            (json!({"events": []}),                        Some(0)),
            (json!({"events": [{"message": "a"}]}),        Some(1)),
            (json!({"events": [{"message": "a"}, {}]}),    None),
            (json!({}),                                    None),
            (Value::Null,                                  None),
        ];
        for (answer, lines) in cases {
            let page = page_from(&answer);
            assert_eq!(page.map(|page| page.lines.len()), lines, "{answer}");
        }
    }
}
