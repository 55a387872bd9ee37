"""CloudFormation: the resource types and properties that a stack of ours needs.

The emulator refuses some types, and creates others without a part of what the
template says. The files beside this one, `cfn_*.py`, add the types and what they
lack, `buckets.py` the bucket properties; this file repairs functions, schedules
and change sets.
"""

from __future__ import annotations

import json

from ministack.services import lambda_svc, scheduler
from ministack.services.cloudformation import engine, provisioners

from cloud import cfn_datasync, cfn_endpoint, cfn_flow_log, cfn_keys, cfn_nat, cfn_network
from cloud.errors import failed_resource

# The properties whose change replaces the resource. Of a type that the emulator
# has no such list for, every change set says `Conditional`, whatever changed.
REPLACING = {
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": ("Bucket",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Logs::ResourcePolicy": ("PolicyName",),
    "AWS::SNS::Subscription": ("Endpoint", "Protocol", "TopicArn"),
    "AWS::SNS::TopicPolicy": (),
    "AWS::SQS::QueuePolicy": (),
    "AWS::Events::Rule": ("Name",),
    "AWS::Scheduler::Schedule": ("Name",),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::AutoScaling::AutoScalingGroup": ("AutoScalingGroupName", "InstanceId"),
    "AWS::AutoScaling::ScalingPolicy": ("AutoScalingGroupName",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateName",),
}

_dependencies = engine._extract_deps
_create_function = provisioners._lambda_create
_update_function = provisioners._lambda_update


def install() -> None:
    cfn_datasync.install()
    cfn_network.install()
    cfn_nat.install()
    cfn_endpoint.install()
    cfn_flow_log.install()
    cfn_keys.install()
    engine._extract_deps = dependencies
    provisioners._REPLACING_PROPERTIES.update(REPLACING)
    provisioners._lambda_create = create_function
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::Lambda::Function"].update(create=create_function, update=update_function)
    handlers["AWS::Scheduler::Schedule"].update(create=create_schedule, update=update_schedule)


def dependencies(resource: dict, names: set) -> set:
    """What is made before a resource: also what its Metadata refers to, as on AWS."""
    metadata = {"Properties": resource.get("Metadata", {})}
    return _dependencies(resource, names) | _dependencies(metadata, names)


def create_function(logical_id: str, props: dict, stack_name: str):
    """Fails without the code.

    The emulator makes a function whose code it cannot find, and every
    invocation of that function succeeds with a made-up answer.
    """
    code = props.get("Code", {})
    bucket, key = code.get("S3Bucket"), code.get("S3Key")
    if bucket and lambda_svc._fetch_code_from_s3(bucket, key, code.get("S3ObjectVersion")) is None:
        raise failed_resource(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: "
            f"The specified key does not exist: s3://{bucket}/{key}", "Lambda", 400)
    return _complete(_create_function(logical_id, props, stack_name), {}, props)


def update_function(name: str, old_props: dict, props: dict, stack_name: str, logical_id=None):
    made = _update_function(name, old_props, props, stack_name, logical_id)
    return _complete(made, old_props, props)


def _complete(made: tuple, old_props: dict, props: dict) -> tuple:
    """Sets the three properties that the emulator drops; what no template names stays as it is."""
    function, named = lambda_svc._functions[made[0]], {*old_props, *props}
    if "DeadLetterConfig" in named:
        function["config"]["DeadLetterConfig"] = props.get("DeadLetterConfig") or {}
    if "ReservedConcurrentExecutions" in named:
        reserved = props.get("ReservedConcurrentExecutions")
        function["concurrency"] = None if reserved is None else int(reserved)
    if "KmsKeyArn" in named:
        function["config"]["KMSKeyArn"] = props.get("KmsKeyArn") or ""
    return made


def create_schedule(logical_id: str, props: dict, stack_name: str):
    """A schedule with all its properties; the emulator drops the time zone and hides a refusal."""
    name = props.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=64)
    return _store_schedule(scheduler._create_schedule, name, props)


def update_schedule(name: str, old_props: dict, props: dict, stack_name: str):
    return _store_schedule(scheduler._update_schedule, name, props)


def _store_schedule(call, name: str, props: dict):
    status, _, answer = call(name, {"GroupName": "default", **props})
    if status >= 400:
        raise failed_resource(json.loads(answer).get("Message", ""), "Scheduler", status)
    return name, {"Arn": json.loads(answer)["ScheduleArn"]}
