"""cfn-guard with the rules of AWS Control Tower. It leaves SAM's resources out."""

import json
import platform
import re
import sys
from pathlib import Path

from ..findings import Report
from .process import run

_PACKAGE = Path(sys.executable).parent.parent.with_name("node") / "node_modules/@cdklabs/cdk-validator-cfnguard"
_SYSTEM = {"Linux": "ubuntu", "Darwin": "macos"}
_PROCESSOR = {"arm64": "aarch64"}


def judge(paths) -> dict:
    """A report for each template, by the file's stem."""
    # It ends with 19 when a rule fails.
    said = run([
        _binary(), "validate", "--rules", _PACKAGE / "rules/control-tower/cfn-guard", "--structured",
        "--output-format", "json", "--show-summary", "none", "--data", *(path.resolve() for path in paths),
    ], answers=(0, 19))  # fmt: skip
    return {Path(judged["name"]).stem: _report(judged) for judged in json.loads(said)}


def _binary():
    processor = _PROCESSOR.get(platform.machine(), platform.machine())
    binary = _PACKAGE / "bin" / _SYSTEM[platform.system()] / processor / "cfn-guard"
    binary.chmod(0o755)
    return binary


def _report(judged):
    report = Report("cfn-guard", rules=set(judged["compliant"]), passed=len(judged["compliant"]))
    for failed in judged["not_compliant"]:
        for resource in sorted(_resources(failed)):
            report.finds(failed["Rule"]["name"], resource)
    return report


def _resources(failed):
    """Every resource that the tree of failed clauses points at."""
    return set(re.findall(r'"path": "/Resources/(\w+)', json.dumps(failed))) or {"the template"}
