//! CloudWatch: what EFS measured of a file system.

use super::Aws;
use crate::burst_credits::BurstCredits;
use aws_call::{CallError, JsonClient, JsonService};
use backup_domain::units::Bytes;
use function_env::Clients;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ACTION: &str = "cloudwatch:GetMetricData";

/// How far back to look: the size is measured every quarter of an hour.
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn client(clients: &Clients) -> JsonClient {
    JsonClient::new(JsonService::CLOUDWATCH, clients.config("CLOUDWATCH"))
}

impl Aws {
    /// Asks for the burst credits of a bursting file system in the last hour.
    ///
    /// # Errors
    ///
    /// [`CallError`] if CloudWatch does not tell them.
    pub(crate) async fn burst_credits(&self, file_system: &str) -> Result<BurstCredits, CallError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let input = question(file_system, now.unwrap_or_default());
        let answer = self.cloudwatch.call(ACTION, file_system, &input).await?;
        credits_from(&answer).ok_or_else(|| CallError {
            operation: ACTION,
            resource: file_system.to_owned(),
            code: "NoValue".to_owned(),
            message: "EFS measured no BurstCreditBalance or no StorageBytes in the last hour"
                .to_owned(),
            may_pass: true,
        })
    }
}

/// Times are seconds since 1970 in this protocol.
fn question(file_system: &str, now: Duration) -> Value {
    let of_system = json!({"Name": "FileSystemId", "Value": file_system});
    let metric = |id: &str, name: &str, dimensions: Value, stat: &str| {
        json!({"Id": id, "MetricStat": {
            "Metric": {"Namespace": "AWS/EFS", "MetricName": name, "Dimensions": dimensions},
            "Period": 300, "Stat": stat,
        }})
    };
    let standard = json!({"Name": "StorageClass", "Value": "Standard"});
    json!({
        "StartTime": now.saturating_sub(HOUR).as_secs(),
        // The end itself does not belong to it.
        "EndTime": (now + MINUTE).as_secs(),
        "MetricDataQueries": [
            metric("balance", "BurstCreditBalance", json!([of_system]), "Minimum"),
            metric("stored", "StorageBytes", json!([of_system, standard]), "Maximum"),
        ],
    })
}

/// The smallest balance and the largest size of the hour: in doubt, slow. `None`
/// where one is missing: what is not known is never 0.
fn credits_from(answer: &Value) -> Option<BurstCredits> {
    let results = answer.get("MetricDataResults")?.as_array()?;
    let values = |id: &str| -> Option<Vec<f64>> {
        let result = results.iter().find(|result| result["Id"] == id)?;
        let values = result.get("Values")?.as_array()?;
        values.iter().map(Value::as_f64).collect()
    };
    let balance = values("balance")?.into_iter().reduce(f64::min)?;
    let stored = values("stored")?.into_iter().reduce(f64::max)?;
    Some(BurstCredits {
        balance: bytes(balance)?,
        stored: bytes(stored)?,
    })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is checked before"
)]
fn bytes(value: f64) -> Option<Bytes> {
    (value >= 0.0 && value < 2_f64.powi(63)).then_some(Bytes(value as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_both_values_are_credits() {
        let result =
            |id: &str, values: Value| json!({"Id": id, "Values": values, "StatusCode": "Complete"});
        let answer = |results: Vec<Value>| json!({"MetricDataResults": results});
        #[rustfmt::skip]
        let cases = [
            ("both",        answer(vec![result("balance", json!([5.0, 3.0, 4.0])), result("stored", json!([7.0, 9.0]))]),  Some((3, 9))),
            ("0 is known",  answer(vec![result("balance", json!([0.0])), result("stored", json!([6144.0]))]),              Some((0, 6144))),
            ("no balance",  answer(vec![result("balance", json!([])), result("stored", json!([7.0]))]),                    None),
            ("no size",     answer(vec![result("balance", json!([5.0]))]),                                                 None),
            ("no number",   answer(vec![result("balance", json!(["5"])), result("stored", json!([7.0]))]),                 None),
            ("negative",    answer(vec![result("balance", json!([-1.0])), result("stored", json!([7.0]))]),                None),
            ("other shape", json!({"x": 1}),                                                                               None),
            ("nothing",     Value::Null,                                                                                   None),
        ];
        for (name, answer, expected) in cases {
            let credits = credits_from(&answer);
            let credits = credits.map(|credits| (credits.balance.0, credits.stored.0));
            assert_eq!(credits, expected, "{name}");
        }
    }

    #[test]
    fn the_question_is_about_the_last_hour() {
        let question = question("fs-1", Duration::from_secs(7200));
        assert_eq!(
            (question["StartTime"].as_u64(), question["EndTime"].as_u64()),
            (Some(3600), Some(7260))
        );
        let balance = &question["MetricDataQueries"][0]["MetricStat"];
        assert_eq!(balance["Metric"]["MetricName"], "BurstCreditBalance");
        assert_eq!(balance["Metric"]["Dimensions"][0]["Value"], "fs-1");
    }
}
