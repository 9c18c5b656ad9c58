"""docs/tutorial.md works: its code runs in order and prints what the text says.

It runs on the published networks that come with the repository.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import tutorial_analysis
from scipy.spatial.distance import squareform
from tutorial_analysis import BLOCKS, FILES

HOME = Path(__file__).parents[2]
NETWORK = HOME / "studies/cifar10/moco/seed-1/trajectory.h5"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that looks like the repository."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    (tmp_path / "workflow").mkdir()
    for name in ("workflow/scripts", "studies"):
        (tmp_path / name).symlink_to(HOME / name)
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
    names = run_all()
    with h5py.File(NETWORK) as file:
        rdms, face = file["rdms/layer4"][:], file["categories/face"][:].astype(bool)
    np.testing.assert_allclose(np.asarray(names["share"]), [beside(rdm, face) for rdm in rdms])
    model = squareform(face[:, None] != face, checks=False).astype(float)
    wanted = [np.corrcoef(model, rdm)[0, 1] for rdm in rdms]
    np.testing.assert_allclose(np.asarray(names["similarity"]), wanted, atol=1e-6)
    assert (place / "neighbours.png").stat().st_size > 5000
    assert (place / "faces.h5").is_file()


def beside(rdm: np.ndarray, face: np.ndarray) -> float:
    """Share of the faces whose nearest image is a face, one image at a time."""
    square = squareform(rdm)
    found = []
    for image in np.flatnonzero(face):
        others = np.delete(np.arange(len(face)), image)
        found.append(face[others[np.argmin(square[image, others])]])
    return float(np.mean(found))


def test_the_analysis_makes_the_table_of_the_statistic(place: Path) -> None:
    scripts = place / "project" / "workflow" / "scripts"
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("workflow", "profiles"):
        shutil.copytree(HOME / part, place / "project" / part, ignore=ignored)
    tutorial_analysis.add(place / "project")
    paths = sorted(map(str, place.glob("studies/cifar10/moco/*/trajectory.h5")))
    command = [sys.executable, str(scripts / "make_tables.py"), "neighbours"]
    command += ["--trajectories", *paths, "--output", "neighbours.csv"]
    subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    table = pd.read_csv(place / "neighbours.csv")
    assert len(table) == 8 * 2 * 25
    one = table[(table["seed"] == 1) & (table["layer"] == "layer4")]
    np.testing.assert_allclose(one["share"], np.asarray(run_all()["share"]))
