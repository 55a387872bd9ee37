"""A template without its choices: the one that a profile deploys.

Conditions are decided, parameters filled in, and what the profile leaves out is
left out. Resources, SAM's among them, and references between them stay as they
are: scanners know them, and know nothing of parameters.
"""

import re

from .profile import Profile, ProfileError, parameter_values
from .template import Template

# What `!Ref AWS::NoValue` stands for: its key, or its place in a list, goes.
_NOTHING = object()

_SUBSTITUTED = re.compile(r"\$\{([\w:.]+)\}")


def resolve(template: Template, profile: Profile) -> Template:
    """The template as the profile deploys it; refuses a profile that one of the template's Rules refuses."""
    return _Resolver(template, parameter_values(template, profile)).resolved(profile)


class _Resolver:
    def __init__(self, template, values):
        self.template = template
        self.values = values

    def resolved(self, profile):
        self._assert_rules(profile)
        kept = {key: self.template[key] for key in ("AWSTemplateFormatVersion", "Transform", "Description")}
        kept["Globals"] = self.value(self.template.get("Globals", {}))
        kept["Resources"] = self._section("Resources")
        kept["Outputs"] = self._section("Outputs")
        for resource in kept["Resources"].values():
            self._forget_the_absent(resource, kept["Resources"])
        return kept

    def _section(self, name):
        """What of a section is made, without the word that said when."""
        made = {}
        for key, item in self.template.get(name, {}).items():
            if self.condition(item.get("Condition")):
                made[key] = self.value({k: v for k, v in item.items() if k != "Condition"})
        return made

    def _forget_the_absent(self, resource, resources):
        """CloudFormation does not wait for what is not made either."""
        waits_for = resource.get("DependsOn", [])
        waits_for = [waits_for] if isinstance(waits_for, str) else waits_for
        resource.pop("DependsOn", None)
        if waits_for := [name for name in waits_for if name in resources]:
            resource["DependsOn"] = waits_for

    def _assert_rules(self, profile):
        for name, rule in self.template.get("Rules", {}).items():
            if not self.truth(rule.get("RuleCondition", {"Fn::Equals": ["", ""]})):
                continue
            for assertion in rule["Assertions"]:
                if not self.truth(assertion["Assert"]):
                    raise ProfileError(f"{profile.name}: rule {name}: {assertion['AssertDescription']}")

    def condition(self, name):
        """Whether a condition of the template holds; no condition always does."""
        return name is None or self.truth(self.template["Conditions"][name])

    def truth(self, test):
        """A function of the sections Conditions and Rules."""
        ((function, operands),) = test.items()
        match function:
            case "Condition":
                return self.condition(operands)
            case "Fn::Not":
                return not self.truth(operands[0])
            case "Fn::And":
                return all(map(self.truth, operands))
            case "Fn::Or":
                return any(map(self.truth, operands))
            case "Fn::Equals":
                left, right = map(self.text, operands)
                return left == right
            case "Fn::Contains":
                return self.text(operands[1]) in map(self.text, operands[0])
        raise ProfileError(f"a condition uses {function}, which the gate cannot decide")

    def text(self, node):
        """A value as conditions compare it."""
        return str(self.value(node))

    def value(self, node):
        """A piece of the template with the choices made."""
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, operands),) = node.items()
            match function:
                case "Ref":
                    return _NOTHING if operands == "AWS::NoValue" else self.values.get(operands, node)
                case "Fn::If":
                    return self.value(operands[1] if self.condition(operands[0]) else operands[2])
                case "Fn::FindInMap":
                    return self._found(*map(self.value, operands))
                case "Fn::Sub":
                    return self._substituted(operands)
        values = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not _NOTHING}

    def _found(self, mapping, first, second):
        return self.template["Mappings"][mapping][str(first)][str(second)]

    def _substituted(self, operands):
        """`Fn::Sub` with all filled in that is known here, and without the function where that is everything."""
        text, names = operands if isinstance(operands, list) else (operands, {})
        known = {**self.values, **{name: self.value(node) for name, node in names.items()}}
        left = {name: known[name] for name in names if isinstance(known[name], (dict, list))}

        def fill(match):
            name = match[1]
            return match[0] if name in left or name not in known else str(known[name])

        text = _SUBSTITUTED.sub(fill, text)
        if left:
            return {"Fn::Sub": [text, left]}
        return {"Fn::Sub": text} if "${" in text else text
