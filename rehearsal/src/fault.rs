//! Bad days of the local cloud, by order. All of them last until they are healed.

use crate::LocalCloud;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What a call gets instead of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// IAM does not let the caller.
    Denied,
    /// The service is asked too often. The SDKs try again.
    Throttled,
    /// The service has an error of its own. The SDKs try again.
    Broken,
}

/// What becomes of the events of AWS's own services, which come at best effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// None is delivered, nor will be.
    Dropped,
    /// Each is delivered twice.
    Twice,
    /// They wait for the healing; the newest is then delivered first.
    Held,
}

/// What the orders did.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Healed {
    /// How many calls have met an order, by its action. An SDK's attempts count
    /// one by one.
    pub met: BTreeMap<String, u64>,
    /// How many held events were delivered at last.
    pub delivered: u64,
}

impl LocalCloud {
    /// Has calls fail, written as in an IAM statement: an action such as
    /// `sns:Publish` and a resource's ARN, `*` in both. The next `times` calls;
    /// without a number all. An alarm that publishes is no call.
    ///
    /// # Errors
    ///
    /// If the cloud does not understand the action.
    pub async fn fail_calls(
        &self,
        action: &str,
        resource: &str,
        fault: Fault,
        times: Option<u32>,
    ) -> anyhow::Result<()> {
        let order =
            json!({"Action": action, "Resource": resource, "Answer": fault, "Times": times});
        let order = json!({"Fail": order});
        self.order("faults", &order).await.map(drop)
    }

    /// Sends the events of AWS's own services astray.
    ///
    /// # Errors
    ///
    /// If the cloud does not answer.
    pub async fn deliver_events(&self, delivery: Delivery) -> anyhow::Result<()> {
        self.order("faults", &json!({"Events": delivery}))
            .await
            .map(drop)
    }

    /// Ends every order, and says what they did.
    ///
    /// # Errors
    ///
    /// If the cloud does not answer.
    pub async fn heal(&self) -> anyhow::Result<Healed> {
        let healed = self.order("faults", &json!({"Heal": true})).await?;
        Ok(serde_json::from_value(healed)?)
    }
}
