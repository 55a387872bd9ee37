"""A stack over what somebody made before it: it is used, added to where it must be, and left behind."""

from __future__ import annotations

import unittest

from cloud.tests.fake_datasync import FakeDataSync
from cloud.tests.harness import ACCOUNT, REGION, delete_stack, outputs, reasons, shared, stack


def ec2_arn(kind: str, name: str) -> str:
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{name}"


class AStackOverWhatExists(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fake = FakeDataSync()
        cls.addClassCleanup(cls.fake.close)
        shared().post("/_efs/datasync", {"url": cls.fake.url})
        ec2, efs = shared().client("ec2"), shared().client("efs")
        vpc = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
        subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.30.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")
                   ["Subnet"]["SubnetId"] for index, zone in enumerate("ab")]
        group = ec2.create_security_group(GroupName="mounts", Description="theirs", VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
            "IpRanges": [{"CidrIp": "10.30.0.0/24", "Description": "theirs"}]}])
        files = efs.create_file_system(CreationToken="existing", Encrypted=True)
        efs.create_mount_target(FileSystemId=files["FileSystemId"], SubnetId=subnets[0], SecurityGroups=[group])
        shared().client("s3").create_bucket(
            Bucket="existing", CreateBucketConfiguration={"LocationConstraint": REGION})
        cls.given = {"Vpc": vpc, "SubnetA": subnets[0], "SubnetB": subnets[1], "Group": group,
                     "Files": files["FileSystemId"], "FilesArn": files["FileSystemArn"], "Bucket": "existing"}

    def resources(self) -> dict:
        given = self.given
        ingress = {"GroupId": given["Group"], "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
                   "SourceSecurityGroupId": {"Ref": "Ours"}, "Description": "NFS from DataSync"}
        return {
            "Ours": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
                "VpcId": given["Vpc"], "GroupDescription": "DataSync"}},
            "Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": ingress},
            "Source": {"Type": "AWS::DataSync::LocationEFS", "DependsOn": "Rule", "Properties": {
                "EfsFilesystemArn": given["FilesArn"], "Ec2Config": {
                    "SubnetArn": ec2_arn("subnet", given["SubnetA"]),
                    "SecurityGroupArns": [{"Fn::Sub": ec2_arn("security-group", "${Ours}")}]}}},
            "Destination": {"Type": "AWS::DataSync::LocationS3", "Properties": {
                "S3BucketArn": "arn:aws:s3:::existing", "Subdirectory": "efs/",
                "S3Config": {"BucketAccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/any"}}},
            "OwnFiles": {"Type": "AWS::EFS::FileSystem", "Properties": {"Encrypted": True}},
            "OwnTarget": {"Type": "AWS::EFS::MountTarget", "Properties": {
                "FileSystemId": {"Ref": "OwnFiles"}, "SubnetId": given["SubnetB"], "SecurityGroups": [given["Group"]]}},
        }

    def rules(self) -> list[dict]:
        group, = shared().client("ec2").describe_security_groups(GroupIds=[self.given["Group"]])["SecurityGroups"]
        return group["IpPermissions"]

    def test_adds_one_rule_and_takes_it_back(self):
        made = stack("existing", self.resources(), Outputs={
            "Ours": {"Value": {"Ref": "Ours"}}, "Target": {"Value": {"Ref": "OwnTarget"}}})
        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("existing"))
        ours = outputs(made)["Ours"]
        sources = [pair["GroupId"] for rule in self.rules() for pair in rule.get("UserIdGroupPairs", [])]
        ranges = [span["CidrIp"] for rule in self.rules() for span in rule.get("IpRanges", [])]
        self.assertEqual((sources, ranges), ([ours], ["10.30.0.0/24"]))
        source = next(request for operation, request, _ in self.fake.calls if operation == "CreateLocationEfs")
        self.assertEqual(source["EfsFilesystemArn"], self.given["FilesArn"])
        self.assertEqual(source["Ec2Config"]["SecurityGroupArns"], [ec2_arn("security-group", ours)])
        target, = shared().client("efs").describe_mount_targets(
            MountTargetId=outputs(made)["Target"])["MountTargets"]
        self.assertEqual((target["SubnetId"], target["VpcId"]), (self.given["SubnetB"], self.given["Vpc"]))

        self.assertEqual(delete_stack("existing")["StackStatus"], "DELETE_COMPLETE", reasons("existing"))
        self.assertEqual([rule.get("UserIdGroupPairs", []) for rule in self.rules()], [[]])
        shared().client("s3").head_bucket(Bucket="existing")
        shared().client("efs").describe_file_systems(FileSystemId=self.given["Files"])
        shared().client("ec2").describe_subnets(SubnetIds=[self.given["SubnetA"], self.given["SubnetB"]])

    def test_of_a_group_that_is_gone_fails(self):
        resources = {"Rule": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
            "GroupId": "sg-00000000000000000", "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
            "CidrIp": "10.0.0.0/8"}}}
        self.assertEqual(stack("existing-gone", resources)["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("The security group 'sg-00000000000000000' does not exist", reasons("existing-gone"))


if __name__ == "__main__":
    unittest.main()
