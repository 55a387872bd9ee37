//! The fleet grows by an instance and loses one: nobody goes into service without
//! the files, everybody sees the same ones, and none ends with an instance.

use super::{check, check_verdict, tell};
use crate::fleet::{Fleet, Member};
use crate::instance::{Instance, Machine};
use crate::{Mail, Say, Stage};
use anyhow::Context;
use std::ffi::OsString;

const FILE: &str = "uploads/from-the-fleet.txt";
const CONTENT: &str = "written by an instance that has ended since";

type Day = &'static [(&'static str, &'static str)];

const GOOD: Day = &[];
const LATE: Day = &[("DAY_MOUNT", "late:90")];
const HANGING: Day = &[("DAY_MOUNT", "hangs")];

pub(super) async fn play(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say(
        "  played: the machines, their packages, the mount, the load, the seconds; of the stack itself:",
    );
    say(
        "  Auto Scaling group, lifecycle hook, user data with the mount script, instance role, EFS folder",
    );
    let fleet = Fleet::of(stage)?;
    let one = first(stage, &fleet, say).await?;
    let two = grow(stage, &fleet, &one, say).await?;
    let (one, mut two) = share(one, two, say).await?;
    lose(stage, &fleet, one, &mut two, say).await?;
    back_up(stage, say).await
}

/// An instance of the group, and the machine behind it.
struct Booted {
    member: Member,
    machine: Instance,
}

/// The instance that the deployment launched goes into service.
async fn first(stage: &Stage, fleet: &Fleet<'_>, say: Say<'_>) -> anyhow::Result<Booted> {
    let member = waiting(fleet).await?;
    let (id, state) = (&member.id, &member.state);
    say(&format!(
        "  {id} was launched with the stack, and waits for the hook ({state})"
    ));
    let machine = boot(stage, fleet, &member, GOOD, say).await?;
    check_in_service(fleet, &[&member]).await?;
    Ok(Booted { member, machine })
}

/// A second one is launched; the name of its mount target comes late.
async fn grow(
    stage: &Stage,
    fleet: &Fleet<'_>,
    one: &Booted,
    say: Say<'_>,
) -> anyhow::Result<Booted> {
    say(
        "  before the load: 1 instance; it grows, as fleet/stress.sh makes it, and the group wants 2",
    );
    fleet.resize(2).await?;
    let member = waiting(fleet).await?;
    check(
        member.zone != one.member.zone,
        "the other zone",
        &member.zone,
    )?;
    let machine = boot(stage, fleet, &member, LATE, say).await?;
    check_in_service(fleet, &[&one.member, &member]).await?;
    let zones = (&one.member.zone, &member.zone);
    say(&format!(
        "  after: 2 instances in service, in {} and {}",
        zones.0, zones.1
    ));
    Ok(Booted { member, machine })
}

/// What one writes, the other reads.
async fn share(mut one: Booted, mut two: Booted, say: Say<'_>) -> anyhow::Result<(Booted, Booted)> {
    let write = format!("mkdir -p /mnt/efs/uploads && echo {CONTENT:?} >/mnt/efs/{FILE}");
    one.machine.order(&write).await?;
    check_sees(&mut two.machine, "the text of the other instance").await?;
    say(&format!(
        "  {} writes {FILE}, {} reads it",
        one.member.id, two.member.id
    ));
    Ok((one, two))
}

/// The first one ends; the one in its place cannot mount.
async fn lose(
    stage: &Stage,
    fleet: &Fleet<'_>,
    one: Booted,
    two: &mut Booted,
    say: Say<'_>,
) -> anyhow::Result<()> {
    let gone = one.member.id;
    fleet.terminate(&gone).await?;
    drop(one.machine);
    let third = waiting(fleet).await?;
    let id = &third.id;
    say(&format!(
        "  {gone} is terminated, {id} launched in its place; its mount hangs"
    ));
    drop(boot(stage, fleet, &third, HANGING, say).await?);
    check_in_service(fleet, &[&two.member]).await?;
    let is_there = fleet.members().await?.iter().any(|member| &member.id == id);
    check(!is_there, "an abandoned instance to be gone", id)?;
    check_sees(&mut two.machine, "the file of an instance that ended").await?;
    say(&format!(
        "    it never was in service; {} still reads the file of {gone}",
        two.member.id
    ));
    Ok(())
}

/// And the file is in the backup.
async fn back_up(stage: &Stage, say: Say<'_>) -> anyhow::Result<Vec<Mail>> {
    say("  the schedule fires");
    let run = stage.run().await?;
    tell(&run.mail, say);
    check_verdict(&run.mail, "OK")?;
    let kept = stage.content(FILE, None).await?;
    let kept = String::from_utf8_lossy(&kept);
    check(kept.trim_end() == CONTENT, "the text in the bucket", &kept)?;
    Ok(vec![run.mail])
}

/// The instance that was launched last, and is not in service yet.
async fn waiting(fleet: &Fleet<'_>) -> anyhow::Result<Member> {
    let members = fleet.members().await?;
    let waits = members
        .into_iter()
        .rev()
        .find(|member| member.state == "Pending:Wait");
    waits.context("no instance waits for the lifecycle hook")
}

/// Boots the machine of an instance, and tells its last steps in its own words.
async fn boot(
    stage: &Stage,
    fleet: &Fleet<'_>,
    member: &Member,
    day: Day,
    say: Say<'_>,
) -> anyhow::Result<Instance> {
    let role = stage.output("FleetRoleName")?;
    let session = stage.cloud.session(role, "ec2.amazonaws.com").await?;
    let python = &stage.cloud.python;
    let mut environment = vec![("CLOUD_PYTHON".to_owned(), python.as_os_str().to_owned())];
    environment.extend(session.map(|(name, value)| (name.to_owned(), OsString::from(value))));
    environment.extend(
        day.iter()
            .map(|(name, value)| ((*name).to_owned(), OsString::from(value))),
    );
    let machine = Machine {
        root: &stage.cloud.root,
        folder: stage.cloud.folder.join("instances").join(&member.id),
        files: &stage.files()?,
        id: &member.id,
        environment,
        folders: python
            .ancestors()
            .nth(2)
            .map(Into::into)
            .into_iter()
            .collect(),
    };
    let mut instance = machine.switch_on().await?;
    let said = instance.first_boot(&fleet.user_data().await?).await?;
    let steps: Vec<&str> = said.text.lines().collect();
    for step in steps.iter().rev().take(2).rev() {
        say(&format!("    {step}"));
    }
    let told = instance.deeds()?.told;
    check(told.len() == 1, "the hook to be completed once", said.text)?;
    Ok(instance)
}

/// Exactly these instances are in service.
async fn check_in_service(fleet: &Fleet<'_>, expected: &[&Member]) -> anyhow::Result<()> {
    let members = fleet.members().await?;
    let in_service = members.iter().filter(|member| member.state == "InService");
    let found: Vec<&str> = in_service.map(|member| member.id.as_str()).collect();
    let expected: Vec<&str> = expected.iter().map(|member| member.id.as_str()).collect();
    check(
        found == expected,
        &format!("{expected:?} in service"),
        format!("{found:?}"),
    )
}

async fn check_sees(instance: &mut Instance, what: &str) -> anyhow::Result<()> {
    let read = instance.order(&format!("cat /mnt/efs/{FILE}")).await?;
    check(read.text.trim_end() == CONTENT, what, &read.text)
}
