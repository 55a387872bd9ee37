//! S3: the settings of a bucket, translated into facts.
//!
//! Every call names the expected owner, so that a bucket of this name in another
//! account is refused and not judged.

use aws_call::CallError;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::{self, BucketVersioningStatus, ExpirationStatus};
use backup_domain::audit::{
    Expiration, Filter, Lifecycle, NoncurrentExpiration, NotKnown, Rule, Status, Versioning,
};
use backup_domain::text::cut_in_the_middle;
use function_env::Clients;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::{Instant, timeout_at};

const GET_VERSIONING: &str = "s3:GetBucketVersioning";
const GET_LIFECYCLE: &str = "s3:GetLifecycleConfiguration";

/// The minimum size for transitions that S3 takes where none is named.
const DEFAULT_MINIMUM_SIZE: &str = "all_storage_classes_128K";

/// The most of S3's words about a refusal that is told, in characters.
const LONGEST_CAUSE: usize = 500;

/// A fact, or why it is not known; `None` if there is no such bucket.
type Asked<T> = Option<Result<T, NotKnown>>;

/// The settings of the buckets of one account.
#[derive(Debug)]
pub struct Buckets {
    client: Client,
    account: String,
}

impl Buckets {
    /// Asks by this client.
    #[must_use]
    pub fn new(account: &str, client: Client) -> Self {
        Buckets {
            client,
            account: account.to_owned(),
        }
    }

    pub(super) fn from_env(account: &str, clients: &Clients) -> Self {
        let config = Config::from(&clients.config("S3"))
            .to_builder()
            .behavior_version(BehaviorVersion::latest())
            .build();
        Buckets::new(account, Client::from_conf(config))
    }

    /// Whether the bucket keeps versions.
    pub(crate) async fn versioning(&self, bucket: &str, deadline: Instant) -> Asked<Versioning> {
        let request = self.client.get_bucket_versioning().bucket(bucket);
        let call = request.expected_bucket_owner(&self.account).send();
        let Ok(answer) = timeout_at(deadline, call).await else {
            return Some(Err(too_late(GET_VERSIONING)));
        };
        match answer {
            Ok(answer) => Some(versioning_from(answer.status())),
            Err(error) => refused(GET_VERSIONING, bucket, &error).map(Err),
        }
    }

    /// The bucket's lifecycle rules; an empty list if it has none.
    pub(crate) async fn lifecycle(&self, bucket: &str, deadline: Instant) -> Asked<Lifecycle> {
        let request = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(bucket);
        let call = request.expected_bucket_owner(&self.account).send();
        let Ok(answer) = timeout_at(deadline, call).await else {
            return Some(Err(too_late(GET_LIFECYCLE)));
        };
        match answer {
            Ok(answer) => Some(lifecycle_from(&answer)),
            Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => {
                Some(Ok(Lifecycle::default()))
            }
            Err(error) => refused(GET_LIFECYCLE, bucket, &error).map(Err),
        }
    }
}

fn too_late(action: &'static str) -> NotKnown {
    NotKnown {
        action,
        cause: "no answer within the time of the audit".to_owned(),
    }
}

/// Why a fact is not known; `None` if there is no such bucket.
fn refused<E, R>(action: &'static str, bucket: &str, error: &SdkError<E, R>) -> Option<NotKnown>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let error = CallError::new(action, bucket, error);
    (error.code != "NoSuchBucket").then(|| NotKnown {
        action,
        cause: cut_in_the_middle(&format!("{}: {}", error.code, error.message), LONGEST_CAUSE),
    })
}

fn versioning_from(status: Option<&BucketVersioningStatus>) -> Result<Versioning, NotKnown> {
    match status {
        None => Ok(Versioning::NeverEnabled),
        Some(BucketVersioningStatus::Enabled) => Ok(Versioning::Enabled),
        Some(BucketVersioningStatus::Suspended) => Ok(Versioning::Suspended),
        Some(other) => Err(NotKnown {
            action: GET_VERSIONING,
            cause: format!("S3 says {}, which is no known status", other.as_str()),
        }),
    }
}

