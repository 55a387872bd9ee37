//! Evidence: how the things that a run needs stand now, as far as the function that
//! reports may look. It proves a cause, speaks for one, or rules one out; what could
//! not be looked at is said.
//!
//! It is looked at after the run: what is found is how things are now.

use super::Rule;
use crate::audit::NotKnown;
use jiff::Timestamp;

/// What was looked at; and why not, where it could not be.
pub type Look<T> = Result<T, NotKnown>;

/// Where the stack says that things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The region of the task, and so of the bucket.
    pub region: String,
    /// The bucket of the backup.
    pub bucket: String,
    /// The prefix of the backup in it.
    pub prefix: String,
    /// The file system that is copied.
    pub file_system: String,
}

/// How things stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where the stack says that things are.
    pub expected: Expected,
    /// The bucket; `None` if there is none.
    pub bucket: Look<Option<BucketPlace>>,
    /// How the bucket encrypts what names no other way.
    pub encryption: Look<Encryption>,
    /// The location that is read.
    pub source: Look<Option<Location>>,
    /// The location that is written.
    pub destination: Look<Option<Location>>,
    /// The states of the file system's mount targets; `None` if there is no such
    /// file system.
    pub mount_targets: Look<Option<Vec<String>>>,
    /// Whether the file system has a policy.
    pub has_policy: Look<bool>,
}

/// Where a bucket is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlace {
    /// The region's code.
    pub region: String,
}

/// A bucket's default encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub algorithm: String,
    /// The key, if the bucket names one; else it is AWS's own.
    pub key: Option<Key>,
}

/// A customer's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its ID or ARN, as the bucket names it.
    pub id: String,
    /// Its state; `None` if there is no such key.
    pub state: Look<Option<KeyState>>,
}

/// Source: KMS API Reference, `KeyMetadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// `Enabled`, `Disabled`, `PendingDeletion`, or another word.
    pub word: String,
    /// When it will be deleted.
    pub deleted_on: Option<Timestamp>,
}

/// A location of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Such as `efs://eu-central-1.fs-0a1b2c3d4e5f60718/` or `s3://bucket/prefix/`.
    pub uri: String,
    /// The access point that it mounts through.
    pub access_point: Option<String>,
}

/// One thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Is the bucket there, and in this region?
    Bucket,
    /// Can the bucket's key be used?
    Key,
    /// Is the location there that is read, and is it the stack's file system?
    Source,
    /// Is the location there that is written, and is it the stack's bucket?
    Destination,
    /// Are there mount targets that answer?
    MountTargets,
    /// Does a policy or an access point stand before the files?
    FileAccess,
}

/// What a look gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What was asked.
    pub question: Question,
    /// The answer in a few words.
    pub said: String,
    /// What it means.
    pub bearing: Bearing,
}

/// What the answer to a question means for causes, given by the names of their rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// Something is wrong, and this is the cause's name.
    Proves(&'static str),
    /// It may be one of these, if something else speaks for it too.
    SpeaksFor(&'static [&'static str]),
    /// It is as it should be; it cannot be these.
    RulesOut(&'static [&'static str]),
    /// Nobody could look.
    NotChecked,
}

