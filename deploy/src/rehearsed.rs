//! Stacks of a rehearsal: the real template in a local cloud, by the code of
//! `efs-backup deploy`.

use crate::artifact::Binaries;
use crate::aws::Aws;
use crate::failure::Failure;
use crate::samconfig::Environment;
use crate::stack::Parameters;
use crate::verb::deploy::{Deployment, deploy_to};
use crate::voice::Voice;
use anyhow::Context;
use rehearsal::{LocalCloud, Variant};
use std::path::Path;

/// How long a mail waits for DataSync, in seconds: one that waits in vain shall not
/// take 20 here.
pub const PATIENCE: &str = "3";

/// What every stack of a rehearsal is made of.
#[derive(Debug)]
pub struct Rehearsed<'a> {
    /// The project's top folder.
    pub root: &'a Path,
    /// The functions' binaries.
    pub binaries: &'a Binaries,
    /// Who tells of the deployment.
    pub voice: Voice,
}

impl Rehearsed<'_> {
    /// The template's text.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn template(&self) -> anyhow::Result<String> {
        let path = self.root.join("template.yaml");
        std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the template {}", path.display()))
    }

    /// Deploys a stack with these parameters beside those that every rehearsal sets;
    /// gives its outputs.
    ///
    /// # Errors
    ///
    /// As `efs-backup deploy`.
    pub async fn deploy(
        &self,
        cloud: &LocalCloud,
        stack_name: &str,
        given: Parameters,
    ) -> Result<Parameters, Failure> {
        let template = self.template()?;
        let aws = Aws::from_config(&cloud.config()).await?;
        let set = [
            ("AlertEmail", "ops@example.com"),
            ("TimeZone", "Europe/Berlin"),
            ("DescribeBudgetSeconds", PATIENCE),
        ];
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut parameters = Parameters::from(set);
        parameters.extend(given);
        let deployment = Deployment {
            stack_name,
            template: &template,
            binaries: self.binaries,
            parameters: &parameters,
            yes: true,
        };
        Ok(deploy_to(&aws, &deployment, self.voice).await?.outputs)
    }

    /// Deploys a variant; gives its outputs.
    ///
    /// # Errors
    ///
    /// As `efs-backup deploy`.
    pub async fn variant(
        &self,
        cloud: &LocalCloud,
        variant: Variant,
    ) -> anyhow::Result<Parameters> {
        let mut given = match variant.profile {
            Some(profile) => self.profile(profile).map_err(|failure| failure.error)?,
            None => Parameters::new(),
        };
        let further = variant.parameters.into_iter();
        given.extend(further.map(|(name, value)| (name.to_owned(), value)));
        let deployed = self.deploy(cloud, variant.name, given).await;
        deployed.map_err(|failure| failure.error)
    }

    /// The parameters of an environment of `samconfig.toml`.
    fn profile(&self, name: &str) -> Result<Parameters, Failure> {
        Environment::read(self.root, Some(name))?.parameters()
    }
}
