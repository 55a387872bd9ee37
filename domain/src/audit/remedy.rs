//! Commands that put a finding right.
//!
//! `put-bucket-lifecycle-configuration` replaces all rules (source: S3 API
//! Reference). For the bucket of a stack the command therefore sets back the
//! rules of the template as they are, which leaves no drift, wherever the rule
//! that removes old versions still acts. Where somebody switched it off or made it
//! keep them longer, and in the bucket of somebody else, it reads the rules, takes
//! out those that hurt and leaves the others. No command has S3 remove a version
//! that the rules of the bucket keep.

use super::bucket::{Bucket, Keeper};
use super::finding::Remedy;
use super::lifecycle::{Filter, Rule, Status, short};
use serde_json::{Value, json};

/// The longest command that a letter prints whole, in bytes.
const LONGEST: usize = 880;

/// The rule of the template that removes old versions.
const EXPIRE: &str = "expire-old-versions";

/// Switches versioning on.
pub(super) fn enable_versioning(bucket: &Bucket) -> Remedy {
    Remedy {
        command: command(
            bucket,
            "put-bucket-versioning",
            "--versioning-configuration Status=Enabled",
        ),
        effect: match bucket.keeper {
            Keeper::Stack { .. } => "sets versioning to Enabled, as the template has it",
            Keeper::Existing | Keeper::Other => "sets versioning to Enabled; it removes nothing",
        }
        .to_owned(),
    }
}

/// Gives the bucket enabled rules, of which none removes a version.
pub(super) fn add_rules(bucket: &Bucket) -> Remedy {
    match bucket.keeper {
        Keeper::Stack { archive_after_days } => set_back(bucket, archive_after_days, "Disabled"),
        Keeper::Existing | Keeper::Other => merged(
            bucket,
            &[],
            &[housekeeping(&free_id(bucket, "housekeeping"))],
            "adds a rule that clears up uploads that broke off and delete markers without a \
             version; it removes no version"
                .to_owned(),
        ),
    }
}

/// Frees the bucket of rules.
pub(super) fn remove_rules(bucket: &Bucket, guilty: &[&Rule]) -> Remedy {
    match bucket.keeper {
        Keeper::Stack { archive_after_days } if removes_as_the_template_does(bucket) => {
            set_back(bucket, archive_after_days, "Enabled")
        }
        Keeper::Stack { .. } | Keeper::Existing | Keeper::Other => take_out(bucket, guilty),
    }
}

fn take_out(bucket: &Bucket, guilty: &[&Rule]) -> Remedy {
    let ids = guilty
        .iter()
        .take(super::lifecycle::SHOWN)
        .map(|rule| rule.id.as_deref());
    let ids: Vec<String> = ids.map(|id| short(id.unwrap_or("without an ID"))).collect();
    let more = guilty.len().saturating_sub(ids.len());
    let more = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    let rules = bucket
        .lifecycle
        .as_ref()
        .map_or(0, |known| known.rules.len());
    let others = if rules > guilty.len() {
        "keeps the others"
    } else {
        "leaves the bucket without rules"
    };
    let effect = format!(
        "removes the rule {}{more} with all that it does, and {others}",
        ids.join(", ")
    );
    merged(bucket, guilty, &[], effect)
}

/// Whether the template's own rule is there and removes, of all keys, at least
/// what the template has it remove. Otherwise somebody holds versions for longer.
fn removes_as_the_template_does(bucket: &Bucket) -> bool {
    let rules = bucket.lifecycle.as_ref().map(|lifecycle| &lifecycle.rules);
    rules.into_iter().flatten().any(|rule| {
        let removes = rule.noncurrent.filter(|removes| removes.newer.is_none());
        rule.id.as_deref() == Some(EXPIRE)
            && rule.status == Status::Enabled
            && rule.filter == Filter::default()
            && removes.is_some_and(|removes| removes.at_least() <= bucket.retain_days)
    })
}

/// The rules of `BackupBucket` in `template.yaml`, for its parameters; `expire` is
/// the status of the one that removes old versions.
fn rules_of_the_template(archive_after_days: u32, retain_days: u32, expire: &str) -> Vec<Value> {
    let archive = (archive_after_days > 0).then(|| {
        json!({
            "ID": "archive-old-versions", "Status": "Enabled",
            "Filter": {"ObjectSizeGreaterThan": 262_144},
            "NoncurrentVersionTransitions": [
                {"NoncurrentDays": archive_after_days, "StorageClass": "DEEP_ARCHIVE"}
            ],
        })
    });
    let expire = json!({
        "ID": EXPIRE, "Status": expire, "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": retain_days},
    });
    archive
        .into_iter()
        .chain([expire, housekeeping("housekeeping")])
        .collect()
}

fn housekeeping(id: &str) -> Value {
    json!({
        "ID": id, "Status": "Enabled", "Filter": {"Prefix": ""},
        "Expiration": {"ExpiredObjectDeleteMarker": true},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    })
}

