"""Buckets of a stack: every property that the emulator would drop, and the deletion."""

from __future__ import annotations

import unittest

from cloud.tests.harness import delete_stack, physical_id, reasons, refused, shared, stack

RULES = [
    {"Id": "archive", "Status": "Enabled", "ObjectSizeGreaterThan": 262144, "Prefix": "efs/",
     "NoncurrentVersionTransitions": [{"StorageClass": "DEEP_ARCHIVE", "TransitionInDays": 30}]},
    {"Id": "expire", "Status": "Enabled",
     "NoncurrentVersionExpiration": {"NoncurrentDays": 365, "NewerNoncurrentVersions": 2}},
    {"Id": "tidy", "Status": "Disabled", "ExpiredObjectDeleteMarker": True,
     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    {"Id": "reports", "Status": "Enabled", "ExpirationInDays": 90,
     "TagFilters": [{"Key": "kind", "Value": "report"}],
     "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": "30"}]},
]


def bucket(name: str, retain: bool = False, **properties) -> dict:
    policy = {"DeletionPolicy": "Retain"} if retain else {}
    return {"B": {"Type": "AWS::S3::Bucket", **policy, "Properties": {"BucketName": name, **properties}}}


class PropertiesOfABucket(unittest.TestCase):
    """Each is set, changed or removed by a stack, and read back through S3."""

    def setUp(self):
        self.s3 = shared().client("s3")

    def deploy(self, name: str, update: bool = False, **properties) -> None:
        made = stack(name, bucket(name, **properties), update=update)
        self.assertIn(made["StackStatus"], ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons(name))

    def test_lifecycle_configuration(self):
        self.deploy("b-lifecycle", LifecycleConfiguration={"Rules": RULES})
        archive, expire, tidy, reports = self.s3.get_bucket_lifecycle_configuration(
            Bucket="b-lifecycle")["Rules"]

        self.assertEqual(archive, {
            "ID": "archive", "Status": "Enabled",
            "Filter": {"And": {"Prefix": "efs/", "ObjectSizeGreaterThan": 262144}},
            "NoncurrentVersionTransitions": [{"NoncurrentDays": 30, "StorageClass": "DEEP_ARCHIVE"}]})
        self.assertEqual(expire, {
            "ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 365, "NewerNoncurrentVersions": 2}})
        self.assertEqual(tidy, {
            "ID": "tidy", "Status": "Disabled", "Filter": {"Prefix": ""},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}})
        self.assertEqual(reports, {
            "ID": "reports", "Status": "Enabled", "Filter": {"Tag": {"Key": "kind", "Value": "report"}},
            "Expiration": {"Days": 90}, "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]})

        self.deploy("b-lifecycle", update=True)
        self.assertEqual(refused(self.s3.get_bucket_lifecycle_configuration, Bucket="b-lifecycle")[0],
                         "NoSuchLifecycleConfiguration")

    def test_bucket_encryption(self):
        rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"},
                "BucketKeyEnabled": True}
        self.deploy("b-encryption", BucketEncryption={"ServerSideEncryptionConfiguration": [rule]})
        found = self.s3.get_bucket_encryption(Bucket="b-encryption")

        self.assertEqual(found["ServerSideEncryptionConfiguration"]["Rules"], [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"},
             "BucketKeyEnabled": True}])

    def test_ownership_controls(self):
        self.deploy("b-owner", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
        found = self.s3.get_bucket_ownership_controls(Bucket="b-owner")["OwnershipControls"]
        self.assertEqual(found["Rules"], [{"ObjectOwnership": "ObjectWriter"}])

    def test_logging_configuration(self):
        self.deploy("b-logs")
        by_day = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
        self.deploy("b-logging", LoggingConfiguration={
            "DestinationBucketName": "b-logs", "LogFilePrefix": "s3/", "TargetObjectKeyFormat": by_day})
        self.assertEqual(self.s3.get_bucket_logging(Bucket="b-logging")["LoggingEnabled"],
                         {"TargetBucket": "b-logs", "TargetPrefix": "s3/", "TargetObjectKeyFormat": by_day})
        self.deploy("b-logging", update=True, LoggingConfiguration={"LogFilePrefix": "s3/"})
        self.assertEqual(self.s3.get_bucket_logging(Bucket="b-logging")["LoggingEnabled"]["TargetBucket"],
                         "b-logging")
        self.deploy("b-logging", update=True)
        self.assertNotIn("LoggingEnabled", self.s3.get_bucket_logging(Bucket="b-logging"))

    def test_logging_into_no_bucket_or_one_with_object_lock(self):
        self.deploy("b-logs-locked", VersioningConfiguration={"Status": "Enabled"}, ObjectLockEnabled=True)
        for name, target in (("b-logging-none", "b-logs-none"), ("b-logging-locked", "b-logs-locked")):
            made = stack(name, bucket(name, LoggingConfiguration={"DestinationBucketName": target}))
            self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE", target)

    def test_versioning_that_is_suspended(self):
        self.deploy("b-versioning", VersioningConfiguration={"Status": "Suspended"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket="b-versioning")["Status"], "Suspended")
        self.deploy("b-versioning", update=True, VersioningConfiguration={"Status": "Enabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket="b-versioning")["Status"], "Enabled")
        self.deploy("b-versioning", update=True)
        self.assertEqual(self.s3.get_bucket_versioning(Bucket="b-versioning")["Status"], "Suspended")

    def test_object_lock(self):
        retention = {"Mode": "GOVERNANCE", "Days": 7}
        self.deploy("b-lock", VersioningConfiguration={"Status": "Enabled"}, ObjectLockEnabled=True,
                    ObjectLockConfiguration={"ObjectLockEnabled": "Enabled",
                                             "Rule": {"DefaultRetention": retention}})
        found = self.s3.get_object_lock_configuration(Bucket="b-lock")["ObjectLockConfiguration"]
        self.assertEqual(found, {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}})

    def test_tags(self):
        tags = [{"Key": "cost", "Value": "42"}]
        self.deploy("b-tags", Tags=tags)
        self.assertEqual(self.s3.get_bucket_tagging(Bucket="b-tags")["TagSet"], tags)

    def test_a_refused_one_leaves_no_bucket_behind(self):
        wrong = {"Rules": [{"Id": "wrong", "Status": "Enabled", "ExpirationInDays": 0}]}
        made = stack("b-refused", bucket("b-refused", LifecycleConfiguration=wrong))

        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertEqual(refused(self.s3.head_bucket, Bucket="b-refused")[0], "404")

    def test_a_failed_update_restores_what_was(self):
        self.deploy("b-rollback", LifecycleConfiguration={"Rules": RULES[:1]})
        wrong = {"Rules": [{"Id": "wrong", "Status": "Enabled", "ExpirationInDays": 0}]}
        changed = stack("b-rollback", bucket("b-rollback", LifecycleConfiguration=wrong), update=True)

        self.assertEqual(changed["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("'Days' for Expiration action must be a positive integer", reasons("b-rollback"))
        rules = self.s3.get_bucket_lifecycle_configuration(Bucket="b-rollback")["Rules"]
        self.assertEqual([rule["ID"] for rule in rules], ["archive"])


class TheDeletionOfABucket(unittest.TestCase):
    def test_with_objects_fails_and_keeps_them(self):
        stack("b-full", bucket("b-full"))
        shared().client("s3").put_object(Bucket="b-full", Key="k", Body=b"data")
        left = delete_stack("b-full")

        self.assertEqual(left["StackStatus"], "DELETE_FAILED")
        self.assertIn("The bucket you tried to delete is not empty", reasons("b-full"))
        self.assertEqual(shared().client("s3").get_object(Bucket="b-full", Key="k")["Body"].read(), b"data")

    def test_that_is_empty_or_gone_succeeds(self):
        stack("b-empty", bucket("b-empty"))
        self.assertEqual(delete_stack("b-empty")["StackStatus"], "DELETE_COMPLETE")
        stack("b-gone", bucket("b-gone"))
        shared().client("s3").delete_bucket(Bucket=physical_id("b-gone", "B"))
        self.assertEqual(delete_stack("b-gone")["StackStatus"], "DELETE_COMPLETE")
