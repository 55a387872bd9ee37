"""Instances that serve only with their files, and tell their credentials to nobody."""

from ..stack import Stack, listed


def instances_ask_for_a_token(stack: Stack):
    """EC2.8, EC2.170, AutoScaling.3: IMDSv2, and one hop, so that no forwarded request gets the role's credentials."""
    for launch in stack.of("EC2::LaunchTemplate"):
        options = launch.get("LaunchTemplateData/MetadataOptions", {})
        if options.get("HttpTokens") != "required" or options.get("HttpPutResponseHopLimit") != 1:
            yield launch.name


def an_instance_serves_only_with_its_files(stack: Stack):
    """An instance that says nothing about its mount is abandoned, not put into service."""
    for group in stack.of("AutoScaling::AutoScalingGroup"):
        hooks = listed(group.get("LifecycleHookSpecificationList"))
        if not any(
            hook.get("DefaultResult", "ABANDON") == "ABANDON"
            for hook in hooks
            if hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
        ):
            yield group.name


def the_fleet_spans_two_zones(stack: Stack):
    """AutoScaling.2: the loss of a zone is not the loss of the fleet."""
    for group in stack.of("AutoScaling::AutoScalingGroup"):
        if len({str(subnet) for subnet in listed(group.get("VPCZoneIdentifier"))}) < 2:
            yield group.name


def every_subnet_of_the_fleet_has_a_mount_target_in_its_zone(stack: Stack):
    """One mount target in each of two zones: an instance mounts within its zone, or pays and waits for the other."""
    zones = {str(stack[name].get("AvailabilityZone")) for name in _mounted(stack)}
    for group in stack.of("AutoScaling::AutoScalingGroup"):
        for subnet in stack.named([group], "VPCZoneIdentifier", "EC2::Subnet"):
            if zones and str(subnet.get("AvailabilityZone")) not in zones:
                yield group.name


def _mounted(stack):
    return {subnet.name for subnet in stack.named(stack.of("EFS::MountTarget"), "SubnetId", "EC2::Subnet")}
