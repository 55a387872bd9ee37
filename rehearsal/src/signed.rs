//! Signed requests to services for which no SDK crate is worth its build time.

use crate::{LocalCloud, REGION};
use anyhow::{Context, ensure};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::SystemTime;

/// An answer that is no refusal.
#[derive(Debug)]
pub struct Answered {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text.
    pub body: String,
}

/// Reads something.
///
/// # Errors
///
/// If the service refuses or does not answer.
pub async fn get(cloud: &LocalCloud, service: &str, path: &str) -> anyhow::Result<Answered> {
    send(cloud, service, "GET", path, String::new(), &[]).await
}

/// What a service answers to a question, be it a refusal: status and text.
///
/// # Errors
///
/// If it does not answer.
pub async fn said(cloud: &LocalCloud, service: &str, path: &str) -> anyhow::Result<String> {
    let (status, answer) = ask(cloud, service, "GET", path, String::new(), &[]).await?;
    Ok(format!("{status} {}", answer.body))
}

/// Sends a body.
///
/// # Errors
///
/// If the service refuses or does not answer.
pub async fn post(
    cloud: &LocalCloud,
    service: &str,
    path: &str,
    body: String,
    headers: &[(&str, &str)],
) -> anyhow::Result<Answered> {
    send(cloud, service, "POST", path, body, headers).await
}

/// A call of the JSON protocols, to a target such as `AmazonSQS.GetQueueAttributes`.
///
/// # Errors
///
/// If the service refuses or does not answer.
pub async fn json(
    cloud: &LocalCloud,
    service: &str,
    target: &str,
    input: &Value,
) -> anyhow::Result<Value> {
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target),
    ];
    let answer = post(cloud, service, "/", input.to_string(), &headers).await?;
    Ok(serde_json::from_str(&answer.body).unwrap_or_default())
}

/// Replaces something.
///
/// # Errors
///
/// If the service refuses or does not answer.
pub async fn put(
    cloud: &LocalCloud,
    service: &str,
    path: &str,
    body: String,
) -> anyhow::Result<Answered> {
    send(cloud, service, "PUT", path, body, &[]).await
}

/// Removes something.
///
/// # Errors
///
/// If the service refuses or does not answer.
pub async fn delete(cloud: &LocalCloud, service: &str, path: &str) -> anyhow::Result<Answered> {
    send(cloud, service, "DELETE", path, String::new(), &[]).await
}

/// A call of the query protocol, such as IAM's.
///
/// # Errors
///
/// If the service refuses or does not answer.
pub async fn query(
    cloud: &LocalCloud,
    service: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> anyhow::Result<Answered> {
    let version = match service {
        "autoscaling" => "2011-01-01",
        "cloudformation" => "2010-05-15",
        "ec2" => "2016-11-15",
        "sts" => "2011-06-15",
        _ => "2010-05-08",
    };
    let mut form = format!("Action={action}&Version={version}");
    for (name, value) in fields {
        form.push_str(&format!("&{name}={}", encoded(value)));
    }
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    send(cloud, service, "POST", "/", form, &kind).await
}

fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

async fn send(
    cloud: &LocalCloud,
    service: &str,
    method: &str,
    path: &str,
    body: String,
    headers: &[(&str, &str)],
) -> anyhow::Result<Answered> {
    let (status, answer) = ask(cloud, service, method, path, body, headers).await?;
    let text = &answer.body;
    ensure!(status.is_success(), "{service} {path}: {status} {text}");
    Ok(answer)
}

async fn ask(
    cloud: &LocalCloud,
    service: &str,
    method: &str,
    path: &str,
    body: String,
    headers: &[(&str, &str)],
) -> anyhow::Result<(StatusCode, Answered)> {
    let url = format!("{}{path}", cloud.endpoint);
    let identity = Credentials::new("test", "test", None, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()?;
    let signable = SignableRequest::new(
        method,
        &url,
        headers.iter().copied(),
        SignableBody::Bytes(body.as_bytes()),
    )?;
    let (instructions, _) = sign(signable, &params.into())?.into_parts();
    let mut request = http::Request::builder().method(method).uri(&url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(body)?;
    instructions.apply_to_request_http1x(&mut request);
    let request = reqwest::Request::try_from(request)?;
    let answer = reqwest::Client::new().execute(request).await;
    let answer = answer.with_context(|| format!("no answer from {service}"))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.text().await?;
    Ok((status, Answered { headers, body }))
}
