//! Whether the newest run is finished, recent, and known to be good.

use super::{Place, Step};
use crate::line::{Execution, Line};
use backup_domain::verdict::Severity;
use jiff::{SignedDuration, Timestamp};

const STEP: &str = "last execution";

/// The default of `FreshnessLimitHours`. A daily run is due after 24 hours, after 25
/// where clocks are put back, and has the rest to begin late and to end.
const LIMIT_HOURS: i64 = 30;

pub(super) fn last_execution(line: &Line, place: &Place<'_>, now: Timestamp) -> Step {
    let last = match &line.last {
        Err(because) => return Step::unknown(STEP, because),
        Ok(None) => return none(place),
        Ok(Some(last)) => last,
    };
    if last.status == "ERROR" {
        let error = last.error.as_deref().unwrap_or("no reason given");
        let next = format!("read its mail, or {}", place.look_at(last));
        return Step::fail(STEP, format!("ERROR: {error}"), next);
    }
    let Some(started) = last.started else {
        let found = format!("{}; when it started is not reported", last.status);
        return Step::not_sure(STEP, found, place.look_at(last));
    };
    if now.duration_since(started) > place.oldest_run() {
        return too_old(last, started, place);
    }
    match last.status.as_str() {
        "SUCCESS" => told(line, last, started, place),
        status => Step::not_sure(
            STEP,
            format!("{status} since {}; how it ends is not known", at(started)),
            place.look_at(last),
        ),
    }
}

fn none(place: &Place<'_>) -> Step {
    let task = place.stack.outputs.get("TaskArn").map_or("ARN", |arn| arn);
    let words = ["--task-arn", task];
    let start = place.aws.command("datasync start-task-execution", &words);
    let found = "none in the last 30 days: nothing was backed up";
    Step::fail(STEP, found, format!("start one with `{start}`"))
}

fn too_old(last: &Execution, started: Timestamp, place: &Place<'_>) -> Step {
    let found = format!(
        "{}, started {}: more than {} hours ago",
        last.status,
        at(started),
        place.oldest_run().as_hours()
    );
    let next = match last.status.as_str() {
        "SUCCESS" => format!(
            "see why none has started since with `{}`",
            place.log_of("start-execution")
        ),
        _ => place.look_at(last),
    };
    Step::fail(STEP, found, next)
}

/// `DataSync` calls a run a success that may have left files out: the ledger knows.
fn told(line: &Line, last: &Execution, started: Timestamp, place: &Place<'_>) -> Step {
    const SUCCESS: &str = "DataSync SUCCESS; whether files failed stands in its mail";
    let verdict = match line.told(last) {
        Ok(verdict) => verdict,
        Err(because) => {
            let next = format!("read its mail, or {}", place.look_at(last));
            return Step::not_sure(STEP, format!("{SUCCESS} ({})", because.cause), next);
        }
    };
    match verdict {
        Some(verdict) if verdict.severity() == Severity::Info => Step::pass(
            STEP,
            format!("told as {}, started {}", verdict.word(), at(started)),
        ),
        Some(verdict) => Step::fail(
            STEP,
            format!("DataSync SUCCESS, but told as {}", verdict.word()),
            format!("read its mail, or {}", place.look_at(last)),
        ),
        None => Step::not_sure(
            STEP,
            format!("{SUCCESS}, and the ledger does not say that one was sent"),
            format!("read `{}`", place.log_of("report-execution")),
        ),
    }
}

