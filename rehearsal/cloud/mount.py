"""Whether DataSync reaches a file system: a mount target in its zone, and port 2049 open both ways.

On AWS a security group that lets nobody in is found out by the first run, and
by nobody before. And who may ask for the mount targets of a file system: the
emulator takes such a question for one about all of them.
"""

from __future__ import annotations

from ipaddress import ip_network

from ministack.core import iam_actions
from ministack.services import ec2, efs

NFS = 2049


def install() -> None:
    known_arn = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query, region, account):
        if service == "elasticfilesystem" and path.rstrip("/").endswith("/mount-targets"):
            asked = query.get("FileSystemId") if isinstance(query, dict) else None
            name = asked[0] if isinstance(asked, list) else asked
            if name:
                return f"arn:aws:elasticfilesystem:{region}:{account}:file-system/{name}"
        return known_arn(service, method, path, headers, body, query, region, account)

    iam_actions.extract_resource_arn = extract_resource_arn


def reach(body: dict) -> dict:
    """The mount target that a location uses, and whether the location can mount it.

    `IpAddress` is empty where the location's zone has no mount target.
    """
    subnet = ec2._subnets.get(_id(body["SubnetArn"]))
    target = subnet and _target(body["FileSystemId"], subnet["AvailabilityZone"])
    if not target:
        return {"IpAddress": "", "Reachable": False}
    groups, address = [_id(arn) for arn in body["SecurityGroupArns"]], target["IpAddress"]
    lets_in = _allowed(target["SecurityGroups"], "IpPermissions", groups, subnet["CidrBlock"])
    lets_out = _allowed(groups, "IpPermissionsEgress", target["SecurityGroups"], address)
    return {"IpAddress": address, "Reachable": lets_in and lets_out}


def _id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _target(file_system: str, zone: str) -> dict | None:
    for target in efs._mount_targets.values():
        if (target["FileSystemId"], target["AvailabilityZoneName"]) == (file_system, zone):
            return target
    return None


def _allowed(groups: list, direction: str, peers: list, addresses: str) -> bool:
    """Whether a rule of one of the groups lets NFS pass to or from the other side."""
    rules = [rule for group in groups
             for rule in ec2._security_groups.get(group, {}).get(direction, [])]
    return any(_is_nfs(rule) and _names(rule, peers, addresses) for rule in rules)


def _is_nfs(rule: dict) -> bool:
    protocol = str(rule["IpProtocol"])
    if protocol == "-1":
        return True
    return protocol in ("tcp", "6") and int(rule["FromPort"]) <= NFS <= int(rule["ToPort"])


def _names(rule: dict, peers: list, addresses: str) -> bool:
    pairs = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", [])}
    ranges = [ip_network(entry["CidrIp"], strict=False) for entry in rule.get("IpRanges", [])]
    return not pairs.isdisjoint(peers) or any(
        ip_network(addresses, strict=False).subnet_of(range_) for range_ in ranges)
