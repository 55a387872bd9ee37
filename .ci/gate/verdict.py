"""What of the findings is a fault: all that is neither suppressed nor, in the default, given up on purpose."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from .findings import Finding

_HERE = Path(__file__).parent
MOST_SUPPRESSED = 16

# A tool that read nothing finds nothing. In the strict profile each has at least so many good results.
FLOORS = {"cfn-lint": 250, "checkov": 150, "cfn-guard": 20, "parliament": 20, "own rules": 60}


@dataclass(frozen=True)
class Listed:
    """One entry of a list: a rule that resources break, and what the list says of that."""

    tool: str
    rule: str
    resources: tuple
    reason: str = ""
    review: date | None = None
    cleared_by: str = ""

    @property
    def findings(self) -> set[Finding]:
        return {Finding(self.tool, self.rule, resource) for resource in self.resources}

    def __str__(self):
        return f"{self.tool} {self.rule} {', '.join(self.resources)}"


def suppressions(path=_HERE / "suppressions.yaml") -> list[Listed]:
    """What stays, and why."""
    return [_listed(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def given_up(path=_HERE / "default.yaml") -> tuple[list[Listed], dict]:
    """What the default gives up, and what each parameter that would clear it costs, in USD a month."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_listed(entry) for entry in document["findings"]], document["cost"]


def _listed(entry):
    return Listed(**{**entry, "resources": tuple(entry["resources"])})


def rules_of(entries) -> set[tuple]:
    """The rules of a list, each with its tool."""
    return {(entry.tool, entry.rule) for entry in entries}


def all_findings(entries) -> set[Finding]:
    """The findings of all entries of a list."""
    return set().union(*(entry.findings for entry in entries))


def faults_of_profiles(found, suppressed, listed) -> list[str]:
    """What is found and on no list, and what is on a list and not found. `found` has the findings by template."""
    stays, gone = all_findings(suppressed), all_findings(listed)
    allowed = {name: stays | gone if name == "default" else stays for name in found}
    return [
        *(f"{name}: {finding}" for name in found for finding in sorted(found[name] - allowed[name])),
        *(f"suppressions.yaml: no longer found: {finding}" for finding in sorted(stays - set().union(*found.values()))),
        *(f"default.yaml: no longer found: {finding}" for finding in sorted(gone - found["default"])),
    ]


def faults_of_suppressions(suppressed, today: date) -> list[str]:
    """Too many of them, one without a reason, one that nobody has looked at for too long."""
    count = len(rules_of(suppressed))
    return [
        *([f"suppressions.yaml: {count} rules, at most {MOST_SUPPRESSED}"] if count > MOST_SUPPRESSED else []),
        *(f"suppressions.yaml: no reason: {entry}" for entry in suppressed if len(entry.reason) < 30),
        *(f"suppressions.yaml: review due {entry.review}: {entry}" for entry in suppressed if entry.review < today),
    ]


def faults_of_clearing(listed, costs, strict_parameters, found_with) -> list[str]:
    """What does not go away when its parameter is set, alone, as the strict profile sets it.

    `found_with` has the findings of the default with one such parameter, by the parameter.
    """
    idle = set(costs) - {entry.cleared_by for entry in listed}
    faults = [f"default.yaml: a cost of {name}, which clears nothing" for name in sorted(idle)]
    for entry in listed:
        if entry.cleared_by not in strict_parameters:
            faults.append(f"default.yaml: {entry}: the strict profile does not set {entry.cleared_by}")
        elif entry.cleared_by not in costs:
            faults.append(f"default.yaml: no cost of {entry.cleared_by}")
        else:
            left = entry.findings & found_with[entry.cleared_by]
            faults += [f"default.yaml: {entry.cleared_by} does not clear {finding}" for finding in sorted(left)]
    return faults


def faults_of_floors(reports) -> list[str]:
    """Tools that had too little to judge."""
    good = {report.tool: report.passed for report in reports}
    return [
        f"strict: {tool} has {good.get(tool, 0)} good results, fewer than {floor}: what did it read?"
        for tool, floor in FLOORS.items()
        if good.get(tool, 0) < floor
    ]