fn set_back(bucket: &Bucket, archive_after_days: u32, expire: &str) -> Remedy {
    let rules = rules_of_the_template(archive_after_days, bucket.retain_days, expire);
    let days = bucket.retain_days;
    let effect = if expire == "Enabled" {
        format!(
            "sets back the rules of the template (ArchiveAfterDays {archive_after_days}, \
             RetainVersionsDays {days}), in place of all that are there"
        )
    } else {
        format!(
            "sets back the rules of the template (ArchiveAfterDays {archive_after_days}), in \
             place of all that are there, but leaves {EXPIRE} disabled: enabled, it deletes for \
             good what was replaced more than {days} days ago"
        )
    };
    Remedy {
        command: put(bucket, &inline(&rules), None),
        effect,
    }
}

/// `id`, or with a number behind it if a rule has it: S3 refuses two rules with
/// the same ID.
fn free_id(bucket: &Bucket, id: &str) -> String {
    let is_taken = |id: &str| {
        let rules = bucket.lifecycle.as_ref().map(|lifecycle| &lifecycle.rules);
        let mut rules = rules.into_iter().flatten();
        rules.any(|rule| rule.id.as_deref() == Some(id))
    };
    let numbered = (2..).map(|number| format!("{id}-{number}"));
    let mut ids = std::iter::once(id.to_owned()).chain(numbered);
    ids.find(|id| !is_taken(id)).unwrap_or_default()
}

/// The rules of the bucket without some, and with others.
fn merged(bucket: &Bucket, without: &[&Rule], added: &[Value], effect: String) -> Remedy {
    let lifecycle = bucket.lifecycle.clone().unwrap_or_default();
    let minimum_size = lifecycle.minimum_size.as_deref();
    let kept = lifecycle.rules.len().saturating_sub(without.len());
    let command = match (kept, added) {
        (0, []) => Some(command(bucket, "delete-bucket-lifecycle", "")),
        (0, added) => Some(put(bucket, &inline(added), minimum_size)),
        _ => query(without, added).map(|query| {
            let file = format!("efs-backup-lifecycle-{}.json", bucket.name);
            let read = command(
                bucket,
                "get-bucket-lifecycle-configuration",
                &format!("--output json --query '{query}' > {file}"),
            );
            let rules = format!("file://{file}");
            format!("{read} && {}", put(bucket, &rules, minimum_size))
        }),
    };
    match command.filter(|command| command.len() <= LONGEST) {
        Some(command) => Remedy { command, effect },
        None => Remedy {
            command: command_to_read(bucket),
            effect: "shows the rules; take out those that are named above, by hand".to_owned(),
        },
    }
}

fn command_to_read(bucket: &Bucket) -> String {
    command(
        bucket,
        "get-bucket-lifecycle-configuration",
        "--output json",
    )
}

/// `JMESPath` for all rules but some, then others. `None` where an ID, which is
/// foreign text, must not stand inside a command.
fn query(without: &[&Rule], added: &[Value]) -> Option<String> {
    let ids: Option<Vec<&str>> = without
        .iter()
        .map(|rule| rule.id.as_deref().filter(|id| is_plain(id)))
        .collect();
    let ids = json!(ids?);
    let kept = match without {
        [] => "Rules".to_owned(),
        _ => format!("Rules[?!contains(`{ids}`, ID)]"),
    };
    Some(match added {
        [] => format!("{{Rules: {kept}}}"),
        _ => format!("{{Rules: [{kept}, `{}`][]}}", json!(added)),
    })
}

/// Nothing in it means anything to a shell inside single quotes, to `JMESPath`
/// inside backticks, or to JSON inside double quotes.
fn is_plain(id: &str) -> bool {
    id.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" -_.:/+=,@()".contains(&byte))
}

fn inline(rules: &[Value]) -> String {
    format!("'{}'", json!({ "Rules": rules }))
}

fn put(bucket: &Bucket, rules: &str, minimum_size: Option<&str>) -> String {
    let mut options = format!("--lifecycle-configuration {rules}");
    let is_word = |text: &&str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if let Some(size) = minimum_size.filter(is_word) {
        options.push_str(&format!(" --transition-default-minimum-object-size {size}"));
    }
    command(bucket, "put-bucket-lifecycle-configuration", &options)
}

