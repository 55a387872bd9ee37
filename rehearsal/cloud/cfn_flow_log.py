"""Flow logs as resources of a stack, and whether one could write.

The emulator refuses a template that has one, and its API shows neither the role
that writes nor the log group. On AWS a flow log whose role may not write is
made all the same: only `DeliverLogsStatus` says so.

Sources: CloudFormation Template Reference, `AWS::EC2::FlowLog`; EC2 API
Reference, `FlowLog`; VPC User Guide, "IAM role for publishing flow logs to
CloudWatch Logs".
"""

from __future__ import annotations

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, ec2
from ministack.services.cloudformation import provisioners

from cloud import ec2_xml, iam
from cloud.errors import Refused

SERVICE = "vpc-flow-logs.amazonaws.com"
USUAL_FORMAT = ("${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
                "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}")


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::EC2::FlowLog"] = {
        "create": create_flow_log, "update": retag, "delete": delete_flow_log}
    provisioners._REPLACING_PROPERTIES["AWS::EC2::FlowLog"] = (
        "DeliverLogsPermissionArn", "LogDestination", "LogDestinationType", "LogFormat", "LogGroupName",
        "MaxAggregationInterval", "ResourceId", "ResourceType", "TrafficType")
    ec2._ACTION_MAP.update(DescribeFlowLogs=describe_flow_logs)


def create_flow_log(logical_id: str, props: dict, stack_name: str):
    if props.get("ResourceType") == "VPC" and props["ResourceId"] not in ec2._vpcs:
        raise ec2_xml.failed(f"The vpc ID '{props['ResourceId']}' does not exist")
    kind = props.get("LogDestinationType", "cloud-watch-logs")
    if kind == "cloud-watch-logs" and not props.get("DeliverLogsPermissionArn"):
        raise ec2_xml.failed("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
    request = {"ResourceId.1": [props["ResourceId"]], "ResourceType": [props["ResourceType"]],
               "TrafficType": [props.get("TrafficType", "ALL")], "LogDestinationType": [kind],
               "LogDestination": [props.get("LogDestination") or _log_group_arn(props.get("LogGroupName", ""))]}
    made = ec2_xml.text(ec2_xml.made(ec2._create_flow_logs(request)), "item")
    ec2._flow_logs[made].update(
        DeliverLogsPermissionArn=props.get("DeliverLogsPermissionArn"),
        LogFormat=props.get("LogFormat") or USUAL_FORMAT,
        MaxAggregationInterval=props.get("MaxAggregationInterval", 600))
    provisioners._ec2_apply_tags(made, props)
    return made, {"Id": made}


def retag(flow_log: str, old_props: dict, props: dict, stack_name: str):
    provisioners._ec2_apply_tags(flow_log, props, old_props)
    return flow_log, {"Id": flow_log}


def delete_flow_log(flow_log: str, props: dict) -> None:
    ec2._delete_flow_logs({"FlowLogId.1": [flow_log]})


def describe_flow_logs(params: dict):
    chosen = ec2_xml.chosen(ec2._flow_logs, params, "FlowLogId", {
        "flow-log-id": "FlowLogId", "resource-id": "ResourceId", "traffic-type": "TrafficType"})
    return ec2_xml.answer("DescribeFlowLogs", "flowLogSet", "".join(
        ec2_xml.item(_flow_log_fields(flow_log), flow_log["FlowLogId"]) for flow_log in chosen))


def _flow_log_fields(flow_log: dict) -> dict:
    error = _delivery_error(flow_log)
    return {
        "flowLogId": flow_log["FlowLogId"], "resourceId": flow_log["ResourceId"],
        "trafficType": flow_log["TrafficType"], "flowLogStatus": flow_log["FlowLogStatus"],
        "logDestinationType": flow_log["LogDestinationType"], "logDestination": flow_log["LogDestination"],
        "logGroupName": _group_name(flow_log), "creationTime": flow_log["CreationTime"],
        "deliverLogsPermissionArn": flow_log.get("DeliverLogsPermissionArn"),
        "deliverLogsStatus": "FAILED" if error else "SUCCESS", "deliverLogsErrorMessage": error,
        "logFormat": flow_log.get("LogFormat") or USUAL_FORMAT,
        "maxAggregationInterval": flow_log.get("MaxAggregationInterval", 600),
    }


def _delivery_error(flow_log: dict) -> str | None:
    """Why nothing would be written, in the word that EC2 has for it; no packet ever flows here."""
    if flow_log["LogDestinationType"] != "cloud-watch-logs":
        return None
    if _group_name(flow_log) not in cloudwatch_logs._log_groups:
        return "Unknown error"
    role, source = flow_log.get("DeliverLogsPermissionArn") or "", "vpc-flow-log/" + flow_log["FlowLogId"]
    try:
        iam.check_trust(role, SERVICE, f"arn:aws:ec2:{get_region()}:{get_account_id()}:{source}")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            iam.check_role_allows(role, action, _log_group_arn(_group_name(flow_log)))
    except Refused:
        return "Access error"
    return None


def _log_group_arn(name: str) -> str:
    return f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}:*"


def _group_name(flow_log: dict) -> str:
    _, found, rest = (flow_log["LogDestination"] or "").partition(":log-group:")
    return rest.split(":")[0] if found else ""
