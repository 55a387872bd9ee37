//! `fleet/mount-efs.sh`, as the user data of the template brings it to an
//! instance: the real script on played instances, on good days and on bad ones.

use crate::harness::{program, root};
use anyhow::{Context, ensure};
use aws_smithy_types::base64;
use rehearsal::instance::{Deeds, Instance, Machine};
use std::ffi::OsString;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What EC2 takes as user data, before base64.
const LONGEST_USER_DATA: usize = 16 * 1024;
/// `HeartbeatTimeout` of the hook, less what an instance takes to boot so far.
const LONGEST_WAIT: u64 = 600 - 40;
const ID: &str = "i-0123456789abcdef0";

/// Where the copy of the script stands in the template.
const FROM: &str = "              base64 -d >$script <<'END'\n";
const TO: &str = "              END\n              chmod +x";
const INDENT: &str = "              ";
const LINE: usize = 104;

/// The template's copy is the script; `INSTA_UPDATE=always` refreshes it.
pub(crate) async fn the_template_holds_the_script() -> anyhow::Result<()> {
    let path = root().join("template.yaml");
    let script = std::fs::read(root().join("fleet/mount-efs.sh"))?;
    let template = std::fs::read_to_string(&path)?;
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, with_copy(&template, &script)?)?;
    }
    let user_data = user_data()?;
    let copy = copy_in(&std::fs::read_to_string(&path)?)?.replace(['\n', ' '], "");
    ensure!(
        base64::decode(copy).is_ok_and(|copy| copy == script),
        "template.yaml holds another fleet/mount-efs.sh; refresh it: \
         INSTA_UPDATE=always cargo test -p acceptance mount"
    );
    ensure!(!user_data.contains("${"), "{user_data}");
    eprintln!(
        "user data: {} of {LONGEST_USER_DATA} bytes",
        user_data.len()
    );
    ensure!(
        user_data.len() <= LONGEST_USER_DATA,
        "the user data is too long for EC2"
    );
    Ok(())
}

fn copy_in(template: &str) -> anyhow::Result<&str> {
    let rest = template
        .split_once(FROM)
        .context("no copy in the template")?
        .1;
    Ok(rest.split_once(TO).context("the copy has no end")?.0)
}

fn with_copy(template: &str, script: &[u8]) -> anyhow::Result<String> {
    let text = base64::encode(script);
    let mut copy = String::new();
    for line in text.as_bytes().chunks(LINE) {
        writeln!(copy, "{INDENT}{}", str::from_utf8(line)?)?;
    }
    Ok(template.replacen(copy_in(template)?, &copy, 1))
}

/// The user data of the template, as CloudFormation fills it in.
fn user_data() -> anyhow::Result<String> {
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    let rest = template
        .split_once("Fn::Base64: !Sub\n            - |\n")
        .context("no user data")?
        .1;
    let lines = rest.lines().map_while(|line| line.strip_prefix(INDENT));
    let text = lines.fold(String::new(), |text, line| text + line + "\n");
    Ok(text
        .replace("${FileSystemId}", "fs-0123456789abcdef0")
        .replace("${AWS::StackName}", "web")
        .replace("${AWS::Region}", "eu-central-1"))
}

type Day = &'static [(&'static str, &'static str)];

/// A case: what fstab of the image says, the days of its boots, and what Auto
/// Scaling must have been told at the end.
type Case = (
    &'static str,
    &'static str,
    &'static [Day],
    &'static [&'static str],
);

