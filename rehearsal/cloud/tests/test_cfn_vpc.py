"""What a private network is made of: a stack makes it, EC2 shows it again, and refuses what cannot work."""

from __future__ import annotations

import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, delete_stack, outputs, reasons, shared, stack

FLOW_LOGS = "vpc-flow-logs.amazonaws.com"
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}]}


def network(dns: bool = True) -> dict:
    """A VPC with a subnet in each of two zones."""
    vpc = {"Ref": "Vpc"}
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {
            "CidrBlock": "10.9.0.0/16", "EnableDnsSupport": True, "EnableDnsHostnames": dns}},
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": vpc}},
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": vpc, "GroupDescription": "endpoints"}},
    }
    for index, zone in enumerate("ab"):
        resources[f"Subnet{zone.upper()}"] = {"Type": "AWS::EC2::Subnet", "Properties": {
            "VpcId": vpc, "CidrBlock": f"10.9.{index}.0/24", "AvailabilityZone": f"{REGION}{zone}"}}
    return resources


def made(test: unittest.TestCase, name: str, resources: dict, **shown) -> dict:
    """The outputs of a stack that must be made."""
    described = stack(name, resources, Outputs={key: {"Value": value} for key, value in shown.items()})
    test.assertEqual(described["StackStatus"], "CREATE_COMPLETE", reasons(name))
    return outputs(described)


def refused(test: unittest.TestCase, name: str, resources: dict) -> str:
    """The reasons of a stack that must not be made."""
    test.assertEqual(stack(name, resources)["StackStatus"], "ROLLBACK_COMPLETE")
    return reasons(name)


class TheWayOut(unittest.TestCase):
    def resources(self, attached: bool = True) -> dict:
        resources = {
            **network(),
            "Address": {"Type": "AWS::EC2::EIP", "Properties": {
                "Domain": "vpc", "Tags": [{"Key": "Name", "Value": "way-out"}]}},
            "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {
                "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}, "SubnetId": {"Ref": "SubnetA"}}},
            "Default": {"Type": "AWS::EC2::Route", "Properties": {
                "RouteTableId": {"Ref": "Routes"}, "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": {"Ref": "Nat"}}},
        }
        if attached:
            resources["Gateway"] = {"Type": "AWS::EC2::InternetGateway"}
            resources["Attachment"] = {"Type": "AWS::EC2::VPCGatewayAttachment", "Properties": {
                "VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}}}
            resources["Nat"]["DependsOn"] = "Attachment"
        return resources

    def test_is_a_nat_gateway_with_an_address(self):
        shown = made(self, "nat", self.resources(), Nat={"Ref": "Nat"}, Ip={"Ref": "Address"}, Vpc={"Ref": "Vpc"},
                     Allocation={"Fn::GetAtt": ["Address", "AllocationId"]}, Routes={"Ref": "Routes"})
        ec2 = shared().client("ec2")
        found, = ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [shown["Vpc"]]}])["NatGateways"]
        self.assertEqual((found["NatGatewayId"], found["State"], found["ConnectivityType"]),
                         (shown["Nat"], "available", "public"))
        address, = found["NatGatewayAddresses"]
        self.assertEqual((address["PublicIp"], address["AllocationId"]), (shown["Ip"], shown["Allocation"]))
        address, = ec2.describe_addresses(AllocationIds=[shown["Allocation"]])["Addresses"]
        self.assertIn("AssociationId", address)
        self.assertIn({"Key": "Name", "Value": "way-out"}, address["Tags"])
        table, = ec2.describe_route_tables(RouteTableIds=[shown["Routes"]])["RouteTables"]
        self.assertIn(shown["Nat"], [route.get("NatGatewayId") for route in table["Routes"]])

        self.assertEqual(delete_stack("nat")["StackStatus"], "DELETE_COMPLETE", reasons("nat"))
        by_ip = [{"Name": "public-ip", "Values": [shown["Ip"]]}]
        self.assertEqual(ec2.describe_addresses(Filters=by_ip)["Addresses"], [])
        self.assertEqual(ec2.describe_nat_gateways(NatGatewayIds=[shown["Nat"]])["NatGateways"][0]["State"], "deleted")

    def test_needs_an_internet_gateway(self):
        self.assertIn("has no Internet gateway attached", refused(self, "nat-inside", self.resources(attached=False)))

    def test_has_an_address_of_its_own(self):
        resources = self.resources()
        resources["Second"] = {**resources["Nat"], "DependsOn": "Nat"}
        self.assertIn("is already associated", refused(self, "nat-twice", resources))


