//! Whether a deployment can work: what can be known before minutes are spent on
//! building, and before anything is made in AWS.

use super::existing_bucket;
use crate::artifact::Architecture;
use crate::aws::Aws;
use crate::failure::{Exit, Failure};
use crate::stack::{self, Parameters, Stack};
use crate::template::{BrokenRule, broken_rules, declared_parameters};
use crate::voice::Voice;
use aws_sdk_cloudformation::types::Parameter;

/// The parameter that names a bucket which was there before the stack.
const EXISTING_BUCKET: &str = "ExistingBucketName";

/// A deployment that may begin.
#[derive(Debug)]
pub(super) struct Ready {
    /// The stack as it is.
    pub before: Option<Stack>,
    /// The parameters for CloudFormation.
    pub parameters: Vec<Parameter>,
    /// The processor that the functions will run on.
    pub architecture: Architecture,
}

/// Looks at the stack, the parameters, and the bucket that they may name.
///
/// # Errors
///
/// [`Failure`] names what is in the way, and what to do about it.
pub(super) async fn ready(
    aws: &Aws,
    name: &str,
    template: &str,
    given: &Parameters,
    voice: Voice,
) -> Result<Ready, Failure> {
    let before = stack::find(aws, name).await?;
    if let Some(refusal) = before.as_ref().and_then(|stack| stack.refusal(aws, name)) {
        return Err(refusal);
    }
    let declared = declared_parameters(template)?;
    let parameters = stack::parameters(&declared, before.as_ref(), given)?;
    let value = |name: &str| match name {
        "AWS::AccountId" => Some(aws.account.clone()),
        "AWS::Region" => Some(aws.region.clone()),
        _ => stack::effective(name, &declared, before.as_ref(), given),
    };
    let broken = broken_rules(template, value)?;
    if !broken.is_empty() {
        return Err(refused(&broken));
    }
    if let Some(bucket) = value(EXISTING_BUCKET).filter(|bucket| !bucket.is_empty()) {
        existing_bucket::check(aws, &bucket, voice).await?;
    }
    let architecture = Architecture::from_parameter(value("Architecture").as_deref());
    Ok(Ready {
        before,
        parameters,
        architecture,
    })
}

fn refused(broken: &[BrokenRule]) -> Failure {
    let says: Vec<&str> = broken
        .iter()
        .map(|rule| rule.says.trim_end_matches('.'))
        .collect();
    let mut text = format!(
        "these parameters do not go together: {}; nothing was changed",
        says.join("; ")
    );
    let mut empty: Vec<&String> = broken.iter().flat_map(|rule| &rule.empty).collect();
    empty.sort();
    empty.dedup();
    if !empty.is_empty() {
        let names: Vec<&str> = empty.into_iter().map(String::as_str).collect();
        text.push_str(&format!(
            "; not given: {}: pass --parameter NAME=VALUE, or take back what asks for it",
            names.join(", ")
        ));
    }
    Failure::new(Exit::Usage, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_parameters_to_pass() {
        let rule = |says: &str, empty: &[&str]| BrokenRule {
            rule: "R".to_owned(),
            says: says.to_owned(),
            empty: empty.iter().map(|name| (*name).to_owned()).collect(),
        };
        let both = [rule("B is needed.", &["B"]), rule("So is A.", &["A", "B"])];
        #[rustfmt::skip]
        let cases = [
            (&both[..],                  "these parameters do not go together: B is needed; So is A; nothing was changed; not given: A, B: pass --parameter NAME=VALUE, or take back what asks for it"),
            (&[rule("No.", &[])][..],    "these parameters do not go together: No; nothing was changed"),
        ];
        for (broken, expected) in cases {
            let failure = refused(broken);
            assert_eq!(failure.exit, Exit::Usage);
            assert_eq!(failure.to_string(), expected);
        }
    }
}
