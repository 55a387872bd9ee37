//! The parameters, as the form of CloudFormation shows them to who deploys.

use crate::harness::root;
use crate::harness::template::{listed, template};
use anyhow::ensure;
use deploy::samconfig::Environment;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Whatever may be typed into it is right.
const FREE: [&str; 0] = [];

/// Each stands in one group, has a label, and says what it is and what may be typed.
pub(crate) async fn each_is_explained() -> anyhow::Result<()> {
    let template = template()?;
    let form = &template["Metadata"]["AWS::CloudFormation::Interface"];
    let declared: BTreeSet<&str> = names(&template["Parameters"]);
    ensure!(declared.len() >= 28, "only {} parameters", declared.len());
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    let mut labels = BTreeSet::new();
    for group in listed(&form["ParameterGroups"]) {
        let label = group["Label"]["default"].as_str().unwrap_or_default();
        ensure!(
            label.ends_with('?') && labels.insert(label),
            "a group called {label:?}"
        );
        for name in listed(&group["Parameters"]) {
            *groups.entry(name.as_str().unwrap_or_default()).or_default() += 1;
        }
    }
    let once: BTreeSet<&str> = groups.keys().copied().collect();
    ensure!(
        once == declared,
        "in groups: {once:?}, declared: {declared:?}"
    );
    ensure!(groups.values().all(|times| *times == 1), "{groups:?}");
    let labelled = names(&form["ParameterLabels"]);
    ensure!(labelled == declared, "with a label: {labelled:?}");
    for name in declared {
        let wrong = unexplained(name, &template["Parameters"][name]);
        ensure!(wrong.is_empty(), "{name}: {}", wrong.join(", "));
    }
    Ok(())
}

fn unexplained(name: &str, parameter: &Value) -> Vec<&'static str> {
    let has = |key: &str| !parameter[key].is_null();
    let sentence = |key: &str| parameter[key].as_str().unwrap_or_default().ends_with('.');
    let is_number = parameter["Type"] == "Number";
    let bounded = has("AllowedValues") || has("MinValue") && has("MaxValue");
    let checked = bounded || has("AllowedPattern");
    #[rustfmt::skip]
    let rules = [
        (sentence("Description"),                                  "its description ends without a full stop"),
        (sentence("ConstraintDescription") || FREE.contains(&name), "nothing says what may be typed"),
        (checked || FREE.contains(&name),                          "anything may be typed"),
        (bounded || !is_number,                                    "a number without bounds"),
    ];
    let broken = rules.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, wrong)| wrong).collect()
}

/// What the README and the strict profile set are parameters, and the profile sets
/// nothing that is so anyway.
pub(crate) async fn are_named_right_elsewhere() -> anyhow::Result<()> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let template = template()?;
    let declared = names(&template["Parameters"]);
    let given = readme.split("--parameter ").skip(1);
    let given: BTreeSet<&str> = given.filter_map(|rest| rest.split('=').next()).collect();
    ensure!(
        given.len() >= 5 && given.is_subset(&declared),
        "README sets {given:?}"
    );
    let strict = Environment::read(&root(), Some("strict")).map_err(|failure| failure.error)?;
    let strict = strict.parameters().map_err(|failure| failure.error)?;
    ensure!(strict.len() >= 8, "the strict profile sets {strict:?}");
    for (name, value) in strict {
        let default = &template["Parameters"][&name]["Default"];
        ensure!(
            default.is_string(),
            "strict sets {name}, which is no parameter"
        );
        let is_default = default == value.as_str();
        // Named in the profile all the same: its owner will want to change it.
        ensure!(
            !is_default || name == "ObjectLockDays",
            "strict sets {name} to {value}, its default"
        );
        let named = readme.contains(&format!("`{name}`")) || readme.contains(&format!("`{name}="));
        ensure!(
            named,
            "README says nothing of {name}, which the strict profile sets"
        );
    }
    Ok(())
}

fn names(object: &Value) -> BTreeSet<&str> {
    let names = object.as_object().into_iter().flatten();
    names.map(|(name, _)| name.as_str()).collect()
}
