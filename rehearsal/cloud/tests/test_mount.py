"""The way from DataSync to a file system's mount target."""

from __future__ import annotations

import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, refused, shared

NFS = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}


class TheWayToAMountTarget(unittest.TestCase):
    def setUp(self):
        self.ec2, efs = shared().client("ec2"), shared().client("efs")
        vpc = self.ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self._subnet(vpc, "10.30.0.0/24", "a")
        self.elsewhere = self._subnet(vpc, "10.30.1.0/24", "b")
        self.target, self.datasync = (self._group(vpc, name) for name in ("target", "datasync"))
        self.file_system = efs.create_file_system()["FileSystemId"]
        made = efs.create_mount_target(
            FileSystemId=self.file_system, SubnetId=self.subnet, SecurityGroups=[self.target])
        self.address = made["IpAddress"]

    def _subnet(self, vpc: str, block: str, zone: str) -> str:
        made = self.ec2.create_subnet(
            VpcId=vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")
        return made["Subnet"]["SubnetId"]

    def _group(self, vpc: str, name: str) -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
        return made["GroupId"]

    def _reach(self, subnet: str = "") -> dict:
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
        status, answer = shared().post("/_efs/mount", {
            "FileSystemId": self.file_system,
            "SubnetArn": f"{arn}:subnet/{subnet or self.subnet}",
            "SecurityGroupArns": [f"{arn}:security-group/{self.datasync}"],
        })
        self.assertEqual(status, 200, answer)
        return answer

    def _let_in(self, **rule) -> None:
        self.ec2.authorize_security_group_ingress(
            GroupId=self.target, IpPermissions=[{**NFS, **rule}])

    def test_is_closed_until_a_rule_lets_datasync_in(self):
        self.assertEqual(self._reach(), {"IpAddress": self.address, "Reachable": False})
        pair = {"UserIdGroupPairs": [{"GroupId": self.datasync}]}
        self._let_in(**pair)
        self.assertEqual(self._reach(), {"IpAddress": self.address, "Reachable": True})
        self.ec2.revoke_security_group_ingress(
            GroupId=self.target, IpPermissions=[{**NFS, **pair}])
        self.assertFalse(self._reach()["Reachable"])

    def test_another_port_is_no_way(self):
        self._let_in(FromPort=443, ToPort=443,
                     UserIdGroupPairs=[{"GroupId": self.datasync}])
        self.assertFalse(self._reach()["Reachable"])

    def test_a_range_of_addresses_is_a_way(self):
        self._let_in(IpRanges=[{"CidrIp": "10.30.0.0/16"}])
        self.assertTrue(self._reach()["Reachable"])

    def test_a_location_that_may_not_send_is_stopped_too(self):
        self._let_in(IpRanges=[{"CidrIp": "10.30.0.0/16"}])
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.ec2.revoke_security_group_egress(GroupId=self.datasync, IpPermissions=everything)
        self.assertFalse(self._reach()["Reachable"])
        self.ec2.authorize_security_group_egress(GroupId=self.datasync, IpPermissions=[
            {**NFS, "UserIdGroupPairs": [{"GroupId": self.target}]}])
        self.assertTrue(self._reach()["Reachable"])

    def test_a_zone_without_a_mount_target_has_no_address(self):
        self.assertEqual(self._reach(self.elsewhere), {"IpAddress": "", "Reachable": False})


if __name__ == "__main__":
    unittest.main()

    def test_who_may_ask_about_one_file_system_asks_about_that_one(self):
        arn = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/{self.file_system}"
        role = harness.role("asks-mounts", "lambda.amazonaws.com",
                            allow("elasticfilesystem:DescribeMountTargets", arn))
        ask = shared().as_role("efs", role).describe_mount_targets
        found = ask(FileSystemId=self.file_system)["MountTargets"]
        self.assertEqual([target["LifeCycleState"] for target in found], ["available"])
        code, message = refused(ask, FileSystemId="fs-ffffffffffffffff0")
        self.assertEqual(code, "AccessDeniedException")
        self.assertIn("elasticfilesystem:DescribeMountTargets", message)
