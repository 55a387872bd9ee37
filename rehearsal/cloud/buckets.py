"""Buckets of a stack: the properties that the emulator drops, and no deletion of data.

The emulator takes `LifecycleConfiguration`, `BucketEncryption`,
`OwnershipControls`, `LoggingConfiguration`, Object Lock, `Tags` and a suspended
versioning from a template and forgets them. It also deletes a bucket that has
objects, and asks no policy of a bucket whether the stack may change it.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from cloud import object_lock, principals
from cloud.errors import failed_resource
from cloud.lifecycle import lifecycle_xml

# What a changed property is to S3.
ACTIONS = {
    "CorsConfiguration": "s3:PutBucketCORS",
    "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
    "WebsiteConfiguration": "s3:PutBucketWebsite",
    "NotificationConfiguration": "s3:PutBucketNotification",
    "VersioningConfiguration": "s3:PutBucketVersioning",
    "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "BucketEncryption": "s3:PutEncryptionConfiguration",
    "OwnershipControls": "s3:PutBucketOwnershipControls",
    "LoggingConfiguration": "s3:PutBucketLogging",
    "ObjectLockEnabled": "s3:PutBucketObjectLockConfiguration",
    "ObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
    "Tags": "s3:PutBucketTagging",
}

_create = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["create"]
_update = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["update"]


def install() -> None:
    provisioners._S3_BUCKET_CONFIGURATIONS += tuple(
        (name, to_xml, _strict(put), delete) for name, to_xml, put, delete in PROPERTIES)
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"].update(
        create=create_bucket, update=update_bucket, delete=delete_bucket)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::BucketPolicy"]
    for name, action in (("create", "s3:PutBucketPolicy"), ("update", "s3:PutBucketPolicy"),
                         ("delete", "s3:DeleteBucketPolicy")):
        handlers[name] = _asking(handlers[name], action)


def create_bucket(logical_id: str, props: dict, stack_name: str):
    """Leaves no bucket behind where a property is refused: the stack would not know its name."""
    before = set(s3._buckets)
    try:
        return _create(logical_id, props, stack_name)
    except ValueError:
        for name in set(s3._buckets) - before:
            s3._delete_bucket(name)
        raise


def update_bucket(name: str, old_props: dict, props: dict, stack_name: str):
    """Changes nothing where the bucket's policy denies one of the changes to who deploys."""
    for changed, action in ACTIONS.items():
        if old_props.get(changed) != props.get(changed):
            principals.check_deployer(action, name)
    return _update(name, old_props, props, stack_name)


def _asking(handler, action: str):
    """A handler of a bucket's policy that asks the policy which is there; its properties come second to last."""

    def ask_and_handle(physical_id, *rest):
        props = rest[-1] if action == "s3:DeleteBucketPolicy" else rest[-2]
        principals.check_deployer(action, props.get("Bucket", ""))
        return handler(physical_id, *rest)

    return ask_and_handle


def delete_bucket(name: str, props: dict) -> None:
    principals.check_deployer("s3:DeleteBucket", name)
    status, _, _ = s3._delete_bucket(name)
    if status == 409:
        raise failed_resource("The bucket you tried to delete is not empty. "
                              "You must delete all versions in the bucket.", "S3", status)


def _strict(put):
    """A put that fails the resource where S3 refuses the configuration."""

    def put_or_fail(name: str, body: bytes) -> None:
        status, _, answer = put(name, body)
        if status >= 400:
            error = fromstring(answer)
            raise failed_resource(error.findtext("Message") or "refused", "S3", status)

    return put_or_fail


def versioning_xml(versioning: dict) -> bytes:
    root = Element("VersioningConfiguration", xmlns=s3.S3_NS)
    SubElement(root, "Status").text = versioning.get("Status", "Suspended")
    return tostring(root)


def _suspend_versioning(name: str) -> None:
    """Versioning never goes away again: without the property it is suspended."""
    _strict(object_lock.put_versioning)(name, versioning_xml({}))


def encryption_xml(encryption: dict) -> bytes:
    root = Element("ServerSideEncryptionConfiguration", xmlns=s3.S3_NS)
    for rule in encryption.get("ServerSideEncryptionConfiguration") or []:
        element = SubElement(root, "Rule")
        default = rule.get("ServerSideEncryptionByDefault") or {}
        if default:
            parent = SubElement(element, "ApplyServerSideEncryptionByDefault")
            for name in ("SSEAlgorithm", "KMSMasterKeyID"):
                if default.get(name):
                    SubElement(parent, name).text = str(default[name])
        bucket_key = str(rule.get("BucketKeyEnabled", False)).lower()
        SubElement(element, "BucketKeyEnabled").text = bucket_key
    return tostring(root)


