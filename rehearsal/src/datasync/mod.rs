//! Our `DataSync` for the local cloud: it speaks the service's JSON 1.1 API and
//! really copies between a folder (standing for an EFS file system) and a
//! versioned S3 bucket of the local cloud, in both directions, in Basic mode.
//!
//! It is a process of its own. The local cloud forwards API requests to it; it
//! calls back for what only a cloud can do (assume a role, emit an event, take
//! log lines). Tasks and executions live in memory.
//!
//! Where AWS documents a text or a field it is used verbatim; where it does not,
//! the choice is ours and a comment at the place says so.

mod api;
#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod bad_day_tests;
mod cloud;
mod control;
mod create_location;
mod door;
mod end;
mod ending;
mod error;
mod execution;
mod executions;
mod failures;
mod filters;
mod ids;
mod invent;
mod job;
mod locations;
mod log_lines;
mod model;
mod options;
mod paging;
mod places;
mod plan;
mod prepare;
mod remove;
mod report;
mod report_config;
mod schedule;
mod settings;
mod side;
mod store;
mod tags;
mod tasks;
#[cfg(test)]
mod test_s3;
#[cfg(test)]
mod test_world;
mod transfer;
#[cfg(test)]
mod transfer_tests;
mod update_location;
mod verify;

pub use settings::Settings;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running `DataSync`, registered with its local cloud.
pub struct DataSync {
    url: String,
    serving: JoinHandle<std::io::Result<()>>,
}

impl DataSync {
    /// Listens on a free port of 127.0.0.1 and registers with the local cloud.
    ///
    /// # Errors
    ///
    /// If no port can be bound or the local cloud refuses the registration.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("no free port on 127.0.0.1")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(settings));
        let router = door::router(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        shared.cloud.register(&url).await?;
        Ok(Self { url, serving })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until serving ends, which only a fault of the listener causes.
    ///
    /// # Errors
    ///
    /// The fault.
    pub async fn failed(self) -> anyhow::Result<()> {
        Ok(self.serving.await??)
    }
}

/// What all requests and executions of this process share.
struct Shared {
    settings: Settings,
    cloud: cloud::Cloud,
    store: Mutex<store::Store>,
    control: Mutex<control::Control>,
    /// The status that executions wait in front of, if a test holds them.
    hold: watch::Sender<Option<model::Status>>,
    /// Whether executions end before their task report is written.
    hold_report: watch::Sender<bool>,
    /// The ARNs of the executions that somebody cancelled.
    cancelled: watch::Sender<BTreeSet<String>>,
}

impl Shared {
    fn new(settings: Settings) -> Self {
        Self {
            cloud: cloud::Cloud::new(&settings),
            settings,
            store: Mutex::default(),
            control: Mutex::default(),
            hold: watch::Sender::new(None),
            hold_report: watch::Sender::new(false),
            cancelled: watch::Sender::default(),
        }
    }

    fn store(&self) -> MutexGuard<'_, store::Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self) -> MutexGuard<'_, control::Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
