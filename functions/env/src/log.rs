//! What a function says in its log: one JSON object a line, with the keys that
//! Lambda's own runtimes use (`timestamp`, `level`, `message`, `requestId`) and, once
//! it is known, `execution`.
//!
//! `lambda_runtime` has a JSON form too, but without a time, and with the request
//! and the execution somewhere in a list of spans. Source: Lambda Developer Guide,
//! "Configuring JSON and plain text log formats".

use lambda_runtime::tracing::subscriber::filter::LevelFilter;
use lambda_runtime::tracing::subscriber::fmt::format::{JsonFields, Writer};
use lambda_runtime::tracing::subscriber::fmt::time::{FormatTime, SystemTime};
use lambda_runtime::tracing::subscriber::fmt::{
    self, FmtContext, FormatEvent, FormatFields, FormattedFields,
};
use lambda_runtime::tracing::subscriber::registry::{LookupSpan, Scope};
use lambda_runtime::tracing::{self, Event, Span, Subscriber};
use serde_json::{Map, Value, json};
use std::fmt::Display;

/// Begins to log, to the standard output. A panic is a line as well.
///
/// Lambda says by `AWS_LAMBDA_LOG_LEVEL` how much is wanted, by default `INFO`; and
/// by `AWS_LAMBDA_LOG_FORMAT` whether it is to be `Text`, for people who read along.
pub fn init() {
    let level = level_from(&variable("AWS_LAMBDA_LOG_LEVEL"));
    let log = fmt::fmt().with_max_level(level).with_ansi(false);
    if variable("AWS_LAMBDA_LOG_FORMAT").eq_ignore_ascii_case("text") {
        log.without_time().with_target(false).init();
    } else {
        log.fmt_fields(JsonFields::new()).event_format(Line).init();
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
}

/// Lambda's six words; `tracing` knows no `FATAL`, and takes nothing for `ERROR`.
fn level_from(word: &str) -> LevelFilter {
    match word {
        "" => LevelFilter::INFO,
        "FATAL" => LevelFilter::ERROR,
        word => word.parse().unwrap_or(LevelFilter::INFO),
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// What is said within this span is about an execution, given by its ARN.
#[must_use]
pub fn about(execution: impl Display) -> Span {
    tracing::info_span!("execution", %execution)
}

/// Prints a line of metrics as it is, if there is one: CloudWatch reads it from the
/// log, at any level.
pub fn metrics(line: Option<String>) {
    #[allow(clippy::print_stdout, reason = "the log of a function")]
    if let Some(line) = line {
        println!("{line}");
    }
}

/// One JSON object a line; an inner span's field stands for an outer one's.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut line = Map::new();
        let spans = context.event_scope().into_iter();
        for span in spans.flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.extend(object(&fields.fields));
            }
        }
        let mut fields = String::new();
        context.format_fields(Writer::new(&mut fields), event)?;
        line.extend(object(&fields));
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        line.insert("timestamp".to_owned(), json!(time));
        line.insert("level".to_owned(), json!(event.metadata().level().as_str()));
        writeln!(writer, "{}", Value::Object(line))
    }
}

fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
    use std::io;
    use std::sync::{Arc, Mutex};

    /// What was said while `act` ran, line by line.
    fn said(act: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = fmt::fmt().fmt_fields(JsonFields::new()).event_format(Line);
        let log = log.with_writer(move || writer.clone()).finish();
        let listening = log.set_default();
        act();
        drop(listening);
        let text = lines.0.lock().unwrap().clone();
        let text = String::from_utf8(text).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_names_request_and_execution() {
        let lines = said(|| {
            let _request =
                tracing::info_span!("Lambda runtime invoke", requestId = "r-1").entered();
            tracing::info!("before");
            let _execution = about("exec-1").entered();
            tracing::warn!(count = 2, "within");
            tracing::info_span!("deeper").in_scope(|| tracing::error!("deep"));
        });
        let shown =
            |key: &str| -> Vec<Value> { lines.iter().map(|line| line[key].clone()).collect() };
        assert_eq!(shown("message"), ["before", "within", "deep"]);
        assert_eq!(shown("level"), ["INFO", "WARN", "ERROR"]);
        assert_eq!(shown("requestId"), ["r-1", "r-1", "r-1"]);
        assert_eq!(
            shown("execution"),
            [Value::Null, json!("exec-1"), json!("exec-1")]
        );
        assert_eq!(lines[1]["count"], 2);
        for line in &lines {
            let time = line["timestamp"].as_str().unwrap();
            assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
        }
    }

    #[test]
    fn lambdas_levels_are_understood() {
        #[rustfmt::skip]
        let cases = [
            ("",        LevelFilter::INFO),
            ("TRACE",   LevelFilter::TRACE),
            ("DEBUG",   LevelFilter::DEBUG),
            ("INFO",    LevelFilter::INFO),
            ("WARN",    LevelFilter::WARN),
            ("ERROR",   LevelFilter::ERROR),
            ("FATAL",   LevelFilter::ERROR),
            ("strange", LevelFilter::INFO),
        ];
        for (word, level) in cases {
            assert_eq!(level_from(word), level, "{word}");
        }
    }

    #[test]
    fn an_inner_execution_stands_for_an_outer_one() {
        let lines = said(|| {
            let _outer = about("exec-1").entered();
            about("exec-2").in_scope(|| tracing::info!("inner"));
        });
        assert_eq!(lines[0]["execution"], "exec-2");
    }

    #[test]
    fn no_text_begins_a_line_of_its_own() {
        let hostile = "a\n{\"level\":\"INFO\",\"message\":\"OK\"}\r\u{2028}";
        let lines = said(|| {
            about(hostile).in_scope(|| tracing::error!(path = hostile, level = "x", "{hostile}"));
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], hostile);
        assert_eq!(lines[0]["path"], hostile);
        assert_eq!(lines[0]["level"], "ERROR", "no field stands for the level");
    }
}
