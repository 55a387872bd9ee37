"""`sam validate --lint`: that SAM, which one of two ways of deploying uses, takes the template."""

import sys
from pathlib import Path

from ..findings import Report
from .process import run

_SAM = Path(sys.executable).parent / "sam"


def judge_file(path: Path) -> Report:
    """A report of one rule: that it is valid."""
    said = run([_SAM, "validate", "--lint", "--region", "eu-central-1", "--template", path.resolve()], answers=(0, 1))
    report = Report("sam validate", rules={"valid"})
    if "is a valid SAM Template" in said:
        report.passed = 1
    else:
        report.finds("valid", "the template")
    return report
