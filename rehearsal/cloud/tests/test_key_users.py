"""Who else needs the leave of a customer key: functions for their variables, fleets, and log groups."""

from __future__ import annotations

import json
import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, reasons, refused, shared, stack, wait_for
from cloud.tests.test_keys import change, key, lets

AUTO_SCALING = (f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/"
                "AWSServiceRoleForAutoScaling")


class VariablesOfAFunction(unittest.TestCase):
    def function(self, name: str, key_arn: str, *grants: dict) -> None:
        """A function as a stack makes it, with a variable under the key."""
        shared().client("s3").create_bucket(
            Bucket=f"{name}-code", CreateBucketConfiguration={"LocationConstraint": REGION})
        shared().client("s3").put_object(Bucket=f"{name}-code", Key="c.zip", Body=harness.function_code())
        made = stack(name, {"F": {"Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": name, "Role": harness.role(f"{name}-role", "lambda.amazonaws.com", *grants),
            "Runtime": "provided.al2023", "Handler": "bootstrap", "KmsKeyArn": key_arn,
            "Code": {"S3Bucket": f"{name}-code", "S3Key": "c.zip"}, "Environment": {"Variables": {"SECRET": "x"}}}}})
        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons(name))

    def test_are_read_by_a_role_that_may_use_the_key(self):
        mine = key()
        self.function("reads-variables", mine, allow("kms:Decrypt", mine))
        configuration = shared().client("lambda").get_function_configuration(FunctionName="reads-variables")
        self.assertEqual(configuration["KMSKeyArn"], mine)
        answer = json.load(shared().client("lambda").invoke(FunctionName="reads-variables", Payload="{}")["Payload"])
        self.assertEqual(answer["environment"]["SECRET"], "x")

    def test_are_closed_to_another_whose_function_does_not_run(self):
        self.function("blind", key(), harness.may_log())
        client = shared().client("lambda")
        code, message = refused(client.invoke, FunctionName="blind", Payload="{}")
        self.assertEqual(code, "KMSAccessDeniedException")
        self.assertIn("Lambda was unable to decrypt the environment variables", message)
        client.invoke(FunctionName="blind", InvocationType="Event", Payload="{}")
        wait_for(lambda: harness.attempts("blind"))
        self.assertEqual(harness.answers("blind"), [])


class VolumesOfAFleet(unittest.TestCase):
    def fleet(self, name: str, key_arn: str) -> dict:
        return stack(name, {
            "T": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {
                "InstanceType": "t3.micro", "BlockDeviceMappings": [
                    {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": key_arn}}]}}},
            "G": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {
                "AutoScalingGroupName": name, "MinSize": "2", "MaxSize": "2", "AvailabilityZones": [f"{REGION}a"],
                "LaunchTemplate": {"LaunchTemplateId": {"Ref": "T"},
                                   "Version": {"Fn::GetAtt": ["T", "LatestVersionNumber"]}}}}})

    def instances(self, name: str) -> int:
        groups = shared().client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return len(groups["AutoScalingGroups"][0]["Instances"])

    def grants(self, **grant_for) -> tuple:
        use = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]
        mine = {"ArnEquals": {"aws:PrincipalArn": AUTO_SCALING}}
        return (lets({"AWS": "*"}, use, **mine), lets({"AWS": "*"}, ["kms:CreateGrant"], **mine, **grant_for))

    def test_are_made_where_the_key_names_auto_scaling(self):
        self.fleet("fleet-keyed", key(*self.grants(Bool={"kms:GrantIsForAWSResource": "true"})))
        self.assertEqual(self.instances("fleet-keyed"), 2)

    def test_are_not_made_where_it_does_not(self):
        mine = key()
        self.assertEqual(self.fleet("fleet-closed", mine)["StackStatus"], "CREATE_COMPLETE")
        self.assertEqual(self.instances("fleet-closed"), 0)
        scaling = shared().client("autoscaling")
        activity, = scaling.describe_scaling_activities(AutoScalingGroupName="fleet-closed")["Activities"]
        self.assertEqual(activity["StatusCode"], "Failed")
        self.assertIn("Client.InternalError", activity["StatusMessage"])
        self.assertIn(mine, activity["StatusMessage"])

        change(mine, *self.grants())
        scaling.set_desired_capacity(AutoScalingGroupName="fleet-closed", DesiredCapacity=2)
        self.assertEqual(self.instances("fleet-closed"), 2)
        self.assertEqual(scaling.describe_scaling_activities(AutoScalingGroupName="fleet-closed")["Activities"], [])


class ALogGroup(unittest.TestCase):
    def group(self, name: str, key_arn: str) -> str:
        return stack(name, {"L": {"Type": "AWS::Logs::LogGroup", "Properties": {
            "LogGroupName": f"/aws/lambda/{name}", "KmsKeyId": key_arn}}})["StackStatus"]

    def test_is_made_only_with_a_key_that_lets_cloudwatch_logs_in(self):
        logs = {"Service": f"logs.{REGION}.amazonaws.com"}
        use = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*"]
        pattern = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/log-mine*"
        mine = key(lets(logs, use, ArnLike={"kms:EncryptionContext:aws:logs:arn": pattern}))
        self.assertEqual(self.group("log-mine", mine), "CREATE_COMPLETE")
        for name, key_arn in (("log-other", mine), ("log-none", key())):
            self.assertEqual(self.group(name, key_arn), "ROLLBACK_COMPLETE")
            self.assertIn("The specified KMS key does not exist or is not allowed to be used", reasons(name))


if __name__ == "__main__":
    unittest.main()
