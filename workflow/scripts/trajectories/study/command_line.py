"""Settings given on Snakemake's command line, which reads them otherwise than a file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trajectories.errors import UserError


def check(given: Mapping[str, Any]) -> None:
    """Refuse numbers and switches in lists and blocks of `--config`, as Snakemake makes them text.

    Raises
    ------
    UserError
        Naming the key and what to do.
    """
    for key, value in given.items():
        if not isinstance(value, Mapping | list):
            continue
        for text in _texts(value):
            if re.fullmatch(r"[+-]?[\d.]+([eE][+-]?\d+)?|true|false|null", text.strip()):
                raise UserError(
                    f"`--config {key}=…` has {text} in a list or block, where Snakemake's command"
                    f" line turns all values into text: write `{key}:` in a file of its own and"
                    " name that too, as in --configfile config/config.yaml my.yaml"
                )


def _texts(value: object) -> Iterator[str]:
    """All text in nested lists and blocks, names of keys apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
