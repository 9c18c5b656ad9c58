"""docs/tutorial.md works: its code runs in order and prints what the text says.

It runs on trajectories of the default's form made here and, where there is one, on a finished run.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tutorial_analysis
from tutorial_analysis import BLOCKS, FILES

from trajectories.rdms import rdm, trajectory
from trajectories.stimuli import table as stimulus_table

HOME = Path(__file__).parents[2]
TABLE = HOME / "config" / "stimuli" / "openmoji96.csv"
RUN = HOME / "results" / "openmoji"


def make_run(folder: Path) -> None:
    """Trajectories of four networks of the default study in which faces come together."""
    table = stimulus_table.read_table(TABLE)
    for seed in range(1, 5):
        rng = np.random.default_rng(seed)
        noise, face = rng.standard_normal((96, 200)), rng.standard_normal(200)
        rdms = {
            layer: np.array(
                [
                    rdm.correlation_distance(
                        noise + gain * epoch * np.outer(table.flags["face"], face)
                    )
                    for epoch in range(17)
                ]
            )
            for layer, gain in (("layer1", 0.0), ("layer4", 0.1))
        }
        made = trajectory.Trajectory(
            rdms,
            np.arange(17.0),
            table.stimulus,
            dict(table.flags),
            {"experiment": "openmoji", "condition": "moco", "seed": seed},
        )
        trajectory.write(folder / f"results/openmoji/moco/seed-{seed}/trajectory.h5", made)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that looks like the repository after a run."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/scripts").symlink_to(HOME / "workflow/scripts")
    yield tmp_path
    sys.path[:] = path


def run_all() -> dict[str, object]:
    """Run the blocks in order; gives what they have defined."""
    names: dict[str, object] = {}
    for (kind, text), (following, expected) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True):
        if kind != "python" or text in FILES.values():
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(text, "docs/tutorial.md", "exec"), names)
        assert printed.getvalue() == (expected if following == "text" else ""), text
    return names


def test_the_blocks_are_found() -> None:
    kinds = [kind for kind, _ in BLOCKS]
    assert kinds.count("python") >= 8
    assert kinds.count("text") >= 7
    assert [Path(name).name for name in FILES] == [
        "__init__.py", "table.py", "figure.py", "findings.py", "caption.rst",
    ]  # fmt: skip


def test_the_new_statistic_takes_five_lines() -> None:
    [text] = [text for kind, text in BLOCKS if kind == "python" and "share = face" in text][:1]
    lines = [line for line in text.splitlines() if line and not line.startswith("import")]
    assert len(lines) == 5


def test_the_code_prints_what_the_text_says(place: Path) -> None:
    make_run(place)
    names = run_all()
    share = np.asarray(names["share"])
    assert share[0] < 0.6  # planted: faces come together over training
    assert share[-1] == 1
    assert (place / "neighbours.png").stat().st_size > 5000
    assert (place / "faces.h5").is_file()
    similarity = np.asarray(names["similarity"])
    assert similarity[-1] > similarity[0] + 0.3


@pytest.mark.skipif(
    len(list(RUN.glob("moco/seed-[1-4]/trajectory.h5"))) < 4,
    reason="the default study has not been run here",
)
def test_the_code_runs_on_the_finished_default_study(place: Path) -> None:
    shutil.copytree(RUN / "moco", place / "results/openmoji/moco", ignore=_but_trajectories)
    share = np.asarray(run_all()["share"])
    assert ((share >= 0) & (share <= 1)).all()


def _but_trajectories(folder: str, names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if name != "trajectory.h5" and re.fullmatch(r"seed-[1-4]", name) is None
    ]


def test_the_analysis_makes_the_table_of_the_statistic(place: Path) -> None:
    make_run(place)
    scripts = place / "project" / "workflow" / "scripts"
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("workflow", "profiles"):
        shutil.copytree(HOME / part, place / "project" / part, ignore=ignored)
    tutorial_analysis.add(place / "project")
    paths = sorted(map(str, place.glob("results/openmoji/moco/*/trajectory.h5")))
    command = [sys.executable, str(scripts / "make_tables.py"), "neighbours"]
    command += ["--trajectories", *paths, "--output", "neighbours.csv"]
    subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    table = pd.read_csv(place / "neighbours.csv")
    assert len(table) == 4 * 2 * 17
    one = table[(table["seed"] == 1) & (table["layer"] == "layer4")]
    np.testing.assert_allclose(one["share"], np.asarray(run_all()["share"]))
