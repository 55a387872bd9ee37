//! AWS, as far as an audit needs it. AWS types stop here.

mod s3;

use crate::Settings;
use function_env::{Clients, ClientsError};
use function_mail::Mail;
pub use s3::Buckets;

/// The clients of this function.
#[derive(Debug)]
pub struct Aws {
    pub(crate) buckets: Buckets,
    pub(crate) mail: Mail,
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
            buckets: Buckets::from_env(&settings.task.account, &clients),
            mail: Mail::to(&settings.topic, &clients),
        })
    }
}
