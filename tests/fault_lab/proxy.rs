//! The proxy between one function and the local cloud, on a port of its own. Every
//! request goes on to the local cloud, and its answer back, unless the plan says
//! otherwise; every decision is logged.

use super::call::{Call, Place};
use super::fault::{Fault, Plan};
use super::refusal::{Refusal, failed, throttled};
use anyhow::Context as _;
use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, Write};
use std::ops::Sub;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// Everything that is asked and what became of it: one line a request.
#[derive(Debug, Clone)]
pub(super) struct Log(Arc<Mutex<(File, Count)>>);

/// Requests, and those of them that met a fault.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) all: usize,
    pub(super) faulty: usize,
}

/// A proxy; it ends with the runtime.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    upstream: Arc<str>,
    http: reqwest::Client,
    log: Log,
    stand: Arc<Mutex<Stand>>,
}

/// Where the function behind a proxy stands.
#[derive(Debug)]
pub(super) struct Stand {
    plan: Plan,
    event: usize,
    attempt: u32,
    at: Duration,
    pid: Option<Pid>,
    numbers: HashMap<Call, u32>,
}

/// An answer, which may break off.
struct Answer {
    bytes: Option<Bytes>,
    breaks_off: bool,
    was_sent: bool,
}

impl Log {
    pub(super) fn to(file: File) -> Log {
        Log(Arc::new(Mutex::new((file, Count::default()))))
    }

    pub(super) fn count(&self) -> Count {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn decided(&self, place: &Place, fault: Option<Fault>) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.1.all += 1;
        log.1.faulty += usize::from(fault.is_some());
        let decision = fault.map_or_else(|| "passed".to_owned(), |fault| format!("{fault:?}"));
        // A log that cannot be written hides nothing from the judge.
        drop(writeln!(log.0, "{place}: {decision}"));
    }
}

impl Stand {
    /// At the beginning of an attempt, in the process with this id.
    pub(super) fn new(
        plan: Plan,
        event: usize,
        attempt: u32,
        at: Duration,
        pid: Option<Pid>,
    ) -> Self {
        Stand {
            plan,
            event,
            attempt,
            at,
            pid,
            numbers: HashMap::new(),
        }
    }
}

impl Sub for Count {
    type Output = Count;

    fn sub(self, before: Count) -> Count {
        Count {
            all: self.all - before.all,
            faulty: self.faulty - before.faulty,
        }
    }
}

impl Proxy {
    /// Listens on a port of its own; gives its address too.
    pub(super) async fn open(upstream: &str, log: Log) -> anyhow::Result<(Proxy, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("no free port on 127.0.0.1")?;
        let address = format!("http://{}", listener.local_addr()?);
        let proxy = Proxy {
            upstream: upstream.into(),
            http: reqwest::Client::builder().no_proxy().build()?,
            log,
            stand: Arc::new(Mutex::new(Stand::new(
                Plan::Nothing,
                0,
                0,
                Duration::ZERO,
                None,
            ))),
        };
        tokio::spawn(proxy.clone().accept(listener));
        Ok((proxy, address))
    }

    /// From now on the function stands here.
    pub(super) fn begin(&self, stand: Stand) {
        *self.stand.lock().unwrap_or_else(PoisonError::into_inner) = stand;
    }

    /// The id of the attempt.
    pub(super) fn attempt(&self) -> String {
        let stand = self.stand.lock().unwrap_or_else(PoisonError::into_inner);
        format!("event-{}-attempt-{}", stand.event, stand.attempt)
    }

    async fn accept(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().serve(stream));
        }
    }

    /// A request that gets no answer ends its connection, with a reset.
    async fn serve(self, stream: TcpStream) {
        let service = service_fn(move |request| Box::pin(self.clone().answer(request)));
        let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let ended = std::future::poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
        let stream = connection.into_parts().io.into_inner();
        if ended.is_err() {
            // Without it, the connection merely ends.
            drop(stream.set_zero_linger());
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Answer>, Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(Error::other)?.to_bytes();
        let call = Call::of(&head, &body);
        let (fault, pid) = self.decide(&call);
        let request = Request::from_parts(head, body);
        match fault {
            None => self.pass(request).await,
            Some(Fault::Throttle) => refuse(throttled(&call)),
            Some(Fault::Error(status)) => refuse(failed(&call, status)),
            Some(Fault::Delay(time)) => {
                sleep(time).await;
                self.pass(request).await
            }
            Some(Fault::ResetBefore) => Err(reset()),
            Some(Fault::ResetAfter) => self.pass(request).await.and(Err(reset())),
            Some(Fault::Truncate) => self.pass(request).await.map(|answer| answer.map(broken)),
            Some(Fault::KillBefore) => Err(kill(pid)),
            Some(Fault::KillAfter) => self.pass(request).await.and_then(|_| Err(kill(pid))),
        }
    }

    fn decide(&self, call: &Call) -> (Option<Fault>, Option<Pid>) {
        let mut stand = self.stand.lock().unwrap_or_else(PoisonError::into_inner);
        let number = stand.numbers.entry(call.clone()).or_insert(0);
        *number += 1;
        let place = Place {
            number: *number,
            call: call.clone(),
            event: stand.event,
            attempt: stand.attempt,
            at: stand.at,
        };
        let fault = stand.plan.fault(&place);
        self.log.decided(&place, fault);
        (fault, stand.pid)
    }

    /// Hands a request to the local cloud, and its whole answer back.
    async fn pass(&self, request: Request<Bytes>) -> Result<Response<Answer>, Error> {
        let (head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = self
            .http
            .request(head.method, format!("{}{path}", self.upstream));
        let answer = request.headers(head.headers).body(body).send().await;
        let answer = answer.map_err(Error::other)?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
                response = response.header(name, value);
            }
        }
        let bytes = answer.bytes().await.map_err(Error::other)?;
        whole(response, bytes)
    }
}

fn refuse(refusal: Refusal) -> Result<Response<Answer>, Error> {
    let response = Response::builder().status(refusal.status);
    let response = response.header(CONTENT_TYPE, refusal.content_type);
    whole(response, refusal.body.into())
}

fn whole(
    response: hyper::http::response::Builder,
    bytes: Bytes,
) -> Result<Response<Answer>, Error> {
    let response = response.header(CONTENT_LENGTH, bytes.len());
    let answer = Answer {
        bytes: Some(bytes),
        breaks_off: false,
        was_sent: false,
    };
    response.body(answer).map_err(Error::other)
}

/// Half of an answer.
fn broken(whole: Answer) -> Answer {
    let bytes = whole.bytes.unwrap_or_default();
    Answer {
        bytes: Some(bytes.slice(..bytes.len() / 2)),
        breaks_off: true,
        ..whole
    }
}

fn reset() -> Error {
    Error::other("reset by the lab")
}

fn kill(pid: Option<Pid>) -> Error {
    if let Some(pid) = pid {
        // One that is gone already is what we want.
        let _: rustix::io::Result<()> = kill_process(pid, Signal::KILL);
    }
    Error::other("killed by the lab")
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.breaks_off {
            return Poll::Ready(None);
        }
        if self.was_sent {
            return Poll::Ready(Some(Err(reset())));
        }
        // Once more round, so that what was given is on its way before it breaks off.
        self.was_sent = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
