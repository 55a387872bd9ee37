"""Nothing is let in that need not be, and what has to reach something can."""

from ..stack import Stack, listed, names

_NFS = 2049
_EVERYWHERE = {"0.0.0.0/0", "::/0"}

# What fleet/mount-efs.sh and Session Manager ask, and logs; without one of them no instance goes into service.
_NEEDED = {"s3", "autoscaling", "elasticfilesystem", "logs", "ssm", "ssmmessages"}


def nothing_is_let_in_from_everywhere(stack: Stack):
    """EC2.18, EC2.19: no group lets the internet in, at whatever port."""
    for group, rule in _ingress(stack):
        if {rule.get("CidrIp"), rule.get("CidrIpv6")} & _EVERYWHERE:
            yield group


def nfs_is_let_in_by_group_only(stack: Stack):
    """Files are for DataSync and the fleet, by their security groups, not for whoever has an address in a range."""
    for group, rule in _ingress(stack):
        if _is_open_at(rule, _NFS) and "SourceSecurityGroupId" not in rule:
            yield group


def datasync_reaches_a_mount_target(stack: Stack):
    """DataSync reads by a mount target in the zone of its subnet, through two groups that have to know each other."""
    mounted = {name for target in stack.of("EFS::MountTarget") for name in names(target.get("SubnetId"))}
    doors = {name for target in stack.of("EFS::MountTarget") for name in names(target.get("SecurityGroups"))}
    for location in stack.of("DataSync::LocationEFS"):
        groups = {group.name for group in stack.named([location], "Ec2Config/SecurityGroupArns", "EC2::SecurityGroup")}
        let_in = {
            name
            for door, rule in _ingress(stack)
            if _is_open_at(rule, _NFS) and _doors(stack, door) & doors
            for name in names(rule.get("SourceSecurityGroupId"))
        }
        let_out = {
            group
            for group in groups
            for rule in listed(stack[group].get("SecurityGroupEgress"))
            if _is_open_at(rule, _NFS) and names(rule.get("DestinationSecurityGroupId")) & doors
        }
        in_zone = names(location.get("Ec2Config/SubnetArn")) & mounted
        if mounted and not (in_zone and groups & let_in and groups & let_out):
            yield location.name


def a_fleet_without_addresses_reaches_aws(stack: Stack):
    """Without an address, a NAT gateway or these endpoints an instance never gets into service.

    Of a VPC that was there before, its owner answers for the way out.
    """
    if not stack.of("EC2::VPC"):
        return
    for launch in stack.of("EC2::LaunchTemplate"):
        interfaces = listed(launch.get("LaunchTemplateData/NetworkInterfaces"))
        is_public = any(interface.get("AssociatePublicIpAddress") for interface in interfaces)
        offered = {
            str(endpoint.get("ServiceName")).rpartition(".")[2].rstrip("'}")
            for endpoint in stack.of("EC2::VPCEndpoint")
            if endpoint.get("VpcEndpointType") == "Gateway" or endpoint.get("PrivateDnsEnabled")
        }
        if not (is_public or stack.of("EC2::NatGateway") or offered >= _NEEDED):
            yield launch.name


def _ingress(stack):
    """Each rule that lets somebody in, and the resource that says so."""
    for group in stack.of("EC2::SecurityGroup"):
        for rule in listed(group.get("SecurityGroupIngress")):
            yield group.name, rule
    for rule in stack.of("EC2::SecurityGroupIngress"):
        yield rule.name, rule.properties


def _doors(stack, name):
    """The group that a rule belongs to."""
    resource = stack[name]
    return names(resource.get("GroupId")) if resource.type.endswith("Ingress") else {name}


def _is_open_at(rule, port):
    if str(rule.get("IpProtocol")) == "-1":
        return True
    return int(rule.get("FromPort", 0)) <= port <= int(rule.get("ToPort", 65535))
