"""checkov: what auditors ask of AWS resources. It reads SAM's resources as they are."""

import json
import sys
from pathlib import Path

from ..findings import Report, ToolError
from .process import run

# In a venv of its own: it pins other versions of what the other tools use.
_BIN = Path(sys.executable).parent.parent.with_name("checkov") / "bin"


def judge(paths) -> dict:
    """A report for each template, by the file's stem."""
    said = run([
        _BIN / "python", _BIN / "checkov", "--framework", "cloudformation", "--skip-download", "--compact",
        "--soft-fail", "--output", "json",
        "--file", *(path.resolve() for path in paths),
    ])  # fmt: skip
    reports = {path.stem: Report("checkov") for path in paths}
    results = json.loads(said)["results"]
    if results["parsing_errors"]:
        raise ToolError(f"checkov cannot read {results['parsing_errors']}")
    for check in results["passed_checks"]:
        report = reports[Path(check["file_path"]).stem]
        report.rules.add(check["check_id"])
        report.passed += 1
    for check in results["failed_checks"]:
        reports[Path(check["file_path"]).stem].finds(check["check_id"], check["resource"].split(".")[-1])
    return reports
