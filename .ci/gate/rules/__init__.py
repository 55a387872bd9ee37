"""Rules of our own, which no scanner has: what this backup line promises, read off the template.

A rule takes a `Stack` and yields the logical id of each resource that breaks it.
Its name is its identifier, and its docstring the reason. D1 to D20 are decisions
of the design (ARCHITECTURE.md); S3.5, EC2.8 and the like are controls of AWS
Security Hub.
"""

from .. import template
from ..findings import Report
from ..stack import Stack
from . import access, alarms, events, failures, fleet, keys, network, resource_policies, storage, transfer

TOOL = "own rules"
_FILES = [storage, resource_policies, access, keys, network, fleet, transfer, events, failures, alarms]


def rules() -> list:
    """Every rule, in the order of the data: each public function of the files."""
    return [
        found
        for file in _FILES
        for name, found in vars(file).items()
        if callable(found) and found.__module__ == file.__name__ and not name.startswith("_")
    ]


def name_of(rule) -> str:
    """`every-bucket-keeps-versions` of the function of that name."""
    return rule.__name__.replace("_", "-")


def judge(paths) -> dict:
    """A report for each template, by the file's stem."""
    return {path.stem: judge_template(template.read(path)) for path in paths}


def judge_template(resolved) -> Report:
    """A report with one result a rule."""
    report = Report(TOOL)
    stack = Stack(resolved)
    for rule in rules():
        name = name_of(rule)
        report.rules.add(name)
        broken = set(rule(stack))
        for resource in broken:
            report.finds(name, resource)
        report.passed += not broken
    return report
