//! AWS, as far as a start needs it: one file a service. AWS types stop here.

mod cloudwatch;
mod datasync;

pub(crate) use datasync::{Run, StartError, Task};

use crate::Settings;
use function_env::{Clients, ClientsError};
use function_ping::Ping;

/// The clients of this function.
#[derive(Debug)]
pub struct Aws {
    cloudwatch: aws_call::JsonClient,
    datasync: aws_sdk_datasync::Client,
    pub(crate) ping: Ping,
}

impl Aws {
    /// Builds the clients.
    ///
    /// # Errors
    ///
    /// [`ClientsError`] names what Lambda did not set.
    pub fn from_env(settings: &Settings) -> Result<Self, ClientsError> {
        let clients = Clients::from_env()?;
        Ok(Aws {
            cloudwatch: cloudwatch::client(&clients),
            datasync: datasync::client(&clients),
            ping: Ping::to(settings.ping.clone(), &clients),
        })
    }
}
