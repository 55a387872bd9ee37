"""Auto Scaling groups of a stack: who launches, who waits, who goes into service."""

from __future__ import annotations

import unittest

from cloud.tests.harness import (
    ACCOUNT, REGION, allow, delete_stack, reasons, refused, role, shared, stack)


def group(name: str, **properties) -> dict:
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        **{f"Subnet{zone}": {"Type": "AWS::EC2::Subnet", "Properties": {
            "VpcId": {"Ref": "Vpc"}, "CidrBlock": f"10.0.{part}.0/24", "AvailabilityZone": f"{REGION}{zone}"}}
            for part, zone in enumerate("ab")},
        "Machine": {"Type": "AWS::EC2::LaunchTemplate", "Properties": {
            "LaunchTemplateData": {"InstanceType": "t3.micro"}}},
        "Group": {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": {
            "AutoScalingGroupName": name, "MinSize": "1", "MaxSize": "3",
            "VPCZoneIdentifier": [{"Ref": "Subneta"}, {"Ref": "Subnetb"}],
            "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Machine"},
                               "Version": {"Fn::GetAtt": ["Machine", "LatestVersionNumber"]}},
            "LifecycleHookSpecificationList": [{
                "LifecycleHookName": "ready", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                "DefaultResult": "ABANDON", "HeartbeatTimeout": 600}],
            **properties}},
    }


def scaling():
    return shared().client("autoscaling")


def instances(name: str) -> list[dict]:
    found = scaling().describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return found[0]["Instances"]


def states(name: str) -> list[str]:
    return [instance["LifecycleState"] for instance in instances(name)]


def complete(name: str, instance: dict, result: str, hook: str = "ready") -> None:
    scaling().complete_lifecycle_action(
        AutoScalingGroupName=name, LifecycleHookName=hook, InstanceId=instance["InstanceId"],
        LifecycleActionResult=result)


class Groups(unittest.TestCase):
    def test_launch_instances_that_wait_for_the_hook(self):
        made = stack("fleet-wait", group("fleet-wait"))
        self.assertEqual(made["StackStatus"], "CREATE_COMPLETE", reasons("fleet-wait"))
        hook = scaling().describe_lifecycle_hooks(AutoScalingGroupName="fleet-wait")["LifecycleHooks"][0]
        self.assertEqual((hook["DefaultResult"], hook["HeartbeatTimeout"]), ("ABANDON", 600))
        self.assertEqual(states("fleet-wait"), ["Pending:Wait"], "the first instance waits as well")

        scaling().set_desired_capacity(AutoScalingGroupName="fleet-wait", DesiredCapacity=2)
        first, second = instances("fleet-wait")
        complete("fleet-wait", first, "CONTINUE")
        self.assertEqual(states("fleet-wait"), ["InService", "Pending:Wait"])
        self.assertEqual({first["AvailabilityZone"], second["AvailabilityZone"]},
                         {f"{REGION}a", f"{REGION}b"}, "the zones are those of the subnets")
        self.assertEqual(delete_stack("fleet-wait")["StackStatus"], "DELETE_COMPLETE")

    def test_replace_an_instance_that_is_abandoned_terminated_or_unhealthy(self):
        stack("fleet-replace", group("fleet-replace"))

        def ends(act):
            before = instances("fleet-replace")[0]
            act(before)
            after = instances("fleet-replace")
            self.assertEqual([one["LifecycleState"] for one in after], ["Pending:Wait"])
            self.assertNotEqual(after[0]["InstanceId"], before["InstanceId"])

        ends(lambda one: complete("fleet-replace", one, "ABANDON"))
        ends(lambda one: scaling().terminate_instance_in_auto_scaling_group(
            InstanceId=one["InstanceId"], ShouldDecrementDesiredCapacity=False))
        ends(lambda one: scaling().set_instance_health(
            InstanceId=one["InstanceId"], HealthStatus="Unhealthy"))

    def test_refuse_what_no_hook_waits_for(self):
        stack("fleet-refuse", group("fleet-refuse"))
        one = instances("fleet-refuse")[0]
        _, message = refused(complete, "fleet-refuse", one, "CONTINUE", hook="another")
        self.assertIn("No such lifecycle hook", message)
        complete("fleet-refuse", one, "CONTINUE")
        for instance in (one, {"InstanceId": "i-0000000000000000f"}):
            _, message = refused(complete, "fleet-refuse", instance, "ABANDON")
            self.assertEqual(message, f"No active Lifecycle Action found with instance ID {instance['InstanceId']}")
        _, message = refused(scaling().terminate_instance_in_auto_scaling_group,
                             InstanceId=one["InstanceId"], ShouldDecrementDesiredCapacity=True)
        self.assertIn("min size constraint", message)

    def test_keep_the_size_they_have_grown_to(self):
        stack("fleet-size", group("fleet-size"))
        scaling().set_desired_capacity(AutoScalingGroupName="fleet-size", DesiredCapacity=2)
        stack("fleet-size", group("fleet-size", HealthCheckGracePeriod=60), update=True)
        self.assertEqual(len(instances("fleet-size")), 2)
        stack("fleet-size", group("fleet-size", MaxSize="1"), update=True)
        self.assertEqual(len(instances("fleet-size")), 1, "but not beyond its bounds")

    def test_are_what_a_call_about_an_instance_is_authorized_on(self):
        stack("fleet-iam", group("fleet-iam"))
        group_arn = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/"
        for allowed, ok in (("fleet-other", False), ("fleet-iam", True)):
            arn = role(f"role-{allowed}", "ec2.amazonaws.com",
                       allow(["autoscaling:SetInstanceHealth"], group_arn + allowed))
            client = shared().as_role("autoscaling", arn)
            request = {"InstanceId": instances("fleet-iam")[0]["InstanceId"], "HealthStatus": "Healthy"}
            if ok:
                client.set_instance_health(**request)
            else:
                self.assertEqual(refused(client.set_instance_health, **request)[0], "AccessDenied")


if __name__ == "__main__":
    unittest.main()
