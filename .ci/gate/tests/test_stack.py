"""What the rules ask of a stack."""

import unittest

from gate import documents
from gate.stack import Stack, allows, denies, is_plain_http_denied, names, services


class Statements(unittest.TestCase):
    def test_wildcards_cover_actions(self):
        cases = [
            ("s3:PutBucketPolicy", True),
            ("s3:*", True),
            ("*", True),
            ("S3:putbucket*", True),
            (["s3:GetObject", "s3:Put*Policy"], True),
            ("s3:PutBucketVersioning", False),
            ("s3:GetObject", False),
        ]
        for action, expected in cases:
            with self.subTest(action):
                self.assertEqual(denies({"Effect": "Deny", "Action": action}, "s3:PutBucketPolicy"), expected)
                self.assertFalse(allows({"Effect": "Deny", "Action": action}, "s3:PutBucketPolicy"))

    def test_all_of_some_actions_have_to_be_covered(self):
        use = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}
        self.assertTrue(allows(use, "kms:Decrypt", "kms:GenerateDataKey"))
        self.assertFalse(allows(use, "kms:Decrypt", "kms:CreateGrant"))

    def test_a_service_of_a_region_is_that_service(self):
        principal = {"Service": ["a.amazonaws.com", {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}]}
        self.assertEqual(services({"Principal": principal}), {"a.amazonaws.com", "logs.amazonaws.com"})
        self.assertEqual(services({"Principal": "*"}), set())

    def test_plain_http_is_denied_to_everybody_and_for_nothing_else(self):
        asked = {"Bool": {"aws:SecureTransport": "false"}}
        cases = [
            ({"Principal": "*", "Condition": asked}, True),
            ({"Principal": {"AWS": "*"}, "Condition": {"Bool": {"aws:SecureTransport": False}}}, True),
            ({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Condition": asked}, False),
            ({"Principal": "*"}, False),
            ({"Principal": "*", "Condition": {**asked, "StringEquals": {"aws:PrincipalAccount": "1"}}}, False),
            ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ]
        for statement, expected in cases:
            with self.subTest(statement):
                self.assertEqual(is_plain_http_denied({"Effect": "Deny", "Action": "s3:*", **statement}), expected)


class References(unittest.TestCase):
    def test_every_way_to_name_a_resource_is_seen(self):
        node = [
            {"Ref": "A"},
            {"x": {"Fn::GetAtt": ["B", "Arn"]}},
            {"Fn::Sub": ["${C.Arn} ${!N} ${d}", {"d": {"Ref": "D"}}]},
        ]
        self.assertEqual(names(node) - {"d"}, {"A", "B", "C", "D"})

    def test_a_function_has_what_sam_adds(self):
        resolved = {
            "Globals": {"Function": {"Timeout": 3, "Environment": {"Variables": {"A": 1, "B": 1}}}},
            "Resources": {
                "F": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {"Timeout": 60, "Environment": {"Variables": {"B": 2}}},
                }
            },
        }
        (function,) = Stack(resolved).functions
        self.assertEqual(function.properties, {"Timeout": 60, "Environment": {"Variables": {"A": 1, "B": 2}}})

    def test_policies_name_examples(self):
        resolved = {
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket"},
                "Task": {"Type": "AWS::DataSync::Task"},
                "Policy": {
                    "Type": "AWS::IAM::Policy",
                    "Properties": {
                        "PolicyDocument": {
                            "Statement": [
                                {"Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/*"]]}},
                                {"Resource": {"Fn::Sub": "${Task}/execution/*"}},
                            ]
                        }
                    },
                },
            }
        }
        ((name, kind, document),) = documents.policy_documents(resolved)
        self.assertEqual((name, kind), ("Policy", "PolicyDocument"))
        bucket, task = (statement["Resource"] for statement in document["Statement"])
        self.assertEqual(bucket, "arn:aws:s3:::bucket/*")
        self.assertRegex(task, r"^arn:aws:datasync:.*:task/task-\w+/execution/\*$")
