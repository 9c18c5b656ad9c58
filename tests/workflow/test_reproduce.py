"""Promise: a finished run can be checked against its provenance; what is not as it was is named.

The truths are sha256sum's arithmetic (hashlib) and changes made by hand.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from project import ROOT, Project

SEGMENT = "moco/seed-2/epochs-0001-0002"
CHECKPOINT = "moco/seed-2/checkpoints/epochs-0001-0002/epoch-0002.000.pt"
Reproduce = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def reproduce(finished: Project) -> Reproduce:
    def call(run: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "workflow/scripts/reproduce.py", "--run", run, *flags],
            cwd=finished.path,
            env=finished.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    return call


@pytest.fixture
def run(finished: Project, tmp_path: Path) -> Path:
    """The finished run under another name, by hard links: to be changed only by new files."""
    target = tmp_path / "moved"
    shutil.copytree(finished.path / "results" / "tiny", target, copy_function=os.link)
    return target


def flip_bit(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.unlink()
    path.write_bytes(content)


def faults(done: "subprocess.CompletedProcess[str]") -> list[str]:
    lines = done.stdout.splitlines()
    return [line for line in lines if line.startswith(("differs: ", "missing: "))]


def test_provenance_has_every_file_with_its_checksum(finished: Project) -> None:
    folder = finished.path / "results" / "tiny"
    recorded = json.loads((folder / "provenance.json").read_text())
    files = {str(path.relative_to(folder)): path for path in finished.results()}
    about_it = ("checksums", "provenance.json", "report.html", ".snakemake", ".csv.sha256")
    expected = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if not any(word in name for word in about_it)
    }
    assert {**recorded["inputs"], **recorded["results"]} == expected
    assert set(recorded["inputs"]) == {"dataset.h5", "stimuli.h5", "moco/recipe.json"}
    table = ROOT / "config/stimuli/openmoji96.csv"
    assert recorded["stimulus_table"]["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()


def test_provenance_says_with_what_it_was_made(finished: Project) -> None:
    recorded = json.loads((finished.path / "results/tiny/provenance.json").read_text())
    version = subprocess.run(
        [sys.executable, "-m", "snakemake", "--version"], capture_output=True, text=True, check=True
    )
    assert recorded["made_with"]["versions"]["snakemake"] == version.stdout.strip()
    assert [each["seed"] for each in recorded["instances"]] == recorded["config"]["seeds"] == [1, 2]
    for each in recorded["instances"]:
        [origin] = each["trained_with"]
        assert {"torch", "numpy"} <= set(origin["versions"])
    report = (finished.path / "results/tiny/report.html").read_text()
    for digest in list(recorded["inputs"].values()):
        assert digest in report
    assert recorded["made_with"]["machine"] in report


def test_a_clean_run_passes_wherever_it_is(reproduce: Reproduce, run: Path) -> None:
    done = reproduce(run, "--recompute", "metrics")
    assert (done.returncode, faults(done)) == (0, []), done.stdout + done.stderr
    assert "metrics recomputed: all as recorded" in done.stdout


def test_flipped_bits_and_missing_files_are_named(reproduce: Reproduce, run: Path) -> None:
    changed = ("tables/stability.csv", "moco/seed-1/trajectory.h5", CHECKPOINT, "dataset.h5")
    for name in changed:
        flip_bit(run / name, at=(run / name).stat().st_size // 2)
    (run / "figures/training.pdf").unlink()
    done = reproduce(run)
    assert done.returncode == 1
    named = [" ".join(line.split()[:2]) for line in faults(done)]
    expected = [*(f"differs: {name}" for name in changed), "missing: figures/training.pdf"]
    assert sorted(named) == sorted(expected)
    assert "Traceback" not in done.stderr


def test_other_versions_and_another_commit_are_notes(reproduce: Reproduce, run: Path) -> None:
    path = run / "provenance.json"
    recorded = json.loads(path.read_text())
    recorded["made_with"]["versions"]["numpy"] = "1.0.0"
    recorded["made_with"]["commit"] = "0123abc"
    recorded["instances"][0]["trained_with"][0]["versions"]["torch"] = "1.1.1"
    path.unlink()
    path.write_text(json.dumps(recorded))
    done = reproduce(run)
    assert (done.returncode, faults(done)) == (0, [])
    notes = [line for line in done.stdout.splitlines() if line.startswith("note: ")]
    for word in ("numpy 1.0.0", "0123abc", "torch 1.1.1"):
        assert sum(word in line for line in notes) == 1, notes


@pytest.mark.parametrize("part", ["rdms", "training"])
def test_a_segment_computed_again_is_the_same(reproduce: Reproduce, run: Path, part: str) -> None:
    done = reproduce(run, "--recompute", part, "--segment", SEGMENT)
    assert (done.returncode, faults(done)) == (0, []), done.stdout + done.stderr
    assert f"{part} recomputed: all as recorded" in done.stdout


def test_weights_that_training_does_not_give_again_are_named(
    reproduce: Reproduce, run: Path
) -> None:
    import torch

    content = torch.load(run / CHECKPOINT, weights_only=True)
    content["backbone"]["conv1.weight"][0, 0, 0, 0] += 0.5
    (run / CHECKPOINT).unlink()
    torch.save(content, run / CHECKPOINT)
    # As if it had been recorded so: only recomputing can tell.
    recorded = json.loads((run / "provenance.json").read_text())
    recorded["results"][CHECKPOINT] = hashlib.sha256((run / CHECKPOINT).read_bytes()).hexdigest()
    (run / "provenance.json").unlink()
    (run / "provenance.json").write_text(json.dumps(recorded))
    done = reproduce(run, "--recompute", "training", "--segment", SEGMENT)
    assert done.returncode == 1
    assert faults(done) == [f"differs: weights of {CHECKPOINT} differ by up to 0.5"]


@pytest.mark.parametrize(
    ("name", "words"), [("provenance.json", "no file"), ("moco/recipe.json", "missing: moco")]
)
def test_what_is_not_there_is_said_in_a_sentence(
    reproduce: Reproduce, run: Path, name: str, words: str
) -> None:
    (run / name).unlink()
    done = reproduce(run)
    assert done.returncode == 1
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_segment_that_there_is_not_is_refused_before_any_work(
    reproduce: Reproduce, run: Path
) -> None:
    done = reproduce(run, "--recompute", "training", "--segment", "moco/seed-9/epochs-0000-0001")
    assert done.returncode == 1
    assert "has no segment 'moco/seed-9/epochs-0000-0001'" in done.stderr
    assert "moco/seed-1/epochs-0000-0001" in done.stderr
    assert "checksums" not in done.stderr
