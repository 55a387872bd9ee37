//! The two ARNs that everything else hangs on: a task's and an execution's.
//!
//! Form: `arn:PARTITION:datasync:REGION:ACCOUNT:task/task-…/execution/exec-…`,
//! with 17 hexadecimal digits in each id (source: DataSync API Reference,
//! `DescribeTaskExecution`, pattern of `TaskExecutionArn`). The partition is
//! kept open: new ones appear.

use std::fmt;
use std::str::FromStr;

/// The ARN of a DataSync task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskArn {
    text: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The region's code, such as `eu-central-1`.
    pub region: String,
    /// The account's twelve digits.
    pub account: String,
    /// `task-` and 17 hexadecimal digits.
    pub task_id: String,
}

/// The ARN of one execution of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionArn {
    text: String,
    /// The task that was executed.
    pub task: TaskArn,
    /// `exec-` and 17 hexadecimal digits.
    pub execution_id: String,
}

/// A text that is not the ARN it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not the ARN of a DataSync {wanted}")]
pub struct ArnError {
    given: String,
    wanted: &'static str,
}

impl FromStr for TaskArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        task_arn(text).ok_or_else(|| ArnError {
            given: text.to_owned(),
            wanted: "task",
        })
    }
}

impl FromStr for ExecutionArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        execution_arn(text).ok_or_else(|| ArnError {
            given: text.to_owned(),
            wanted: "task execution",
        })
    }
}

fn task_arn(text: &str) -> Option<TaskArn> {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "datasync", region, account, resource] = parts[..] else {
        return None;
    };
    let task_id = resource.strip_prefix("task/")?;
    let well_formed = partition.starts_with("aws")
        && [partition, region].iter().all(|part| is_label(part))
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && is_id(task_id, "task-");
    well_formed.then(|| TaskArn {
        text: text.to_owned(),
        partition: partition.to_owned(),
        region: region.to_owned(),
        account: account.to_owned(),
        task_id: task_id.to_owned(),
    })
}

fn execution_arn(text: &str) -> Option<ExecutionArn> {
    let (task, execution_id) = text.split_once("/execution/")?;
    let task = task_arn(task)?;
    is_id(execution_id, "exec-").then(|| ExecutionArn {
        text: text.to_owned(),
        task,
        execution_id: execution_id.to_owned(),
    })
}

fn is_label(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 17
            && digits
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

impl TaskArn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl ExecutionArn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The page of the execution in the AWS console; `None` in a partition whose
    /// console has no known address.
    #[must_use]
    pub fn console_url(&self) -> Option<String> {
        let (task, execution) = (&self.task.task_id, &self.execution_id);
        self.console("datasync", &format!("/history/{task}/{execution}"))
    }

    /// The name of its stream in the task's log group. Source: seen in public code.
    #[must_use]
    pub fn log_stream(&self) -> String {
        format!("{}-{}", self.task.task_id, self.execution_id)
    }

    /// The page of its log stream in the AWS console, where one is known.
    #[must_use]
    pub fn log_url(&self, log_group: &str) -> Option<String> {
        // The console wants a slash encoded twice, with `$` for `%`.
        let group = log_group.replace('/', "$252F");
        let stream = self.log_stream();
        let page = format!("logsV2:log-groups/log-group/{group}/log-events/{stream}");
        self.console("cloudwatch", &page)
    }

    fn console(&self, service: &str, page: &str) -> Option<String> {
        let region = &self.task.region;
        let host = match self.task.partition.as_str() {
            "aws" => format!("{region}.console.aws.amazon.com"),
            "aws-cn" => format!("{region}.console.amazonaws.cn"),
            "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
            _ => return None,
        };
        Some(format!(
            "https://{host}/{service}/home?region={region}#{page}"
        ))
    }
}

impl fmt::Display for TaskArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for ExecutionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "arn:aws:datasync:eu-central-1:111122223333:task/task-0a1b2c3d4e5f60718";
    const EXECUTION: &str = "arn:aws-cn:datasync:cn-north-1:111122223333:task/task-0a1b2c3d4e5f60718/execution/exec-04ce9d516d69bd52f";

    #[test]
    fn an_execution_arn_knows_its_task() {
        let arn: ExecutionArn = EXECUTION.parse().unwrap();
        assert_eq!(arn.task.partition, "aws-cn");
        assert_eq!(arn.task.region, "cn-north-1");
        assert_eq!(arn.task.task_id, "task-0a1b2c3d4e5f60718");
        assert_eq!(arn.execution_id, "exec-04ce9d516d69bd52f");
        assert_eq!(arn.to_string(), EXECUTION);
        assert_eq!(arn.task.as_str(), EXECUTION.split("/exec").next().unwrap());
    }

    #[test]
    fn other_texts_are_refused() {
        #[rustfmt::skip]
        let cases = [
            ("empty",            String::new()),
            ("task only",        TASK.to_owned()),
            ("another service",  EXECUTION.replace("datasync", "s3")),
            ("another partition", EXECUTION.replace("aws-cn", "azure")),
            ("short id",         EXECUTION.replace("exec-04", "exec-4")),
            ("upper case",       EXECUTION.replace("exec-04c", "exec-04C")),
            ("letters for digits", EXECUTION.replace("111122223333", "11112222333x")),
            ("something behind", format!("{EXECUTION}/more")),
            ("a second line",    format!("{EXECUTION}\n")),
        ];
        for (name, text) in cases {
            assert!(text.parse::<ExecutionArn>().is_err(), "{name}: {text}");
        }
        assert!(TASK.parse::<TaskArn>().is_ok());
        assert!(EXECUTION.parse::<TaskArn>().is_err());
    }

    #[test]
    fn a_link_is_given_only_where_its_form_is_known() {
        let link = |partition: &str| {
            let text = EXECUTION.replace("aws-cn", partition);
            text.parse::<ExecutionArn>().unwrap().console_url()
        };
        assert_eq!(
            link("aws").unwrap(),
            "https://cn-north-1.console.aws.amazon.com/datasync/home?region=cn-north-1#/history/task-0a1b2c3d4e5f60718/exec-04ce9d516d69bd52f"
        );
        assert!(link("aws-cn").unwrap().contains("console.amazonaws.cn/"));
        assert_eq!(link("aws-iso"), None);
        let execution: ExecutionArn = EXECUTION.replace("aws-cn", "aws").parse().unwrap();
        assert_eq!(
            execution.log_url("/aws/datasync/web").unwrap(),
            "https://cn-north-1.console.aws.amazon.com/cloudwatch/home?region=cn-north-1#logsV2:log-groups/log-group/$252Faws$252Fdatasync$252Fweb/log-events/task-0a1b2c3d4e5f60718-exec-04ce9d516d69bd52f"
        );
    }
}
