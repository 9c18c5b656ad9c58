"""YAML that says what it seems to say: refusals that a reader of YAML does not make.

YAML 1.1 takes the last of equal keys, reads 010 as eight and 1:30 as ninety, and its aliases let a
few lines stand for millions of values.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from trajectories.errors import UserError

# Counted with each alias in full. The config of a large study has some hundreds.
MOST_VALUES = 100_000
# What the C parser, and with it the stack, stands.
MOST_LEVELS = 50

_INTEGER = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_MERGE = "tag:yaml.org,2002:merge"


def check_file(path: Path) -> None:
    """Refuse a file of YAML that says something else than it seems; one without YAML passes.

    Raises
    ------
    UserError
        For a key that a block has twice, a number that is octal or sexagesimal, a list or block
        that contains itself, or more than `MOST_VALUES` values: with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    check(text, path)


def check(text: str, path: Path) -> None:
    """The same for the text of a file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, RecursionError):
        return
    if root is not None:
        _Check(path).count(root, 0)


class _Check:
    """One file: each node is looked at once, however many aliases stand for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Of each node, by its identity: None while it is open, then how many values it stands for.
        self.values: dict[int, int | None] = {}

    def count(self, node: Any, level: int) -> int:
        """Check a node and all below it; gives the number of values."""
        if id(node) in self.values:
            known = self.values[id(node)]
            if known is None:
                raise self.fault(node, "contains itself", "write its values out")
            return known
        if level > MOST_LEVELS:
            raise self.fault(
                node, f"is nested in more than {MOST_LEVELS} others", "write fewer levels"
            )
        self.values[id(node)] = None
        if isinstance(node, yaml.ScalarNode):
            self._check_number(node)
            parts = []
        elif isinstance(node, yaml.MappingNode):
            self._check_keys(node)
            parts = [part for pair in node.value for part in pair]
        else:
            parts = node.value
        total = 1 + sum(self.count(part, level + 1) for part in parts)
        if total > MOST_VALUES:
            raise self.fault(
                node,
                f"stands for more than {MOST_VALUES} values, aliases (`*name`) counted in full",
                "write fewer",
            )
        self.values[id(node)] = total
        return total

    def _check_keys(self, node: yaml.MappingNode) -> None:
        lines: dict[tuple[str, str | float], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            name = _name(key)
            if name in lines:
                raise UserError(
                    f"{self.path}, line {_line(key)}: the key `{key.value}` is there already, in"
                    f" line {lines[name]}, and only one of them would count: delete or rename one"
                )
            lines[name] = _line(key)

    def _check_number(self, node: yaml.ScalarNode) -> None:
        if node.style or node.tag not in (_INTEGER, _FLOAT):
            return
        text = node.value.replace("_", "")
        if re.fullmatch(r"[+-]?0[0-7]+", text):
            meant = text.lstrip("+-0") or "0"
            raise self.fault(
                node,
                f"is {node.value}, which YAML reads as {int(text, 8)}, an octal number",
                f'write {meant} or, if it is text, "{node.value}"',
            )
        if ":" in text:
            raise self.fault(
                node,
                f"is {node.value}, which YAML reads as a number of base 60",
                f'write the number itself or, if it is text, "{node.value}"',
            )

    def fault(self, node: Any, what: str, mend: str) -> UserError:
        return UserError(f"{self.path}, line {_line(node)}: the value {what}: {mend}")


def _name(key: yaml.ScalarNode) -> tuple[str, str | float]:
    """What a key is called: 1 and 1.0 are the same, and "1" is another."""
    if key.tag in (_INTEGER, _FLOAT):
        try:
            return _FLOAT, float(key.value)
        except ValueError:
            pass
    return key.tag, key.value


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
