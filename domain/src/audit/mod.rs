//! The audit of a bucket: can what was copied be got back?
//!
//! Settings of a bucket go in as facts ([`Bucket`]); every check of
//! [`CHECKS`] gives one answer: passed, a finding, or not known. What S3 did not
//! tell is never taken for good.

mod bucket;
mod checks;
mod finding;
mod json;
mod lifecycle;
mod promise;
mod remedy;
mod report;

pub use bucket::{Bucket, Keeper, Versioning};
pub use checks::{CHECKS, Check, Mapped};
pub use finding::{Answer, Finding, NotKnown, Remedy, Severity};
pub use json::SCHEMA;
pub use lifecycle::{Expiration, Filter, Lifecycle, NoncurrentExpiration, Rule, Status};
pub use promise::Promise;
pub use report::{Audited, Report, Seen, Verdict};

/// Asks every check about a bucket, in the order of [`CHECKS`].
#[must_use]
pub fn audit(bucket: &Bucket) -> Audited {
    Audited {
        bucket: bucket.name.clone(),
        prefix: bucket.prefix.clone(),
        keeper: bucket.keeper,
        seen: Seen::Here {
            answers: CHECKS
                .into_iter()
                .map(|check| (check, (check.ask)(bucket)))
                .collect(),
            shortest_days: bucket.shortest_days(),
        },
    }
}

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod rules;
