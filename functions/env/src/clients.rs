//! The configuration that all AWS clients of a function share.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use std::time::Duration;

/// The longest time to wait for a connection, for one answer, and for a call
/// with all its retries. A function has little time in all, and a call that
/// hangs must leave enough of it to tell so.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(8);
const CALL: Duration = Duration::from_secs(15);

/// One HTTP connector, one region and one set of credentials for all clients.
#[derive(Debug, Clone)]
pub struct Clients {
    config: SdkConfig,
}

/// What Lambda should have put into the environment and did not.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {0} is not set; Lambda sets it for every function")]
pub struct ClientsError(&'static str);

impl Clients {
    /// Reads region and credentials, which Lambda puts into the environment and
    /// which are valid as long as the environment lives.
    ///
    /// # Errors
    ///
    /// [`ClientsError`] names what is missing.
    pub fn from_env() -> Result<Self, ClientsError> {
        let credentials = Credentials::new(
            from_lambda("AWS_ACCESS_KEY_ID")?,
            from_lambda("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN")
                .ok()
                .filter(|token| !token.is_empty()),
            None,
            "Lambda",
        );
        let http = Builder::new()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::Ring,
            ))
            .build_https();
        let config = SdkConfig::builder()
            .region(Region::new(from_lambda("AWS_REGION")?))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http)
            .timeout_config(timeouts())
            .build();
        Ok(Clients { config })
    }

    /// The configuration for one service, such as `DATASYNC`; its endpoint can
    /// be set by `AWS_ENDPOINT_URL_DATASYNC` or, for all services,
    /// `AWS_ENDPOINT_URL`. Source: AWS SDKs Reference Guide, "Service-specific
    /// endpoints".
    #[must_use]
    pub fn config(&self, service: &str) -> SdkConfig {
        let of_service = format!("AWS_ENDPOINT_URL_{service}");
        let endpoint = [of_service.as_str(), "AWS_ENDPOINT_URL"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
        match endpoint {
            Some(url) => self.config.to_builder().endpoint_url(url).build(),
            None => self.config.clone(),
        }
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ANSWER)
        .operation_timeout(CALL)
        .build()
}

fn from_lambda(name: &'static str) -> Result<String, ClientsError> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or(ClientsError(name))
}
