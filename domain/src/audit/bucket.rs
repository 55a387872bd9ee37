//! The facts of a bucket, and what it has to keep.

use super::finding::NotKnown;
use super::lifecycle::Lifecycle;

/// A bucket's settings as S3 told them. What it did not tell stays unknown.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// The region's code, for commands.
    pub region: String,
    /// What the keys of the backup begin with; empty: all keys.
    pub prefix: String,
    /// For how many days a replaced or deleted copy has to be kept; 1 where nobody
    /// has said more.
    pub retain_days: u32,
    /// Who keeps its settings.
    pub keeper: Keeper,
    /// Whether S3 keeps versions.
    pub versioning: Result<Versioning, NotKnown>,
    /// The lifecycle configuration; without any rule if there is none.
    pub lifecycle: Result<Lifecycle, NotKnown>,
}

/// Who keeps a bucket's settings: it decides what puts a finding right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// Our own template. Its rules are known, so they can be set back whole.
    Stack {
        /// Days after which noncurrent versions are archived; 0: never.
        archive_after_days: u32,
    },
    /// Who kept it before the stack backed up to it. Only what hurts is taken out of
    /// their rules.
    Existing,
    /// Somebody else; the stack has nothing to do with it. Their rules as well.
    Other,
}

/// The three states of versioning. The third is the absence of any; once left it
/// never comes back (source: S3 User Guide, "How S3 Versioning works").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// Every write makes a version.
    Enabled,
    /// Writes go to one version called `null`; older versions are still there.
    Suspended,
    /// Every write replaces the object.
    NeverEnabled,
}

impl Bucket {
    /// `s3://bucket/prefix`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("s3://{}/{}", self.name, self.prefix)
    }

    /// The shortest time, in days, for which the rules keep any noncurrent version
    /// of the backup; `None` if no rule removes one, or the rules are not known.
    pub(super) fn shortest_days(&self) -> Option<u32> {
        let lifecycle = self.lifecycle.as_ref().ok()?;
        let days = lifecycle
            .rules
            .iter()
            .filter_map(|rule| rule.keeps_noncurrent_for(&self.prefix));
        days.min()
    }
}
