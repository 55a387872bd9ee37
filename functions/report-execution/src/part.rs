//! Reads one part of a task report as it comes, however long it is.
//!
//! The reader of the domain knows no async, so it runs on a thread of its own and
//! takes the pieces from a short queue.

use crate::aws::{Aws, ReportPlace};
use crate::failed_list::too_long;
use backup_domain::failed_files::Gathering;
use backup_domain::task_report::read_part;
use std::io::{Cursor, Error, Read, Result};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

/// Pieces that wait to be read.
const QUEUE: usize = 4;

/// Reads a part into the gathering, which learns too why it could not be read, or
/// not to its end.
pub(crate) async fn read_part_of(
    aws: &Aws,
    place: &ReportPlace,
    key: &str,
    mut gathering: Gathering,
    deadline: Instant,
) -> Gathering {
    let name = key.rsplit('/').next().unwrap_or_default().to_owned();
    let errors_only = place.errors_only;
    let (sender, receiver) = channel(QUEUE);
    let reading = spawn_blocking(move || {
        read_part(&mut gathering, errors_only, &name, Pieces::new(receiver));
        gathering
    });
    let fed = timeout_at(deadline, feed(aws, &place.bucket, key, &sender)).await;
    if fed.is_err() {
        // The reader is told, and ends with what it has.
        let _: std::result::Result<(), _> = sender.send(Err(Error::other(too_long()))).await;
    }
    drop(sender);
    match reading.await {
        Ok(gathering) => gathering,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Sends piece after piece, until the end, an error, or a reader that has enough.
async fn feed(aws: &Aws, bucket: &str, key: &str, sender: &Sender<Result<Vec<u8>>>) {
    let mut pieces = match aws.open(bucket, key).await {
        Ok(pieces) => pieces,
        Err(error) => {
            let _: std::result::Result<(), _> = sender.send(Err(Error::other(error))).await;
            return;
        }
    };
    while let Some(piece) = pieces.next().await {
        let piece = piece.map(|piece| piece.to_vec()).map_err(Error::other);
        if sender.send(piece).await.is_err() {
            return;
        }
    }
}

/// A source that waits for the next piece.
struct Pieces {
    receiver: Receiver<Result<Vec<u8>>>,
    current: Cursor<Vec<u8>>,
}

impl Pieces {
    fn new(receiver: Receiver<Result<Vec<u8>>>) -> Self {
        Pieces {
            receiver,
            current: Cursor::new(Vec::new()),
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.receiver.blocking_recv() {
                Some(piece) => self.current = Cursor::new(piece?),
                None => return Ok(0),
            }
        }
    }
}
