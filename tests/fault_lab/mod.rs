//! The fault lab: the real function between an invoker that calls it again and a
//! proxy that lets its calls fail, and a judge who compares what happened with the
//! mails that came.
//!
//! Equal seeds meet equal faults; `scale.rs` says how to play more, or one again.

mod call;
mod executions;
mod experiments;
mod fault;
mod invoker;
mod judge;
mod kills;
mod load;
mod proxy;
mod refusal;
mod runtime;
mod scale;
mod table;

use crate::harness::{self, Stage, program};
use anyhow::Context;
use executions::Execution;
use fault::Plan;
use invoker::{Delivered, Event, deliver};
use judge::{Ended, Judgement, judge};
use proxy::{Count, Log};
use rehearsal::Mail;
use runtime::Function;
use scale::Scale;
use serde_json::{Value, json};
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use table::Table;

/// The lab on its stage.
struct Lab<'a> {
    stage: &'a Stage,
    scale: Scale,
    executions: Vec<Execution>,
    /// Every request, and every decision on one.
    log: Log,
    log_file: PathBuf,
}

/// What happens in an experiment.
struct Experiment<'a> {
    plan: Plan,
    executions: &'a [Execution],
    /// The events come evenly spread over this time.
    span: Duration,
    /// Every event is lost.
    is_silent: bool,
    /// The watch comes once, when the time is over.
    is_watched: bool,
}

/// What an experiment led to.
struct Played {
    since: Instant,
    delivered: Delivered,
    /// Executions without a mail before the watch came.
    silent_before: usize,
    judgement: Judgement,
    calls: Count,
}

pub(crate) async fn never_silent_and_never_wrongly_ok(stage: &Stage) -> anyhow::Result<()> {
    let lab = Lab::open(stage).await?;
    let mut table = Table::default();
    experiments::play_all(&lab, &mut table).await?;
    load::play(&lab, &mut table).await?;
    table.close(&lab.scale.seeds, &lab.log_file)
}

/// What the lab itself must be able to do.
pub(crate) async fn it_can_condemn_and_be_played_again() -> anyhow::Result<()> {
    judge::condemns_what_it_must()?;
    fault::hang_on_seed_and_place_alone()
}

impl Lab<'_> {
    async fn open(stage: &Stage) -> anyhow::Result<Lab<'_>> {
        let scale = Scale::from_env()?;
        let executions = executions::invent(stage, scale.events).await?;
        let log_file = stage.cloud.folder.join("logs/fault-lab.log");
        Ok(Lab {
            stage,
            scale,
            executions,
            log: Log::to(File::create(&log_file)?),
            log_file,
        })
    }

    /// A function that is killed must not have given up before.
    async fn function_for(&self, plan: &Plan) -> anyhow::Result<Function> {
        let mut function = self.function().await?;
        if matches!(plan, Plan::Kill(_)) {
            let budget = ("DESCRIBE_BUDGET_SECONDS".to_owned(), "20".to_owned());
            function.environment.extend([budget]);
        }
        Ok(function)
    }

    /// The function as the stack has it, but that it asks `DataSync` for one second
    /// only.
    async fn function(&self) -> anyhow::Result<Function> {
        let name = "ReportExecutionFunctionName";
        let configuration = self.stage.configuration(name).await?;
        let variables = configuration["Environment"]["Variables"].as_object();
        let variables = variables.context("a function without variables")?.iter();
        let variables =
            variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let role = harness::role(self.stage, name).await?;
        let session = self
            .stage
            .cloud
            .session(&role, "lambda.amazonaws.com")
            .await?;
        let session = session.map(|(name, value)| (name.to_owned(), value));
        let of_lambda = [
            ("AWS_REGION", rehearsal::REGION),
            ("AWS_LAMBDA_FUNCTION_NAME", "lab"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/lab"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "lab"),
            ("DESCRIBE_BUDGET_SECONDS", "1"),
        ];
        let of_lambda = of_lambda.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Function {
            binary: program::binaries()?.join("report-execution"),
            arn: configuration["FunctionArn"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            environment: variables.chain(session).chain(of_lambda).collect(),
            timeout: Duration::from_secs(configuration["Timeout"].as_u64().unwrap_or(3)),
            upstream: self.stage.cloud.endpoint.clone(),
            words: self.stage.cloud.folder.join("logs/fault-lab-function.log"),
        })
    }

    /// Plays an experiment on an empty ledger.
    async fn play(&self, experiment: Experiment<'_>) -> anyhow::Result<Played> {
        let (since, counted) = (Instant::now(), self.log.count());
        self.forget_all().await?;
        let known = self.mail_files()?.len();
        let (plan, events) = (&experiment.plan, experiment.events());
        let function = self.function_for(plan).await?;
        let delivered = deliver(&function, &self.log, plan.clone(), events).await?;
        let ended: Vec<Ended> = experiment.executions.iter().map(Execution::ended).collect();
        self.keep(&delivered.failed).await?;
        let silent_before = judge(&ended, &self.mails_since(known)?).silent.len();
        if experiment.is_watched {
            let watch = experiment.watch();
            deliver(&function, &self.log, plan.clone(), vec![watch]).await?;
        }
        self.queue("PurgeQueue", json!({})).await?;
        Ok(Played {
            since,
            delivered,
            silent_before,
            judgement: judge(&ended, &self.mails_since(known)?),
            calls: self.log.count() - counted,
        })
    }

    /// Keeps events in the stack's failure queue, as Lambda does.
    async fn keep(&self, failed: &[Event]) -> anyhow::Result<()> {
        for event in failed {
            let body = json!({"requestPayload": event.payload}).to_string();
            self.queue("SendMessage", json!({"MessageBody": body}))
                .await?;
        }
        Ok(())
    }

    async fn queue(&self, operation: &str, mut input: Value) -> anyhow::Result<()> {
        input["QueueUrl"] = self.stage.output("FailureQueueUrl")?.into();
        let target = format!("AmazonSQS.{operation}");
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target.as_str()),
        ];
        let cloud = &self.stage.cloud;
        harness::signed::post(cloud, "sqs", "/", input.to_string(), &headers).await?;
        Ok(())
    }

    /// Empties the ledger.
    async fn forget_all(&self) -> anyhow::Result<()> {
        let bucket = self.stage.output("ReportBucketName")?;
        let (s3, prefix) = (&self.stage.s3, "ledger/");
        let mut pages = s3.list_objects_v2().bucket(bucket).prefix(prefix);
        loop {
            let page = pages.clone().send().await?;
            let keys = page.contents().iter().filter_map(|object| object.key());
            for key in keys {
                s3.delete_object().bucket(bucket).key(key).send().await?;
            }
            let Some(token) = page.next_continuation_token() else {
                return Ok(());
            };
            pages = pages.continuation_token(token);
        }
    }

    /// The mails after the `known` first ones.
    fn mails_since(&self, known: usize) -> anyhow::Result<Vec<Mail>> {
        let files = self.mail_files()?;
        files
            .iter()
            .skip(known)
            .map(|file| Mail::read(file))
            .collect()
    }

    fn mail_files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(self.stage.cloud.outbox())?;
        let files = entries.map(|entry| Ok(entry?.path()));
        let mut files = files.collect::<anyhow::Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        Ok(files)
    }
}
