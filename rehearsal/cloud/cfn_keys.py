"""Customer keys of a stack: where a template names one, it is kept and shown.

The emulator forgets the key of a topic, and shows neither the key of a volume
of a launch template nor that a bucket uses a bucket key.

Sources: CloudFormation Template Reference, `AWS::SNS::Topic`,
`AWS::EC2::LaunchTemplate`; S3 User Guide, "Reducing the cost of SSE-KMS with
Amazon S3 Bucket Keys".
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from ministack.services import ec2, s3, sns
from ministack.services.cloudformation import provisioners

BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
REPLACING = {"AWS::KMS::Key": (), "AWS::KMS::Alias": ("AliasName",), "AWS::CloudWatch::Dashboard": ("DashboardName",)}

_create_topic, _update_topic = provisioners._sns_create, provisioners._sns_update
_launch_template_xml = ec2._lt_data_xml
_default_encryption = s3._bucket_default_sse_headers


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::SNS::Topic"].update(create=create_topic, update=update_topic)
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