def ownership_xml(controls: dict) -> bytes:
    root = Element("OwnershipControls", xmlns=s3.S3_NS)
    for rule in controls.get("Rules") or []:
        SubElement(SubElement(root, "Rule"), "ObjectOwnership").text = rule["ObjectOwnership"]
    return tostring(root)


def logging_xml(logging: dict) -> bytes:
    root = Element("BucketLoggingStatus", xmlns=s3.S3_NS)
    if logging:
        enabled = SubElement(root, "LoggingEnabled")
        for source, name in (("DestinationBucketName", "TargetBucket"),
                             ("LogFilePrefix", "TargetPrefix")):
            SubElement(enabled, name).text = logging.get(source, "")
        _add_key_format(enabled, logging.get("TargetObjectKeyFormat") or {})
    return tostring(root)


def _add_key_format(enabled: Element, key_format: dict) -> None:
    """How log objects are named; S3 spells it as CloudFormation does."""
    if not key_format:
        return
    element = SubElement(enabled, "TargetObjectKeyFormat")
    if "PartitionedPrefix" in key_format:
        source = (key_format["PartitionedPrefix"] or {}).get("PartitionDateSource", "EventTime")
        SubElement(SubElement(element, "PartitionedPrefix"), "PartitionDateSource").text = source
    else:
        SubElement(element, "SimplePrefix")


def _put_logging(name: str, body: bytes):
    """Without a destination of its own the log goes into the bucket it is about; one that is named must exist."""
    own = f"<TargetBucket>{name}</TargetBucket>".encode()
    body = body.replace(b"<TargetBucket />", own)
    target = fromstring(body).findtext(f".//{{{s3.S3_NS}}}TargetBucket")
    if target not in s3._buckets:
        return s3._error("InvalidTargetBucketForLogging", "The target bucket for logging does not exist", 400, target)
    if s3._bucket_object_lock.get(target):
        return s3._error("InvalidTargetBucketForLogging", "A bucket with Object Lock takes no access logs", 400, target)
    return s3._put_bucket_logging(name, body)


def _stop_logging(name: str) -> None:
    s3._put_bucket_logging(name, logging_xml({}))


def tags_xml(tags: list) -> bytes:
    root = Element("Tagging", xmlns=s3.S3_NS)
    tag_set = SubElement(root, "TagSet")
    for tag in tags:
        element = SubElement(tag_set, "Tag")
        SubElement(element, "Key").text = str(tag["Key"])
        SubElement(element, "Value").text = str(tag["Value"])
    return tostring(root)


def object_lock_xml(lock) -> bytes:
    """Of `ObjectLockConfiguration`, or of `ObjectLockEnabled: true`, which has no rule."""
    root = Element("ObjectLockConfiguration", xmlns=s3.S3_NS)
    SubElement(root, "ObjectLockEnabled").text = "Enabled"
    rule = lock.get("Rule") if isinstance(lock, dict) else None
    if rule:
        retention = SubElement(SubElement(root, "Rule"), "DefaultRetention")
        for name, value in rule["DefaultRetention"].items():
            SubElement(retention, name).text = str(value)
    return tostring(root)


def _drop_lock_rule(name: str) -> None:
    """A lock never goes away again; only its default retention does."""
    s3._put_object_lock_configuration(name, object_lock_xml(None))


PROPERTIES = (
    ("VersioningConfiguration", versioning_xml, object_lock.put_versioning, _suspend_versioning),
    ("LifecycleConfiguration", lifecycle_xml, s3._put_bucket_lifecycle,
     s3._delete_bucket_lifecycle),
    ("BucketEncryption", encryption_xml, s3._put_bucket_encryption, s3._delete_bucket_encryption),
    ("OwnershipControls", ownership_xml, s3._put_bucket_ownership_controls,
     s3._delete_bucket_ownership_controls),
    ("LoggingConfiguration", logging_xml, _put_logging, _stop_logging),
    ("ObjectLockEnabled", object_lock_xml, s3._put_object_lock_configuration, _drop_lock_rule),
    ("ObjectLockConfiguration", object_lock_xml, s3._put_object_lock_configuration,
     _drop_lock_rule),
    ("Tags", tags_xml, s3._put_bucket_tagging, s3._delete_bucket_tagging),
)
