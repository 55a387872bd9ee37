"""What else a stack needs: network rules, functions, schedules, change sets, the SAM transform."""

from __future__ import annotations

import json
import unittest

from cloud.tests import harness
from cloud.tests.harness import (
    ACCOUNT, REGION, delete_stack, finished, physical_id, reasons, shared, stack, wait_for)


class SecurityGroupRules(unittest.TestCase):
    GROUPS = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Mount": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
            "GroupDescription": "mount targets", "VpcId": {"Ref": "Vpc"}}},
        "Client": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
            "GroupDescription": "clients", "VpcId": {"Ref": "Vpc"}}},
    }

    def rules(self, ingress_port: int = 2049, **more) -> dict:
        return {
            **self.GROUPS,
            "In": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
                "GroupId": {"Ref": "Mount"}, "IpProtocol": "tcp", "FromPort": ingress_port,
                "ToPort": ingress_port, "SourceSecurityGroupId": {"Ref": "Client"},
                "Description": "NFS from the clients"}},
            "Out": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {
                "GroupId": {"Ref": "Client"}, "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
                "DestinationSecurityGroupId": {"Ref": "Mount"}}},
            **more,
        }

    def permissions(self, name: str, group: str, direction: str) -> list[tuple]:
        found = shared().client("ec2").describe_security_groups(
            GroupIds=[physical_id(name, group)])["SecurityGroups"][0][direction]
        return [(rule.get("FromPort"), [pair["GroupId"] for pair in rule["UserIdGroupPairs"]],
                 [item["CidrIp"] for item in rule["IpRanges"]]) for rule in found]

    def test_are_real_rules_of_the_group(self):
        made = stack("sg-create", self.rules())
        mount, client = physical_id("sg-create", "Mount"), physical_id("sg-create", "Client")

        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("sg-create"))
        self.assertEqual(self.permissions("sg-create", "Mount", "IpPermissions"), [(2049, [client], [])])
        self.assertEqual(self.permissions("sg-create", "Client", "IpPermissionsEgress"),
                         [(2049, [mount], [])], "the rule that allows all is gone")
        self.assertEqual(self.permissions("sg-create", "Mount", "IpPermissionsEgress"),
                         [(None, [], ["0.0.0.0/0"])])

    def test_are_revoked_without_naming_their_description(self):
        stack("sg-revoke", self.rules())
        shared().client("ec2").revoke_security_group_ingress(
            GroupId=physical_id("sg-revoke", "Mount"), IpPermissions=[{
                "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
                "UserIdGroupPairs": [{"GroupId": physical_id("sg-revoke", "Client")}]}])
        self.assertEqual(self.permissions("sg-revoke", "Mount", "IpPermissions"), [])

    def test_are_replaced_and_deleted(self):
        stack("sg-change", self.rules())
        before = physical_id("sg-change", "In")
        stack("sg-change", self.rules(ingress_port=111), update=True)
        self.assertNotEqual(physical_id("sg-change", "In"), before)
        self.assertEqual([rule[0] for rule in self.permissions("sg-change", "Mount", "IpPermissions")], [111])

        stack("sg-change", self.GROUPS, update=True)
        self.assertEqual(self.permissions("sg-change", "Mount", "IpPermissions"), [])
        self.assertEqual(self.permissions("sg-change", "Client", "IpPermissionsEgress"), [])

    def test_a_rule_that_exists_fails_the_stack(self):
        twice = self.rules()
        twice["Again"] = {**twice["In"], "DependsOn": "In"}
        made = stack("sg-twice", twice)

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("already exists", reasons("sg-twice"))

    def test_a_rule_of_a_missing_group_fails_the_stack(self):
        rule = self.rules()["In"]
        rule["Properties"].update(GroupId="sg-missing", SourceSecurityGroupId="sg-x")
        made = stack("sg-missing", {"In": rule})

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("The security group 'sg-missing' does not exist", reasons("sg-missing"))


class BackupSelections(unittest.TestCase):
    def test_are_made_and_deleted_with_the_stack(self):
        plan = {"Type": "AWS::Backup::BackupPlan", "Properties": {"BackupPlan": {
            "BackupPlanName": "p", "BackupPlanRule": [{"RuleName": "r", "TargetBackupVault": "Default"}]}}}
        selection = {"Type": "AWS::Backup::BackupSelection", "Properties": {
            "BackupPlanId": {"Ref": "Plan"},
            "BackupSelection": {"SelectionName": "fleet", "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/b",
                                "Resources": ["arn:aws:ec2:*:*:volume/*"]}}}
        made = stack("backup", {"Plan": plan, "Selection": selection})
        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("backup"))
        backup, plan_id = shared().client("backup"), physical_id("backup", "Plan")
        names = [item["SelectionName"] for item in
                 backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]]
        self.assertEqual(names, ["fleet"])

        stack("backup", {"Plan": plan}, update=True)
        left = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
        self.assertEqual(left, [])
        self.assertEqual(delete_stack("backup")["StackStatus"], "DELETE_COMPLETE")


