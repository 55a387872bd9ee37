//! The tool's connection to AWS.

use crate::failure::{Exit, Failure};
use aws_call::{CallError, JsonClient, JsonService};
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_smithy_http_client::{Builder, tls};
use aws_types::SdkConfig;

/// Where to connect, as the command line says.
#[derive(Debug, Default)]
pub struct Connection {
    /// The region; `None`: as the AWS CLI finds it.
    pub region: Option<String>,
    /// A profile of the AWS configuration files.
    pub profile: Option<String>,
    /// An address that stands for all services.
    pub endpoint_url: Option<String>,
}

/// Clients for one account and region.
#[derive(Debug)]
pub struct Aws {
    /// CloudFormation.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// S3, for the artifacts.
    pub s3: aws_sdk_s3::Client,
    /// DataSync.
    pub datasync: aws_sdk_datasync::Client,
    /// SNS.
    pub sns: aws_sdk_sns::Client,
    /// EventBridge.
    pub events: JsonClient,
    /// EventBridge Scheduler.
    pub scheduler: JsonClient,
    /// Lambda.
    pub lambda: JsonClient,
    /// SQS.
    pub sqs: JsonClient,
    /// The account's twelve digits.
    pub account: String,
    /// The region's code.
    pub region: String,
    /// Whether a local cloud stands for AWS; it answers at once.
    pub is_local: bool,
    /// What a command of the AWS CLI needs to reach the same place.
    options: String,
}

impl Aws {
    /// Finds region and credentials as the AWS CLI does.
    ///
    /// # Errors
    ///
    /// [`Exit::Usage`] without a region, [`Exit::Credentials`] without an identity.
    pub async fn connect(connection: &Connection) -> Result<Self, Failure> {
        let http = Builder::new()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::Ring,
            ))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        if let Some(region) = &connection.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &connection.profile {
            // Named on the command line, it wins over keys in the environment.
            let provider = ProviderConfig::without_region().with_http_client(http);
            let credentials = ProfileFileCredentialsProvider::builder()
                .configure(&provider)
                .profile_name(profile)
                .build();
            loader = loader
                .profile_name(profile)
                .credentials_provider(credentials);
        }
        if let Some(url) = &connection.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let mut aws = Aws::from_config(&loader.load().await).await?;
        if let Some(profile) = &connection.profile {
            aws.options.push_str(&format!(" --profile {profile}"));
        }
        Ok(aws)
    }

    /// Clients over a configuration that is already complete.
    ///
    /// # Errors
    ///
    /// As [`Aws::connect`].
    pub async fn from_config(config: &SdkConfig) -> Result<Self, Failure> {
        let Some(region) = config.region() else {
            return Err(Failure::new(
                Exit::Usage,
                "no AWS region is set: pass --region, for example --region eu-central-1",
            ));
        };
        let region = region.to_string();
        Ok(Aws::of(config, region, account(config).await?))
    }

    fn of(config: &SdkConfig, region: String, account: String) -> Self {
        Aws {
            cloudformation: aws_sdk_cloudformation::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            datasync: aws_sdk_datasync::Client::new(config),
            sns: aws_sdk_sns::Client::new(config),
            events: JsonClient::new(JsonService::EVENTS, config.clone()),
            scheduler: JsonClient::new(JsonService::SCHEDULER, config.clone()),
            lambda: JsonClient::new(JsonService::LAMBDA, config.clone()),
            sqs: JsonClient::new(JsonService::SQS, config.clone()),
            account,
            options: format!(" --region {region}"),
            region,
            is_local: config
                .endpoint_url()
                .is_some_and(|url| url.contains("//127.0.0.1")),
        }
    }

    /// Names places and commands, but reaches nothing.
    #[cfg(test)]
    pub(crate) fn offline() -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .build();
        Aws::of(&config, "eu-central-1".into(), "111122223333".into())
    }

    /// A command of the AWS CLI that reaches the same account and region.
    #[must_use]
    pub fn command(&self, command: &str, arguments: &[&str]) -> String {
        format!("aws {command} {}{}", arguments.join(" "), self.options)
    }
}

async fn account(config: &SdkConfig) -> Result<String, Failure> {
    let sts = aws_sdk_sts::Client::new(config);
    let identity = sts.get_caller_identity().send().await.map_err(|error| {
        let call = CallError::new("sts:GetCallerIdentity", "this identity", &error);
        let advice = "sign in (aws sso login), or pass --profile";
        let nothing_found = call.code == "NoAnswer";
        let failure = Failure::from(call);
        let endpoint = config.endpoint_url().filter(|_| nothing_found);
        match failure.exit {
            Exit::Failed if let Some(url) = endpoint => Failure::new(
                Exit::Failed,
                format!("{url} does not answer: see whether it is the address you mean (--endpoint-url, AWS_ENDPOINT_URL); {failure}"),
            ),
            Exit::Credentials if nothing_found => Failure::new(
                Exit::Credentials,
                format!("no valid AWS credentials: {advice}"),
            ),
            Exit::Credentials => Failure::new(Exit::Credentials, format!("{failure}; {advice}")),
            _ => failure,
        }
    })?;
    let account = identity.account().unwrap_or_default();
    Ok(account.to_owned())
}
