"""The scripts that make tables and draw figures of an analysis, as rules run them; no tests."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trajectories.analyses import declaration

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


def tabulate(
    name: str,
    folder: Path,
    reads: Mapping[str, Sequence[Path]],
    settings: Mapping[str, Any],
    check: bool = True,
) -> "subprocess.CompletedProcess[str]":
    """Write the tables and files of an analysis into a folder."""
    analysis = declaration.load(name)
    outputs = [f"{table}.csv" for table in analysis.tables]
    outputs += [Path(file).name for file in analysis.files]
    words = [word for kind, paths in reads.items() for word in (f"--{kind}", *paths)]
    command = ["make_tables.py", name, *words, "--settings", json.dumps(settings), "--output"]
    return _run([*command, *(folder / output for output in outputs)], check)


def recipes(folder: Path, conditions: Sequence[str] = ("moco",)) -> list[Path]:
    """The recipe.json of each condition, as far as analyses of resamples read it."""
    network = {"architecture": "resnet18", "stem": "imagenet", "embedding": 128}
    paths = []
    for condition in conditions:
        paths.append(folder / condition / "recipe.json")
        paths[-1].parent.mkdir(exist_ok=True)
        paths[-1].write_text(json.dumps({"image_size": 224, "network": network}))
    return paths


def draw(
    name: str, figure: str, folder: Path, settings: Mapping[str, Any], check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Draw a figure from the tables in a folder, into it."""
    declared = declaration.load(name).figures[figure]
    tables = [folder / f"{table}.csv" for table in declared.tables]
    outputs = [folder / f"{figure}.{suffix}" for suffix in ("pdf", "png", "txt")]
    command = ["draw.py", name, figure, "--tables", *tables, "--settings", json.dumps(settings)]
    return _run([*command, "--output", *outputs], check)


def _run(command: Sequence[object], check: bool) -> "subprocess.CompletedProcess[str]":
    script, *words = map(str, command)
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *words], capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done