class Functions(unittest.TestCase):
    PROPERTIES = {"Runtime": "provided.al2023", "Handler": "bootstrap",
                  "Role": f"arn:aws:iam::{ACCOUNT}:role/f"}

    def test_without_their_code_are_not_made(self):
        made = stack("fn-no-code", {"F": {"Type": "AWS::Lambda::Function", "Properties": {
            **self.PROPERTIES, "Code": {"S3Bucket": "no-such-bucket", "S3Key": "fn.zip"}}}})

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("The specified key does not exist: s3://no-such-bucket/fn.zip", reasons("fn-no-code"))

    def test_keep_their_dead_letter_queue_and_reserved_concurrency(self):
        def deploy(update=False, **properties):
            stack("fn-kept", {"F": {"Type": "AWS::Lambda::Function", "Properties": {
                **self.PROPERTIES, "FunctionName": "fn-kept", "Code": {"ZipFile": "x"}, **properties,
                }}}, update=update)
            return shared().client("lambda").get_function(FunctionName="fn-kept")

        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
        deploy(ReservedConcurrentExecutions=5)
        found = deploy(update=True, DeadLetterConfig={"TargetArn": queue}, ReservedConcurrentExecutions="3")

        self.assertEqual(found["Configuration"]["DeadLetterConfig"], {"TargetArn": queue})
        self.assertEqual(found["Concurrency"], {"ReservedConcurrentExecutions": 3})
        self.assertNotIn("Concurrency", deploy(update=True))


class Schedules(unittest.TestCase):
    def schedule(self, **properties) -> dict:
        return {"S": {"Type": "AWS::Scheduler::Schedule", "Properties": {
            "Name": "nightly", "ScheduleExpression": "cron(0 2 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
                       "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/s"}, **properties}}}

    def test_keep_their_time_zone_and_state(self):
        scheduler = shared().client("scheduler")
        made = stack("schedule", self.schedule(Description="d"))
        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("schedule"))
        found = scheduler.get_schedule(Name="nightly")
        self.assertEqual((found["ScheduleExpressionTimezone"], found["State"]), ("Europe/Berlin", "ENABLED"))

        changed = self.schedule(State="DISABLED", ScheduleExpressionTimezone="Asia/Kolkata")
        stack("schedule", changed, update=True)
        found = scheduler.get_schedule(Name="nightly")
        self.assertEqual((found["ScheduleExpressionTimezone"], found["State"], found["Description"]),
                         ("Asia/Kolkata", "DISABLED", ""))
        self.assertEqual(delete_stack("schedule")["StackStatus"], "DELETE_COMPLETE")

    def test_of_a_missing_group_fail(self):
        made = stack("schedule-group", self.schedule(Name="x", GroupName="no-such-group"))

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("Schedule group no-such-group does not exist", reasons("schedule-group"))


class ChangeSets(unittest.TestCase):
    def test_tell_what_replaces_a_bucket(self):
        def bucket(**properties):
            return {"B": {"Type": "AWS::S3::Bucket", "Properties": properties}}

        stack("changes", bucket(BucketName="changes-one"))
        for properties, expected in (
            ({"BucketName": "changes-one", "OwnershipControls": {"Rules": []}}, "False"),
            ({"BucketName": "changes-two"}, "True"),
        ):
            cloudformation = shared().client("cloudformation")
            cloudformation.create_change_set(StackName="changes", ChangeSetName="c",
                                             TemplateBody=json.dumps({"Resources": bucket(**properties)}))
            found = cloudformation.describe_change_set(StackName="changes", ChangeSetName="c")
            cloudformation.delete_change_set(StackName="changes", ChangeSetName="c")
            self.assertEqual(found["Changes"][0]["ResourceChange"]["Replacement"], expected, properties)


