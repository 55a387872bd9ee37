//! Calls to services that speak AWS's JSON protocol and of which one or two
//! operations are needed. An SDK crate of a service takes a minute to build; this
//! takes the SDK's own machine for retries, time limits and signatures, and leaves
//! the JSON to the caller.
//!
//! Source: Smithy 2.0, "AWS JSON 1.1 protocol".

use crate::CallError;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};
use serde_json::Value;
use std::fmt;

/// A service that speaks JSON.
#[derive(Debug, Clone, Copy)]
pub struct JsonService {
    /// The name in signatures, such as `logs`; mostly that of the host too.
    pub name: &'static str,
    /// What stands before the operation in `X-Amz-Target`, such as `Logs_20140328`.
    pub target: &'static str,
    /// The protocol's version, `1.0` or `1.1`.
    pub version: &'static str,
}

impl JsonService {
    /// Amazon CloudWatch Logs.
    pub const LOGS: JsonService = JsonService {
        name: "logs",
        target: "Logs_20140328",
        version: "1.1",
    };
    /// Amazon CloudWatch.
    pub const CLOUDWATCH: JsonService = JsonService {
        name: "monitoring",
        target: "GraniteServiceVersion20100801",
        version: "1.0",
    };
    /// Amazon EventBridge.
    pub const EVENTS: JsonService = JsonService {
        name: "events",
        target: "AWSEvents",
        version: "1.1",
    };
    /// AWS Key Management Service.
    pub const KMS: JsonService = JsonService {
        name: "kms",
        target: "TrentService",
        version: "1.1",
    };
    /// Amazon EFS, which speaks REST: for [`JsonClient::send`] only.
    pub const EFS: JsonService = JsonService::rest("elasticfilesystem");
    /// Amazon SQS.
    pub const SQS: JsonService = JsonService {
        name: "sqs",
        target: "AmazonSQS",
        version: "1.0",
    };
    /// AWS Lambda, which speaks REST: for [`JsonClient::send`] only.
    pub const LAMBDA: JsonService = JsonService::rest("lambda");
    /// Amazon EventBridge Scheduler, which speaks REST as well.
    pub const SCHEDULER: JsonService = JsonService::rest("scheduler");

    const fn rest(name: &'static str) -> JsonService {
        JsonService {
            name,
            target: "",
            version: "",
        }
    }
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The body; `Value::Null` where it is empty.
    pub body: Value,
    /// Whether a function failed, and not Lambda (header `X-Amz-Function-Error`).
    pub is_function_error: bool,
}

/// A request as it goes out.
#[derive(Debug)]
struct Outgoing {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// A client of one such service.
#[derive(Debug, Clone)]
pub struct JsonClient {
    service: JsonService,
    config: SdkConfig,
}

impl JsonClient {
    /// A client that calls with this configuration; its endpoint, if one is set,
    /// stands in for the service's own.
    #[must_use]
    pub fn new(service: JsonService, config: SdkConfig) -> Self {
        JsonClient { service, config }
    }

    /// Calls one operation. `action` is its IAM action, such as
    /// `logs:FilterLogEvents`; the operation's name is the part after the colon.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the service refuses or does not answer.
    pub async fn call(
        &self,
        action: &'static str,
        resource: &str,
        input: &Value,
    ) -> Result<Value, CallError> {
        let operation = action.rsplit(':').next().unwrap_or(action);
        let service = self.service;
        let content = format!("application/x-amz-json-{}", service.version);
        let request = Outgoing {
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                ("content-type", content),
                ("x-amz-target", format!("{}.{operation}", service.target)),
            ],
            body: input.to_string(),
        };
        let answer = self.invoke(action, resource, request).await?;
        Ok(answer.body)
    }

    /// Sends a request in the manner of REST: a GET, or a POST where there is a
    /// body. `path` begins with `/`.
    ///
    /// # Errors
    ///
    /// [`CallError`] if the service refuses or does not answer.
    pub async fn send(
        &self,
        action: &'static str,
        resource: &str,
        path: String,
        body: Option<&Value>,
    ) -> Result<Answer, CallError> {
        let request = Outgoing {
            method: if body.is_some() { "POST" } else { "GET" },
            path,
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.map(Value::to_string).unwrap_or_default(),
        };
        self.invoke(action, resource, request).await
    }

    async fn invoke(
        &self,
        action: &'static str,
        resource: &str,
        request: Outgoing,
    ) -> Result<Answer, CallError> {
        let operation = action.rsplit(':').next().unwrap_or(action);
        let answer = self.operation(operation).invoke(request).await;
        answer.map_err(|error| CallError::new(action, resource, &error))
    }

    fn operation(&self, name: &str) -> Operation<Outgoing, Answer, Refused> {
        let (url, service) = (self.url(), self.service);
        let builder = Operation::builder()
            .service_name(service.name)
            .operation_name(name.to_owned())
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&url)
            .standard_retry(&RetryConfig::standard())
            .retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
            .retry_classifier(TransientErrorClassifier::<Refused>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .with_connection_poisoning()
            .runtime_plugin(self.signing());
        self.with_connection(builder)
            .serializer(http_request)
            .deserializer(answer)
            .build()
    }

