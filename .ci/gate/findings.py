"""What a tool says of a template."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Finding:
    """A rule of a tool that a resource breaks."""

    tool: str
    rule: str
    resource: str

    def __str__(self):
        return f"{self.tool} {self.rule}: {self.resource}"


@dataclass
class Report:
    """One tool's judgement of one template: which rules had something to judge, how many results are good."""

    tool: str
    rules: set = field(default_factory=set)
    passed: int = 0
    findings: set = field(default_factory=set)

    def finds(self, rule, resource):
        """Notes that a resource breaks a rule."""
        self.rules.add(rule)
        self.findings.add(Finding(self.tool, rule, resource))


class ToolError(Exception):
    """A tool that could not judge; no findings would say the opposite."""