class AnEndpoint(unittest.TestCase):
    def interface(self, service: str = "autoscaling", **changes) -> dict:
        return {"Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "VpcId": {"Ref": "Vpc"}, "VpcEndpointType": "Interface", "ServiceName": f"com.amazonaws.{REGION}.{service}",
            "SubnetIds": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}], "SecurityGroupIds": [{"Ref": "Group"}],
            "PrivateDnsEnabled": True, **changes}}

    def test_shows_all_that_it_was_asked_to_have(self):
        gateway = {"Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "VpcId": {"Ref": "Vpc"}, "ServiceName": f"com.amazonaws.{REGION}.s3",
            "RouteTableIds": [{"Ref": "Routes"}], "PolicyDocument": POLICY}}
        services = ("autoscaling", "logs", "ssm", "ssmmessages", "elasticfilesystem")
        interfaces = {service.title(): self.interface(service) for service in services}
        shown = made(self, "endpoints", {**network(), "Gateway": gateway, **interfaces},
                     Vpc={"Ref": "Vpc"}, Group={"Ref": "Group"}, Routes={"Ref": "Routes"}, Logs={"Ref": "Logs"})
        ec2 = shared().client("ec2")
        mine = {"Name": "vpc-id", "Values": [shown["Vpc"]]}
        found = ec2.describe_vpc_endpoints(Filters=[mine])["VpcEndpoints"]
        self.assertEqual({end["ServiceName"].rsplit(".", 1)[-1] for end in found}, {"s3", *services})

        s3, = ec2.describe_vpc_endpoints(
            Filters=[mine, {"Name": "vpc-endpoint-type", "Values": ["Gateway"]}])["VpcEndpoints"]
        self.assertEqual((s3["RouteTableIds"], s3["PrivateDnsEnabled"], s3["Groups"]), ([shown["Routes"]], False, []))
        self.assertIn("arn:aws:s3:::*", s3["PolicyDocument"])
        logs, = ec2.describe_vpc_endpoints(VpcEndpointIds=[shown["Logs"]])["VpcEndpoints"]
        self.assertEqual([group["GroupId"] for group in logs["Groups"]], [shown["Group"]])
        self.assertEqual((logs["PrivateDnsEnabled"], len(logs["NetworkInterfaceIds"]), len(logs["SubnetIds"])),
                         (True, 2, 2))
        self.assertIn(f"logs.{REGION}.amazonaws.com", [name["DnsName"] for name in logs["DnsEntries"]])

    def test_of_no_service_or_for_names_that_do_not_resolve_is_refused(self):
        cases = (
            ("endpoint-typo", network(), self.interface("autoscalling"), "eu-central-1.autoscalling' does not exist"),
            ("endpoint-dns", network(dns=False), self.interface(), "Enabling private DNS requires both"),
            ("endpoint-zone", network(), self.interface(SubnetIds=[{"Ref": "SubnetA"}] * 2),
             "DuplicateSubnetsInSameZone"),
            ("endpoint-kind", network(), self.interface("s3", VpcEndpointType="Gateway"),
             "A gateway endpoint takes route tables"),
        )
        for name, around, endpoint, reason in cases:
            self.assertIn(reason, refused(self, name, {**around, "Endpoint": endpoint}))


class AFlowLog(unittest.TestCase):
    def resources(self, role: str) -> dict:
        return {**network(),
                "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"/flow/{role.rsplit('/')[-1]}"}},
                "FlowLog": {"Type": "AWS::EC2::FlowLog", "Properties": {
                    "ResourceId": {"Ref": "Vpc"}, "ResourceType": "VPC", "TrafficType": "REJECT",
                    "LogDestinationType": "cloud-watch-logs", "LogDestination": {"Fn::GetAtt": ["Log", "Arn"]},
                    "DeliverLogsPermissionArn": role, "MaxAggregationInterval": 60}}}

    def described(self, name: str, role: str) -> dict:
        shown = made(self, name, self.resources(role), Vpc={"Ref": "Vpc"})
        found, = shared().client("ec2").describe_flow_logs(
            Filters=[{"Name": "resource-id", "Values": [shown["Vpc"]]}])["FlowLogs"]
        return found

    def role(self, name: str, service: str) -> str:
        own = {"ArnLike": {"aws:SourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/*"}}
        return harness.role(name, service, allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/flow/{name}:*"), conditions=own)

    def test_shows_where_and_by_whose_leave_it_writes(self):
        role = self.role("flows", FLOW_LOGS)
        found = self.described("flows", role)
        self.assertEqual(
            {name: found[name] for name in ("TrafficType", "LogGroupName", "DeliverLogsPermissionArn",
                                            "MaxAggregationInterval", "DeliverLogsStatus", "FlowLogStatus")},
            {"TrafficType": "REJECT", "LogGroupName": "/flow/flows", "DeliverLogsPermissionArn": role,
             "MaxAggregationInterval": 60, "DeliverLogsStatus": "SUCCESS", "FlowLogStatus": "ACTIVE"})
        self.assertEqual(delete_stack("flows")["StackStatus"], "DELETE_COMPLETE")
        ec2 = shared().client("ec2")
        self.assertEqual(ec2.describe_flow_logs(FlowLogIds=[found["FlowLogId"]])["FlowLogs"], [])

    def test_says_that_it_may_not_write(self):
        found = self.described("flows-untrusted", self.role("flows-untrusted", "ec2.amazonaws.com"))
        self.assertEqual((found["DeliverLogsStatus"], found["DeliverLogsErrorMessage"]), ("FAILED", "Access error"))


if __name__ == "__main__":
    unittest.main()
