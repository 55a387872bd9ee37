"""Customer keys of a stack: where a template names one, it is kept and shown.

The emulator forgets the key of a topic, shows neither the key of a volume of a
launch template nor that a bucket uses a bucket key, and makes a log group with a
key that CloudWatch Logs may not use, which AWS refuses.

Sources: CloudFormation Template Reference, `AWS::SNS::Topic`,
`AWS::EC2::LaunchTemplate`; S3 User Guide, "Reducing the cost of SSE-KMS with
Amazon S3 Bucket Keys"; CloudWatch Logs User Guide, "Encrypt log data in
CloudWatch Logs using AWS KMS".
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, s3, sns
from ministack.services.cloudformation import provisioners

from cloud import keys
from cloud.errors import failed_resource
from cloud.keys import KeyRefused, Use

BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
REPLACING = {"AWS::KMS::Key": (), "AWS::KMS::Alias": ("AliasName",), "AWS::CloudWatch::Dashboard": ("DashboardName",)}

_create_log, _update_log = provisioners._cwlogs_create, provisioners._cwlogs_update
_create_topic, _update_topic = provisioners._sns_create, provisioners._sns_update
_launch_template_xml = ec2._lt_data_xml
_default_encryption = s3._bucket_default_sse_headers


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::SNS::Topic"].update(create=create_topic, update=update_topic)
    provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"].update(create=create_log, update=update_log)
    provisioners._REPLACING_PROPERTIES.update(REPLACING)
    ec2._lt_data_xml = launch_template_xml
    s3._bucket_default_sse_headers = default_encryption
    s3._SSE_STORED_HEADERS += (BUCKET_KEY,)


def create_topic(logical_id: str, props: dict, stack_name: str):
    made = _create_topic(logical_id, props, stack_name)
    _keep_key(made[0], props)
    return made


def update_topic(arn: str, old_props: dict, props: dict, stack_name: str, logical_id=None):
    made = _update_topic(arn, old_props, props, stack_name, logical_id)
    _keep_key(made[0], props)
    return made


def _keep_key(arn: str, props: dict) -> None:
    attributes = sns._topics[arn]["attributes"]
    attributes.pop("KmsMasterKeyId", None)
    if props.get("KmsMasterKeyId"):
        attributes["KmsMasterKeyId"] = props["KmsMasterKeyId"]


def create_log(logical_id: str, props: dict, stack_name: str):
    _check_log(props.get("LogGroupName") or f"/aws/cloudformation/{stack_name}/{logical_id}", props)
    return _create_log(logical_id, props, stack_name)


def update_log(name: str, old_props: dict, props: dict, stack_name: str, logical_id=None):
    if props.get("KmsKeyId") != old_props.get("KmsKeyId"):
        _check_log(name, props)
    return _update_log(name, old_props, props, stack_name, logical_id)


def _check_log(name: str, props: dict) -> None:
    """Fails where the policy of the key does not let CloudWatch Logs use it for this group."""
    key, arn = props.get("KmsKeyId"), f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"
    use = Use("logs", ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"), {"aws:logs:arn": arn})
    try:
        if key:
            keys.check_service(key, use, f"logs.{get_region()}.amazonaws.com", arn)
    except KeyRefused:
        raise failed_resource("The specified KMS key does not exist or is not allowed to be used with "
                              f"Arn '{arn}'", "CloudWatchLogs", 400) from None


def launch_template_xml(data: dict) -> str:
    """With the key of each volume before the end of its `ebs` element."""
    volumes = [mapping["Ebs"] for mapping in data.get("BlockDeviceMappings") or [] if "Ebs" in mapping]
    first, *others = _launch_template_xml(data).split("</ebs>")
    ends = [f"<kmsKeyId>{escape(volume['KmsKeyId'])}</kmsKeyId>" if volume.get("KmsKeyId") else ""
            for volume in volumes]
    return first + "".join(f"{end}</ebs>{other}" for end, other in zip(ends, others))


def default_encryption(bucket: str) -> dict:
    headers = _default_encryption(bucket)
    asked = "<BucketKeyEnabled>true</BucketKeyEnabled>" in (s3._bucket_encryption.get(bucket) or "")
    if asked and headers.get("x-amz-server-side-encryption") == "aws:kms":
        headers[BUCKET_KEY] = "true"
    return headers
