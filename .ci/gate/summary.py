"""What a person reads at the end: tables of text."""

from collections import Counter


def table(head, rows) -> str:
    """Columns as wide as they need to be; numbers to the right."""
    cells = [list(map(str, row)) for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells)]
    is_number = [all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(row, widths, is_number)
        ).rstrip()
        for row in cells
    ]
    return "\n".join(lines)


def of_profiles(reports, suppressed, listed) -> str:
    """Each tool's rules and results, for each template that it judged."""
    rows = []
    for name, judged in reports.items():
        for report in judged:
            stays = report.findings & suppressed
            given_up = (report.findings - stays) & listed if name == "default" else set()
            failed = report.findings - stays - given_up
            rows.append([name, report.tool, len(report.rules), report.passed, len(failed), len(given_up), len(stays)])
    return table(["template", "tool", "rules", "passed", "failed", "given up", "suppressed"], rows)


def of_default(listed, costs) -> str:
    """What the default gives up, and what it would cost not to."""
    rows = [
        [entry.cleared_by, f"{costs[entry.cleared_by]:.2f}", entry.tool, entry.rule, len(entry.resources)]
        for entry in listed
    ]  # fmt: skip
    return table(["cleared by", "USD/month", "tool", "rule", "resources"], rows)


def of_mutants(deaths) -> str:
    """Each mutant and its killer; of several, the one that fewest die of."""
    deadly = Counter(killer.rule for death in deaths for killer in death.killers)
    rows = [
        [
            death.mutant.profile,
            death.mutant.fault,
            min(death.killers, key=lambda k: (deadly[k.rule], k), default="LIVES"),
        ]
        for death in deaths
    ]
    return table(["template", "mutant", "killed by"], rows)