class TheSamTransform(unittest.TestCase):
    def test_makes_a_function_with_role_rule_and_failure_queue(self):
        cloud = shared()
        cloud.client("s3").create_bucket(
            Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        cloud.client("s3").put_object(Bucket="code", Key="fn.zip", Body=harness.function_code())
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Parameters": {"Architecture": {"Type": "String", "Default": "x86_64"},
                           "Extra": {"Type": "String", "Default": ""}},
            "Conditions": {"HasExtra": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Extra"}, ""]}]}},
            "Resources": {
                "Queue": {"Type": "AWS::SQS::Queue"},
                "Fn": {"Type": "AWS::Serverless::Function", "Properties": {
                    "FunctionName": "sam-fn", "Runtime": "provided.al2023", "Handler": "bootstrap",
                    "CodeUri": "s3://code/fn.zip", "Architectures": [{"Ref": "Architecture"}],
                    "Environment": {"Variables": {
                        "ALWAYS": "yes",
                        "EXTRA": {"Fn::If": ["HasExtra", {"Ref": "Extra"}, {"Ref": "AWS::NoValue"}]}}},
                    "EventInvokeConfig": {"MaximumRetryAttempts": 1, "DestinationConfig": {
                        "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["Queue", "Arn"]}}}},
                    "Events": {"Finished": {"Type": "EventBridgeRule", "Properties": {
                        "Pattern": {"source": ["sam.test"]}}}}}},
            },
        }
        cloudformation = cloud.client("cloudformation")
        cloudformation.create_change_set(
            StackName="sam", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        wait_for(lambda: cloudformation.describe_change_set(
            StackName="sam", ChangeSetName="c")["Status"] == "CREATE_COMPLETE")
        cloudformation.execute_change_set(StackName="sam", ChangeSetName="c")
        made = wait_for(lambda: finished("sam"))

        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("sam"))
        cloud.client("events").put_events(Entries=[
            {"Source": "sam.test", "DetailType": "t", "Detail": '{"n": 1}'}])
        answer = wait_for(lambda: harness.answers("sam-fn"))[0]
        self.assertEqual(answer["event"]["detail"], {"n": 1})
        self.assertEqual(answer["environment"]["ALWAYS"], "yes")
        self.assertNotIn("EXTRA", answer["environment"], "a property without a value is left out")

        cloud.client("events").put_events(Entries=[
            {"Source": "sam.test", "DetailType": "t", "Detail": '{"fail": true}'}])
        queue = physical_id("sam", "Queue")
        failed = wait_for(lambda: cloud.client("sqs").receive_message(QueueUrl=queue).get("Messages"))
        self.assertEqual(json.loads(failed[0]["Body"])["responsePayload"]["errorMessage"], "on purpose")


class EveryTypeOfOurTemplate(unittest.TestCase):
    TYPES = """
        AWS::EC2::VPC AWS::EC2::Subnet AWS::EC2::InternetGateway AWS::EC2::VPCGatewayAttachment
        AWS::EC2::RouteTable AWS::EC2::Route AWS::EC2::SubnetRouteTableAssociation
        AWS::EC2::SecurityGroup AWS::EC2::SecurityGroupIngress AWS::EC2::SecurityGroupEgress
        AWS::EC2::VPCEndpoint AWS::EC2::LaunchTemplate AWS::AutoScaling::AutoScalingGroup
        AWS::AutoScaling::ScalingPolicy AWS::AutoScaling::LifecycleHook
        AWS::EFS::FileSystem AWS::EFS::MountTarget AWS::S3::Bucket AWS::S3::BucketPolicy
        AWS::DataSync::LocationEFS AWS::DataSync::LocationS3 AWS::DataSync::Task
        AWS::IAM::Role AWS::IAM::Policy AWS::IAM::InstanceProfile AWS::KMS::Key AWS::KMS::Alias
        AWS::Logs::LogGroup AWS::Logs::ResourcePolicy AWS::Logs::MetricFilter
        AWS::SNS::Topic AWS::SNS::TopicPolicy AWS::SNS::Subscription AWS::SQS::Queue AWS::SQS::QueuePolicy
        AWS::Lambda::Function AWS::Lambda::Permission AWS::Lambda::EventInvokeConfig
        AWS::Events::Rule AWS::Scheduler::Schedule AWS::Scheduler::ScheduleGroup
        AWS::CloudWatch::Alarm AWS::CloudWatch::Dashboard
        AWS::Backup::BackupVault AWS::Backup::BackupPlan AWS::Backup::BackupSelection
    """

    def test_is_known(self):
        cloudformation = shared().client("cloudformation")
        known = {name: {"Type": name} for name in self.TYPES.split()}
        template = {key.replace(":", ""): value for key, value in known.items()}
        cloudformation.validate_template(TemplateBody=json.dumps({"Resources": template}))

        _, message = harness.refused(cloudformation.validate_template, TemplateBody=json.dumps(
            {"Resources": {"X": {"Type": "AWS::DataSync::Nothing"}}}))
        self.assertIn("AWS::DataSync::Nothing", message)


if __name__ == "__main__":
    unittest.main()
