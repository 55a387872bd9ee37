//! A role of the stack, and its policy without a statement.

use crate::harness::{Stage, signed};
use anyhow::{Context, ensure};
use rehearsal::xml;
use serde_json::{Value, json};

/// A role with one policy of its own.
pub(super) struct Role {
    name: String,
    policy: String,
    document: Value,
}

impl Role {
    /// The role of this name in the template.
    pub(super) async fn of(stage: &Stage, id: &str) -> anyhow::Result<Self> {
        let name = stage.physical(id).await?;
        let role = ("RoleName", name.as_str());
        let listed = signed::query(&stage.cloud, "iam", "ListRolePolicies", &[role]).await?;
        let policy = xml::text(&listed.body, "PolicyNames");
        let policy = policy.and_then(|names| xml::text(names, "member"));
        let policy = policy
            .with_context(|| format!("{id} has no policy"))?
            .to_owned();
        let fields = [role, ("PolicyName", policy.as_str())];
        let answer = signed::query(&stage.cloud, "iam", "GetRolePolicy", &fields).await?;
        let document = xml::text(&answer.body, "PolicyDocument").context("no document")?;
        let document = serde_json::from_str(&decoded(document))?;
        Ok(Role {
            name,
            policy,
            document,
        })
    }

    /// Acts while the role lacks these statements.
    pub(super) async fn without<T>(
        &self,
        stage: &Stage,
        sids: Vec<&str>,
        act: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let mut less = self.document.clone();
        let statements = less["Statement"].as_array_mut().context("no statements")?;
        let before = statements.len();
        statements.retain(|one| !sids.iter().any(|sid| one["Sid"] == *sid));
        ensure!(
            statements.len() + sids.len() == before,
            "the role {} has no {sids:?} on this stack",
            self.name
        );
        self.put(stage, &less).await?;
        let result = act.await;
        self.put(stage, &self.document).await?;
        result
    }

    async fn put(&self, stage: &Stage, document: &Value) -> anyhow::Result<()> {
        let is_empty = document["Statement"] == json!([]);
        let document = document.to_string();
        let fields = [
            ("RoleName", self.name.as_str()),
            ("PolicyName", self.policy.as_str()),
            ("PolicyDocument", document.as_str()),
        ];
        if is_empty {
            // IAM takes no policy without a statement.
            signed::query(&stage.cloud, "iam", "DeleteRolePolicy", &fields[..2]).await?;
        } else {
            signed::query(&stage.cloud, "iam", "PutRolePolicy", &fields).await?;
        }
        Ok(())
    }
}

/// IAM gives documents as they stand in an address (RFC 3986).
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(code, 16));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
