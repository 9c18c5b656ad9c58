"""A segment that is killed at any moment and restarted gives the same bits as one left alone."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from killed_training import EARLY, LATE, NEXT
from segment_cases import assert_same_results, segment_in, without_speed
from training_cases import assert_identical, labels, noise_images, settings

from trajectories.images import dataset

HELPER = Path(__file__).with_name("killed_training.py")
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


@dataclass
class Job:
    """One run of train.py in the folder of an instance, killed at a moment or left alone."""

    instance: str
    moment: str | None = None
    start: int = 0
    stop: int = 3
    cleaned: bool = True  # by Snakemake, from what a job that was cut off has published
    begins_as: str | None = None  # a copy of this instance


def slug(moment: str) -> str:
    return moment.replace(" ", "-")


CUT = slug("right after the state of epoch 2")
JOBS = [
    Job("undisturbed"),
    Job("first-segment", stop=1),
    Job("two-segments", start=1, begins_as="first-segment"),
    *(Job(slug(moment), moment, start=1, begins_as="first-segment") for moment in NEXT),
    *(Job(slug(moment), start=1) for moment in NEXT),
    *(Job(slug(moment), moment) for moment in EARLY),
    *(Job(slug(moment), moment, begins_as=CUT) for moment in LATE),
    Job("by-hand", "between the two results", begins_as=CUT),
    *(Job(slug(moment)) for moment in EARLY | LATE),
    Job("by-hand", cleaned=False),
]


def request(folder: Path, job: Job) -> dict[str, Any]:
    segment = segment_in(folder / job.instance, job.start, job.stop)
    flags = {
        "--recipe": folder / "recipe.json",
        "--dataset": folder / "dataset.h5",
        "--seed": 1,
        "--start": job.start,
        "--stop": job.stop,
        "--checkpoints": segment.checkpoints,
        "--state": segment.state,
        "--unfinished": segment.unfinished,
        "--device": "cpu",
    }
    if segment.previous_state is not None:
        flags["--previous-state"] = segment.previous_state
    outputs = [str(segment.checkpoints), str(segment.state)]
    return {
        "argv": [str(word) for flag in flags.items() for word in flag],
        "moment": job.moment,
        "remove": outputs if job.cleaned else [],
        "copy": job.begins_as and [str(folder / job.begins_as), str(folder / job.instance)],
    }


@pytest.fixture(scope="module")
def instances(tmp_path_factory) -> Path:
    """All the jobs, done; each instance in a folder of its own."""
    folder = tmp_path_factory.mktemp("instances")
    (folder / "recipe.json").write_text(json.dumps(settings(extra_checkpoints=[0.5], queue=8)))
    kinds = [f"kind {number}" for number in range(4)]
    dataset.write(folder / "dataset.h5", noise_images(16), labels(16), kinds, {})
    (folder / "jobs.json").write_text(json.dumps([request(folder, job) for job in JOBS]))
    done = subprocess.run(
        [sys.executable, HELPER, folder / "jobs.json"],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    status = json.loads(done.stdout)
    expected = [0 if job.moment is None else -signal.SIGKILL for job in JOBS]
    assert status == expected, done.stderr
    return folder


@pytest.mark.parametrize("moment", EARLY | LATE)
def test_a_kill_at_any_moment_changes_no_bit(instances, moment: str) -> None:
    instance = instances / slug(moment)
    assert_same_results(instance, instances / "undisturbed")
    assert len(list((instance / "unfinished").iterdir())) == 1  # the work: no lock, no remains


@pytest.mark.parametrize("moment", NEXT)
def test_a_kill_of_the_next_segment_changes_no_bit(instances, moment: str) -> None:
    assert_same_results(instances / slug(moment), instances / "two-segments")
    work = [path.name for path in (instances / slug(moment) / "unfinished").iterdir()]
    assert [name.rpartition("-")[0] for name in work] == ["epochs-0001-0003"]


def test_a_kill_needs_no_cleaning_up(instances) -> None:
    assert_same_results(instances / "by-hand", instances / "undisturbed")


def test_two_segments_are_one(instances) -> None:
    one, two = instances / "undisturbed", instances / "two-segments"
    checkpoints = {path.name: path for path in (two / "checkpoints").rglob("*.pt")}
    whole = sorted((one / "checkpoints").rglob("*.pt"))
    assert sorted(checkpoints) == [path.name for path in whole]
    assert len(whole) == 5
    for path in whole:
        assert checkpoints[path.name].read_bytes() == path.read_bytes()
    states = [
        torch.load(path, weights_only=True)
        for path in (one / "state/epochs-0000-0003.pt", two / "state/epochs-0001-0003.pt")
    ]
    assert_identical(*states)
    histories = [
        without_speed(path.read_bytes())
        for folder in (one, two)
        for path in sorted(folder.glob("checkpoints/*/history.csv"))
    ]
    assert histories[1] + histories[2][1:] == histories[0]
    assert [line.partition(",")[0] for line in histories[0]] == ["epoch", "0", "1", "2", "3"]


def test_epochs_differ(instances) -> None:
    """Or equality of checkpoints would say nothing."""
    files = (instances / "undisturbed" / "checkpoints").rglob("*.pt")
    weights = {
        torch.load(path, weights_only=True)["backbone"]["conv1.weight"].numpy().tobytes()
        for path in files
    }
    assert len(weights) == 5
