//! What S3 answers, through the whole SDK, into facts.

use super::*;
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use std::path::Path;
use std::time::Duration;

/// Gives one recorded answer, to the owner of the bucket only.
#[derive(Debug, Clone)]
struct Recorded {
    status: u16,
    body: String,
    /// Whether an answer ever comes.
    silent: bool,
}

impl HttpConnector for Recorded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let owner = request.headers().get("x-amz-expected-bucket-owner");
        assert_eq!(
            owner,
            Some("111122223333"),
            "every call names the expected owner"
        );
        if self.silent {
            return HttpConnectorFuture::new(std::future::pending());
        }
        let status = self.status.try_into().unwrap();
        let body = SdkBody::from(self.body.clone());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)))
    }
}

fn buckets(recorded: Recorded) -> Buckets {
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(recorded.clone()));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("k", "s", None, None, "test"))
        .region(aws_sdk_s3::config::Region::new("eu-central-1"))
        .http_client(http)
        .build();
    Buckets {
        client: Client::from_conf(config),
        account: "111122223333".to_owned(),
    }
}

fn answering(status: u16, name: &str) -> Buckets {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("answers");
    let body = std::fs::read_to_string(folder.join(name).with_extension("xml")).unwrap();
    buckets(Recorded {
        status,
        body,
        silent: false,
    })
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn versioning_has_three_states_and_no_default() {
    #[rustfmt::skip]
    let cases = [
        (200, "versioning-enabled",       "Enabled"),
        (200, "versioning-suspended",     "Suspended"),
        (200, "versioning-never-enabled", "NeverEnabled"),
        (200, "strange-versioning",       "S3 says Paused, which is no known status"),
        (403, "error-access-denied",      "AccessDenied: Access Denied"),
        (404, "error-no-such-bucket",     "gone"),
        (301, "error-other-region",       "PermanentRedirect: The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."),
    ];
    for (status, name, expected) in cases {
        let told = match answering(status, name).versioning("b-1", soon()).await {
            None => "gone".to_owned(),
            Some(Ok(versioning)) => format!("{versioning:?}"),
            Some(Err(not_known)) => {
                assert_eq!(not_known.action, "s3:GetBucketVersioning");
                not_known.cause
            }
        };
        assert_eq!(told, expected, "{name}");
    }
}

#[tokio::test]
async fn a_lifecycle_that_is_absent_is_no_error() {
    let asked =
        |status, name| async move { answering(status, name).lifecycle("b-1", soon()).await };
    let none = asked(404, "error-no-lifecycle").await;
    assert_eq!(none, Some(Ok(Lifecycle::default())));
    assert_eq!(asked(404, "error-no-such-bucket").await, None);
    let denied = asked(403, "error-access-denied")
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(denied.action, "s3:GetLifecycleConfiguration");
    assert_eq!(denied.cause, "AccessDenied: Access Denied");
}

#[tokio::test]
async fn rules_are_read_like_this() {
    for name in [
        "lifecycle-of-the-template",
        "lifecycle-every-filter",
        "lifecycle-every-action",
        "strange-lifecycle",
    ] {
        let lifecycle = answering(200, name)
            .lifecycle("b-1", soon())
            .await
            .unwrap()
            .unwrap();
        let rules: Vec<String> = lifecycle
            .rules
            .iter()
            .map(|rule| format!("{rule:?}"))
            .collect();
        insta::assert_snapshot!(name, rules.join("\n"));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_not_known() {
    for body in ["", "<html>busy</html>", "<LifecycleConfiguration>"] {
        let broken = || {
            buckets(Recorded {
                status: 200,
                body: body.to_owned(),
                silent: false,
            })
        };
        let lifecycle = broken().lifecycle("b-1", soon()).await;
        let versioning = broken().versioning("b-1", soon()).await;
        assert!(
            matches!((&lifecycle, &versioning), (Some(Err(_)), Some(Err(_)))),
            "{body}: {lifecycle:?} {versioning:?}"
        );
    }
}

#[tokio::test]
async fn silence_ends_with_the_time_of_the_audit() {
    let silent = buckets(Recorded {
        status: 200,
        body: String::new(),
        silent: true,
    });
    let deadline = Instant::now() + Duration::from_millis(20);
    let asked = async {
        let rules = silent.lifecycle("b-1", deadline).await;
        let versioning = silent.versioning("b-1", deadline).await;
        [
            rules.unwrap().unwrap_err(),
            versioning.unwrap().unwrap_err(),
        ]
    };
    let told = tokio::time::timeout(Duration::from_secs(5), asked).await;
    for not_known in told.expect("it ends long before") {
        assert_eq!(not_known.cause, "no answer within the time of the audit");
    }
}