fn command(bucket: &Bucket, verb: &str, options: &str) -> String {
    let line = format!(
        "aws s3api {verb} --region {} --bucket {} {options}",
        bucket.region, bucket.name
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixtures::{expiring, keeping, of_somebody_else, with_rules};
    use crate::audit::lifecycle::{Lifecycle, NoncurrentExpiration};

    fn commands(bucket: &Bucket, guilty: &[&Rule]) -> String {
        remove_rules(bucket, guilty).command
    }

    #[test]
    fn the_rules_of_a_stack_are_set_back_whole() {
        let text = |remedy: Remedy| format!("{}\n{}", remedy.command, remedy.effect);
        let bad = expiring("bad", 30);
        let drifted = with_rules(vec![keeping(EXPIRE, 365), bad.clone()]);
        insta::assert_snapshot!("set_back", text(remove_rules(&drifted, &[&bad])));
        insta::assert_snapshot!("set_back_but_one", text(add_rules(&with_rules(vec![]))));
        let rules = rules_of_the_template(0, 365, "Enabled");
        assert_eq!(rules.len(), 2, "0 means no archive");
    }

    /// Somebody may hold versions for longer than the template, and for a reason.
    #[test]
    fn no_command_has_more_removed_than_the_rules_of_the_bucket_do() {
        let own = |change: fn(&mut Rule)| {
            let mut rule = keeping(EXPIRE, 365);
            change(&mut rule);
            vec![rule]
        };
        let newer = NoncurrentExpiration {
            days: Some(365),
            newer: Some(5),
        };
        #[rustfmt::skip]
        let cases = [
            ("as the template",     own(|_| ()),                                      true),
            ("shorter than it",     vec![keeping(EXPIRE, 7)],                         true),
            ("gone",                vec![],                                           false),
            ("disabled",            own(|rule| rule.status = Status::Disabled),       false),
            ("a day longer",        vec![keeping(EXPIRE, 366)],                       false),
            ("in a folder only",    own(|rule| rule.filter.prefix = "efs/".into()),   false),
            ("large ones only",     own(|rule| rule.filter.larger_than = Some(1)),    false),
            ("but for the newest",  vec![Rule { noncurrent: Some(newer), ..keeping(EXPIRE, 365) }], false),
            ("another rule",        vec![keeping("other", 365)],                      false),
        ];
        let bad = expiring("bad", 30);
        for (name, rules, sets_back) in cases {
            let bucket = with_rules([vec![bad.clone()], rules].concat());
            let command = commands(&bucket, &[&bad]);
            let enables = command.contains("NoncurrentVersionExpiration");
            assert_eq!(enables, sets_back, "{name}: {command}");
            let added = add_rules(&bucket).command;
            let is_off = added.contains(r#""NoncurrentDays":365},"Status":"Disabled""#);
            assert!(is_off, "{name}: {added}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_not_given_again() {
        let off = |id: &str| Rule {
            status: Status::Disabled,
            ..keeping(id, 365)
        };
        #[rustfmt::skip]
        let cases = [
            (vec![off("other")],                                "housekeeping"),
            (vec![off("housekeeping")],                         "housekeeping-2"),
            (vec![off("housekeeping"), off("housekeeping-2")],  "housekeeping-3"),
        ];
        for (rules, id) in cases {
            let command = add_rules(&of_somebody_else(rules)).command;
            assert!(command.contains(&format!(r#""ID":"{id}""#)), "{command}");
        }
    }

    #[test]
    fn the_rules_of_others_are_kept() {
        let bad = expiring("bad rule", 30);
        let bucket = of_somebody_else(vec![keeping("good", 365), bad.clone()]);
        let sized = Bucket {
            lifecycle: Ok(Lifecycle {
                minimum_size: Some("varies_by_storage_class".to_owned()),
                ..bucket.lifecycle.clone().unwrap()
            }),
            ..bucket.clone()
        };
        let alone = of_somebody_else(vec![bad.clone()]);
        let text = [
            ("one of two", commands(&bucket, &[&bad])),
            ("with another minimum size", commands(&sized, &[&bad])),
            ("the only one", commands(&alone, &[&bad])),
            (
                "none, and one more is wanted",
                add_rules(&of_somebody_else(vec![])).command,
            ),
            ("some, and one more is wanted", add_rules(&bucket).command),
        ]
        .map(|(name, command)| format!("{name}:\n{command}"));
        insta::assert_snapshot!("of_others", text.join("\n"));
    }

    #[test]
    fn no_foreign_text_gets_into_a_command() {
        let hostile = [
            "'; rm -rf / #",
            "a`b",
            "\"",
            "a\\",
            "a\nb",
            "caf\u{e9}",
            "$(id)",
        ];
        for id in hostile {
            let bad = expiring(id, 30);
            let bucket = of_somebody_else(vec![keeping("good", 365), bad.clone()]);
            assert_eq!(commands(&bucket, &[&bad]), command_to_read(&bucket), "{id}");
        }
        let none = Rule {
            id: None,
            ..expiring("", 30)
        };
        let bucket = of_somebody_else(vec![keeping("good", 365), none.clone()]);
        assert_eq!(commands(&bucket, &[&none]), command_to_read(&bucket));
    }

    #[test]
    fn a_command_that_would_be_cut_is_not_given() {
        let bad: Vec<Rule> = (0..40)
            .map(|n| expiring(&format!("{n:->20}"), 30))
            .collect();
        let bucket = of_somebody_else([bad.clone(), vec![keeping("good", 365)]].concat());
        let guilty: Vec<&Rule> = bad.iter().collect();
        assert_eq!(commands(&bucket, &guilty), command_to_read(&bucket));
        let longest = Bucket {
            name: "b".repeat(63),
            region: "ap-southeast-99".into(),
            ..with_rules(vec![])
        };
        for remedy in [add_rules(&longest), set_back(&longest, 30, "Enabled")] {
            assert!(
                remedy.command.len() <= LONGEST,
                "the one of a stack always fits"
            );
        }
    }
}
