"""Judges `template.yaml` in both profiles, then the gate itself, and says what it saw."""

import sys
from datetime import date, datetime, timezone
from pathlib import Path

from . import mutation, rules, summary, template, verdict
from .edits import MutantError
from .findings import ToolError
from .mutants import MUTANTS
from .profile import Profile, ProfileError, profiles, shapes
from .resolve import resolve
from .tools import cfn_lint, checkov, guard, parliament, sam

_ROOT = Path(__file__).parents[2]
_TEMPLATE = _ROOT / "template.yaml"
_TARGET = _ROOT / "target/gate"

_NEXT = "Change template.yaml; or, where a rule would be wrong here, say why in .ci/gate/suppressions.yaml."


def main() -> int:
    source = template.read(_TEMPLATE)
    default, strict = profiles(_ROOT / "samconfig.toml")
    suppressed, (listed, costs) = verdict.suppressions(), verdict.given_up()

    resolved, others = resolved_by(source, [default, strict]), resolved_by(source, shapes())
    reports = {
        **judged(resolved, _TARGET, [cfn_lint, checkov, guard, parliament, rules]),
        **judged(others, _TARGET / "shapes", [cfn_lint, parliament, rules]),
        **judged_as_it_is(),
    }
    found = findings_of(reports)

    faults = [
        *verdict.faults_of_profiles(found, suppressed, listed),
        *verdict.faults_of_suppressions(suppressed, today()),
        *verdict.faults_of_clearing(listed, costs, strict.given, found_with_one(source, default, strict, listed)),
        *verdict.faults_of_floors(reports["strict"]),
    ]
    deaths = mutation.judged(MUTANTS, resolved, found, _TARGET / "mutants")
    faults += mutation.faults(deaths)

    say(reports, deaths, suppressed, listed, costs)
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    if faults:
        print(_NEXT, file=sys.stderr)
    return 1 if faults else 0


def resolved_by(source, deployments) -> dict:
    """The template of each profile, by the profile's name."""
    return {profile.name: resolve(source, profile) for profile in deployments}


def judged(resolved, folder: Path, tools) -> dict:
    """What each tool says of each resolved template."""
    paths = template.written(resolved, folder)
    by_tool = [tool.judge(paths) for tool in tools]
    return {name: [reports[name] for reports in by_tool] for name in resolved}


def judged_as_it_is() -> dict:
    """What those say of the template who know its choices."""
    return {"template": [cfn_lint.judge([_TEMPLATE])["template"], sam.judge_file(_TEMPLATE)]}


def found_with_one(source, default, strict, listed) -> dict:
    """What scanners find in the default with one parameter of the strict profile, by the parameter."""
    names = sorted({entry.cleared_by for entry in listed} & set(strict.given))
    alone = [Profile(name, {**default.given, name: strict.given[name]}) for name in names]
    return findings_of(judged(resolved_by(source, alone), _TARGET / "alone", [checkov, guard]))


def findings_of(reports) -> dict:
    """All that was found, by template."""
    return {name: set().union(*(report.findings for report in by_tool)) for name, by_tool in reports.items()}


def say(reports, deaths, suppressed, listed, costs) -> None:
    """The summary."""
    killed = sum(bool(death.killers) for death in deaths)
    print(summary.of_mutants(deaths), f"\n{killed} of {len(deaths)} mutants killed", sep="")
    print("\nWhat the default gives up:", summary.of_default(listed, costs), sep="\n")
    rows = summary.of_profiles(reports, verdict.all_findings(suppressed), verdict.all_findings(listed))
    print("\nThe gate:", rows, sep="\n")
    print("(passed: of checkov rules by resources, of parliament policies, of the others rules)")
    print(f"{len(verdict.rules_of(suppressed))} rules suppressed, of at most {verdict.MOST_SUPPRESSED}")


def today() -> date:
    return datetime.now(timezone.utc).date()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ProfileError, ToolError, MutantError) as error:
        sys.exit(f"gate: {error}")
