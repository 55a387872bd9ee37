"""The policy documents of a template, with examples in place of references.

What reads policies knows ARNs, and nothing of `!GetAtt`.
"""

import json
import re

_EXAMPLES = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "efs-backup",
    "AWS::URLSuffix": "amazonaws.com",
}

_ARN = {
    "AWS::DataSync::Task": "datasync:eu-central-1:111122223333:task/task-0a1b2c3d4e5f60718",
    "AWS::EFS::FileSystem": "elasticfilesystem:eu-central-1:111122223333:file-system/fs-0123456789abcdef0",
    "AWS::Events::Rule": "events:eu-central-1:111122223333:rule/{}",
    "AWS::IAM::Role": "iam::111122223333:role/{}",
    "AWS::KMS::Key": "kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000",
    "AWS::Logs::LogGroup": "logs:eu-central-1:111122223333:log-group:{}:*",
    "AWS::S3::Bucket": "s3:::{}",
    "AWS::SNS::Topic": "sns:eu-central-1:111122223333:{}",
    "AWS::SQS::Queue": "sqs:eu-central-1:111122223333:{}",
    "AWS::Scheduler::Schedule": "scheduler:eu-central-1:111122223333:schedule/default/{}",
    "AWS::Serverless::Function": "lambda:eu-central-1:111122223333:function:{}",
}
# Of these `!Ref` gives the ARN; of the others the name.
_REF_IS_ARN = {"AWS::DataSync::Task", "AWS::SNS::Topic"}

_DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "FileSystemPolicy")


def policy_documents(resolved):
    """The resource, the kind and the plain JSON values of each policy document.

    A trust policy gets the resource that goes without saying: its role.
    """
    for name, resource in resolved["Resources"].items():
        for kind, document in _documents(resource.get("Properties", {})):
            document = example(document, resolved)
            document = json.loads(document) if isinstance(document, str) else document
            if kind == "AssumeRolePolicyDocument":
                for statement in document["Statement"]:
                    statement["Resource"] = _arn(resource["Type"], name)
            yield name, kind, document


def _documents(node):
    if isinstance(node, list):
        for item in node:
            yield from _documents(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in _DOCUMENTS:
                yield key, value
            else:
                yield from _documents(value)


def example(node, resolved):
    """A piece of a resolved template with an example in the place of each reference."""
    if isinstance(node, list):
        return [example(item, resolved) for item in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((function, operands),) = node.items()
        match function:
            case "Ref":
                return _named(operands, resolved)
            case "Fn::GetAtt":
                return _named(".".join(operands), resolved)
            case "Fn::Sub":
                text, names = operands if isinstance(operands, list) else (operands, {})
                return re.sub(
                    r"\$\{([^!}]+)\}",
                    lambda found: str(example(names.get(found[1], {"Ref": found[1]}), resolved)),
                    text,
                )
            case "Fn::Join":
                return operands[0].join(str(example(item, resolved)) for item in operands[1])
    return {key: example(value, resolved) for key, value in node.items()}


def _named(name, resolved):
    """The example of `Name` or `Name.Attribute`."""
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    logical_id, _, attribute = name.partition(".")
    kind = resolved["Resources"].get(logical_id, {}).get("Type")
    if attribute == "Arn" or (not attribute and kind in _REF_IS_ARN):
        return _arn(kind, logical_id)
    return logical_id.lower()


def _arn(kind, logical_id):
    return "arn:aws:" + _ARN.get(kind, "").format(logical_id.lower())
