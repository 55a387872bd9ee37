"""The DataSync types of CloudFormation."""

from __future__ import annotations

import json
import unittest

from cloud.tests.fake_datasync import FakeDataSync
from cloud.tests.harness import ACCOUNT, REGION, delete_stack, outputs, physical_id, reasons, shared, stack

EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
FILE_SYSTEM = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/fs-1"

ATTRIBUTES = {
    "Uri": {"Value": {"Fn::GetAtt": ["Source", "LocationUri"]}},
    "Source": {"Value": {"Fn::GetAtt": ["Source", "LocationArn"]}},
    "Status": {"Value": {"Fn::GetAtt": ["Task", "Status"]}},
    "Task": {"Value": {"Fn::GetAtt": ["Task", "TaskArn"]}},
    "TaskRef": {"Value": {"Ref": "Task"}},
    "Interfaces": {"Value": {"Fn::Join": [",", {"Fn::GetAtt": ["Task", "SourceNetworkInterfaceArns"]}]}},
}


def resources(file_system: str = FILE_SYSTEM, subdirectory: str = "/", **task) -> dict:
    return {
        "Source": {"Type": "AWS::DataSync::LocationEFS", "Properties": {
            "EfsFilesystemArn": file_system, "Subdirectory": subdirectory,
            "Ec2Config": {"SubnetArn": f"{EC2}:subnet/subnet-1",
                          "SecurityGroupArns": [f"{EC2}:security-group/sg-1"]}}},
        "Destination": {"Type": "AWS::DataSync::LocationS3", "Properties": {
            "S3BucketArn": "arn:aws:s3:::backup",
            "S3Config": {"BucketAccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}}},
        "Task": {"Type": "AWS::DataSync::Task", "Properties": {
            "SourceLocationArn": {"Ref": "Source"}, "DestinationLocationArn": {"Ref": "Destination"},
            **task}},
    }


class DataSyncInAStack(unittest.TestCase):
    def setUp(self):
        self.fake = FakeDataSync()
        self.addCleanup(self.fake.close)
        shared().post("/_efs/datasync", {"url": self.fake.url})

    def test_is_created_with_references_and_attributes(self):
        made = stack("ds-create", resources(Name="nightly", Options={"BytesPerSecond": "-1"}),
                     Outputs=ATTRIBUTES)

        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("ds-create"))
        out = outputs(made)
        task = self.fake.resources[out["Task"]]
        self.assertEqual(task["SourceLocationArn"], out["Source"])
        self.assertEqual(task["Options"], {"BytesPerSecond": -1}, "a number, as the API wants it")
        self.assertEqual((out["Status"], out["TaskRef"]), ("AVAILABLE", out["Task"]))
        self.assertTrue(out["Uri"].startswith("efs://"))
        self.assertTrue(out["Interfaces"].endswith("eni-1"))

    def test_a_location_may_call_back_while_it_is_created(self):
        seen = []

        def call_back(operation, request):
            if operation == "CreateLocationS3":
                seen.append(shared().client("sts").get_caller_identity()["Account"])

        self.fake.before_answer = call_back
        made = stack("ds-call-back", resources())
        self.assertEqual((made["StackStatus"], seen), ("CREATE_COMPLETE", [ACCOUNT]))

    def test_a_task_is_updated_in_place(self):
        stack("ds-update", resources(Name="old", Excludes=[{"FilterType": "SIMPLE_PATTERN", "Value": "/a"}]))
        before = physical_id("ds-update", "Task")
        changed = stack("ds-update", resources(Name="new", Tags=[{"Key": "k", "Value": "v"}]), update=True)

        self.assertEqual(changed["StackStatus"], "UPDATE_COMPLETE", reasons("ds-update"))
        self.assertEqual(physical_id("ds-update", "Task"), before)
        update = next(request for operation, request, _ in self.fake.calls if operation == "UpdateTask")
        self.assertEqual(update, {"TaskArn": before, "Name": "new", "Excludes": []})
        self.assertEqual(self.fake.resources[before]["Tags"], [{"Key": "k", "Value": "v"}])

    def test_a_location_is_updated_in_place_where_datasync_can(self):
        stack("ds-subdirectory", resources())
        before = physical_id("ds-subdirectory", "Source")
        stack("ds-subdirectory", resources(subdirectory="/web"), update=True)

        self.assertEqual(physical_id("ds-subdirectory", "Source"), before)
        self.assertEqual(self.fake.resources[before]["Subdirectory"], "/web")

    def test_another_file_system_replaces_location_and_task(self):
        stack("ds-replace", resources())
        before = {name: physical_id("ds-replace", name) for name in ("Source", "Destination", "Task")}
        changes = self.changes("ds-replace", resources(FILE_SYSTEM + "2"))
        changed = stack("ds-replace", resources(FILE_SYSTEM + "2"), update=True)
        after = {name: physical_id("ds-replace", name) for name in before}

        self.assertEqual(changes, {"Source": "True", "Task": "True"})
        self.assertEqual(changed["StackStatus"], "UPDATE_COMPLETE", reasons("ds-replace"))
        self.assertNotEqual(after["Source"], before["Source"])
        self.assertNotEqual(after["Task"], before["Task"])
        self.assertEqual(after["Destination"], before["Destination"])
        self.assertEqual(set(self.fake.resources), set(after.values()), "the old ones are deleted")

    def changes(self, name: str, new: dict) -> dict:
        cloudformation = shared().client("cloudformation")
        cloudformation.create_change_set(
            StackName=name, ChangeSetName="c", TemplateBody=json.dumps({"Resources": new}))
        found = cloudformation.describe_change_set(StackName=name, ChangeSetName="c")["Changes"]
        cloudformation.delete_change_set(StackName=name, ChangeSetName="c")
        return {change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Replacement"]
                for change in found}

    def test_a_refused_create_rolls_the_stack_back_and_says_why(self):
        self.fake.before_answer = lambda operation, request: (
            (400, {"__type": "InvalidRequestException", "message": "Invalid parameter: no access to bucket"})
            if operation == "CreateLocationS3" else None)
        made = stack("ds-refused", resources())

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn('Resource handler returned message: "Invalid parameter: no access to bucket '
                      '(Service: DataSync, Status Code: 400)"', reasons("ds-refused"))
        self.assertEqual(self.fake.resources, {}, "nothing is left behind")

    def test_a_location_that_cannot_be_described_is_not_left_behind(self):
        self.fake.before_answer = lambda operation, request: (
            (500, {"__type": "InternalException", "message": "try later"})
            if operation == "DescribeLocationEfs" else None)
        made = stack("ds-describe", resources())

        self.assertEqual((made["StackStatus"], self.fake.resources), ("ROLLBACK_COMPLETE", {}))

    def test_a_refused_update_restores_what_was(self):
        stack("ds-update-refused", resources(Name="old"))
        task = physical_id("ds-update-refused", "Task")
        self.fake.before_answer = lambda operation, request: (
            (400, {"__type": "InvalidRequestException", "message": "Task is busy."})
            if operation == "UpdateTask" else None)
        changed = stack("ds-update-refused", resources(Name="new"), update=True)

        self.assertEqual(changed["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("Task is busy.", reasons("ds-update-refused"))
        self.assertEqual(self.fake.resources[task]["Name"], "old")

    def test_a_stack_takes_its_resources_with_it_even_if_some_are_gone(self):
        stack("ds-delete", resources())
        del self.fake.resources[physical_id("ds-delete", "Task")]
        gone = delete_stack("ds-delete")

        self.assertEqual((gone["StackStatus"], self.fake.resources), ("DELETE_COMPLETE", {}))

    def test_a_process_that_is_down_fails_the_stack(self):
        self.fake.close()
        made = stack("ds-down", resources())

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("does not answer", reasons("ds-down"))
