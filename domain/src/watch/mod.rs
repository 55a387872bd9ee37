//! The watch: what must be told although nothing was announced.
//!
//! It has no memory but the ledger. Whether something was told already is read from
//! the ledger's keys, so that a watch that runs twice, late or not at all for a
//! day does no harm.

mod due;
mod found;
mod gauge;
mod silence;
mod told;
mod trouble;

pub use due::{again, of_silence};
pub use found::{Found, Looked, NotLooked, Rule, Running, Subscription, is_heard};
pub use gauge::hours_since_good;
pub use silence::{Refusal, refusal};
pub use told::{Told, Wanted, wanted};
pub use trouble::{Trouble, troubles};

#[cfg(test)]
pub(crate) mod fixtures;
