//! What the arguments that place a location must look like.

use serde_json::Value;

use crate::datasync::error::{ApiError, required};
use crate::datasync::store::EfsPlace;

const ENCRYPTION: [&str; 2] = ["NONE", "TLS1_2"];
const STORAGE_CLASSES: [&str; 7] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_INSTANT_RETRIEVAL",
];

/// The bucket's name in `arn:aws:s3:::NAME`.
pub(super) fn bucket_name(arn: &str) -> Result<String, ApiError> {
    let name = arn.split_once(":s3:::").map(|(_, name)| name);
    match name.filter(|name| !name.is_empty() && !name.contains(['/', ':'])) {
        Some(name) => Ok(name.to_owned()),
        None => Err(ApiError::invalid(
            "InvalidBucketArn",
            format!("`{arn}` is not the ARN of a bucket."),
        )),
    }
}

pub(super) fn file_system_id(arn: &str) -> Result<String, ApiError> {
    let id = arn.split_once(":file-system/").map(|(_, id)| id);
    let is_hex = |id: &&str| {
        id.strip_prefix("fs-")
            .is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    id.filter(is_hex).map(str::to_owned).ok_or_else(|| {
        ApiError::invalid(
            "InvalidFileSystemArn",
            format!("`{arn}` is not the ARN of an EFS file system."),
        )
    })
}

/// A `Subdirectory` without its leading `/` and with one at the end; empty for
/// the root. `DataSync` cannot transfer below `//`, `/./` or `/../`.
pub(super) fn clean_path(subdirectory: Option<&str>) -> Result<String, ApiError> {
    let path = subdirectory.unwrap_or_default();
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return Ok(String::new());
    }
    if inner.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(ApiError::invalid(
            "InvalidSubdirectory",
            format!("Subdirectory `{path}` includes //, /./ or /../."),
        ));
    }
    Ok(format!("{inner}/"))
}

pub(super) fn check_ec2_config(config: &Value) -> Result<(), ApiError> {
    required(config["SubnetArn"].as_str(), "ec2Config.subnetArn")?;
    let groups = required(
        config["SecurityGroupArns"].as_array(),
        "ec2Config.securityGroupArns",
    )?;
    if (1..=5).contains(&groups.len()) {
        return Ok(());
    }
    Err(ApiError::Validation(
        "Value at 'ec2Config.securityGroupArns' failed to satisfy constraint: \
         Member must have length between 1 and 5"
            .to_owned(),
    ))
}

/// An access point or an access role needs encryption in transit.
pub(super) fn check_encryption(place: &EfsPlace) -> Result<(), ApiError> {
    let encryption = place.in_transit_encryption.as_str();
    if !ENCRYPTION.contains(&encryption) {
        return Err(ApiError::not_one_of(
            "inTransitEncryption",
            encryption,
            &ENCRYPTION,
        ));
    }
    let needs_tls = place.access_point_arn.is_some() || place.access_role_arn.is_some();
    if needs_tls && encryption != "TLS1_2" {
        return Err(ApiError::invalid(
            "InTransitEncryptionRequired",
            "InTransitEncryption must be TLS1_2 with an access point or an access role.",
        ));
    }
    Ok(())
}

pub(super) fn check_storage_class(class: &str) -> Result<(), ApiError> {
    if STORAGE_CLASSES.contains(&class) {
        return Ok(());
    }
    Err(ApiError::not_one_of(
        "s3StorageClass",
        class,
        &STORAGE_CLASSES,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdirectory_becomes_a_prefix_or_is_refused() {
        #[rustfmt::skip]
        let cases = [
            ("none",               None,            Some("")),
            ("the root",           Some("/"),       Some("")),
            ("a prefix",           Some("efs/"),    Some("efs/")),
            ("no slash at the end", Some("a/b"),    Some("a/b/")),
            ("a leading slash",    Some("/a/b/"),   Some("a/b/")),
            ("two slashes",        Some("a//b"),    None),
            ("dots",               Some("a/../b"),  None),
            ("dots at the start",  Some("../x"),    None),
        ];
        for (name, given, expected) in cases {
            assert_eq!(clean_path(given).ok().as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn only_arns_of_buckets_and_file_systems_are_taken() {
        assert_eq!(bucket_name("arn:aws:s3:::my-bucket").unwrap(), "my-bucket");
        assert!(bucket_name("my-bucket").is_err());
        assert!(bucket_name("arn:aws:s3:::my-bucket/x").is_err());
        let arn = "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/";
        assert_eq!(file_system_id(&format!("{arn}fs-0ab")).unwrap(), "fs-0ab");
        assert!(file_system_id(&format!("{arn}fs-../x")).is_err());
        assert!(file_system_id("fs-0ab").is_err());
    }
}