    /// HTTP client and time limits, where the configuration has some.
    fn with_connection(&self, mut builder: OperationBuilder) -> OperationBuilder {
        if let Some(timeouts) = self.config.timeout_config() {
            builder = builder.timeout_config(timeouts.clone());
        }
        match self.config.http_client() {
            Some(http) => builder.http_client(http),
            None => builder,
        }
    }

    /// Signatures of version 4, as the SDK's own clients set them up.
    fn signing(&self) -> StaticRuntimePlugin {
        let mut layer = Layer::new("signing");
        layer.store_put(SigningName::from_static(self.service.name));
        layer.store_put(SigningRegion::from(self.region()));
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig {
            signing_options: SigningOptions::default(),
            ..SigV4OperationSigningConfig::default()
        });
        let mut components = RuntimeComponentsBuilder::new("signing")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
                SCHEME_ID,
            ])))
            .with_identity_cache(Some(IdentityCache::lazy().build()));
        if let Some(credentials) = self.config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        StaticRuntimePlugin::new()
            .with_config(layer.freeze())
            .with_runtime_components(components)
    }

    fn region(&self) -> Region {
        let region = self.config.region().cloned();
        region.unwrap_or(Region::from_static("us-east-1"))
    }

    fn url(&self) -> String {
        self.config.endpoint_url().map_or_else(
            || regional_url(self.service.name, self.region().as_ref()),
            str::to_owned,
        )
    }
}

/// Source: AWS General Reference, "AWS service endpoints". Partitions that are not
/// named here get the commercial one's hosts.
fn regional_url(host: &str, region: &str) -> String {
    let suffix = match region.split_once('-').map_or(region, |(begin, _)| begin) {
        "cn" => "amazonaws.com.cn",
        "eusc" => "amazonaws.eu",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    };
    format!("https://{host}.{region}.{suffix}")
}

fn http_request(outgoing: Outgoing) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(outgoing.body));
    request.set_method(outgoing.method)?;
    request.set_uri(outgoing.path)?;
    let headers = request.headers_mut();
    for (name, value) in outgoing.headers {
        headers.try_insert(name, value)?;
    }
    Ok(request)
}

/// What the service said instead of an answer.
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

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    let json: Result<Value, _> = serde_json::from_slice(body);
    if response.status().is_success() {
        let json = if body.is_empty() {
            Ok(Value::Null)
        } else {
            json
        };
        let body = json.map_err(|error| OrchestratorError::response(error.into()))?;
        return Ok(Answer {
            body,
            is_function_error: response.headers().contains_key("x-amz-function-error"),
        });
    }
    let header = response.headers().get("x-amzn-errortype");
    Err(OrchestratorError::operation(refused(
        header,
        &json.unwrap_or_default(),
    )))
}

/// Code and text stand in either of two places, by the service's age.
fn refused(header: Option<&str>, json: &Value) -> Refused {
    let text = |names: [&str; 2]| names.into_iter().find_map(|name| json.get(name)?.as_str());
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = header.or(text(["__type", "code"])) {
        // `namespace#Code:http://…` in its longest form.
        let code = code.split(':').next().unwrap_or(code);
        meta = meta.code(code.rsplit('#').next().unwrap_or(code));
    }
    if let Some(message) = text(["message", "Message"]) {
        meta = meta.message(message);
    }
    Refused(meta.build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_is_read_in_every_form() {
        #[rustfmt::skip]
        let cases = [
            (None, json!({"__type": "ThrottlingException", "message": "slow"}),                Some("ThrottlingException"), Some("slow")),
            (None, json!({"__type": "com.amazon#AccessDeniedException", "Message": "no"}),     Some("AccessDeniedException"), Some("no")),
            (Some("X:http://internal.amazon.com/"), json!({"__type": "Y"}),                    Some("X"), None),
            (None, json!({"code": "Z"}),                                                       Some("Z"), None),
            (None, Value::Null,                                                                None, None),
        ];
        for (header, body, code, message) in cases {
            let refused = refused(header, &body);
            assert_eq!(
                (refused.code(), refused.message()),
                (code, message),
                "{body}"
            );
        }
    }

    #[test]
    fn every_partition_has_its_own_hosts() {
        #[rustfmt::skip]
        let cases = [
            ("eu-central-1",   "https://logs.eu-central-1.amazonaws.com"),
            ("us-gov-west-1",  "https://logs.us-gov-west-1.amazonaws.com"),
            ("cn-north-1",     "https://logs.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://logs.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1",  "https://logs.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", "https://logs.us-isob-east-1.sc2s.sgov.gov"),
        ];
        for (region, url) in cases {
            assert_eq!(regional_url("logs", region), url);
        }
    }
}
