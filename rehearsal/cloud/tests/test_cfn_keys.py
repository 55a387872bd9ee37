"""Customer keys of a stack: each resource that takes one says again which it has."""

from __future__ import annotations

import unittest

from cloud.tests.harness import ACCOUNT, REGION, delete_stack, outputs, reasons, shared, stack

KEY_POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}, "Resource": "*",
     "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]}]}
ARN = {"Fn::GetAtt": ["Key", "Arn"]}


def resources(keyed: bool = True) -> dict:
    def of(kind: str, **properties) -> dict:
        return {"Type": f"AWS::{kind}", "Properties": properties}

    def key(name: str, value=ARN) -> dict:
        return {name: value} if keyed else {}

    return {
        "Key": {**of("KMS::Key", Description="data", EnableKeyRotation=True, PendingWindowInDays=30,
                     KeyPolicy=KEY_POLICY)},
        "Alias": of("KMS::Alias", AliasName="alias/keys-data", TargetKeyId={"Ref": "Key"}),
        "Topic": of("SNS::Topic", TopicName="keys", **key("KmsMasterKeyId")),
        "Queue": of("SQS::Queue", QueueName="keys", **key("KmsMasterKeyId"), KmsDataKeyReusePeriodSeconds=3600),
        "Log": of("Logs::LogGroup", LogGroupName="keys", RetentionInDays=365, **key("KmsKeyId")),
        "Vault": of("Backup::BackupVault", BackupVaultName="keys", EncryptionKeyArn=ARN),
        "Files": of("EFS::FileSystem", Encrypted=True, KmsKeyId=ARN),
        "Bucket": of("S3::Bucket", BucketName="keys", BucketEncryption={"ServerSideEncryptionConfiguration": [
            {"BucketKeyEnabled": True,
             "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ARN}}]}),
        "Template": of("EC2::LaunchTemplate", LaunchTemplateName="keys", LaunchTemplateData={
            "InstanceType": "t3.micro", "BlockDeviceMappings": [
                {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeType": "gp3"}},
                {"DeviceName": "/dev/xvdb", "Ebs": {"Encrypted": True, "KmsKeyId": ARN, "VolumeType": "gp3"}}]}),
    }


class CustomerKeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shown = {"Key": ARN, "Files": {"Ref": "Files"}, "Queue": {"Ref": "Queue"}, "Topic": {"Ref": "Topic"}}
        cls.shown = {name: {"Value": value} for name, value in shown.items()}
        made = stack("keys", resources(), Outputs=cls.shown)
        assert made["StackStatus"] == "CREATE_COMPLETE", reasons("keys")
        cls.made = outputs(made)
        cls.key = cls.made["Key"]

    def test_are_shown_by_what_they_encrypt(self):
        client, key = shared().client, self.key
        found = {
            "topic": client("sns").get_topic_attributes(TopicArn=self.made["Topic"])["Attributes"]["KmsMasterKeyId"],
            "queue": client("sqs").get_queue_attributes(
                QueueUrl=self.made["Queue"], AttributeNames=["All"])["Attributes"]["KmsMasterKeyId"],
            "log": client("logs").describe_log_groups(logGroupNamePrefix="keys")["logGroups"][0]["kmsKeyId"],
            "vault": client("backup").describe_backup_vault(BackupVaultName="keys")["EncryptionKeyArn"],
            "files": client("efs").describe_file_systems(FileSystemId=self.made["Files"])["FileSystems"][0]["KmsKeyId"],
        }
        self.assertEqual(found, dict.fromkeys(found, key))

    def test_rotate_and_have_a_name(self):
        kms = shared().client("kms")
        self.assertEqual(kms.describe_key(KeyId="alias/keys-data")["KeyMetadata"]["Arn"], self.key)
        self.assertTrue(kms.get_key_rotation_status(KeyId=self.key)["KeyRotationEnabled"])

    def test_of_volumes_are_shown_each_by_its_own(self):
        versions = shared().client("ec2").describe_launch_template_versions(LaunchTemplateName="keys")
        data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        self.assertEqual([mapping["Ebs"].get("KmsKeyId") for mapping in data["BlockDeviceMappings"]], [None, self.key])

    def test_of_a_bucket_are_used_through_a_bucket_key(self):
        s3 = shared().client("s3")
        for answer in (s3.put_object(Bucket="keys", Key="k", Body=b"x"), s3.head_object(Bucket="keys", Key="k"),
                       s3.get_object(Bucket="keys", Key="k")):
            self.assertEqual((answer["ServerSideEncryption"], answer["SSEKMSKeyId"], answer.get("BucketKeyEnabled")),
                             ("aws:kms", self.key, True))
        plain = s3.put_object(Bucket="keys", Key="plain", Body=b"x", ServerSideEncryption="AES256")
        self.assertNotIn("BucketKeyEnabled", plain)


class AKeyThatIsTakenAway(unittest.TestCase):
    def test_is_shown_no_more_and_waits_for_its_end(self):
        chosen = ("Key", "Topic")
        with_key = {name: resource for name, resource in resources().items() if name in chosen}
        without = {name: resource for name, resource in resources(keyed=False).items() if name in chosen}
        for these in (with_key, without):
            these["Topic"]["Properties"]["TopicName"] = "keys-gone"
        shown = {"Outputs": {"Key": {"Value": ARN}, "Topic": {"Value": {"Ref": "Topic"}}}}
        made = outputs(stack("keys-gone", with_key, **shown))
        changed = stack("keys-gone", without, update=True, **shown)
        self.assertEqual(changed["StackStatus"], "UPDATE_COMPLETE", reasons("keys-gone"))
        attributes = shared().client("sns").get_topic_attributes(TopicArn=made["Topic"])["Attributes"]
        self.assertNotIn("KmsMasterKeyId", attributes)

        delete_stack("keys-gone")
        key = shared().client("kms").describe_key(KeyId=made["Key"])["KeyMetadata"]
        self.assertEqual(key["KeyState"], "PendingDeletion")


class ADashboard(unittest.TestCase):
    def test_is_shown_as_it_was_written_and_changed(self):
        body = '{"widgets":[{"type":"metric","properties":{"metrics":[["EfsBackup","HoursSinceGood"]]}}]}'
        cloudwatch = shared().client("cloudwatch")
        for update, text in ((False, body), (True, body.replace("HoursSinceGood", "BytesCopied"))):
            board = {"D": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {
                "DashboardName": "board", "DashboardBody": text}}}
            described = stack("board", board, update=update)
            self.assertIn(described["StackStatus"], ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons("board"))
            self.assertEqual(cloudwatch.get_dashboard(DashboardName="board")["DashboardBody"], text)


if __name__ == "__main__":
    unittest.main()
