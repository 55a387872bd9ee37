//! The experiments, and what must not come of each.

use super::fault::Plan;
use super::invoker::Event;
use super::kills::Point;
use super::table::Table;
use super::{Experiment, Lab, Played};
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Their names, by which one can be played alone.
const NO_FAULTS: &str = "no faults, one event in ten twice";
const FAULTS: &str = "30 % of calls faulty";
const NO_DESCRIBE: &str = "describe down";
const NO_SNS: &str = "SNS down for two hours of four";
const NO_EVENTS: &str = "every event dropped";

pub(super) async fn play_all(lab: &Lab<'_>, table: &mut Table) -> anyhow::Result<()> {
    let (wants, seed) = (|name| lab.scale.wants(name), lab.scale.seeds[0]);
    if wants(NO_FAULTS) {
        without_faults(lab, table).await?;
    }
    for seed in lab.scale.seeds.iter().filter(|_| wants(FAULTS)) {
        with_faults(lab, *seed, table).await?;
    }
    if wants(NO_DESCRIBE) {
        without_describe(lab, seed, table).await?;
    }
    if wants(NO_SNS) {
        without_sns(lab, seed, table).await?;
    }
    if wants(NO_EVENTS) {
        without_events(lab, table).await?;
    }
    for point in Point::ALL.into_iter().filter(|point| wants(point.words())) {
        killed(lab, point, table).await?;
    }
    Ok(())
}

async fn without_faults(lab: &Lab<'_>, table: &mut Table) -> anyhow::Result<()> {
    let played = lab.play(Experiment::new(lab, Plan::Nothing)).await?;
    let faults = [played.wrong(), played.silent(), played.repeated()].concat();
    table.add(NO_FAULTS, played.since, played.figures(), faults);
    Ok(())
}

async fn with_faults(lab: &Lab<'_>, seed: u64, table: &mut Table) -> anyhow::Result<()> {
    let experiment = Experiment::new(lab, Plan::Thirty(seed));
    let played = lab.play(experiment.watched()).await?;
    let mut faults = [played.wrong(), played.silent()].concat();
    if played.judgement.too_many * 10 > lab.executions.len() {
        faults.push(format!("{} mails too many", played.judgement.too_many));
    }
    let name = format!("{FAULTS}, seed {seed}");
    table.add(name, played.since, played.figures(), faults);
    Ok(())
}

async fn without_describe(lab: &Lab<'_>, seed: u64, table: &mut Table) -> anyhow::Result<()> {
    let plan = Plan::Down {
        seed,
        service: "datasync",
        operation: "DescribeTaskExecution",
        span: Duration::ZERO..Duration::MAX,
    };
    let played = lab.play(Experiment::new(lab, plan)).await?;
    let mut faults = [played.wrong(), played.silent()].concat();
    let (unknown, all) = (played.judgement.unknown, lab.executions.len());
    if unknown != all {
        faults.push(format!("{unknown} degraded mails, not {all}"));
    }
    table.add(NO_DESCRIBE, played.since, played.figures(), faults);
    Ok(())
}

/// Down from the first hour to the third; the events come in four.
async fn without_sns(lab: &Lab<'_>, seed: u64, table: &mut Table) -> anyhow::Result<()> {
    let plan = Plan::Down {
        seed,
        service: "sns",
        operation: "Publish",
        span: HOUR..3 * HOUR,
    };
    let experiment = Experiment {
        span: 4 * HOUR,
        ..Experiment::new(lab, plan)
    };
    let played = lab.play(experiment.watched()).await?;
    let mut faults = [played.wrong(), played.silent(), played.repeated()].concat();
    if played.delivered.failed.is_empty() {
        faults.push("no event failed three times, so SNS was not down".to_owned());
    }
    table.add(NO_SNS, played.since, played.figures(), faults);
    Ok(())
}

async fn without_events(lab: &Lab<'_>, table: &mut Table) -> anyhow::Result<()> {
    let experiment = Experiment {
        is_silent: true,
        ..Experiment::new(lab, Plan::Nothing)
    };
    let played = lab.play(experiment.watched()).await?;
    let faults = [played.wrong(), played.silent(), played.repeated()].concat();
    table.add(NO_EVENTS, played.since, played.figures(), faults);
    Ok(())
}

async fn killed(lab: &Lab<'_>, point: Point, table: &mut Table) -> anyhow::Result<()> {
    let experiment = Experiment {
        executions: &lab.executions[..lab.scale.kills],
        ..Experiment::new(lab, Plan::Kill(point))
    };
    let played = lab.play(experiment).await?;
    let mut faults = [played.wrong(), played.silent()].concat();
    if !point.allows_a_second() {
        faults.extend(played.repeated());
    }
    if played.killed() != lab.scale.kills {
        faults.push(format!("{} processes were killed", played.killed()));
    }
    table.add(point.words(), played.since, played.figures(), faults);
    Ok(())
}

impl<'a> Experiment<'a> {
    fn new(lab: &'a Lab<'_>, plan: Plan) -> Self {
        Experiment {
            plan,
            executions: &lab.executions,
            span: HOUR,
            is_silent: false,
            is_watched: false,
        }
    }

    fn watched(self) -> Self {
        Experiment {
            is_watched: true,
            ..self
        }
    }

    pub(super) fn events(&self) -> Vec<Event> {
        let count = self.executions.len();
        let apart = self.span / u32::try_from(count).unwrap_or(u32::MAX).max(1);
        let events = (0_u32..)
            .zip(self.executions)
            .map(|(number, execution)| execution.event(number as usize, apart * number));
        events
            .take(if self.is_silent { 0 } else { count })
            .collect()
    }

    /// The hourly watch, once everything else is over.
    pub(super) fn watch(&self) -> Event {
        Event {
            number: self.executions.len(),
            payload: json!({"watch": {}}),
            at: self.span + HOUR,
            twice: false,
        }
    }
}

/// What must not be, a line each.
impl Played {
    fn wrong(&self) -> Vec<String> {
        lines("a wrong verdict", &self.judgement.wrong)
    }

    fn silent(&self) -> Vec<String> {
        lines("no mail", &self.judgement.silent)
    }

    fn repeated(&self) -> Vec<String> {
        lines("more than one mail", &self.judgement.repeated)
    }

    fn killed(&self) -> usize {
        self.delivered.died
    }

    fn figures(&self) -> String {
        let Played {
            delivered,
            judgement,
            calls,
            ..
        } = self;
        let lost = judgement.silent.len();
        let lost = match self.silent_before {
            before if before == lost => format!("{lost} lost"),
            before => format!("{before} lost before the watch, {lost} after"),
        };
        format!(
            "{} attempts, {} of {} calls faulty, {} in the failure queue: {lost}, {} twice, {} UNKNOWN, {} wrong",
            delivered.attempts,
            calls.faulty,
            calls.all,
            delivered.failed.len(),
            judgement.too_many,
            judgement.unknown,
            judgement.wrong.len(),
        )
    }
}

/// The first of many; the log has them all.
fn lines(fault: &str, found: &[String]) -> Vec<String> {
    found
        .iter()
        .take(5)
        .map(|what| format!("{fault}: {what}"))
        .collect()
}
