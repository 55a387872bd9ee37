"""A resolved template as the rules ask about it."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property


@dataclass(frozen=True)
class Resource:
    """A resource by its logical id."""

    name: str
    body: dict

    @property
    def type(self) -> str:
        return self.body["Type"]

    @property
    def properties(self) -> dict:
        return self.body.get("Properties", {})

    def get(self, path, default=None):
        """The property at a path such as `Target/RetryPolicy`."""
        node = self.properties
        for key in path.split("/"):
            node = node.get(key) if isinstance(node, dict) else None
        return default if node is None else node


class Stack:
    """What a profile deploys."""

    def __init__(self, resolved):
        self._globals = resolved.get("Globals", {})
        self._resources = {name: Resource(name, body) for name, body in resolved["Resources"].items()}

    def __getitem__(self, name) -> Resource:
        return self._resources[name]

    def of(self, *types) -> list[Resource]:
        """The resources of some types, such as `S3::Bucket`."""
        wanted = {f"AWS::{kind}" for kind in types}
        return [resource for resource in self._resources.values() if resource.type in wanted]

    @cached_property
    def functions(self) -> list[Resource]:
        """The functions, each with what SAM adds from Globals."""
        common = self._globals.get("Function", {})
        return [
            Resource(found.name, {**found.body, "Properties": _merged(common, found.properties)})
            for found in self.of("Serverless::Function")
        ]

    @cached_property
    def backup_buckets(self) -> list[Resource]:
        """Where DataSync writes the backup."""
        return self.named(self.of("DataSync::LocationS3"), "S3BucketArn", "S3::Bucket")

    @cached_property
    def report_buckets(self) -> list[Resource]:
        """Where the task's reports and the ledger lie."""
        return self.named(self.of("DataSync::Task"), "TaskReportConfig/Destination/S3/S3BucketArn", "S3::Bucket")

    def named(self, resources, path, kind) -> list[Resource]:
        """The resources of a type that others name at a path."""
        found = {name for resource in resources for name in names(resource.get(path))}
        return [resource for resource in self.of(kind) if resource.name in found]

    def policies_of(self, resource) -> list[Resource]:
        """The resource policies that are laid on a bucket, topic or queue."""
        laid_on = {"S3::BucketPolicy": "Bucket", "SNS::TopicPolicy": "Topics", "SQS::QueuePolicy": "Queues"}
        return [
            policy
            for kind, path in laid_on.items()
            for policy in self.of(kind)
            if resource.name in names(policy.get(path))
        ]

    def role_statements(self):
        """Each role and each statement of its policies, beside or inside it."""
        for role in self.of("IAM::Role"):
            for policy in role.get("Policies", []):
                for statement in statements(policy["PolicyDocument"]):
                    yield role, statement
        for policy in self.of("IAM::Policy", "IAM::ManagedPolicy", "IAM::RolePolicy"):
            for statement in statements(policy.get("PolicyDocument")):
                for name in names(policy.get("Roles")) | names(policy.get("RoleName")):
                    yield self[name], statement


def _merged(common, own):
    """As SAM does it: maps are joined, lists too, and of two values the function's own counts."""
    if isinstance(common, dict) and isinstance(own, dict):
        return {key: _merged(common.get(key), own.get(key)) for key in {**common, **own}}
    if isinstance(common, list) and isinstance(own, list):
        return common + own
    return common if own is None else own


def names(node) -> set[str]:
    """The logical ids that a piece of the template refers to."""
    if isinstance(node, list):
        return set().union(*map(names, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found = set()
    for key, value in node.items():
        if key == "Ref":
            found.add(value)
        elif key == "Fn::GetAtt":
            found.add(value[0])
        elif key == "Fn::Sub":
            text = value[0] if isinstance(value, list) else value
            found |= {name.split(".")[0] for name in re.findall(r"\$\{([\w.:]+)\}", text)}
            found |= names(value)
        else:
            found |= names(value)
    return found


def listed(node) -> list:
    """A value that may be a list or a single one, as a list."""
    return node if isinstance(node, list) else [] if node is None else [node]


def statements(document) -> list[dict]:
    """The statements of a policy document."""
    return listed(document.get("Statement"))


def allows(statement, *actions) -> bool:
    """Whether a statement allows all of some actions, itself or by a wildcard."""
    return statement["Effect"] == "Allow" and covers(statement, *actions)


def denies(statement, *actions) -> bool:
    """Whether a statement denies all of some actions, itself or by a wildcard."""
    return statement["Effect"] == "Deny" and covers(statement, *actions)


def covers(statement, *actions) -> bool:
    """Whether all of some actions are among those of a statement."""
    return all(any(_covers(pattern, action) for pattern in listed(statement.get("Action"))) for action in actions)


def _covers(pattern, action):
    return fnmatchcase(action.lower(), pattern.lower())


def services(statement) -> set[str]:
    """The service principals of a statement; of one of a region the name without it."""
    principal = statement.get("Principal", {})
    found = listed(principal.get("Service")) if isinstance(principal, dict) else []
    texts = [service.get("Fn::Sub", "") if isinstance(service, dict) else service for service in found]
    return {text.replace(".${AWS::Region}", "") for text in texts}


def is_for_everybody(statement) -> bool:
    """Whether the principal of a statement is `*`."""
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS")))


def condition_keys(statement) -> set[str]:
    """The keys that a statement's condition asks for, in lower case."""
    return {key.lower() for test in statement.get("Condition", {}).values() for key in test}


def is_plain_http_denied(statement) -> bool:
    """Whether a statement is the one that turns away whoever comes without TLS."""
    asked = statement.get("Condition", {})
    return (
        statement["Effect"] == "Deny"
        and is_for_everybody(statement)
        and list(asked) == ["Bool"]
        and {key.lower(): str(value).lower() for key, value in asked["Bool"].items()}
        == {"aws:securetransport": "false"}
    )
