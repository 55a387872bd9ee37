"""The gate's own test: every mutant has to be killed, by a finding that the template itself does not have."""

import re
from dataclasses import dataclass
from pathlib import Path

from . import rules, template
from .edits import Mutant
from .findings import Finding
from .tools import cfn_lint, checkov, guard, parliament


@dataclass(frozen=True)
class Death:
    """A mutant and what kills it; nothing, where it lives."""

    mutant: Mutant
    killers: frozenset[Finding]


def judged(mutants, resolved, known, folder: Path) -> list[Death]:
    """How each mutant ends. `known` has the findings of the templates as they are, by profile.

    What needs no process judges first; scanners see, once and together, the
    mutants that are left.
    """
    bodies = {mutant: mutant.applied(resolved[mutant.profile]) for mutant in mutants}
    deaths = {}
    for mutant, body in bodies.items():
        found = rules.judge_template(body).findings | parliament.judge_template(body).findings
        deaths[mutant] = frozenset(found - known[mutant.profile])
    for scanner in (cfn_lint, guard, checkov):
        alive = [mutant for mutant, killers in deaths.items() if not killers]
        deaths |= _scanned(scanner, alive, bodies, known, folder)
    return [Death(mutant, killers) for mutant, killers in deaths.items()]


def _scanned(scanner, mutants, bodies, known, folder):
    """What one scanner kills, in a single run over a folder."""
    if not mutants:
        return {}
    stems = {mutant: re.sub(r"\W+", "-", mutant.fault) for mutant in mutants}
    reports = scanner.judge(template.written({stem: bodies[mutant] for mutant, stem in stems.items()}, folder))
    return {mutant: frozenset(reports[stem].findings - known[mutant.profile]) for mutant, stem in stems.items()}


def faults(deaths) -> list[str]:
    """Mutants that live, tools that kill nothing, and rules of our own that no mutant breaks: can they fail at all?"""
    killers = set().union(*(death.killers for death in deaths))
    tools = {"cfn-lint", "checkov", "cfn-guard", "parliament"} - {finding.tool for finding in killers}
    broken = {finding.rule for finding in killers if finding.tool == rules.TOOL}
    return [
        *(f"mutant lives: {death.mutant.fault}" for death in deaths if not death.killers),
        *(f"no mutant is killed by {tool}" for tool in sorted(tools)),
        *(f"no mutant breaks {name}" for name in map(rules.name_of, rules.rules()) if name not in broken),
    ]