const GOOD: Day = &[];

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("everything works",                "", &[GOOD],                                &["CONTINUE"]),
    ("the name resolves 90 s late",     "", &[&[("DAY_MOUNT", "late:90")]],         &["CONTINUE"]),
    ("the name never resolves",         "", &[&[("DAY_MOUNT", "never")]],           &["ABANDON"]),
    ("mount ends with 0, no mount",     "", &[&[("DAY_MOUNT", "lies")]],            &["ABANDON"]),
    ("mount ends with 1, mounted",      "", &[&[("DAY_MOUNT", "complains")]],       &["CONTINUE"]),
    ("mount hangs for ever",            "", &[&[("DAY_MOUNT", "hangs")]],           &["ABANDON"]),
    ("mount hangs once",                "", &[&[("DAY_MOUNT", "hangs-once")]],      &["CONTINUE"]),
    ("mounted read-only",               "", &[&[("DAY_MOUNT", "read-only")]],       &["ABANDON"]),
    ("the package comes at try 3",      "", &[&[("DAY_PACKAGE", "late:2")]],        &["CONTINUE"]),
    ("the package never comes",         "", &[&[("DAY_PACKAGE", "late:99")]],       &["ABANDON"]),
    ("dnf ends with 0, no package",     "", &[&[("DAY_PACKAGE", "lies")]],          &["ABANDON"]),
    ("a signal ends the script",        "", &[&[("DAY_PACKAGE", "ends-the-script")]], &["ABANDON"]),
    ("the metadata come at try 3",      "", &[&[("DAY_METADATA", "late:2")]],       &["CONTINUE"]),
    ("the metadata never come",         "", &[&[("DAY_METADATA", "late:999")]],     &[]),
    ("the hook answers at try 3",       "", &[&[("DAY_AWS", "late:2")]],            &["CONTINUE"]),
    ("the hook does not wait yet",      "", &[&[("DAY_AWS", "early:2")]],           &["CONTINUE"]),
    ("the hook may not be completed",   "", &[&[("DAY_AWS", "never")]],             &[]),
    ("fstab has it already",            "fs-0123456789abcdef0:/ /mnt/efs efs _netdev,nofail,noresvport,tls,iam 0 0\n",
                                            &[GOOD],                                &["CONTINUE"]),
    ("fstab has another one there",     "fs-0fedcba9876543210:/ /mnt/efs efs _netdev,nofail,noresvport,tls,iam 0 0\n",
                                            &[GOOD],                                &["ABANDON"]),
    ("second boot",                     "", &[GOOD, GOOD],                          &["CONTINUE"]),
    ("second boot, the name is late",   "", &[GOOD, &[("DAY_MOUNT", "late:120")]],  &["CONTINUE"]),
    ("second boot, the server is gone", "", &[GOOD, &[("DAY_SERVER", "gone")]],     &["CONTINUE", "Unhealthy"]),
    ("second boot, never mounted",      "", &[GOOD, &[("DAY_MOUNT", "never")]],     &["CONTINUE", "Unhealthy"]),
];

/// Each case ends as it should, in time, and leaves nothing behind.
pub(crate) async fn no_instance_goes_into_service_without_its_files() -> anyhow::Result<()> {
    let mut table = format!(
        "{:<32} {:<20} {:>7} {:>8}\n",
        "case", "Auto Scaling hears", "seconds", "attempts"
    );
    for (name, fstab, boots, told) in CASES {
        let row = play(fstab, boots, told)
            .await
            .with_context(|| (*name).to_owned())?;
        writeln!(table, "{name:<32} {row}")?;
    }
    eprint!("{table}");
    insta::assert_snapshot!("mount", table);
    Ok(())
}

/// Plays a case; gives its row of the table: the seconds and attempts to mount of
/// the last boot.
async fn play(fstab: &str, boots: &[Day], told: &[&str]) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let (disk, files) = (
        folder.path().join("instance/disk"),
        folder.path().join("files"),
    );
    std::fs::create_dir_all(disk.join("etc"))?;
    std::fs::create_dir_all(&files)?;
    std::fs::write(disk.join("etc/fstab"), format!("# of the image\n{fstab}"))?;
    let mut before = Deeds::default();
    let mut row = String::new();
    for (boot, day) in boots.iter().enumerate() {
        let (said, deeds) = play_boot(folder.path(), boot, day).await?;
        let seconds = deeds.seconds - before.seconds;
        let attempts = deeds.count("mount") - before.count("mount");
        ensure!(seconds <= LONGEST_WAIT, "too late for the hook: {said}");
        row = format!("{:<20} {seconds:>7} {attempts:>8}", deeds.told.join(", "));
        before = deeds;
    }
    ensure!(before.told == told, "{:?} was told", before.told);
    let left = std::fs::read_dir(&files)?.count();
    ensure!(left == 0, "{left} files were left on the file system");
    let fstab = std::fs::read_to_string(disk.join("etc/fstab"))?;
    ensure!(fstab.matches(" /mnt/efs efs ").count() <= 1, "{fstab}");
    Ok(row)
}

