//! SAM and the tool take turns on one stack.

use crate::existing_bucket::make_bucket;
use crate::harness::program::{binaries, tool_on};
use crate::harness::{self, Stage, root};
use crate::tool::{aws, delete, deploy};
use anyhow::{Context, ensure};
use aws_sdk_cloudformation::types::{Capability, Parameter};
use deploy::artifact::{Architecture, FunctionZip};
use deploy::stack;

/// The functions, by the resource that each of them is.
const FUNCTIONS: [(&str, &str); 3] = [
    ("AuditBucketFunction", "audit-bucket"),
    ("ReportExecutionFunction", "report-execution"),
    ("StartExecutionFunction", "start-execution"),
];

/// A stack that SAM has made differs in the functions' code alone, and then in
/// nothing any more.
pub(crate) async fn only_code_changes(stage: &Stage) -> anyhow::Result<()> {
    let functions = binaries()?.display().to_string();
    by_sam(stage, "by-sam").await?;
    let (code, _, stderr) = tool_on(&stage.cloud, &deploy("by-sam", &functions, &[])).await?;
    ensure!(code == 3, "{code}: {stderr}");
    let listed = stderr.lines().filter(|line| line.starts_with("  "));
    let changes = listed.filter(|line| !line.ends_with("  if what it refers to changes"));
    let changed: Vec<Vec<&str>> = changes
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected = FUNCTIONS.map(|(name, _)| vec!["Modify", name, "AWS::Lambda::Function"]);
    ensure!(changed == expected, "{stderr}");

    let (code, _, stderr) =
        tool_on(&stage.cloud, &deploy("by-sam", &functions, &["--yes"])).await?;
    ensure!(
        code == 0 && !stderr.contains("mails a link"),
        "{code}: {stderr}"
    );
    let (code, _, stderr) = tool_on(&stage.cloud, &deploy("by-sam", &functions, &[])).await?;
    ensure!(
        code == 0 && stderr.contains("nothing to change"),
        "{code}: {stderr}"
    );
    delete(stage, "by-sam").await
}

/// Makes a stack of the template as `sam build && sam deploy` sends it: the same
/// but for addresses in SAM's own bucket, and `SamResourceId` at every resource.
async fn by_sam(stage: &Stage, name: &str) -> anyhow::Result<()> {
    let bucket = "aws-sam-cli-managed-default-samclisourcebucket";
    make_bucket(stage, bucket).await?;
    let put = async |key: String, bytes: Vec<u8>| {
        let request = stage.s3.put_object().bucket(bucket).key(key);
        request.body(bytes.into()).send().await
    };
    for (_, function) in FUNCTIONS {
        let zip = FunctionZip::pack(function, &binaries()?.join(function), Architecture::X86);
        let zip = zip.map_err(|failure| failure.error)?;
        put(function.to_owned(), zip.bytes).await?;
    }
    let template = std::fs::read_to_string(root().join("template.yaml"))?;
    put(
        "template".to_owned(),
        as_sam_leaves_it(&template, bucket).into_bytes(),
    )
    .await?;

    create(stage, name, &format!("{bucket}/template")).await
}

/// Makes a stack of a template in S3, not by the tool.
async fn create(stage: &Stage, name: &str, template: &str) -> anyhow::Result<()> {
    let aws = aws(stage).await?;
    let email = Parameter::builder()
        .parameter_key("AlertEmail")
        .parameter_value("ops@example.com");
    let request = aws.cloudformation.create_stack().stack_name(name);
    let request = request
        .template_url(format!(
            "https://s3.{}.amazonaws.com/{template}",
            aws.region
        ))
        .parameters(email.build())
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityAutoExpand);
    request.send().await?;
    harness::until("the stack of SAM", async || {
        let found = stack::find(&aws, name).await?;
        let status = found.context("no stack")?.status;
        ensure!(!status.contains("ROLLBACK"), "the stack of SAM is {status}");
        Ok(status == "CREATE_COMPLETE")
    })
    .await
}

fn as_sam_leaves_it(template: &str, bucket: &str) -> String {
    let template = template.replace("CodeUri: functions/", &format!("CodeUri: s3://{bucket}/"));
    let (head, rest) = template.split_once("\nResources:\n").unwrap_or_default();
    let (resources, outputs) = rest.split_once("\nOutputs:\n").unwrap_or_default();
    let lines: Vec<&str> = resources.lines().collect();
    let mut marked = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        marked.push((*line).to_owned());
        if let Some(name) = resource(line) {
            let own = lines[place + 1..].iter();
            let mut own = own.take_while(|line| resource(line).is_none());
            let has_metadata = own.any(|line| line.starts_with("    Metadata:"));
            let mark = format!("    Metadata: {{SamResourceId: {name}}}");
            marked.extend((!has_metadata).then_some(mark));
        } else if let Some(metadata) = line.strip_prefix("    Metadata:") {
            let before = lines[..place].iter().rev();
            let name = before
                .filter_map(|line| resource(line))
                .next()
                .unwrap_or_default();
            let mark = match metadata.strip_suffix('}') {
                Some(entries) => format!("    Metadata:{entries}, SamResourceId: {name}}}"),
                None => format!("{line}\n      SamResourceId: {name}"),
            };
            marked.pop();
            marked.push(mark);
        }
    }
    format!(
        "{head}\nResources:\n{}\nOutputs:\n{outputs}",
        marked.join("\n")
    )
}

/// The name of the resource that begins on a line.
fn resource(line: &str) -> Option<&str> {
    let name = line.strip_prefix("  ")?.strip_suffix(':')?;
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric())
        .then_some(name)
}
