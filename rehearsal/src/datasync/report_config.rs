//! `TaskReportConfig`: whether, where and how fully a task report is written.

use serde::Deserialize;
use serde_json::Value;

use crate::datasync::error::{ApiError, required};
use crate::datasync::places::bucket_name;
use crate::datasync::report::Kind;

/// What the writer of a report needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportSettings {
    pub bucket: String,
    /// Put in front of `Detailed-Reports/` as it is.
    pub subdirectory: String,
    pub role_arn: String,
    /// The lists that name successes as well as errors.
    pub with_successes: Vec<Kind>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    destination: Option<Destination>,
    output_type: Option<String>,
    report_level: Option<String>,
    object_version_ids: Option<String>,
    #[serde(default)]
    overrides: Overrides,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    s3: Option<S3>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct S3 {
    #[serde(default)]
    subdirectory: String,
    s3_bucket_arn: Option<String>,
    bucket_access_role_arn: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Overrides {
    transferred: Override,
    verified: Override,
    deleted: Override,
    skipped: Override,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Override {
    report_level: Option<String>,
}

const OUTPUT_TYPES: [&str; 2] = ["SUMMARY_ONLY", "STANDARD"];
const LEVELS: [&str; 2] = ["ERRORS_ONLY", "SUCCESSES_AND_ERRORS"];
const VERSION_IDS: [&str; 2] = ["INCLUDE", "NONE"];

/// Checks a `TaskReportConfig`. None and the empty structure mean no report.
pub(super) fn settings_from(config: Option<&Value>) -> Result<Option<ReportSettings>, ApiError> {
    let Some(config) = config.filter(|config| !is_empty(config)) else {
        return Ok(None);
    };
    let config: Config = serde_json::from_value(config.clone())
        .map_err(|error| ApiError::Serialization(format!("TaskReportConfig: {error}")))?;
    let output_type = required(config.output_type.as_deref(), "taskReportConfig.outputType")?;
    one_of(output_type, &OUTPUT_TYPES, "outputType")?;
    if let Some(version_ids) = &config.object_version_ids {
        one_of(version_ids, &VERSION_IDS, "objectVersionIds")?;
    }
    if output_type == "SUMMARY_ONLY" {
        return Err(ApiError::unsupported(
            "TaskReportConfig OutputType SUMMARY_ONLY",
        ));
    }
    let with_successes = kinds_with_successes(&config)?;
    let s3 = required(
        config.destination.and_then(|destination| destination.s3),
        "taskReportConfig.destination.s3",
    )?;
    let bucket_arn = required(
        s3.s3_bucket_arn,
        "taskReportConfig.destination.s3.s3BucketArn",
    )?;
    Ok(Some(ReportSettings {
        bucket: bucket_name(&bucket_arn)?,
        subdirectory: s3.subdirectory,
        role_arn: required(
            s3.bucket_access_role_arn,
            "taskReportConfig.destination.s3.bucketAccessRoleArn",
        )?,
        with_successes,
    }))
}

fn is_empty(config: &Value) -> bool {
    config.is_null() || config.as_object().is_some_and(serde_json::Map::is_empty)
}

fn kinds_with_successes(config: &Config) -> Result<Vec<Kind>, ApiError> {
    let overrides = [
        (Kind::Transferred, &config.overrides.transferred),
        (Kind::Verified, &config.overrides.verified),
        (Kind::Skipped, &config.overrides.skipped),
        (Kind::Deleted, &config.overrides.deleted),
    ];
    let mut kinds = vec![];
    for (kind, level) in overrides {
        let level = level.report_level.as_ref().or(config.report_level.as_ref());
        // ERRORS_ONLY is AWS's default.
        let level = level.map_or("ERRORS_ONLY", String::as_str);
        one_of(level, &LEVELS, "reportLevel")?;
        if level == "SUCCESSES_AND_ERRORS" {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

fn one_of(value: &str, allowed: &[&str], member: &str) -> Result<(), ApiError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let path = format!("taskReportConfig.{member}");
    Err(ApiError::not_one_of(&path, value, allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config() -> Value {
        json!({
            "Destination": {"S3": {
                "Subdirectory": "datasync-reports/",
                "S3BucketArn": "arn:aws:s3:::reports",
                "BucketAccessRoleArn": "arn:aws:iam::111122223333:role/report-writer",
            }},
            "OutputType": "STANDARD",
        })
    }

    #[test]
    fn errors_only_is_the_default_level_and_an_override_wins() {
        let settings = settings_from(Some(&config())).unwrap().unwrap();
        assert_eq!(settings.bucket, "reports");
        assert_eq!(settings.with_successes, []);

        let mut config = config();
        config["Overrides"] = json!({"Verified": {"ReportLevel": "SUCCESSES_AND_ERRORS"}});
        let settings = settings_from(Some(&config)).unwrap().unwrap();
        assert_eq!(settings.with_successes, [Kind::Verified]);
    }

    #[test]
    fn nothing_means_no_report() {
        for config in [None, Some(Value::Null), Some(json!({}))] {
            assert_eq!(settings_from(config.as_ref()), Ok(None));
        }
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let broken = |pointer: &str, value: Value| {
            let mut config = config();
            *config.pointer_mut(pointer).unwrap() = value;
            settings_from(Some(&config)).unwrap_err().to_string()
        };
        assert!(broken("/OutputType", Value::Null).contains("'taskReportConfig.outputType'"));
        assert!(broken("/OutputType", json!("PDF")).contains("[SUMMARY_ONLY, STANDARD]"));
        assert!(broken("/OutputType", json!("SUMMARY_ONLY")).contains("not supported"));
        assert!(broken("/Destination/S3/S3BucketArn", Value::Null).contains("s3BucketArn"));

        // Verbatim from a public report about an empty level.
        let mut config = config();
        config["ReportLevel"] = json!("");
        assert_eq!(
            settings_from(Some(&config)).unwrap_err().to_string(),
            "1 validation error detected: Value '' at 'taskReportConfig.reportLevel' failed to \
             satisfy constraint: Member must satisfy enum value set: \
             [ERRORS_ONLY, SUCCESSES_AND_ERRORS]"
        );
    }
}
