"""Security group rules and backup selections as resources of a stack.

The emulator refuses a template that has one of these types.
"""

from __future__ import annotations

import json

from ministack.services import backup, ec2
from ministack.services.cloudformation import provisioners

from cloud.errors import failed_resource

RULE_KEYS = (
    "GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6",
    "SourceSecurityGroupId", "SourceSecurityGroupName", "SourceSecurityGroupOwnerId",
    "SourcePrefixListId", "DestinationSecurityGroupId", "DestinationPrefixListId",
)

_strip_descriptions = ec2._strip_descriptions

ALLOW_ALL = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


def install() -> None:
    ec2._strip_descriptions = without_descriptions
    handlers, replacing = provisioners._RESOURCE_HANDLERS, provisioners._REPLACING_PROPERTIES
    for name, store in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        handlers[f"AWS::EC2::SecurityGroup{name}"] = _rule_handlers(store)
        replacing[f"AWS::EC2::SecurityGroup{name}"] = RULE_KEYS
    handlers["AWS::Backup::BackupSelection"] = {
        "create": create_selection, "delete": delete_selection}
    replacing["AWS::Backup::BackupSelection"] = ("BackupPlanId", "BackupSelection")


def without_descriptions(rule: dict) -> dict:
    """What two rules are compared by. The emulator forgets groups: revoking a rule
    that names one, without its description, would say yes and do nothing."""
    plain = _strip_descriptions(rule)
    pairs = plain.get("UserIdGroupPairs") or []
    plain["UserIdGroupPairs"] = [{"GroupId": pair.get("GroupId")} for pair in pairs]
    return plain


def _rule_handlers(store: str) -> dict:
    egress = store == "IpPermissionsEgress"

    def create(logical_id, props, stack_name):
        group = _group(props)
        rule = _rule(props)
        if any(ec2._rules_match(rule, other) for other in group[store]
               if not egress or not _is_default(other)):
            raise failed_resource("the specified rule already exists", "Ec2", 400)
        if egress:
            # A group made without a rule for outgoing traffic allows all of it;
            # the first rule of its own takes that away.
            group[store] = [other for other in group[store] if not _is_default(other)]
        rule["SecurityGroupRuleId"] = ec2._sg_rule_id(props["GroupId"], egress, rule)
        group[store].append(rule)
        return rule["SecurityGroupRuleId"], {"Id": rule["SecurityGroupRuleId"]}

    def update(rule_id, old_props, props, stack_name):
        rules = _group(props)[store]
        for index, rule in enumerate(rules):
            if rule.get("SecurityGroupRuleId") == rule_id:
                rules[index] = {**_rule(props), "SecurityGroupRuleId": rule_id}
        return rule_id, {"Id": rule_id}

    def delete(rule_id, props):
        group = ec2._security_groups.get(props["GroupId"])
        if group:
            group[store] = [rule for rule in group[store]
                            if rule.get("SecurityGroupRuleId") != rule_id]

    return {"create": create, "update": update, "delete": delete}


def _group(props: dict) -> dict:
    group = ec2._security_groups.get(props["GroupId"])
    if group is None:
        raise failed_resource(
            f"The security group '{props['GroupId']}' does not exist", "Ec2", 400)
    return group


def _rule(props: dict) -> dict:
    return provisioners._ec2_sg_permissions([props])[0]


def _is_default(rule: dict) -> bool:
    """Whether a rule came with the group: one of a template has an id or a description."""
    return rule == _rule(ALLOW_ALL)


def create_selection(logical_id: str, props: dict, stack_name: str):
    plan = props["BackupPlanId"]
    request = {"BackupSelection": props["BackupSelection"]}
    status, _, answer = backup._create_selection(plan, request)
    content = json.loads(answer)
    if status >= 400:
        raise failed_resource(content.get("Message") or str(content), "Backup", status)
    selection = content["SelectionId"]
    physical_id = f"{selection}_{plan}"
    return physical_id, {"Id": physical_id, "SelectionId": selection, "BackupPlanId": plan}


def delete_selection(physical_id: str, props: dict) -> None:
    # The plan may be gone already, and its selections with it.
    backup._delete_selection(props["BackupPlanId"], physical_id.split("_", 1)[0])
