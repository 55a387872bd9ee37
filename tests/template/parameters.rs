//! The parameters, as the form of CloudFormation shows them to who deploys.

use crate::harness::template::{listed, template};
use anyhow::ensure;
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
            !label.is_empty() && labels.insert(label),
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

fn names(object: &Value) -> BTreeSet<&str> {
    let names = object.as_object().into_iter().flatten();
    names.map(|(name, _)| name.as_str()).collect()
}
