//! A service outside the account that is told about each run, and rings when
//! nothing comes.

use crate::harness::{
    Stage, event, forget, one_mail, patch, report, run, told, until, with_variables,
};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const REPORT: &str = "ReportExecutionFunctionName";
const START: &str = "StartExecutionFunctionName";

/// What a service was told: the path, and the body.
type Pings = Arc<Mutex<Vec<(String, String)>>>;

/// A service on this machine; it answers with this status, or never.
async fn service(status: Option<&'static str>) -> anyhow::Result<(String, Pings)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/a-secret", listener.local_addr()?);
    let pings = Pings::default();
    let taken = Arc::clone(&pings);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, Arc::clone(&taken), status));
        }
    });
    Ok((url, pings))
}

async fn take(stream: TcpStream, pings: Pings, status: Option<&str>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).await?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap_or(0);
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let ping = (path, String::from_utf8_lossy(&body).into_owned());
    pings
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .push(ping);
    match status {
        Some(status) => {
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            reader.write_all(answer.as_bytes()).await
        }
        None => std::future::pending().await,
    }
}

fn taken(pings: &Pings) -> Vec<(String, String)> {
    pings
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone()
}

/// Waits until the service was told this; gives the body.
async fn told_at(pings: &Pings, path: &str) -> anyhow::Result<String> {
    until(path, async || {
        Ok(taken(pings).iter().any(|ping| ping.0 == path))
    })
    .await?;
    let ping = taken(pings).into_iter().find(|ping| ping.0 == path);
    Ok(ping.context("no ping")?.1)
}

pub(crate) async fn a_run_is_told_from_start_to_end(stage: &Stage) -> anyhow::Result<()> {
    let (url, pings) = service(Some("200 OK")).await?;
    let variables = [("PING_URL", url.as_str())];
    let running = with_variables(stage, REPORT, &variables, async {
        let (_, run) = run(stage).await?;
        let body = told_at(&pings, "/a-secret/start").await?;
        ensure!(body.is_empty(), "{body}");
        let body = told_at(&pings, "/a-secret").await?;
        ensure!(body == run.mail.subject(), "{body}");
        Ok(())
    });
    with_variables(stage, START, &variables, running).await?;
    ensure!(taken(&pings).len() == 2, "{:?}", taken(&pings));
    Ok(())
}

/// A run that is not good, and a service that hangs or refuses: the mail and the
/// record are there as ever, and the invocation is no error.
pub(crate) async fn a_service_that_is_ill_changes_nothing(stage: &Stage) -> anyhow::Result<()> {
    let (arn, _) = run(stage).await?;
    for status in [None, Some("500 Internal Server Error")] {
        let (url, pings) = service(status).await?;
        forget(stage, &arn).await?;
        let variables = [("PING_URL", url.as_str())];
        let reporting = with_variables(stage, REPORT, &variables, async {
            patch(stage, &arn, json!({"Status": "ERROR"})).await?;
            let (answer, mail) = one_mail(stage, report(stage, &event(&arn, "ERROR"))).await?;
            ensure!(!answer.is_error, "{}", answer.payload);
            ensure!(answer.payload["action"] == "sent", "{}", answer.payload);
            told(stage, &arn).await?;
            let body = told_at(&pings, "/a-secret/fail").await?;
            ensure!(body == mail.subject(), "{body}");
            Ok(())
        });
        let reported = reporting.await;
        patch(stage, &arn, Value::Null).await?;
        reported?;
        ensure!(taken(&pings).len() == 2, "two tries, {:?}", taken(&pings));
    }
    Ok(())
}
