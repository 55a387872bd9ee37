"""The DataSync types of CloudFormation, made of the calls of DataSync's API.

The emulator does not know them and refuses a template that has one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ministack.services.cloudformation import provisioners, stacks

from cloud import datasync
from cloud.errors import failed_resource


@dataclass(frozen=True)
class Type:
    """One type: its API noun, the property that holds its ARN, and what can be done to it."""

    noun: str
    arn: str
    replacing: tuple[str, ...]
    updatable: dict  # property -> the value that removes it
    attributes: tuple[str, ...]


TYPES = {
    "AWS::DataSync::LocationEFS": Type(
        "LocationEfs", "LocationArn", ("Ec2Config", "EfsFilesystemArn"),
        {"Subdirectory": "/", "AccessPointArn": "", "FileSystemAccessRoleArn": "",
         "InTransitEncryption": "NONE"},
        ("LocationArn", "LocationUri"),
    ),
    "AWS::DataSync::LocationS3": Type(
        "LocationS3", "LocationArn", ("S3BucketArn",),
        {"Subdirectory": "/", "S3Config": {}, "S3StorageClass": "STANDARD"},
        ("LocationArn", "LocationUri"),
    ),
    "AWS::DataSync::Task": Type(
        "Task", "TaskArn", ("SourceLocationArn", "DestinationLocationArn", "TaskMode"),
        {"Name": "", "Options": {}, "Includes": [], "Excludes": [], "CloudWatchLogGroupArn": "",
         "Schedule": {"ScheduleExpression": ""}, "ManifestConfig": {}, "TaskReportConfig": {}},
        ("TaskArn", "Status", "SourceNetworkInterfaceArns", "DestinationNetworkInterfaceArns"),
    ),
}


def install() -> None:
    for name, kind in TYPES.items():
        provisioners._RESOURCE_HANDLERS[name] = _handlers(kind)
        provisioners._REPLACING_PROPERTIES[name] = kind.replacing
    blocking = stacks._runs_on_worker_thread
    # The DataSync process calls back into this server while it creates a
    # location; on the event loop the two would wait for each other.
    stacks._runs_on_worker_thread = lambda name: name in TYPES or blocking(name)


def _handlers(kind: Type) -> dict:
    def create(logical_id, props, stack_name):
        arn = _call(f"Create{kind.noun}", _request(props))[kind.arn]
        try:
            return arn, _attributes(kind, arn)
        except ValueError:
            # A resource that fails has no ARN in the stack: nobody else would delete it.
            delete(arn, props)
            raise

    def update(arn, old_props, props, stack_name):
        changed = {name: props.get(name, nothing) for name, nothing in kind.updatable.items()
                   if props.get(name) != old_props.get(name)}
        if changed:
            _call(f"Update{kind.noun}", {kind.arn: arn, **_request(changed)})
        _update_tags(arn, old_props.get("Tags") or [], props.get("Tags") or [])
        return arn, _attributes(kind, arn)

    def delete(arn, props):
        # The one operation that does not tell the types of locations apart.
        noun = "Location" if kind.noun.startswith("Location") else kind.noun
        _call(f"Delete{noun}", {kind.arn: arn}, missing_is_fine=True)

    return {"create": create, "update": update, "delete": delete}


def _attributes(kind: Type, arn: str) -> dict:
    described = _call(f"Describe{kind.noun}", {kind.arn: arn})
    return {name: described[name] for name in kind.attributes if name in described}


def _update_tags(arn: str, old: list, new: list) -> None:
    gone = sorted({tag["Key"] for tag in old} - {tag["Key"] for tag in new})
    if gone:
        _call("UntagResource", {"ResourceArn": arn, "Keys": gone})
    changed = [tag for tag in new if tag not in old]
    if changed:
        _call("TagResource", {"ResourceArn": arn, "Tags": changed})


def _request(props: dict) -> dict:
    """The properties as the API takes them: a parameter gives every number as text."""
    options = props.get("Options")
    if options and "BytesPerSecond" in options:
        options = {**options, "BytesPerSecond": int(options["BytesPerSecond"])}
        return {**props, "Options": options}
    return props


def _call(operation: str, request: dict, missing_is_fine: bool = False) -> dict:
    body = json.dumps(request).encode()
    status, answer = datasync.send(f"FmrsService.{operation}", body)
    try:
        content = json.loads(answer or b"{}")
    except ValueError:
        content = {"message": f"the answer to {operation} is no JSON"}
        status = 500
    if status < 400:
        return content
    message = content.get("message") or content.get("Message") or operation
    if missing_is_fine and status == 400 and "not found" in message:
        return {}
    raise failed_resource(message, "DataSync", status)
