//! What happens without a statement: for every statement of every role, the call that
//! needs it is made without it, and somebody is told what was denied; with it, nobody is.
//!
//! On a stack of its own, with all in it that a condition may leave out.

mod act;
mod role;
mod table;
mod told;

use crate::harness::program::binaries;
use crate::harness::template::{resources, template};
use crate::harness::{Stage, rehearsed, root};
use crate::template::statements;
use act::Act;
use anyhow::ensure;
use deploy::artifact::Binaries;
use rehearsal::{Deployed, Variant};
use role::Role;
use std::collections::{BTreeMap, BTreeSet};
use table::{Row, TABLE, UNTOUCHED};

/// Each has a row in the table, or a reason why it has none, and each row a statement.
pub(crate) async fn the_table_has_each() -> anyhow::Result<()> {
    let template = template()?;
    let mut allowed = BTreeSet::new();
    for (role, properties) in resources(&template, "AWS::IAM::Role") {
        let sids = statements::statements(properties).into_iter();
        allowed.extend(sids.map(|one| (role.to_owned(), statements::sid(one).to_owned())));
    }
    let rows = TABLE.iter().map(|row| (row.role, row.sid));
    let rows = rows.chain(UNTOUCHED.iter().map(|(role, sid, _)| (*role, *sid)));
    let rows: Vec<_> = rows
        .map(|(role, sid)| (role.to_owned(), sid.to_owned()))
        .collect();
    let listed: BTreeSet<_> = rows.iter().cloned().collect();
    ensure!(
        listed.len() == rows.len(),
        "a statement stands in the table twice"
    );
    let missing: Vec<_> = allowed.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&allowed).collect();
    ensure!(
        missing.is_empty() && stale.is_empty(),
        "the table lacks {missing:?}, the template lacks {stale:?}"
    );
    Ok(())
}

/// Plays the table.
pub(crate) async fn each_is_needed(stage: &Stage) -> anyhow::Result<()> {
    let (root, binaries) = (root(), Binaries(binaries()?));
    let stacks = rehearsed(&root, &binaries);
    let deploy =
        |variant: Variant| -> Deployed<'_> { Box::pin(stacks.variant(&stage.cloud, variant)) };
    let second = stage.beside(whole(), &deploy, &|_| {}).await?;
    let played = play(&second).await;
    second.delete_stack().await?;
    let wrong = played?;
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A stack with every statement in it.
fn whole() -> Variant {
    Variant::named("statements")
        .with("DescribeBudgetSeconds", "1")
        .with("ThroughputMode", "bursting")
        .with("CustomerKeys", "true")
}

/// Acts by act: without each statement that it needs, and then with all of them.
async fn play(stage: &Stage) -> anyhow::Result<Vec<String>> {
    let mut roles = BTreeMap::new();
    for row in TABLE {
        if !roles.contains_key(row.role) {
            roles.insert(row.role, Role::of(stage, row.role).await?);
        }
    }
    let mut wrong = Vec::new();
    let acts: BTreeSet<Act> = TABLE.iter().map(|row| row.act).collect();
    for act in acts {
        let rows: Vec<&Row> = TABLE.iter().filter(|row| row.act == act).collect();
        for row in &rows {
            let role = &roles[row.role];
            let said = role.without(stage, row.without(), told(act, stage)).await?;
            eprintln!("{:<24} {:<24} {act:?}", row.role, row.sid);
            if !said.contains(row.told) {
                wrong.push(row.wrong("is not told", &said));
            }
        }
        let said = act.play(stage).await?;
        let told = rows.iter().filter(|row| said.contains(row.told));
        wrong.extend(told.map(|row| row.wrong("is told although nothing is denied", &said)));
    }
    Ok(wrong)
}

/// What is told, be it that nothing could be done at all.
async fn told(act: Act, stage: &Stage) -> anyhow::Result<String> {
    Ok(match act.play(stage).await {
        Ok(said) => said,
        Err(error) => format!("{error:#}"),
    })
}
