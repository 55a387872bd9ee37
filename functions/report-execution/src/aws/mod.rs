//! AWS, as far as a report needs it: one file a service. AWS types stop here.

mod counters;
mod datasync;
mod line;
mod logs;
mod s3;
mod stand;

#[doc(hidden)]
pub use datasync::execution_told_by;
pub(crate) use datasync::{Described, ReportPlace};
pub(crate) use line::not_looked;
pub(crate) use s3::Listed;

use crate::Settings;
use aws_call::CallError;
use backup_domain::letter::Message;
use function_env::{Clients, ClientsError};
use function_mail::Mail;
use function_ping::Ping;

/// The clients of this function.
#[derive(Debug)]
pub struct Aws {
    datasync: aws_sdk_datasync::Client,
    logs: aws_call::JsonClient,
    s3: aws_sdk_s3::Client,
    line: line::LineClients,
    stand: stand::StandClients,
    mail: Mail,
    watch_mail: Mail,
    pub(crate) ping: Ping,
    report_bucket: String,
}

impl Aws {
    /// Builds the clients, at start, when Lambda gives the most CPU.
    ///
    /// # Errors
    ///
    /// [`ClientsError`] names what Lambda did not set.
    pub fn from_env(settings: &Settings) -> Result<Self, ClientsError> {
        let clients = Clients::from_env()?;
        Ok(Aws {
            datasync: datasync::client(&clients),
            logs: logs::client(&clients),
            s3: s3::client(&clients),
            line: line::clients(&clients),
            stand: stand::clients(&clients),
            mail: Mail::to(&settings.topic, &clients),
            watch_mail: Mail::to(&settings.watch_topic, &clients),
            ping: Ping::to(settings.ping.clone(), &clients),
            report_bucket: settings.report_bucket.clone(),
        })
    }

    /// Publishes a message in all its forms; gives its id.
    ///
    /// # Errors
    ///
    /// [`CallError`] if SNS does not confirm it; then it must be tried again.
    pub(crate) async fn publish(&self, message: &Message) -> Result<Option<String>, CallError> {
        self.mail.publish(message).await
    }

    /// The same on the topic of those who keep the line.
    ///
    /// # Errors
    ///
    /// [`CallError`] if SNS does not confirm it.
    pub(crate) async fn publish_to_watchers(
        &self,
        message: &Message,
    ) -> Result<Option<String>, CallError> {
        self.watch_mail.publish(message).await
    }
}