/// S3 stores no configuration without rules, and says so in another way where
/// there is none. The SDK takes an answer that broke off for a whole one.
fn lifecycle_from(answer: &GetBucketLifecycleConfigurationOutput) -> Result<Lifecycle, NotKnown> {
    if answer.rules().is_empty() {
        return Err(NotKnown {
            action: GET_LIFECYCLE,
            cause: "S3 answered a configuration without any rule".to_owned(),
        });
    }
    let minimum_size = answer.transition_default_minimum_object_size();
    Ok(Lifecycle {
        rules: answer.rules().iter().map(rule_from).collect(),
        minimum_size: minimum_size
            .map(|size| size.as_str().to_owned())
            .filter(|size| size != DEFAULT_MINIMUM_SIZE),
    })
}

fn rule_from(rule: &types::LifecycleRule) -> Rule {
    Rule {
        id: rule.id().map(str::to_owned),
        status: match rule.status() {
            ExpirationStatus::Enabled => Status::Enabled,
            ExpirationStatus::Disabled => Status::Disabled,
            other => Status::Other(other.as_str().to_owned()),
        },
        filter: filter_from(rule),
        expiration: rule.expiration().map(expiration_from),
        noncurrent: rule
            .noncurrent_version_expiration()
            .map(|expiration| NoncurrentExpiration {
                days: expiration.noncurrent_days().and_then(days),
                newer: expiration.newer_noncurrent_versions().and_then(days),
            }),
        acts_otherwise: !rule.transitions().is_empty()
            || !rule.noncurrent_version_transitions().is_empty()
            || rule.abort_incomplete_multipart_upload().is_some(),
    }
}

/// All conditions that the rule names, in whichever form.
fn filter_from(rule: &types::LifecycleRule) -> Filter {
    #[allow(
        deprecated,
        reason = "rules of before 2016 still have their prefix there"
    )]
    let old_prefix = rule.prefix();
    let filter = rule.filter();
    let and = filter.and_then(types::LifecycleRuleFilter::and);
    let prefix = filter.and_then(types::LifecycleRuleFilter::prefix);
    let prefix = prefix
        .or(and.and_then(types::LifecycleRuleAndOperator::prefix))
        .or(old_prefix);
    let tags = filter.and_then(types::LifecycleRuleFilter::tag).into_iter();
    let tags = tags.chain(and.map_or(&[][..], types::LifecycleRuleAndOperator::tags));
    let larger = filter.and_then(types::LifecycleRuleFilter::object_size_greater_than);
    let larger = larger.or(and.and_then(types::LifecycleRuleAndOperator::object_size_greater_than));
    let smaller = filter.and_then(types::LifecycleRuleFilter::object_size_less_than);
    let smaller = smaller.or(and.and_then(types::LifecycleRuleAndOperator::object_size_less_than));
    Filter {
        prefix: prefix.unwrap_or_default().to_owned(),
        tags: tags
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect(),
        larger_than: larger.and_then(|bytes| u64::try_from(bytes).ok()),
        smaller_than: smaller.and_then(|bytes| u64::try_from(bytes).ok()),
    }
}

/// What is not read as one of these stays "other": it may expire anything.
fn expiration_from(expiration: &types::LifecycleExpiration) -> Expiration {
    let marker = expiration.expired_object_delete_marker();
    match (expiration.days(), expiration.date(), marker) {
        (Some(value), _, _) => days(value).map_or(Expiration::Other, Expiration::AfterDays),
        (None, Some(date), _) => Timestamp::from_second(date.secs())
            .map_or(Expiration::Other, |time| {
                Expiration::On(time.to_zoned(TimeZone::UTC).date())
            }),
        (None, None, Some(true)) => Expiration::LoneMarkers,
        (None, None, Some(false)) => Expiration::Nothing,
        (None, None, None) => Expiration::Other,
    }
}

/// A number of days or versions; a negative one is no number that S3 could mean.
fn days(value: i32) -> Option<u32> {
    u32::try_from(value).ok()
}

#[cfg(test)]
mod tests;
