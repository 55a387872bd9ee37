//! A function as Lambda runs it: the real binary, a process of its own, which asks
//! the Runtime API for one event after the other. Source: Lambda Developer Guide,
//! "Using the Lambda runtime API".

use super::fault::Plan;
use super::proxy::{Log, Proxy, Stand};
use anyhow::Context;
use axum::extract::{Path as OfPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rustix::process::Pid;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, sleep_until};

/// What it takes to start a function.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) binary: PathBuf,
    pub(super) arn: String,
    /// As the stack and Lambda set it, but for the two addresses.
    pub(super) environment: BTreeMap<String, String>,
    /// What an invocation may take.
    pub(super) timeout: Duration,
    /// The local cloud.
    pub(super) upstream: String,
    /// Where its own words go.
    pub(super) words: PathBuf,
}

/// One process of a function, with its Runtime API and its proxy.
pub(super) struct Worker {
    child: Child,
    pub(super) pid: Option<Pid>,
    proxy: Proxy,
    events: mpsc::Sender<Invocation>,
    answers: mpsc::Receiver<Outcome>,
    timeout: Duration,
}

/// What came of an invocation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered(Value),
    /// The function says that it failed.
    Failed(Value),
    /// The process is gone.
    Died,
    TimedOut,
}

struct Invocation {
    id: String,
    payload: Value,
    deadline: SystemTime,
}

/// The two ends of a worker that its Runtime API holds.
struct Api {
    function: String,
    events: Mutex<mpsc::Receiver<Invocation>>,
    answers: mpsc::Sender<Outcome>,
}

impl Worker {
    pub(super) async fn start(function: &Function, log: Log) -> anyhow::Result<Worker> {
        let (proxy, endpoint) = Proxy::open(&function.upstream, log).await?;
        let (events, waiting) = mpsc::channel(1);
        let (told, answers) = mpsc::channel(1);
        let api = Api {
            function: function.arn.clone(),
            events: Mutex::new(waiting),
            answers: told,
        };
        let address = serve(api).await?;
        let words = File::options()
            .append(true)
            .create(true)
            .open(&function.words)?;
        let mut command = Command::new(&function.binary);
        command
            .env_clear()
            .envs(&function.environment)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_ENDPOINT_URL", endpoint)
            .stdin(Stdio::null())
            .stdout(words.try_clone()?)
            .stderr(words)
            .kill_on_drop(true);
        let child = command.spawn().context("the function does not start")?;
        let pid = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Worker {
            child,
            pid,
            proxy,
            events,
            answers,
            timeout: function.timeout,
        })
    }

    /// From now on its requests belong to this attempt.
    pub(super) fn begin(&self, plan: Plan, event: usize, attempt: u32, at: Duration) {
        self.proxy
            .begin(Stand::new(plan, event, attempt, at, self.pid));
    }

    /// Hands over one event and waits for what comes of it.
    pub(super) async fn invoke(&mut self, payload: Value) -> Outcome {
        let invocation = Invocation {
            id: self.proxy.attempt(),
            payload,
            deadline: SystemTime::now() + self.timeout,
        };
        if self.events.send(invocation).await.is_err() {
            return Outcome::Died;
        }
        let deadline = Instant::now() + self.timeout;
        tokio::select! {
            answer = self.answers.recv() => answer.unwrap_or(Outcome::Died),
            _ = self.child.wait() => Outcome::Died,
            () = sleep_until(deadline) => Outcome::TimedOut,
        }
    }
}

async fn serve(api: Api) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{what}", post(end))
        .with_state(Arc::new(api));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn next(State(api): State<Arc<Api>>) -> Response {
    let Some(invocation) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = invocation.deadline.duration_since(UNIX_EPOCH);
    let deadline = deadline.unwrap_or_default().as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", api.function.clone()),
    ];
    (headers, Json(invocation.payload)).into_response()
}

async fn end(
    State(api): State<Arc<Api>>,
    OfPath((_, what)): OfPath<(String, String)>,
    body: axum::body::Bytes,
) -> StatusCode {
    let value = serde_json::from_slice(&body).unwrap_or_default();
    let outcome = match what.as_str() {
        "response" => Outcome::Answered(value),
        _ => Outcome::Failed(value),
    };
    match api.answers.send(outcome).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::GONE,
    }
}
