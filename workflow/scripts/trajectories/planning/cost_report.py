"""The cost of a study as plain text, and as a comment block in its config."""

import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

from trajectories.errors import UserError
from trajectories.planning.cost import Needs, Rate, Study
from trajectories.storage.files import atomic

# Marks of the block in a config; what is between them is replaced.
BEGIN = "# ---- cost, computed from the keys below: make plan CONFIG="
END = "# ---- end of cost"

_WIDTH = 88  # characters


def describe(name: str, study: Study, rate: Rate, keep: bool) -> list[str]:
    """Lines of text on what a study costs.

    Parameters
    ----------
    name : str
        Name of the study.
    study : Study
    rate : Rate
        Speed of training.
    keep : bool
        Whether activations are kept.
    """
    dataset = study.dataset or 0
    views = "one or two views" if study.one_view else "two views"

    def row(label: str, value: Callable[[Needs], str]) -> str:
        return _row(label, value(study.instance), value(study.all))

    def at_rest(needs: Needs) -> int:
        kept = needs.checkpoints + needs.state + needs.rdms
        return kept + (needs.activations if keep else 0)

    rest, rest_instance = at_rest(study.all) + dataset, at_rest(study.instance)
    lines = [
        f"{name}: {_counted(study.n_instances, 'network instance')} in"
        f" {_counted(study.n_segments, 'segment')}, from start to end",
        _row("", "one instance" if study.n_conditions == 1 else "largest instance", "all"),
        row("epochs", lambda needs: f"{needs.epochs:,}"),
        row("optimiser steps", lambda needs: f"{needs.steps:,}"),
        row(f"images, each in {views}", lambda needs: f"{needs.images:,}"),
        row("operations of training", lambda needs: f"{needs.operations:.2e}"),
        row("GPU hours of training", lambda needs: hours(rate.hours(needs))),
        row("images shown for responses", lambda needs: f"{needs.shown:,}"),
        row("checkpoints", lambda needs: size(needs.checkpoints)),
        row("training states", lambda needs: size(needs.state)),
        row("RDMs", lambda needs: size(needs.rdms)),
    ]
    if keep:
        lines.append(row("activations", lambda needs: size(needs.activations)))
    if study.dataset is not None:
        lines.append(_row("training images", "", size(study.dataset)))
    lines += [
        _row("disk at rest", size(rest_instance), size(rest)),
        _row(
            "disk at its peak",
            size(rest_instance + study.passing_instance),
            size(rest + study.passing),
        ),
    ]
    return lines + _wrapped(_notes(study, rate, keep))


def _notes(study: Study, rate: Rate, keep: bool) -> Iterable[str]:
    yield (
        f"One segment, the work of one training job: {_counted(study.segment.epochs, 'epoch')},"
        f" {hours(rate.hours(study.segment))} GPU hours, {size(study.segment.activations)} of"
        " activations."
    )
    if study.branches:
        several = len(study.branches) > 1
        yield (
            f"{' and '.join(study.branches)} {'go' if several else 'goes'} on from another"
            " condition: the epochs before are counted there alone."
        )
    if not keep:
        yield "At its peak: with the activations of one segment of each instance."
    if study.dataset is None:
        yield "Not counted: packed training images, as large as their files, or less if resized."
    speed = study.instance.images / rate.hours(study.instance) / 3600
    given = f"{rate.value / 1e12:.3g} TFLOP/s, here " if rate.unit == "operations" else ""
    yield f"Rate of one GPU: {given}{speed:,.0f} images per second, {rate.source}."


def write_block(path: Path, lines: Iterable[str]) -> None:
    """Replace the comment block of a config by these lines.

    Raises
    ------
    UserError
        If the file has no block, that is no line that begins as `BEGIN` and one that is `END`
        after it.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = _find_block(path, text)
    block = "".join(f"# {line}".rstrip() + "\n" for line in lines)
    with atomic(path) as temporary:
        temporary.write_text(text[:begin] + block + text[end:], encoding="utf-8")


def read_block(path: Path) -> list[str]:
    """Lines of the comment block of a config, as `write_block` took them.

    Raises
    ------
    UserError
        If the file has no block.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = _find_block(path, text)
    return [line.removeprefix("#").removeprefix(" ") for line in text[begin:end].splitlines()]


def _find_block(path: Path, text: str) -> tuple[int, int]:
    found = re.search(f"^{re.escape(BEGIN)}.*\n((?:#.*\n)*?){re.escape(END)}$", text, re.MULTILINE)
    if found is None:
        raise UserError(
            f'{path} has no place for the cost: add the lines "{BEGIN}{path}" and "{END}"'
        )
    return found.span(1)


def hours(number: float) -> str:
    """Hours in three digits or more."""
    if number < 0.1:
        return "under 0.1"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def size(n_bytes: int) -> str:
    """Bytes in three digits or more of the largest decimal unit that they fill."""
    units = ((12, "TB"), (9, "GB"), (6, "MB"))
    exponent, unit = next((u for u in units if n_bytes >= 10 ** u[0]), units[-1])
    value = n_bytes / 10**exponent
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def _row(label: str, *cells: str) -> str:
    return f"{label:<30}" + "".join(f"{cell:>18}" for cell in cells)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _wrapped(notes: Iterable[str]) -> list[str]:
    return [line for note in notes for line in textwrap.wrap(note, _WIDTH)]
