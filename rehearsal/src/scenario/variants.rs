//! Stories on a stack of their own: it comes, is played on, and goes.

use super::check;
use crate::{Deploy, Mail, Say, Stage, Variant};

/// Plays on a variant, and deletes its stack, whatever came of it.
pub(super) async fn on(
    stage: &Stage,
    deploy: Deploy<'_>,
    variant: Variant,
    say: Say<'_>,
    story: impl AsyncFnOnce(&Stage) -> anyhow::Result<Vec<Mail>>,
) -> anyhow::Result<Vec<Mail>> {
    let name = variant.name;
    let parameters = variant.parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    say(&format!(
        "  a second stack, {name}: {}",
        parameters.join(", ")
    ));
    let second = stage.beside(variant, deploy, say).await?;
    let played = story(&second).await;
    let deleted = second.delete_stack().await;
    let mails = played?;
    deleted?;
    say(&format!("    stack {name} is deleted"));
    Ok(mails)
}

/// The stack must have no resource of these kinds.
pub(super) async fn check_without(stage: &Stage, kinds: &[&str]) -> anyhow::Result<()> {
    let resources = stage.resources().await?;
    let is_one = |kind: &str| kinds.iter().any(|start| kind.starts_with(start));
    let found: Vec<&str> = resources
        .iter()
        .filter(|resource| is_one(&resource.kind))
        .map(|resource| resource.id.as_str())
        .collect();
    check(
        !resources.is_empty() && found.is_empty(),
        &format!("a stack without {}", kinds.join(", ")),
        format!("{found:?} among {} resources", resources.len()),
    )
}
