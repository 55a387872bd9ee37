//! A source in which nothing can be longer than an item may be.

use std::cell::Cell;
use std::io::{BufReader, Error, Read, Result};
use std::rc::Rc;

/// The most bytes that one item may take. A path has 4,096 at most; what is longer
/// is no item, and must not fill the memory.
const LONGEST_ITEM: u64 = 1024 * 1024;

/// How many bytes the item that is being read may still take.
#[derive(Debug, Clone)]
pub(super) struct Room(Rc<Cell<u64>>);

impl Room {
    /// The next item begins.
    pub(super) fn renew(&self) {
        self.0.set(LONGEST_ITEM);
    }
}

/// A source that ends with an error where one item takes more than its room.
pub(super) struct Bounded<R> {
    source: BufReader<R>,
    room: Room,
}

impl<R: Read> Bounded<R> {
    /// The source, and the room that its reader renews with every item.
    pub(super) fn new(source: R) -> (Self, Room) {
        let room = Room(Rc::new(Cell::new(LONGEST_ITEM)));
        let bounded = Bounded {
            source: BufReader::new(source),
            room: room.clone(),
        };
        (bounded, room)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.source.read(buffer)?;
        let left = self.room.0.get().checked_sub(count as u64);
        let too_long = || Error::other(format!("one item is longer than {LONGEST_ITEM} bytes"));
        self.room.0.set(left.ok_or_else(too_long)?);
        Ok(count)
    }
}
