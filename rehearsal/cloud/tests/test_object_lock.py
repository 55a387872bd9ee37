"""Versions under retention: whatever way they were written, and whoever wants them gone."""

from __future__ import annotations

import unittest

from cloud.tests import harness
from cloud.tests.harness import allow, reasons, refused, shared, stack


def locked(name: str, mode: str) -> dict:
    return {"B": {"Type": "AWS::S3::Bucket", "Properties": {
        "BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}, "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {
            "DefaultRetention": {"Mode": mode, "Days": "30"}}}}}}


class ALockedBucket(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name, mode in (("lock-governance", "GOVERNANCE"), ("lock-compliance", "COMPLIANCE")):
            made = stack(name, locked(name, mode))
            assert made["StackStatus"] == "CREATE_COMPLETE", reasons(name)
        cls.s3 = shared().client("s3")

    def written(self, bucket: str) -> dict[str, str]:
        """A version by each way of writing one, by its key."""
        whole = self.s3.put_object(Bucket=bucket, Key="whole", Body=b"x")
        upload = {"Bucket": bucket, "Key": "parts"}
        upload["UploadId"] = self.s3.create_multipart_upload(**upload)["UploadId"]
        part = self.s3.upload_part(**upload, PartNumber=1, Body=b"x")
        parts = self.s3.complete_multipart_upload(
            **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        copy = self.s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/whole")
        return {"whole": whole["VersionId"], "parts": parts["VersionId"], "copy": copy["VersionId"]}

    def test_keeps_what_is_put_uploaded_in_parts_and_copied(self):
        for key, version in self.written("lock-governance").items():
            head = self.s3.head_object(Bucket="lock-governance", Key=key)
            self.assertEqual(head.get("ObjectLockMode"), "GOVERNANCE", key)
            self.assertEqual((head["ObjectLockRetainUntilDate"] - head["LastModified"]).days, 30, key)
            gone = {"Bucket": "lock-governance", "Key": key, "VersionId": version}
            self.assertEqual(refused(self.s3.delete_object, **gone)[0], "AccessDenied", key)

    def test_lets_a_version_go_by_a_bypass_that_is_allowed(self):
        everything = "arn:aws:s3:::lock-governance/*"
        plain = harness.role("lock-plain", "ec2.amazonaws.com", allow("s3:DeleteObjectVersion", everything))
        breaks = harness.role("lock-breaks", "ec2.amazonaws.com", allow(
            ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"], everything))
        gone = {"Bucket": "lock-governance", "Key": "whole", "BypassGovernanceRetention": True,
                "VersionId": self.written("lock-governance")["whole"]}
        self.assertEqual(refused(shared().as_role("s3", plain).delete_object, **gone)[0], "AccessDenied")
        shared().as_role("s3", breaks).delete_object(**gone)

    def test_in_compliance_mode_keeps_a_version_from_everybody(self):
        for key, version in self.written("lock-compliance").items():
            gone = {"Bucket": "lock-compliance", "Key": key, "VersionId": version, "BypassGovernanceRetention": True}
            self.assertEqual(refused(self.s3.delete_object, **gone)[0], "AccessDenied", key)

    def test_still_takes_delete_markers(self):
        self.s3.put_object(Bucket="lock-governance", Key="hidden", Body=b"x")
        self.assertTrue(self.s3.delete_object(Bucket="lock-governance", Key="hidden")["DeleteMarker"])

    def test_stays_versioned(self):
        code, _ = refused(self.s3.put_bucket_versioning, Bucket="lock-governance",
                          VersioningConfiguration={"Status": "Suspended"})
        self.assertEqual(code, "InvalidBucketState")


if __name__ == "__main__":
    unittest.main()
