"""The table of private names is complete."""

from __future__ import annotations

import ast
import unittest
from pathlib import Path

from cloud import seams


def used_names(source: str) -> set[str]:
    """Every `module.name` of the emulator that a file of ours uses, written as in the table."""
    tree, modules, names = ast.parse(source), {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ministack":
            package = node.module.partition(".")[2]
            for alias in node.names:
                path = f"{package}.{alias.name}".lstrip(".")
                if path in seams.NAMES:
                    modules[alias.asname or alias.name] = path
                else:
                    names.add(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            names.add(f"{modules[node.value.id]}.{node.attr}")
    return names


class TheTableOfNames(unittest.TestCase):
    LISTED = {f"{module}.{name}" for module, names in seams.NAMES.items() for name in names.split()}

    def test_has_every_name_that_is_used_and_no_other(self):
        used = set()
        for path in Path(seams.__file__).parent.glob("*.py"):
            used |= used_names(path.read_text())

        self.assertEqual(sorted(used - self.LISTED), [], "used, but not checked at start")
        self.assertEqual(sorted(self.LISTED - used), [], "checked at start, but not used")
