//! A second stack beside the one on the stage: the same template, set otherwise.

use crate::wait::until;
use crate::{Say, Stage, signed, xml};
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

/// How a stack is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The stack's name.
    pub name: &'static str,
    /// The environment of `samconfig.toml` whose parameters it takes; none: the
    /// template's defaults.
    pub profile: Option<&'static str>,
    /// Further parameters; each wins over the profile.
    pub parameters: BTreeMap<&'static str, String>,
}

/// The outputs of a stack that is being deployed.
pub type Deployed<'a> =
    Pin<Box<dyn Future<Output = anyhow::Result<BTreeMap<String, String>>> + 'a>>;

/// Deploys a variant into the cloud of the stage. Who plays scenarios says how.
pub type Deploy<'a> = &'a (dyn Fn(Variant) -> Deployed<'a> + 'a);

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its name in the template.
    pub id: String,
    /// Its name in its service.
    pub physical: String,
    /// Its type, such as `AWS::S3::Bucket`.
    pub kind: String,
}

impl Variant {
    /// A stack of the template's defaults.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Variant {
            name,
            profile: None,
            parameters: BTreeMap::new(),
        }
    }

    /// With a parameter.
    #[must_use]
    pub fn with(mut self, parameter: &'static str, value: impl Into<String>) -> Self {
        self.parameters.insert(parameter, value.into());
        self
    }
}

impl Stage {
    /// Another stack in the same cloud, with its addresses confirmed.
    ///
    /// # Errors
    ///
    /// If it cannot be deployed.
    pub async fn beside(
        &self,
        variant: Variant,
        deploy: Deploy<'_>,
        say: Say<'_>,
    ) -> anyhow::Result<Stage> {
        let (name, known) = (variant.name, self.mails()?.len());
        let outputs = deploy(variant).await;
        let outputs = outputs.with_context(|| format!("stack {name} was not deployed"))?;
        let stage = Stage::new(Arc::clone(&self.cloud), name, outputs);
        stage.confirm_since(known, say).await?;
        Ok(stage)
    }

    /// The stack's resources.
    ///
    /// # Errors
    ///
    /// If CloudFormation does not list them.
    pub async fn resources(&self) -> anyhow::Result<Vec<Resource>> {
        let mut listed = Vec::new();
        let mut next = None;
        loop {
            let mut fields = vec![("StackName", self.stack.as_str())];
            fields.extend(next.as_deref().map(|token| ("NextToken", token)));
            let page = self.cloudformation("ListStackResources", &fields).await?;
            listed.extend(page.split("<member>").filter_map(resource));
            next = xml::text(&page, "NextToken").map(str::to_owned);
            if next.is_none() {
                return Ok(listed);
            }
        }
    }

    /// The name that a resource has in its service.
    ///
    /// # Errors
    ///
    /// Names the resource that the stack lacks.
    pub async fn physical(&self, id: &str) -> anyhow::Result<String> {
        let mut resources = self.resources().await?.into_iter();
        let found = resources.find(|resource| resource.id == id);
        let found = found.with_context(|| format!("stack {} has no {id}", self.stack))?;
        Ok(found.physical)
    }

    /// Deletes the stack; what its template retains stays.
    ///
    /// # Errors
    ///
    /// If it is not gone at last.
    pub async fn delete_stack(&self) -> anyhow::Result<()> {
        let by_name = [("StackName", self.stack.as_str())];
        let described = self.cloudformation("DescribeStacks", &by_name).await?;
        let id = xml::text(&described, "StackId").context("a stack without id")?;
        self.cloudformation("DeleteStack", &by_name).await?;
        // A stack that is gone is known by its id alone.
        let by_id = [("StackName", id)];
        until(&format!("stack {} is deleted", self.stack), async || {
            let described = self.cloudformation("DescribeStacks", &by_id).await?;
            let status = xml::text(&described, "StackStatus").unwrap_or_default();
            ensure!(
                status != "DELETE_FAILED",
                "stack {} stays: {described}",
                self.stack
            );
            Ok(status == "DELETE_COMPLETE")
        })
        .await
    }

    async fn cloudformation(
        &self,
        action: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let answer = signed::query(&self.cloud, "cloudformation", action, fields).await;
        Ok(answer?.body)
    }
}

fn resource(member: &str) -> Option<Resource> {
    Some(Resource {
        id: xml::text(member, "LogicalResourceId")?.to_owned(),
        physical: xml::text(member, "PhysicalResourceId")?.to_owned(),
        kind: xml::text(member, "ResourceType")?.to_owned(),
    })
}
