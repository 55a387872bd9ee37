//! The parameters of a deployment: what is given, what stays, what is missing.

use super::state::Stack;
use crate::failure::{Exit, Failure};
use aws_sdk_cloudformation::types::Parameter;
use std::collections::BTreeMap;

/// Parameters by name.
pub type Parameters = BTreeMap<String, String>;

/// The template's parameters by name, each with its default if it has one.
pub type Declared = BTreeMap<String, Option<String>>;

/// What is given, and for the rest the value of before.
///
/// # Errors
///
/// [`Exit::Usage`] if a parameter is missing or unknown.
pub fn parameters(
    declared: &Declared,
    stack: Option<&Stack>,
    given: &Parameters,
) -> Result<Vec<Parameter>, Failure> {
    let existing = stack.filter(|stack| stack.is_ready());
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(no_such(unknown, declared));
    }
    let mut parameters = Vec::new();
    for (name, default) in declared {
        let builder = Parameter::builder().parameter_key(name);
        let before = existing.is_some_and(|stack| stack.parameters.contains_key(name));
        match given.get(name) {
            Some(value) => parameters.push(builder.parameter_value(value).build()),
            None if before => parameters.push(builder.use_previous_value(true).build()),
            None if default.is_some() => {}
            None => {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("parameter {name} is required: pass --parameter {name}=VALUE"),
                ));
            }
        }
    }
    Ok(parameters)
}

/// Names the parameter that is spelt most like this one.
fn no_such(unknown: &str, declared: &Declared) -> Failure {
    let likeness = |name: &str| strsim::jaro_winkler(&name.to_lowercase(), &unknown.to_lowercase());
    let alike = declared
        .keys()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let alike = alike.filter(|name| likeness(name) > 0.75);
    let meant = alike.map_or_else(String::new, |name| format!("did you mean {name}? "));
    Failure::new(
        Exit::Usage,
        format!(
            "the template has no parameter {unknown}; {meant}Its Parameters section describes all \
             {} of them",
            declared.len()
        ),
    )
}

/// The value that a parameter will have.
#[must_use]
pub fn effective(
    name: &str,
    declared: &Declared,
    stack: Option<&Stack>,
    given: &Parameters,
) -> Option<String> {
    let existing = stack.filter(|stack| stack.is_ready());
    let before = existing.and_then(|stack| stack.parameters.get(name));
    let value = given.get(name).or(before);
    value
        .cloned()
        .or_else(|| declared.get(name).cloned().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Declared {
        BTreeMap::from([
            ("AlertEmail".to_owned(), None),
            ("TimeZone".to_owned(), Some("UTC".to_owned())),
        ])
    }

    fn given(name: &str) -> Parameters {
        BTreeMap::from([(name.to_owned(), "x".to_owned())])
    }

    #[test]
    fn a_required_parameter_is_asked_for_once() {
        let error = parameters(&declared(), None, &Parameters::new()).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.to_string().contains("--parameter AlertEmail=VALUE"));
        let first = parameters(&declared(), None, &given("AlertEmail")).unwrap();
        assert_eq!(first.len(), 1);
    }

    #[test]
    fn what_is_not_given_keeps_its_value() {
        let stack = Stack {
            id: String::new(),
            status: "CREATE_COMPLETE".to_owned(),
            reason: None,
            outputs: BTreeMap::new(),
            parameters: ["AlertEmail", "TimeZone"]
                .map(|name| (name.to_owned(), "old".to_owned()))
                .into(),
        };
        let kept = parameters(&declared(), Some(&stack), &given("TimeZone")).unwrap();
        assert_eq!(kept[0].use_previous_value(), Some(true));
        assert_eq!(kept[1].parameter_value(), Some("x"));

        let value = |name| effective(name, &declared(), Some(&stack), &given("TimeZone"));
        assert_eq!(value("TimeZone").as_deref(), Some("x"));
        assert_eq!(value("AlertEmail").as_deref(), Some("old"));
        assert_eq!(value("Other"), None);
    }

    #[test]
    fn an_unknown_parameter_is_named_with_the_one_that_was_meant() {
        #[rustfmt::skip]
        let cases = [
            ("AlertMail",  "no parameter AlertMail; did you mean AlertEmail? Its Parameters"),
            ("alertemail", "no parameter alertemail; did you mean AlertEmail? Its Parameters"),
            ("TimeZones",  "no parameter TimeZones; did you mean TimeZone? Its Parameters"),
            ("Bucket",     "no parameter Bucket; Its Parameters section describes all 2 of them"),
        ];
        for (name, expected) in cases {
            let error = parameters(&declared(), None, &given(name)).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