impl Evidence {
    /// All looks, each with its meaning.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        vec![
            self.of_bucket(),
            self.of_key(),
            self.of_source(),
            self.of_destination(),
            self.of_mount_targets(),
            self.of_file_access(),
        ]
    }

    fn of_bucket(&self) -> Point {
        let (name, region) = (&self.expected.bucket, &self.expected.region);
        point(Question::Bucket, &self.bucket, |bucket| match bucket {
            None => (
                format!("the bucket {name} does not exist"),
                Bearing::Proves("bucket-gone"),
            ),
            Some(place) if place.region != *region => (
                format!(
                    "the bucket {name} is in {}, the task in {region}",
                    place.region
                ),
                Bearing::Proves("bucket-elsewhere"),
            ),
            Some(_) => (
                format!("the bucket {name} exists, in the task's region"),
                Bearing::RulesOut(&[]),
            ),
        })
    }

    fn of_key(&self) -> Point {
        point(
            Question::Key,
            &self.encryption,
            |encryption| match &encryption.key {
                None => (
                    format!(
                        "the bucket encrypts with {}, without a key of yours",
                        encryption.algorithm
                    ),
                    Bearing::RulesOut(&["kms-denied"]),
                ),
                Some(key) => key.meaning(),
            },
        )
    }

    fn of_source(&self) -> Point {
        let file_system = &self.expected.file_system;
        // `efs://REGION.fs-ID/FOLDER`
        let is_ours = |uri: &str| {
            let host = uri.strip_prefix("efs://").unwrap_or(uri);
            let host = host.split('/').next().unwrap_or_default();
            host.rsplit('.').next() == Some(file_system.as_str())
        };
        location(Question::Source, &self.source, file_system, is_ours)
    }

    fn of_destination(&self) -> Point {
        let ours = format!("s3://{}/{}", self.expected.bucket, self.expected.prefix);
        let is_ours = |uri: &str| uri.trim_end_matches('/') == ours.trim_end_matches('/');
        location(Question::Destination, &self.destination, &ours, is_ours)
    }

    fn of_mount_targets(&self) -> Point {
        let name = &self.expected.file_system;
        point(Question::MountTargets, &self.mount_targets, |targets| {
            let Some(states) = targets else {
                let said = format!("the file system {name} does not exist");
                return (said, Bearing::Proves("file-system-gone"));
            };
            let available = states.iter().filter(|state| *state == "available").count();
            let said = format!(
                "{available} of {} mount targets of {name} are available",
                states.len()
            );
            if available == 0 {
                (said, Bearing::Proves("no-mount-target"))
            } else {
                (said, Bearing::RulesOut(&[]))
            }
        })
    }

    /// A policy and an access point: only both together rule the causes out.
    fn of_file_access(&self) -> Point {
        const CAUSES: &[&str] = &["efs-refuses-the-mount", "not-readable"];
        let (policy, source) = match (&self.has_policy, &self.source) {
            (Err(not_known), _) | (_, Err(not_known)) => {
                return not_checked(Question::FileAccess, not_known);
            }
            (Ok(policy), Ok(source)) => (*policy, source.as_ref()),
        };
        let access_point = source.and_then(|source| source.access_point.as_deref());
        let (said, bearing) = match (policy, access_point) {
            (true, _) => (
                "the file system has a policy; the stack makes none".to_owned(),
                Bearing::SpeaksFor(CAUSES),
            ),
            (false, Some(id)) => (
                format!("the location mounts through the access point {id}; the stack's does not"),
                Bearing::SpeaksFor(CAUSES),
            ),
            (false, None) => (
                "no policy of the file system and no access point stands before the files"
                    .to_owned(),
                Bearing::RulesOut(CAUSES),
            ),
        };
        Point {
            question: Question::FileAccess,
            said,
            bearing,
        }
    }
}

impl Key {
    fn meaning(&self) -> (String, Bearing) {
        let id = &self.id;
        let state = match &self.state {
            Err(not_known) => return (why(not_known), Bearing::NotChecked),
            Ok(None) => {
                let said = format!("the bucket's key {id} does not exist");
                return (said, Bearing::Proves("key-gone"));
            }
            Ok(Some(state)) => state,
        };
        let said = format!("the bucket's key {id} is {}", state.word);
        match state.word.as_str() {
            "Enabled" => (said, Bearing::RulesOut(&[])),
            "PendingDeletion" => {
                let on = state.deleted_on.map_or_else(
                    || "a date that KMS did not tell".to_owned(),
                    |time| time.strftime("%Y-%m-%d").to_string(),
                );
                let said = format!("the bucket's key {id} is to be deleted on {on}");
                (said, Bearing::Proves("key-to-be-deleted"))
            }
            _ => (said, Bearing::Proves("key-not-enabled")),
        }
    }
}

fn location(
    question: Question,
    look: &Look<Option<Location>>,
    ours: &str,
    is_ours: impl Fn(&str) -> bool,
) -> Point {
    let end = if question == Question::Source {
        "source"
    } else {
        "destination"
    };
    point(question, look, |location| match location {
        None => (
            format!("the task's {end} location does not exist"),
            Bearing::Proves("location-gone"),
        ),
        Some(location) if is_ours(&location.uri) => (
            format!("the {end} location is there, {}", location.uri),
            Bearing::RulesOut(&[]),
        ),
        Some(location) => (
            format!(
                "the {end} location is {}; the stack's is {ours}",
                location.uri
            ),
            Bearing::Proves("location-elsewhere"),
        ),
    })
}

fn point<T>(
    question: Question,
    look: &Look<T>,
    meaning: impl FnOnce(&T) -> (String, Bearing),
) -> Point {
    match look {
        Ok(seen) => {
            let (said, bearing) = meaning(seen);
            Point {
                question,
                said,
                bearing,
            }
        }
        Err(not_known) => not_checked(question, not_known),
    }
}

fn not_checked(question: Question, not_known: &NotKnown) -> Point {
    Point {
        question,
        said: why(not_known),
        bearing: Bearing::NotChecked,
    }
}

fn why(not_known: &NotKnown) -> String {
    format!("{}: {}", not_known.action, not_known.cause)
}

impl Question {
    /// The words before the reason why nobody could look.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Question::Bucket => "Whether the bucket is there",
            Question::Key => "The bucket's encryption and key",
            Question::Source => "The source location",
            Question::Destination => "The destination location",
            Question::MountTargets => "The mount targets",
            Question::FileAccess => "The file system's policy and access point",
        }
    }
}

impl Rule {
    /// Whether the answer to a question says something about this cause.
    pub(super) fn asks(&self, question: Question) -> bool {
        self.questions.contains(&question)
    }
}