/// One boot. Only with its files usable may the last word be CONTINUE, and only
/// then may the script end well.
async fn play_boot(folder: &Path, boot: usize, day: Day) -> anyhow::Result<(String, Deeds)> {
    let mut instance = switch_on(folder, ID, day).await?;
    let said = match boot {
        0 => instance.first_boot(&user_data()?).await?,
        _ => instance.next_boot().await?,
    };
    let deeds = instance.deeds()?;
    let usable = "mountpoint -q /mnt/efs && touch /mnt/efs/works && rm /mnt/efs/works";
    let usable = instance.order(usable).await?.status == 0;
    let in_service = deeds.told.last().is_some_and(|told| told == "CONTINUE");
    ensure!(
        usable || !in_service,
        "in service without its files: {}",
        said.text
    );
    ensure!(
        (said.status == 0) == in_service,
        "status {}: {}",
        said.status,
        said.text
    );
    Ok((said.text, deeds))
}

async fn switch_on(folder: &Path, id: &str, day: Day) -> anyhow::Result<Instance> {
    let day = day
        .iter()
        .map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
    let machine = Machine {
        root: &root(),
        folder: folder.join(if id == ID { "instance" } else { id }),
        files: &folder.join("files"),
        id,
        environment: day.collect(),
        folders: Vec::new(),
    };
    machine.switch_on().await
}

/// What one writes, the other reads; the end of one takes nothing along; and the
/// hook is told in these words.
pub(crate) async fn two_instances_see_the_same_file() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("files"))?;
    let mut first = switch_on(folder.path(), ID, GOOD).await?;
    let mut second = switch_on(folder.path(), "i-0fedcba9876543210", GOOD).await?;
    for instance in [&mut first, &mut second] {
        let said = instance.first_boot(&user_data()?).await?;
        ensure!(said.status == 0, "{}", said.text);
    }
    first
        .order("echo from the first >/mnt/efs/shared.txt")
        .await?;
    let deeds = first.deeds()?;
    drop(first);
    let read = second.order("cat /mnt/efs/shared.txt").await?;
    ensure!(read.text == "from the first\n", "{read:?}");
    ensure!(
        std::fs::read_dir("/mnt")?.all(|entry| entry.is_ok_and(|entry| entry.file_name() != "efs"))
    );
    let call = deeds.calls.iter().find_map(|call| call.split_once(" aws "));
    insta::assert_snapshot!(call.context("no call of the AWS CLI")?.1, @"autoscaling complete-lifecycle-action --auto-scaling-group-name web-fleet --lifecycle-hook-name mount-efs --instance-id i-0123456789abcdef0 --lifecycle-action-result CONTINUE");
    Ok(())
}

/// The load of the demonstration is one loop a processor, each with an end of its
/// own. A stand-in for `timeout` shows the seconds and makes them shorter.
pub(crate) async fn the_load_is_bounded() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let stand_in = folder.path().join("timeout");
    std::fs::write(
        &stand_in,
        "#!/bin/sh\necho \"for $1\"\nshift\nexec /usr/bin/env -i PATH=/usr/bin:/bin timeout 0.2 \"$@\"\n",
    )?;
    std::fs::set_permissions(&stand_in, std::fs::Permissions::from_mode(0o755))?;
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH")?);
    let stress = async |minutes: &str| {
        let mut command = tokio::process::Command::new("bash");
        command
            .arg(root().join("fleet/stress.sh"))
            .arg(minutes)
            .env("PATH", &path);
        program::ended(command.output().await?)
    };
    let (code, stdout, stderr) = stress("2").await?;
    let processors = std::thread::available_parallelism()?.get();
    ensure!(
        code == 0 && stdout.matches("for 120\n").count() == processors,
        "{code}: {stdout}{stderr}"
    );
    for minutes in ["0", "61", "ten", "-1", "1; date"] {
        let (code, _, stderr) = stress(minutes).await?;
        let refused = stderr.contains("is no number of minutes from 1 to 60");
        ensure!(code == 2 && refused, "{minutes}: {code}: {stderr}");
    }
    Ok(())
}
