"""Elastic IPs and NAT gateways as resources of a stack.

The emulator refuses a template that has one, and its API shows neither which
address a NAT gateway has nor that an address is in use.

Sources: CloudFormation Template Reference, `AWS::EC2::EIP`, `AWS::EC2::NatGateway`.
"""

from __future__ import annotations

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from cloud import ec2_xml


def install() -> None:
    provisioners._RESOURCE_HANDLERS.update({
        "AWS::EC2::EIP": {"create": create_address, "update": retag_address, "delete": release_address},
        "AWS::EC2::NatGateway": {"create": create_nat, "update": retag_nat, "delete": delete_nat},
    })
    provisioners._REPLACING_PROPERTIES.update({
        "AWS::EC2::EIP": ("NetworkBorderGroup",),
        "AWS::EC2::NatGateway": ("AllocationId", "ConnectivityType", "PrivateIpAddress", "SubnetId", "VpcId"),
    })
    ec2._ACTION_MAP.update(DescribeAddresses=describe_addresses, DescribeNatGateways=describe_nats)


def create_address(logical_id: str, props: dict, stack_name: str):
    made = ec2_xml.made(ec2._allocate_address({"Domain": [props.get("Domain", "vpc")]}))
    address, allocation = ec2_xml.text(made, "publicIp"), ec2_xml.text(made, "allocationId")
    provisioners._ec2_apply_tags(allocation, props)
    return address, {"PublicIp": address, "AllocationId": allocation}


def retag_address(address: str, old_props: dict, props: dict, stack_name: str):
    allocation = next(known["AllocationId"] for known in ec2._addresses.values() if known["PublicIp"] == address)
    provisioners._ec2_apply_tags(allocation, props, old_props)
    return address, {"PublicIp": address, "AllocationId": allocation}


def release_address(address: str, props: dict) -> None:
    for allocation, known in list(ec2._addresses.items()):
        if known["PublicIp"] == address:
            if known.get("AssociationId"):
                raise ec2_xml.failed(f"The address with allocation id '{allocation}' is in use.")
            ec2_xml.made(ec2._release_address({"AllocationId": [allocation]}))


def create_nat(logical_id: str, props: dict, stack_name: str):
    """A NAT gateway with an address that is free, in a VPC that has a way to the internet."""
    subnet = ec2._subnets.get(props["SubnetId"])
    if subnet is None:
        raise ec2_xml.failed(f"The subnet ID '{props['SubnetId']}' does not exist")
    address = None
    if props.get("ConnectivityType", "public") == "public":
        address = _free_address(props.get("AllocationId", ""))
        if not _reaches_internet(subnet["VpcId"]):
            raise ec2_xml.failed(f"Network {subnet['VpcId']} has no Internet gateway attached")
    names = ("SubnetId", "AllocationId", "ConnectivityType")
    nat = ec2_xml.text(ec2_xml.made(ec2._create_nat_gateway({name: [props[name]] for name in names if name in props})),
                "natGatewayId")
    if address:
        address["AssociationId"] = f"eipassoc-{nat.removeprefix('nat-')}"
    provisioners._ec2_apply_tags(nat, props)
    return nat, {"NatGatewayId": nat}


def retag_nat(nat: str, old_props: dict, props: dict, stack_name: str):
    provisioners._ec2_apply_tags(nat, props, old_props)
    return nat, {"NatGatewayId": nat}


def delete_nat(nat: str, props: dict) -> None:
    if nat in ec2._nat_gateways:
        ec2._delete_nat_gateway({"NatGatewayId": [nat]})
    address = ec2._addresses.get(props.get("AllocationId", ""))
    if address:
        address["AssociationId"] = None


def _free_address(allocation: str) -> dict:
    address = ec2._addresses.get(allocation)
    if address is None:
        raise ec2_xml.failed(f"The allocation ID '{allocation}' does not exist")
    if address.get("AssociationId"):
        raise ec2_xml.failed(f"Elastic IP address [{allocation}] is already associated")
    return address


def _reaches_internet(vpc: str) -> bool:
    return any(attached.get("VpcId") == vpc for gateway in ec2._internet_gateways.values()
               for attached in gateway.get("Attachments") or [])


def describe_addresses(params: dict):
    chosen = ec2_xml.chosen(ec2._addresses, params, "AllocationId", {
        "allocation-id": "AllocationId", "public-ip": "PublicIp"})
    return ec2_xml.answer("DescribeAddresses", "addressesSet", "".join(map(_address, chosen)))


def _address(address: dict) -> str:
    return ec2_xml.item(
        {"allocationId": address["AllocationId"], "publicIp": address["PublicIp"], "domain": address["Domain"],
         "associationId": address.get("AssociationId"), "instanceId": address.get("InstanceId")},
        address["AllocationId"])


def describe_nats(params: dict):
    chosen = ec2_xml.chosen(ec2._nat_gateways, params, "NatGatewayId", {
        "nat-gateway-id": "NatGatewayId", "vpc-id": "VpcId", "subnet-id": "SubnetId", "state": "State"})
    return ec2_xml.answer("DescribeNatGateways", "natGatewaySet", "".join(map(_nat, chosen)))


def _nat(nat: dict) -> str:
    return ec2_xml.item(
        {"natGatewayId": nat["NatGatewayId"], "subnetId": nat["SubnetId"], "vpcId": nat["VpcId"],
         "state": nat["State"], "connectivityType": nat["ConnectivityType"], "createTime": nat["CreateTime"]},
        nat["NatGatewayId"], _nat_addresses(nat))


def _nat_addresses(nat: dict) -> str:
    address = ec2._addresses.get(nat.get("AllocationId") or "")
    found = ec2_xml.item({"allocationId": address["AllocationId"], "publicIp": address["PublicIp"],
                   "associationId": address.get("AssociationId")}) if address else ""
    return f"<natGatewayAddressSet>{found}</natGatewayAddressSet>"
