//! AWS, as far as a report needs it: one file a service. AWS types stop here.

mod counters;
mod datasync;
mod logs;
mod s3;
mod sns;

pub(crate) use datasync::{Described, ReportPlace};
pub(crate) use s3::Listed;

use crate::Settings;
use function_env::{Clients, ClientsError};

/// The clients of this function.
#[derive(Debug)]
pub struct Aws {
    datasync: aws_sdk_datasync::Client,
    logs: aws_call::JsonClient,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    report_bucket: String,
    topic: String,
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
            sns: sns::client(&clients),
            report_bucket: settings.report_bucket.clone(),
            topic: settings.topic.clone(),
        })
    }
}
