//! One bucket: asks for its settings, and has them judged.

use crate::Buckets;
use backup_domain::audit::{Audited, Bucket, Keeper, Seen, audit};
use tokio::time::Instant;

/// What is asked about, and what is expected of it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The code of its region, for commands.
    pub region: &'a str,
    /// What the keys of the backup begin with; empty: all keys.
    pub prefix: &'a str,
    /// For how many days old copies have to be kept; 1 where nobody has said more.
    pub retain_days: u32,
    /// Who keeps its settings.
    pub keeper: Keeper,
}

/// Audits one bucket. What is not told by the deadline is not known.
pub async fn look(buckets: &Buckets, asked: Asked<'_>, deadline: Instant) -> Audited {
    let (versioning, lifecycle) = tokio::join!(
        buckets.versioning(asked.bucket, deadline),
        buckets.lifecycle(asked.bucket, deadline)
    );
    let (Some(versioning), Some(lifecycle)) = (versioning, lifecycle) else {
        return Audited {
            bucket: asked.bucket.to_owned(),
            prefix: asked.prefix.to_owned(),
            keeper: asked.keeper,
            seen: Seen::Gone,
        };
    };
    audit(&Bucket {
        name: asked.bucket.to_owned(),
        region: asked.region.to_owned(),
        prefix: asked.prefix.to_owned(),
        retain_days: asked.retain_days,
        keeper: asked.keeper,
        versioning,
        lifecycle,
    })
}
