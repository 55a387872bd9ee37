"""cfn-lint: what CloudFormation itself would refuse, by the schemas of its resources. Errors, warnings and hints."""

import functools
import json
import re
import sys
from pathlib import Path

from ..findings import Report
from .process import run

_COMMAND = [Path(sys.executable).parent / "cfn-lint", "--include-checks", "I"]


def judge(paths) -> dict:
    """A report for each template, by the file's stem."""
    reports = {path.stem: Report("cfn-lint", rules=set(_rules())) for path in paths}
    # Its exit code is a sum of what it found: 2 errors, 4 warnings, 8 hints.
    found = run([*_COMMAND, "--format", "json", *(path.resolve() for path in paths)], answers=range(0, 15, 2))
    for match in json.loads(found):
        reports[Path(match["Filename"]).stem].finds(match["Rule"]["Id"], _resource(match["Location"]["Path"]))
    for report in reports.values():
        report.passed = len(report.rules - {finding.rule for finding in report.findings})
    return reports


@functools.cache
def _rules():
    return frozenset(re.findall(r"^([EWI]\d{4})\b", run([*_COMMAND, "--list-rules"]), re.MULTILINE))


def _resource(path):
    """`BackupBucket` of the path `[Resources, BackupBucket, Properties, …]`."""
    return str(path[1]) if path and len(path) > 1 else "the template"
