//! Letters: what a person is told.
//!
//! Each letter is one struct of facts that renders every form of itself (mail,
//! text message, machine form) into a [`Message`], which SNS accepts by
//! construction.

mod audit;
mod beside;
mod body;
mod causes;
mod compared;
mod evidence;
mod execution;
mod fact;
mod json;
mod line;
mod message;
mod not_copied;
mod reminder;
mod safety;
mod sentence;
mod silence;
mod steps;
mod test_mail;
mod times;
mod unknown;
mod what_happened;
mod what_to_do;

pub use audit::AuditLetter;
pub use beside::{Beside, LastGood, NextRun};
pub use execution::ExecutionLetter;
pub use json::SCHEMA;
pub use line::{LineLetter, LineNames};
pub use message::Message;
pub use reminder::ReminderLetter;
pub use silence::SilenceLetter;
pub use test_mail::TestLetter;
pub use times::Zone;
pub use unknown::UnknownLetter;

use crate::arn::TaskArn;

/// The backup line that a letter is about.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The name of the CloudFormation stack.
    pub stack: String,
    /// The task that copies.
    pub task: TaskArn,
    /// The task's name; where it is not known its id is used.
    pub task_name: Option<String>,
    /// The EFS that is copied, such as `fs-0123456789abcdef0`.
    pub file_system: String,
    /// The bucket that the files are copied into.
    pub bucket: String,
    /// The prefix in the bucket.
    pub prefix: String,
    /// The log group of the task.
    pub log_group: String,
    /// The zone in which times are printed beside UTC.
    pub zone: Zone,
}

impl Backup {
    /// The task's name, or its id.
    #[must_use]
    pub fn task(&self) -> &str {
        match self.task_name.as_deref() {
            Some(name) if !name.trim().is_empty() => name,
            _ => &self.task.task_id,
        }
    }

    fn destination(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix)
    }

    /// The last lines of every letter.
    fn sign(&self, body: &mut body::Body, execution: Option<&str>) {
        body.heading("IDS");
        body.line("From", &format!("{} (EFS)", self.file_system));
        body.labelled("To", &self.destination());
        body.sentence(&format!(
            "Account {}, {}, stack {}",
            self.task.account, self.task.region, self.stack
        ));
        body.whole(execution.unwrap_or(self.task.as_str()));
        body.paragraph("The link SNS adds below stops these mails for this address.");
    }
}

/// `value`, or the words for what was not reported. Unknown is never 0.
fn shown<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "not reported".to_owned(), show)
}

/// In Basic mode `DataSync` counts folders among the files.
fn entries(count: u64) -> String {
    crate::units::plural(count, "file or folder", "files and folders")
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod properties;
