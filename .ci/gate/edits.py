"""Small changes of a template.

A path leads from a resource (or `Globals`) through its properties; an item of a
list is named by its Sid, Id or PolicyName, or counted from 0.
"""

import copy
from dataclasses import dataclass

_NOT_A_PROPERTY = {"Type", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy"}


class MutantError(Exception):
    """A mutant that is none: its edits find nothing to change."""


@dataclass(frozen=True)
class Mutant:
    """A fault, and the template of which profile gets it."""

    profile: str
    fault: str
    edits: tuple

    def applied(self, resolved) -> dict:
        """A copy of the template, with the fault."""
        mutated = copy.deepcopy(resolved)
        try:
            for edit in self.edits:
                edit(mutated)
        except (KeyError, IndexError, TypeError, StopIteration) as missing:
            raise MutantError(f"{self.fault}: nothing there to change ({missing!r})") from None
        if mutated == resolved:
            raise MutantError(f"{self.fault}: it changes nothing")
        return mutated


def drop(path):
    """Takes out what is at a path."""

    def edit(template):
        parent, key = _found(template, path)
        del parent[key]

    return edit


def put(path, value):
    """Puts a value at a path whose parent exists."""

    def edit(template):
        parent, key = _found(template, path)
        parent[key] = value

    return edit


def add(path, value):
    """Adds an item to the list at a path; of a single value it makes a list."""

    def edit(template):
        parent, key = _found(template, path)
        parent[key] = [*(parent[key] if isinstance(parent[key], list) else [parent[key]]), value]

    return edit


def swap(path, other):
    """Exchanges two values."""

    def edit(template):
        (left, key), (right, other_key) = _found(template, path), _found(template, other)
        left[key], right[other_key] = right[other_key], left[key]

    return edit


def _found(template, path):
    """The map or list that holds what a path leads to, and its key there."""
    first, *rest = path.split("/")
    if first == "Globals":
        node, keys = template, [first, *rest]
    elif not rest:
        node, keys = template["Resources"], [first]
    elif rest[0] in _NOT_A_PROPERTY:
        node, keys = template["Resources"][first], rest
    else:
        node, keys = template["Resources"][first]["Properties"], rest
    for key in keys[:-1]:
        node = node[_key(node, key)]
    return node, _key(node, keys[-1])


def _key(node, key):
    if not isinstance(node, list):
        return key
    if key.isdigit():
        return int(key)
    return next(i for i, item in enumerate(node) if key in (item.get("Sid"), item.get("Id"), item.get("PolicyName")))
