//! Pings a service that rings when pings stay away: a path to people that needs
//! neither SNS nor this account's mail.
//!
//! A ping is a courtesy: it takes five seconds at most, and whether it arrives
//! changes nothing else.

mod url;

pub use url::PingUrl;

use aws_call::CallError;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use function_env::Clients;
use lambda_runtime::tracing::instrument::WithSubscriber;
use lambda_runtime::tracing::{self, Dispatch};
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;
use url::Signal;

/// How often a ping is tried: one lost packet should not ring.
const TRIES: u32 = 2;

/// The longest time for a ping in all, and for each of its tries.
#[derive(Debug, Clone, Copy)]
struct Patience {
    in_all: Duration,
    each: Duration,
}

const PATIENCE: Patience = Patience {
    in_all: Duration::from_secs(5),
    each: Duration::from_secs(2),
};

/// Where to ping, if that is wanted.
#[derive(Debug)]
pub struct Ping {
    url: Option<PingUrl>,
    http: Option<SharedHttpClient>,
    patience: Patience,
}

/// A ping as it goes out.
#[derive(Debug)]
struct Outgoing {
    target: String,
    body: String,
}

impl Ping {
    /// Pings this address; without one, none.
    #[must_use]
    pub fn to(url: Option<PingUrl>, clients: &Clients) -> Self {
        Ping {
            url,
            http: clients.config("PING").http_client(),
            patience: PATIENCE,
        }
    }

    /// Tells that a run was started.
    pub async fn started(&self) {
        self.send(Signal::Start, "").await;
    }

    /// Tells how a run ended: whether it counts as a success here, and the subject of
    /// its mail.
    pub async fn tell(&self, is_success: bool, subject: &str) {
        let signal = if is_success {
            Signal::Success
        } else {
            Signal::Fail
        };
        self.send(signal, subject).await;
    }

    async fn send(&self, signal: Signal, body: &str) {
        let Some(url) = &self.url else {
            return;
        };
        let outgoing = Outgoing {
            target: url.target(signal),
            body: body.to_owned(),
        };
        let operation = self.operation(url);
        // What carries the ping must not log where to: at some level it would.
        let sending = operation.invoke(outgoing);
        let sending = sending.with_subscriber(Dispatch::none());
        match timeout(self.patience.in_all, sending).await {
            Ok(Ok(())) => tracing::info!(host = url.host(), ?signal, "pinged"),
            Ok(Err(error)) => {
                let error = CallError::new("ping", url.host(), &error);
                tracing::warn!(?signal, "{error}");
            }
            Err(_) => {
                let (host, longest) = (url.host(), self.patience.in_all);
                tracing::warn!(
                    ?signal,
                    "ping failed for {host}: no answer within {longest:?}"
                );
            }
        }
    }

    fn operation(&self, url: &PingUrl) -> Operation<Outgoing, (), Refused> {
        let retries = RetryConfig::standard()
            .with_max_attempts(TRIES)
            .with_initial_backoff(Duration::from_millis(200));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(self.patience.each)
            .operation_attempt_timeout(self.patience.each)
            .build();
        let builder = Operation::builder()
            .service_name("ping")
            .operation_name("ping")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&url.origin())
            .no_auth()
            .standard_retry(&retries)
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .with_connection_poisoning()
            .timeout_config(timeouts);
        let builder = match &self.http {
            Some(http) => builder.http_client(http.clone()),
            None => builder,
        };
        builder.serializer(request).deserializer(answer).build()
    }
}

fn request(outgoing: Outgoing) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(outgoing.body));
    request.set_method("POST")?;
    request.set_uri(outgoing.target)?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", "text/plain; charset=utf-8")?;
    headers.try_insert("user-agent", "efs-backup")?;
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<(), OrchestratorError<Refused>> {
    if response.status().is_success() {
        return Ok(());
    }
    let status = response.status().as_u16();
    let metadata = ErrorMetadata::builder()
        .code(format!("Status{status}"))
        .message("the service did not take it");
    Err(OrchestratorError::operation(Refused(metadata.build())))
}

/// What the service said instead of yes.
#[derive(Debug)]
struct Refused(ErrorMetadata);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[cfg(test)]
mod tests;
