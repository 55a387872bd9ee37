"""The gate's own test: every mutant has to be killed, by a finding that the template itself does not have."""

import re
from dataclasses import dataclass
from pathlib import Path

from . import rules, template
from .findings import Finding
from .mutants import Mutant
from .tools import cfn_lint, checkov, guard, parliament


@dataclass(frozen=True)
class Death:
    """A mutant and what killed it; nothing, where it lives."""

    mutant: Mutant
    killer: Finding | None


def judged(mutants, resolved, known, folder: Path) -> list[Death]:
    """How each mutant ends. `known` has the findings of the templates as they are, by profile.

    What needs no process judges first; scanners see, once and together, the
    mutants that are left.
    """
    bodies = {mutant: mutant.applied(resolved[mutant.profile]) for mutant in mutants}
    deaths = {}
    for mutant, body in bodies.items():
        found = rules.judge_template(body).findings | parliament.judge_template(body).findings
        deaths[mutant] = _first(found - known[mutant.profile])
    for scanner in (cfn_lint, guard, checkov):
        alive = [mutant for mutant, killer in deaths.items() if killer is None]
        deaths |= _scanned(scanner, alive, bodies, known, folder)
    return [Death(mutant, killer) for mutant, killer in deaths.items()]


def _scanned(scanner, mutants, bodies, known, folder):
    """What one scanner kills, in a single run over a folder."""
    if not mutants:
        return {}
    stems = {mutant: re.sub(r"\W+", "-", mutant.fault) for mutant in mutants}
    reports = scanner.judge(template.written({stem: bodies[mutant] for mutant, stem in stems.items()}, folder))
    return {mutant: _first(reports[stem].findings - known[mutant.profile]) for mutant, stem in stems.items()}


def _first(findings):
    return min(findings, default=None)