fn at(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

impl Place<'_> {
    /// How long ago the newest run may have started: the limit of the watch.
    fn oldest_run(&self) -> SignedDuration {
        let limit = self.stack.parameters.get("FreshnessLimitHours");
        let hours = limit.and_then(|hours| hours.parse().ok());
        SignedDuration::from_hours(hours.unwrap_or(LIMIT_HOURS))
    }

    fn look_at(&self, execution: &Execution) -> String {
        let words = ["--task-execution-arn", execution.arn.as_str()];
        let describe = self.aws.command("datasync describe-task-execution", &words);
        format!("look with `{describe}`")
    }

    /// Reads the log of one of the stack's functions.
    fn log_of(&self, function: &str) -> String {
        let group = format!("/aws/lambda/{}-{function}", self.stack.name());
        self.aws
            .command("logs filter-log-events", &["--log-group-name", &group])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Outcome;
    use super::*;
    use crate::aws::Aws;
    use crate::line::NotKnown;
    use crate::stack::Stack;
    use backup_domain::ledger::History;

    const ARN: &str = "arn:aws:datasync:eu-central-1:111122223333:task/task-1/execution/exec-a";

    fn line(status: &str, started: Option<&str>, told: &[&str]) -> Line {
        let keys = told
            .iter()
            .map(|verdict| format!("ledger/task-1/20261123T010004Z_exec-a_{verdict}.json"));
        let keys: Vec<String> = keys.collect();
        Line {
            last: Ok(Some(Execution {
                arn: ARN.to_owned(),
                status: status.to_owned(),
                started: started.map(|time| time.parse().unwrap()),
                ended: None,
                error: None,
            })),
            ledger: Ok(History::from_keys(keys.iter().map(String::as_str))),
            ..Line::not_looked_at(&NotKnown::because("s3:ListBucket denied"))
        }
    }

    fn step(line: &Line) -> Step {
        let (aws, stack) = (Aws::offline(), Stack::fixture());
        let place = Place {
            aws: &aws,
            stack: &stack,
        };
        last_execution(line, &place, "2026-11-24T07:00:00Z".parse().unwrap())
    }

    #[test]
    fn only_a_recent_run_that_was_told_as_good_passes() {
        use Outcome::{Fail, Pass, Unknown};
        let (new, old) = (Some("2026-11-23T01:00:04Z"), Some("2026-11-23T00:59:59Z"));
        #[rustfmt::skip]
        let cases = [
            (line("SUCCESS", new, &["OK"]),            Pass,    "told as OK, started 2026-11-23 01:00 UTC"),
            (line("SUCCESS", new, &["NO-CHANGE"]),     Pass,    "told as NO CHANGE, started "),
            (line("SUCCESS", new, &["UNKNOWN", "OK"]), Pass,    "told as OK, started "),
            (line("SUCCESS", new, &["PARTIAL"]),       Fail,    "DataSync SUCCESS, but told as PARTIAL"),
            (line("SUCCESS", new, &["UNKNOWN"]),       Fail,    "DataSync SUCCESS, but told as UNKNOWN"),
            (line("SUCCESS", new, &[]),                Unknown, "DataSync SUCCESS; whether files failed stands in its mail, and "),
            (line("SUCCESS", old, &["OK"]),            Fail,    "SUCCESS, started 2026-11-23 00:59 UTC: more than 30 hours ago"),
            (line("SUCCESS", None, &["OK"]),           Unknown, "SUCCESS; when it started is not reported"),
            (line("TRANSFERRING", new, &[]),           Unknown, "TRANSFERRING since 2026-11-23 01:00 UTC; "),
            (line("TRANSFERRING", old, &[]),           Fail,    "TRANSFERRING, started 2026-11-23 00:59 UTC: more than "),
            (line("not reported", new, &[]),           Unknown, "not reported since "),
            (line("ERROR", new, &["PARTIAL"]),         Fail,    "ERROR: no reason given"),
            (line("ERROR", None, &["OK"]),             Fail,    "ERROR: no reason given"),
        ];
        for (line, outcome, found) in cases {
            let step = step(&line);
            assert_eq!(step.outcome, outcome, "{found}: {step:?}");
            assert!(step.found.starts_with(found), "{found}: {step:?}");
            let next = step.next.unwrap_or_default();
            assert_eq!(next.contains("`aws "), outcome != Pass, "{found}: {next}");
        }
    }

    #[test]
    fn no_run_at_all_is_no_backup() {
        let never = Line {
            last: Ok(None),
            ..line("", None, &[])
        };
        let step = step(&never);
        assert_eq!(step.outcome, Outcome::Fail, "{step:?}");
        let next = step.next.unwrap_or_default();
        assert!(next.contains("start-task-execution"), "{next}");
    }

    #[test]
    fn an_unread_ledger_makes_nothing_good() {
        let unread = Line {
            ledger: Err(NotKnown::because("s3:ListBucket denied")),
            ..line("SUCCESS", Some("2026-11-23T01:00:04Z"), &[])
        };
        let step = step(&unread);
        assert_eq!(step.outcome, Outcome::Unknown, "{step:?}");
        assert!(step.found.contains("s3:ListBucket denied"), "{step:?}");
    }
}
