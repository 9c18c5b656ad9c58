"""Arguments of the scripts that make tables and draw figures of any analysis."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trajectories.errors import UserError


def add(parser: argparse.ArgumentParser) -> None:
    """Let a script take an analysis, by its name, and settings of it."""
    parser.add_argument("analysis", help="name of its folder in trajectories/analyses/")
    parser.add_argument(
        "--settings",
        default="{}",
        help='what it is set to, as JSON such as {"confidence": 0.95} (default: %(default)s)',
    )


def settings(text: str, declared: Mapping[str, str]) -> dict[str, Any]:
    """Settings by keyword.

    Parameters
    ----------
    text : str
        JSON.
    declared : mapping of keyword to config path
        All that must be there.

    Raises
    ------
    UserError
        If the text is no JSON object with these keywords.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UserError(f"--settings is not JSON ({error}): {_wanted(declared)}.") from error
    if not isinstance(given, dict) or given.keys() != declared.keys():
        raise UserError(f"--settings is {text}: {_wanted(declared)}.")
    return given


def add_labels(parser: argparse.ArgumentParser) -> None:
    """Let a script take labels of layers, conditions, categories and references."""
    parser.add_argument(
        "--labels",
        default="{}",
        help='what names are called, as JSON such as {"layer1": "early"} (default: %(default)s)',
    )


def labels(text: str) -> dict[str, str]:
    """Labels by name.

    Raises
    ------
    UserError
        If the text is no JSON object of texts.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise UserError(f"--labels is not JSON ({error}): give an object of texts.") from error
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise UserError(f"--labels is {text}: give an object of texts.")
    return given


def by_name(paths: Sequence[Path], names: Sequence[str], argument: str) -> list[Path]:
    """Files in the order of their names.

    Raises
    ------
    UserError
        If there is not one of each name.
    """
    found = {path.name: path for path in paths}
    if len(paths) != len(names) or found.keys() != set(names):
        raise UserError(
            f"{argument} names {', '.join(path.name for path in paths) or 'nothing'}: give"
            f" {', '.join(names) or 'nothing'}."
        )
    return [found[name] for name in names]


def _wanted(declared: Mapping[str, str]) -> str:
    keywords = ", ".join(f"{name} (`{path}` in the config)" for name, path in declared.items())
    return f"give an object with {keywords}" if keywords else "leave it out, there are none"
