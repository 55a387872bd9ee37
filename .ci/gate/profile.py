"""A profile: the parameters with which a stack is deployed."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from .template import Template

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11
    import tomli as tomllib

# No default and no place in samconfig.toml: only the person who deploys knows them.
GIVEN_BY_HAND = {
    "default": {"AlertEmail": "ops@example.com"},
    "strict": {
        "AlertEmail": "ops@example.com",
        "BreakGlassRoleArn": "arn:aws:iam::111122223333:role/break-glass",
        "DeploymentRoleArn": "arn:aws:iam::111122223333:role/deployment",
    },
}


# Other shapes that a stack can have: each has resources, or references, that the two profiles have not.
_ALERT = GIVEN_BY_HAND["default"]
_EXISTING = {
    "ExistingVpcId": "vpc-0123456789abcdef0",
    "ExistingSubnetIdA": "subnet-0123456789abcdef0",
    "ExistingSubnetIdB": "subnet-0123456789abcdef1",
    "ExistingFileSystemId": "fs-0123456789abcdef0",
    "ExistingMountTargetSecurityGroupId": "sg-0123456789abcdef0",
    "ExistingBucketName": "backup-of-long-ago",
}
SHAPES = {
    "all existing": {**_ALERT, **_EXISTING},
    "existing, keys": {**_ALERT, **_EXISTING, "CustomerKeys": "true", "AccessLogs": "true", "SystemBackup": "true"},
    "NAT": {**_ALERT, "FleetNetwork": "nat", "ThroughputMode": "bursting"},
    "no fleet": {**_ALERT, "FleetMaxSize": "0"},
    "system backup": {**_ALERT, "SystemBackup": "true", "CustomerKeys": "true", "DeletedFiles": "REMOVE"},
}


class ProfileError(Exception):
    """A profile that CloudFormation would refuse."""


@dataclass(frozen=True)
class Profile:
    """A name and the parameters that are not left at their default."""

    name: str
    given: dict


def shapes() -> list[Profile]:
    """Profiles of which only has to be true that they deploy, and that our own rules hold."""
    return [Profile(name, given) for name, given in SHAPES.items()]


def profiles(samconfig: Path) -> list[Profile]:
    """The light default, and the strict profile as `samconfig.toml` has it."""
    overrides = strict_overrides(samconfig)
    both = set(overrides) & set(GIVEN_BY_HAND["strict"])
    if both:
        raise ProfileError(f"{samconfig}: the strict profile gives {sorted(both)}, which a person must give")
    return [
        Profile("default", GIVEN_BY_HAND["default"]),
        Profile("strict", {**overrides, **GIVEN_BY_HAND["strict"]}),
    ]


def strict_overrides(samconfig: Path) -> dict:
    """`parameter_overrides` of the strict profile, a list or one string of `Name=value`."""
    try:
        overrides = tomllib.loads(samconfig.read_text(encoding="utf-8"))
        overrides = overrides["strict"]["deploy"]["parameters"]["parameter_overrides"]
    except KeyError as missing:
        raise ProfileError(f"{samconfig}: no {missing} in [strict.deploy.parameters] parameter_overrides") from None
    pairs = shlex.split(overrides) if isinstance(overrides, str) else overrides
    return dict(pair.split("=", 1) for pair in pairs)


def parameter_values(template: Template, profile: Profile) -> dict:
    """The value of every parameter; refuses what the template's own limits refuse."""
    parameters = template["Parameters"]
    unknown = set(profile.given) - set(parameters)
    if unknown:
        raise ProfileError(f"{profile.name}: the template has no parameter {sorted(unknown)}")
    return {name: _value(name, limits, profile) for name, limits in parameters.items()}


def _value(name, limits, profile):
    value = profile.given.get(name, limits.get("Default"))
    if value is None:
        raise ProfileError(f"{profile.name}: {name} has no default and is not given")
    if limits["Type"] == "Number":
        value = float(value) if "." in str(value) else int(value)
    allowed = limits.get("AllowedValues")
    is_offered = allowed is None or str(value) in map(str, allowed)
    has_the_form = re.search(limits.get("AllowedPattern", ""), str(value))
    is_in_range = limits.get("MinValue", value) <= value <= limits.get("MaxValue", value)
    if not (is_offered and has_the_form and is_in_range):
        raise ProfileError(f"{profile.name}: {name}={value} is not allowed: {limits.get('ConstraintDescription')}")
    return value
