"""VPC endpoints of a stack, with all that they were asked to have.

The emulator makes an endpoint for any service in any VPC, forgets security
groups, private DNS and policy in what its API shows, and answers a question
about some endpoints with all of them.

Sources: CloudFormation Template Reference, `AWS::EC2::VPCEndpoint`; EC2 API
Reference, `DescribeVpcEndpoints`.
"""

from __future__ import annotations

import json

from ministack.core.responses import get_region
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from cloud import ec2_xml

GATEWAYS = ("s3", "dynamodb")
# Of the hundreds that AWS has, those that somebody may want beside a file system.
INTERFACES = (
    "autoscaling", "backup", "datasync", "ec2", "ec2messages", "elasticfilesystem", "events", "kms",
    "lambda", "logs", "monitoring", "s3", "sns", "sqs", "ssm", "ssmmessages", "sts",
)
OPEN = {"Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}

_create = provisioners._ec2_vpc_endpoint_create
_update = provisioners._ec2_vpc_endpoint_update


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::EC2::VPCEndpoint"].update(
        create=create_endpoint, update=update_endpoint)
    provisioners._REPLACING_PROPERTIES["AWS::EC2::VPCEndpoint"] = ("ServiceName", "VpcEndpointType", "VpcId")
    ec2._ACTION_MAP.update(DescribeVpcEndpoints=describe_endpoints)


def create_endpoint(logical_id: str, props: dict, stack_name: str):
    _check_endpoint(props)
    made = _create(logical_id, props, stack_name)
    return made[0], _complete(made[0], props)


def update_endpoint(endpoint: str, old_props: dict, props: dict, stack_name: str):
    _check_endpoint(props)
    _update(endpoint, old_props, props, stack_name)
    return endpoint, _complete(endpoint, props)


def _check_endpoint(props: dict) -> None:
    vpc, service = ec2._vpcs.get(props["VpcId"]), props.get("ServiceName", "")
    if vpc is None:
        raise ec2_xml.failed(f"The Vpc Id {props['VpcId']} does not exist")
    gateway = props.get("VpcEndpointType", "Gateway") == "Gateway"
    known = {f"com.amazonaws.{get_region()}.{name}" for name in (GATEWAYS if gateway else INTERFACES)}
    if service not in known:
        raise ec2_xml.failed(f"The Vpc Endpoint Service '{service}' does not exist")
    if gateway and (props.get("SubnetIds") or props.get("SecurityGroupIds") or props.get("PrivateDnsEnabled")):
        raise ec2_xml.failed("A gateway endpoint takes route tables, and neither subnets nor groups nor private DNS")
    if props.get("PrivateDnsEnabled") and not (_is_on(vpc, "EnableDnsSupport") and _is_on(vpc, "EnableDnsHostnames")):
        raise ec2_xml.failed("Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC "
                             f"attributes set to true for {props['VpcId']}")
    zones = [ec2._subnets[subnet]["AvailabilityZone"] for subnet in props.get("SubnetIds") or []
             if subnet in ec2._subnets]
    if len(zones) != len(set(zones)) or len(zones) != len(props.get("SubnetIds") or []):
        raise ec2_xml.failed("DuplicateSubnetsInSameZone: an endpoint takes one subnet that exists in each zone")


def _is_on(vpc: dict, name: str) -> bool:
    return str(vpc.get(name, name == "EnableDnsSupport")).lower() == "true"


def _complete(endpoint_id: str, props: dict) -> dict:
    """Keeps what the emulator forgets; an interface endpoint has an interface in each subnet."""
    endpoint = ec2._vpc_endpoints[endpoint_id]
    subnets = endpoint["SubnetIds"] if endpoint["VpcEndpointType"] == "Interface" else []
    tail = endpoint_id.removeprefix("vpce-")
    endpoint["NetworkInterfaceIds"] = [
        f"eni-{subnet.removeprefix('subnet-')[:8]}{tail[:9]}" for subnet in subnets]
    service = endpoint["ServiceName"].rsplit(".", 1)[-1]
    names = [f"{endpoint_id}.{service}.{get_region()}.vpce.amazonaws.com"] if subnets else []
    if endpoint.get("PrivateDnsEnabled"):
        names.append(f"{service}.{get_region()}.amazonaws.com")
    endpoint["DnsEntries"] = names
    return {"Id": endpoint_id, "CreationTimestamp": endpoint["CreationTimestamp"],
            "NetworkInterfaceIds": endpoint["NetworkInterfaceIds"], "DnsEntries": names}


def describe_endpoints(params: dict):
    chosen = ec2_xml.chosen(ec2._vpc_endpoints, params, "VpcEndpointId", {
        "vpc-endpoint-id": "VpcEndpointId", "vpc-id": "VpcId", "service-name": "ServiceName",
        "vpc-endpoint-type": "VpcEndpointType", "vpc-endpoint-state": "State"})
    return ec2_xml.answer("DescribeVpcEndpoints", "vpcEndpointSet", "".join(map(_endpoint, chosen)))


def _endpoint(endpoint: dict) -> str:
    policy = endpoint.get("PolicyDocument") or OPEN
    groups = "".join(ec2_xml.item({"groupId": group, "groupName": ec2._security_groups.get(group, {}).get("GroupName")})
                     for group in endpoint.get("SecurityGroupIds") or [])
    names = "".join(ec2_xml.item({"dnsName": name}) for name in endpoint.get("DnsEntries") or [])
    return ec2_xml.item(
        {"vpcEndpointId": endpoint["VpcEndpointId"], "vpcEndpointType": endpoint["VpcEndpointType"],
         "vpcId": endpoint["VpcId"], "serviceName": endpoint["ServiceName"], "state": endpoint["State"],
         "ownerId": endpoint["OwnerId"], "creationTimestamp": endpoint.get("CreationTimestamp"),
         "policyDocument": policy if isinstance(policy, str) else json.dumps(policy),
         "privateDnsEnabled": str(bool(endpoint.get("PrivateDnsEnabled"))).lower()},
        endpoint["VpcEndpointId"],
        ec2_xml.listed("routeTableIdSet", endpoint.get("RouteTableIds"))
        + ec2_xml.listed("subnetIdSet", endpoint.get("SubnetIds"))
        + ec2_xml.listed("networkInterfaceIdSet", endpoint.get("NetworkInterfaceIds"))
        + f"<groupSet>{groups}</groupSet><dnsEntrySet>{names}</dnsEntrySet>")
