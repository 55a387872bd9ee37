"""parliament: whether IAM knows the actions, resources and conditions that the policies name."""

import json
from collections import defaultdict

import parliament

from .. import template
from ..documents import policy_documents
from ..findings import Report

# In the policy of a key `*` is this key; IAM's grammar has no other word for it.
_NOT_OF = defaultdict(set, KeyPolicy={"RESOURCE_STAR"})


def judge(paths) -> dict:
    """A report for each template, by the file's stem."""
    return {path.stem: judge_template(template.read(path)) for path in paths}


def judge_template(resolved) -> Report:
    """One result a policy document."""
    report = Report("parliament", rules=set(parliament.config))
    for resource, kind, document in policy_documents(resolved):
        issues = {found.issue for found in parliament.analyze_policy_string(json.dumps(document)).findings}
        issues -= _NOT_OF[kind]
        for issue in issues:
            report.finds(issue, resource)
        report.passed += not issues
    return report
