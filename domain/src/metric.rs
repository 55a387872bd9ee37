//! Metrics as lines of a log, from which CloudWatch takes them by itself: no call
//! that could fail or be paid for.
//!
//! Source: CloudWatch User Guide, "Specification: Embedded metric format"; limits
//! of values and dimensions from the API Reference, `MetricDatum` and `Dimension`.

use crate::text::clipped;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "EfsBackup";

/// The one dimension of all metrics: the name of the stack.
pub const DIMENSION: &str = "Stack";

/// The largest value that CloudWatch takes, either way from 0: 2 to the 360th.
const LARGEST: f64 = 2.348_542_582_773_833_2e108;

/// The six metrics of a stack. Each of them costs by the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Hours since the end of the last good run; without one, since the task was
    /// made. Told by the watch alone, so that its silence can be seen.
    HoursSinceGood,
    /// Files, folders and links that a run has copied.
    FilesCopied,
    /// Bytes that a run has written to the bucket.
    BytesCopied,
    /// Files known to have failed in a run.
    FilesFailed,
    /// How long a run took, in seconds.
    RunSeconds,
    /// 1 for a run that is not good, 0 for one that is.
    RunsNotGood,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 6] = [
        Metric::HoursSinceGood,
        Metric::FilesCopied,
        Metric::BytesCopied,
        Metric::FilesFailed,
        Metric::RunSeconds,
        Metric::RunsNotGood,
    ];

    /// The name in CloudWatch. A contract: alarms name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Metric::HoursSinceGood => "HoursSinceGood",
            Metric::FilesCopied => "FilesCopied",
            Metric::BytesCopied => "BytesCopied",
            Metric::FilesFailed => "FilesFailed",
            Metric::RunSeconds => "RunSeconds",
            Metric::RunsNotGood => "RunsNotGood",
        }
    }

    /// The unit in CloudWatch, which knows no hours.
    fn unit(self) -> &'static str {
        match self {
            Metric::HoursSinceGood => "None",
            Metric::FilesCopied | Metric::FilesFailed | Metric::RunsNotGood => "Count",
            Metric::BytesCopied => "Bytes",
            Metric::RunSeconds => "Seconds",
        }
    }
}

/// The line, without its end, that CloudWatch takes these values from; `None` if
/// none is known.
///
/// What is not known is left out, and so is what CloudWatch takes for no number:
/// unknown is never 0. Of a metric that is named twice the later value counts.
/// CloudWatch drops values of more than two weeks ago or two hours ahead.
#[must_use]
pub fn emf(stack: &str, time: Timestamp, values: &[(Metric, Option<f64>)]) -> Option<String> {
    let known: BTreeMap<Metric, f64> = values.iter().copied().filter_map(known).collect();
    if known.is_empty() {
        return None;
    }
    let metrics = known.keys();
    let metrics = metrics.map(|metric| json!({"Name": metric.name(), "Unit": metric.unit()}));
    let mut line = json!({
        "_aws": {
            "Timestamp": time.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [[DIMENSION]],
                "Metrics": metrics.collect::<Vec<Value>>(),
            }],
        },
        DIMENSION: clipped(stack),
    });
    for (metric, value) in known {
        line[metric.name()] = json!(value);
    }
    Some(line.to_string())
}

fn known((metric, value): (Metric, Option<f64>)) -> Option<(Metric, f64)> {
    let value = value.filter(|value| value.abs() <= LARGEST)?;
    Some((metric, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-23T02:14:31Z";

    fn line(stack: &str, values: &[(Metric, Option<f64>)]) -> Option<String> {
        emf(stack, NOW.parse().unwrap(), values)
    }

    #[test]
    fn a_line_reads_like_this() {
        let line = line(
            "web-backup",
            &[
                (Metric::FilesCopied, Some(1204.0)),
                (Metric::BytesCopied, None),
                (Metric::RunSeconds, Some(867.0)),
            ],
        );
        assert_snapshot!(line.unwrap(), @r#"{"FilesCopied":1204.0,"RunSeconds":867.0,"Stack":"web-backup","_aws":{"CloudWatchMetrics":[{"Dimensions":[["Stack"]],"Metrics":[{"Name":"FilesCopied","Unit":"Count"},{"Name":"RunSeconds","Unit":"Seconds"}],"Namespace":"EfsBackup"}],"Timestamp":1795400071000}}"#);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        #[rustfmt::skip]
        let cases = [
            ("nothing asked",     vec![],                                                                  vec![]),
            ("nothing known",     vec![(Metric::FilesCopied, None), (Metric::RunSeconds, None)],           vec![]),
            ("0 is known",        vec![(Metric::FilesCopied, Some(0.0))],                                  vec!["FilesCopied"]),
            ("one of two",        vec![(Metric::FilesCopied, None), (Metric::FilesFailed, Some(2.0))],     vec!["FilesFailed"]),
            ("no number",         vec![(Metric::RunSeconds, Some(f64::NAN))],                              vec![]),
            ("infinite",          vec![(Metric::RunSeconds, Some(f64::INFINITY))],                         vec![]),
            ("the largest",       vec![(Metric::RunSeconds, Some(2.0_f64.powi(360)))],                     vec!["RunSeconds"]),
            ("larger than it",    vec![(Metric::RunSeconds, Some(2.0_f64.powi(361)))],                     vec![]),
            ("named twice",       vec![(Metric::RunSeconds, Some(1.0)), (Metric::RunSeconds, Some(2.0))],  vec!["RunSeconds"]),
        ];
        for (name, values, expected) in cases {
            let line = line("web-backup", &values);
            assert_eq!(line.is_none(), expected.is_empty(), "{name}");
            let names = line.map(|line| metrics_of(&line)).unwrap_or_default();
            assert_eq!(names, expected, "{name}");
        }
    }

    /// What the specification asks of a document; gives the names of its metrics.
    fn metrics_of(line: &str) -> Vec<String> {
        assert!(!line.contains(['\n', '\r']), "one line: {line}");
        assert!(line.len() < 256 * 1024, "the size of one event in a log");
        let document: Value = serde_json::from_str(line).unwrap();
        assert!(document["_aws"]["Timestamp"].is_i64());
        let directives = document["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert_eq!(directives.len(), 1);
        let directive = &directives[0];
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=256).contains(&namespace.len()) && !namespace.starts_with("AWS/"));
        for set in directive["Dimensions"].as_array().unwrap() {
            for dimension in set.as_array().unwrap() {
                let value = document[dimension.as_str().unwrap()].as_str().unwrap();
                assert!(value.len() <= 1024 && value.is_ascii(), "{value}");
            }
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        let name = |metric: &Value| {
            let name = metric["Name"].as_str().unwrap().to_owned();
            assert!(document[&name].is_number(), "{name} has no number");
            let unit = metric["Unit"].as_str().unwrap();
            assert!(["None", "Count", "Bytes", "Seconds"].contains(&unit));
            name
        };
        let names: Vec<String> = metrics.iter().map(name).collect();
        assert_eq!(document.as_object().unwrap().len(), names.len() + 2);
        names
    }

    proptest! {
        #[test]
        fn every_line_is_what_cloudwatch_reads(
            stack in any::<String>(),
            values in prop::collection::vec((0_usize..6, prop::option::of(any::<f64>())), 0..12),
        ) {
            let values: Vec<_> = values
                .into_iter()
                .map(|(index, value)| (Metric::ALL[index], value))
                .collect();
            if let Some(line) = line(&stack, &values) {
                let names = metrics_of(&line);
                prop_assert!(names.len() <= Metric::ALL.len());
            }
        }
    }
}
