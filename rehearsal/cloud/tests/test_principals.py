"""Whom the policy of a bucket means: roles by their sessions, the root user, and who deploys."""

from __future__ import annotations

import json
import unittest

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, finished, reasons, refused, shared, wait_for

EVERYTHING = allow("*", "*")
SETTINGS = ["s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketObjectLockConfiguration",
            "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls",
            "s3:DeleteBucket"]
LIFECYCLE = {"Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""},
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 365}}]}


def deny(actions, resource, *but: str) -> dict:
    """A Deny to everybody, or to everybody but some roles."""
    condition = {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": list(but)}}} if but else {}
    return {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resource, **condition}


def protected(name: str, *statements: dict):
    """A versioned bucket with Object Lock and this policy; returns the root user's S3."""
    s3 = shared().client("s3")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True,
                     CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=name, Policy=harness.document(*statements))
    return s3


class AConditionOnThePrincipal(unittest.TestCase):
    """Each role may do everything; only the bucket's policy tells them apart."""

    @classmethod
    def setUpClass(cls):
        cls.keeper, cls.deployer, cls.admin = (
            harness.role(f"principal-{name}", "ec2.amazonaws.com", EVERYTHING)
            for name in ("keeper", "deployer", "admin"))
        arn = "arn:aws:s3:::principals"
        cls.root = protected("principals", deny(SETTINGS, arn, cls.keeper, cls.deployer),
                             deny("s3:DeleteObjectVersion", f"{arn}/*", cls.keeper))

    def puts(self, s3) -> list:
        """Every put that the policy is about, as calls that only wait to be made."""
        settings = {"Bucket": "principals"}
        lock = {"ObjectLockEnabled": "Enabled"}
        encryption = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        return [
            lambda: s3.put_bucket_lifecycle_configuration(**settings, LifecycleConfiguration=LIFECYCLE),
            lambda: s3.delete_bucket_lifecycle(**settings),
            lambda: s3.put_bucket_versioning(**settings, VersioningConfiguration={"Status": "Enabled"}),
            lambda: s3.put_object_lock_configuration(**settings, ObjectLockConfiguration=lock),
            lambda: s3.put_bucket_encryption(**settings, ServerSideEncryptionConfiguration=encryption),
            lambda: s3.put_public_access_block(**settings, PublicAccessBlockConfiguration={
                "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True}),
            lambda: s3.put_bucket_ownership_controls(**settings, OwnershipControls={
                "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}),
        ]

    def test_is_met_by_each_role_of_the_list(self):
        for role in (self.keeper, self.deployer):
            for put in self.puts(shared().as_role("s3", role)):
                put()

    def test_is_not_met_by_another_role_nor_by_the_root_user(self):
        for s3 in (shared().as_role("s3", self.admin), self.root):
            for put in self.puts(s3):
                code, message = refused(put)
                self.assertEqual(code, "AccessDenied")
                self.assertIn("with an explicit deny in a resource-based policy", message)
            self.assertEqual(refused(s3.delete_bucket, Bucket="principals")[0], "AccessDenied")

    def test_that_is_no_list_names_one_role(self):
        version = self.root.put_object(Bucket="principals", Key="k", Body=b"x")["VersionId"]
        one = {"Bucket": "principals", "Key": "k", "VersionId": version}
        for s3 in (shared().as_role("s3", self.deployer), shared().as_role("s3", self.admin), self.root):
            self.assertEqual(refused(s3.delete_object, **one)[0], "AccessDenied")
        shared().as_role("s3", self.keeper).delete_object(**one)

    def test_knows_a_role_with_a_path(self):
        iam = shared().client("iam")
        trust = harness.document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}})
        arn = iam.create_role(RoleName="keeper-below", Path="/teams/a/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName="keeper-below", PolicyName="own", PolicyDocument=harness.document(EVERYTHING))
        protected("principal-path", deny(SETTINGS, "arn:aws:s3:::principal-path", arn))
        shared().as_role("s3", arn).put_bucket_lifecycle_configuration(
            Bucket="principal-path", LifecycleConfiguration=LIFECYCLE)


class TheRootUser(unittest.TestCase):
    def test_can_always_replace_a_policy_that_locks_it_out(self):
        arn = "arn:aws:s3:::locked-out"
        s3 = protected("locked-out", deny("s3:*", [arn, f"{arn}/*"]))
        role = harness.role("locked-out-admin", "ec2.amazonaws.com", EVERYTHING)

        self.assertEqual(refused(s3.list_objects_v2, Bucket="locked-out")[0], "AccessDenied")
        self.assertEqual(refused(shared().as_role("s3", role).delete_bucket_policy, Bucket="locked-out")[0],
                         "AccessDenied")
        s3.get_bucket_policy(Bucket="locked-out")
        s3.delete_bucket_policy(Bucket="locked-out")
        s3.list_objects_v2(Bucket="locked-out")

    def test_is_stopped_by_a_topic_and_a_queue_as_well(self):
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:closed"
        sns, sqs = shared().client("sns"), shared().client("sqs")
        sns.create_topic(Name="closed", Attributes={"Policy": harness.document(deny("sns:Publish", arn))})
        self.assertEqual(refused(sns.publish, TopicArn=arn, Message="m")[0], "AuthorizationError")
        url = sqs.create_queue(QueueName="closed", Attributes={"Policy": harness.document(
            deny("sqs:SendMessage", f"arn:aws:sqs:{REGION}:{ACCOUNT}:closed"))})["QueueUrl"]
        self.assertIn("AccessDenied", refused(sqs.send_message, QueueUrl=url, MessageBody="m")[0])

    def test_needs_the_leave_of_a_customer_key(self):
        kms = shared().client("kms")
        role = harness.role("key-owner", "ec2.amazonaws.com", EVERYTHING)
        policy = harness.document({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"})
        key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        self.assertEqual(refused(kms.describe_key, KeyId=key)[0], "AccessDeniedException")
        shared().as_role("kms", role).describe_key(KeyId=key)


class AStack(unittest.TestCase):
    """It changes a bucket as the role that deploys it."""

    @classmethod
    def setUpClass(cls):
        cls.deployer, cls.admin = (harness.role(f"stack-{name}", "ec2.amazonaws.com", EVERYTHING)
                                   for name in ("deployer", "admin"))

    def template(self, days: int, broken: bool = False) -> dict:
        lifecycle = {"Rules": [{"Id": "expire", "Status": "Enabled",
                                "NoncurrentVersionExpiration": {"NoncurrentDays": days}}]}
        resources = {
            "B": {"Type": "AWS::S3::Bucket", "Properties": {
                "BucketName": "stack-protected", "LifecycleConfiguration": lifecycle}},
            "P": {"Type": "AWS::S3::BucketPolicy", "Properties": {
                "Bucket": {"Ref": "B"}, "PolicyDocument": json.loads(harness.document(
                    deny(SETTINGS, "arn:aws:s3:::stack-protected", self.deployer)))}},
        }
        if broken:
            resources["Q"] = {"Type": "AWS::SQS::Queue", "DependsOn": "B", "Properties": {
                "MessageRetentionPeriod": "never"}}
        return {"Resources": resources}

    def deploy(self, role: str, call: str, *template) -> str:
        cloudformation = shared().as_role("cloudformation", role)
        getattr(cloudformation, call)(StackName="protected", TemplateBody=json.dumps(self.template(*template)))
        return wait_for(lambda: finished("protected"))["StackStatus"]

    def days(self) -> int:
        rules = shared().client("s3").get_bucket_lifecycle_configuration(Bucket="stack-protected")["Rules"]
        return rules[0]["NoncurrentVersionExpiration"]["NoncurrentDays"]

    def test_is_denied_what_its_deployer_is_denied(self):
        self.assertEqual(self.deploy(self.deployer, "create_stack", 30), "CREATE_COMPLETE")
        self.assertEqual(self.deploy(self.deployer, "update_stack", 60), "UPDATE_COMPLETE")
        self.assertEqual(self.days(), 60)

        self.assertEqual(self.deploy(self.deployer, "update_stack", 90, True), "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.days(), 60)

        self.assertEqual(self.deploy(self.admin, "update_stack", 90), "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/stack-admin/test is not authorized to perform: "
                      "s3:PutLifecycleConfiguration", reasons("protected"))
        self.assertEqual(self.days(), 60)
