"""Where results come from: what they were made with and from, and the checksums of all files."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from trajectories.errors import UserError
from trajectories.failures import reading
from trajectories.provenance import checksums
from trajectories.storage.files import atomic

PACKAGES = (
    "torch", "torchvision", "numpy", "scipy", "pandas", "h5py", "matplotlib", "snakemake",
)  # fmt: skip
ORIGIN = "origin.json"
CONTENT = ("experiment", "made_with", "config", "instances", "stimulus_table", "inputs", "results")


def versions() -> dict[str, str]:
    """Versions of Python and of those packages that are installed, by name."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(folder: Path) -> str:
    """Git commit of the code in `folder`, and whether files differ from it."""

    def git(*words: str) -> str:
        answer = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
        )
        return answer.stdout.strip()

    try:
        revision = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown (not a git checkout)"
    return f"{revision}, with uncommitted changes" if changed else revision


def machine() -> str:
    """System, processor and number of its cores; no name or address."""
    return f"{platform.system()}, {processor()}, {os.cpu_count()} CPU cores"


def surroundings(folder: Path) -> dict[str, Any]:
    """What results are made with here and now: commit of the code, machine, versions."""
    return {"commit": commit(folder), "machine": machine(), "versions": versions()}


def note_origin(path: Path, origin: Mapping[str, Any]) -> None:
    """Add to a file where work comes from, unless it says so already.

    Work that was interrupted and resumed elsewhere has several origins.
    """
    noted = read_origins(path)
    if origin not in noted:
        with atomic(path) as temporary:
            text = json.dumps([*noted, origin], indent=2, ensure_ascii=False) + "\n"
            temporary.write_text(text, encoding="utf-8")


def read_origins(path: Path) -> list[dict[str, Any]]:
    """What `note_origin` wrote; nothing where there is no such file.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    if not path.exists():
        return []
    try:
        with reading(path):
            noted: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is damaged ({error}): delete it; what made this folder then remains unknown."
        ) from error
    return noted


def distinct(origins: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each origin once, in the order of their first places."""
    found: list[Mapping[str, Any]] = []
    for origin in origins:
        if origin not in found:
            found.append(origin)
    return found


def collect(
    config: Mapping[str, Any],
    made_with: Mapping[str, Any],
    *,
    instances: Sequence[Mapping[str, Any]],
    stimulus_table: Path,
    inputs: Mapping[str, str],
    results: Mapping[str, str],
) -> dict[str, Any]:
    """The provenance of a run.

    Parameters
    ----------
    config : mapping
        Complete configuration; `compute` may be missing, as it must not make anything rerun.
    made_with : mapping
        `surroundings` of the analysis.
    instances : sequence of mapping
        For each network instance ``condition``, ``seed``, ``recipe_digest``, ``trained_with``
        (origins of its training) and ``files`` (their checksums).
    stimulus_table : Path
        Table of test images, which lies outside of the run's folder.
    inputs, results : mapping of path in the run's folder to SHA-256
        Of what concerns all instances.

    Raises
    ------
    UserError
        If the table cannot be read.
    """
    files = dict(results)
    for instance in instances:
        files.update(instance["files"])
    return {
        "experiment": config["experiment"],
        "made_with": made_with,
        "config": config,
        "instances": [
            {key: value for key, value in instance.items() if key != "files"}
            for instance in instances
        ],
        "stimulus_table": {
            "path": stimulus_table.as_posix(),
            "sha256": checksums.sha256(stimulus_table),
        },
        "inputs": inputs,
        "results": files,
    }


def read(path: Path) -> dict[str, Any]:
    """Read `provenance.json`.

    Raises
    ------
    UserError
        If it is missing or damaged, or names files outside of the run's folder.
    """
    content = checksums.read(path, CONTENT)
    for name in (*content["inputs"], *content["results"]):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise UserError(
                f"{path} names {name}, which is not in the run's folder:"
                " delete it and start the workflow again."
            )
    return content


def processor() -> str:
    """Name of the processor if the system reports it, else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
