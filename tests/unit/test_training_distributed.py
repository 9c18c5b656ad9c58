"""Several processes train the network that one would, and end together, whatever ends one of them.

The truths are the run of one process, and the same run again. The launcher's own runs are in
test_launcher.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from distributed_cases import arguments, assert_equal_but_for_rounding, differences, state
from picture_cases import encoded, photograph, write_jpeg_dataset
from segment_cases import assert_same_results, public
from torch import Tensor
from training_cases import labels, noise_images, recipe, settings

from trajectories.images import dataset, training_images
from trajectories.images.training_images import PixelImages, TrainingImages
from trajectories.seeding import Seeds
from trajectories.training.batches import Batches
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives.moco import MoCo

HELPER = Path(__file__).with_name("forked_training.py")
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"

RECIPES: dict[str, dict[str, Any]] = {
    "four": {"batch_size": 16, "bn_groups": 4, "queue": 32, "extra_checkpoints": [0.5]},
    "eight": {"batch_size": 16, "bn_groups": 8, "queue": 32, "extra_checkpoints": [0.5]},
    "simclr": {"objective": "simclr", "batch_size": 16, "bn_groups": 4},
    "vicreg": {"objective": "vicreg", "batch_size": 16, "bn_groups": 4},
    "supervised": {"objective": "supervised", "batch_size": 16, "bn_groups": 4},
}
# Name of an instance, processes, first and last epoch, recipe.
RUNS = [
    ("one", 1, 0, 1, "four"),
    ("two", 2, 0, 1, "four"),
    ("two-again", 2, 0, 1, "four"),
    ("one", 1, 1, 2, "four"),
    ("two", 2, 1, 2, "four"),
    ("two-again", 2, 1, 2, "four"),
    ("one-then-two", 1, 0, 1, "four"),
    ("one-then-two", 2, 1, 2, "four"),
    ("two-then-one", 2, 0, 1, "four"),
    ("two-then-one", 1, 1, 2, "four"),
    ("eight", 1, 0, 1, "eight"),
    ("eight-on-four", 4, 0, 1, "eight"),
    ("simclr", 1, 0, 1, "simclr"),
    ("simclr", 1, 1, 2, "simclr"),
    ("simclr-on-two", 2, 0, 1, "simclr"),
    ("simclr-on-two", 2, 1, 2, "simclr"),
    ("simclr-on-four", 4, 0, 1, "simclr"),
    ("simclr-on-four", 4, 1, 2, "simclr"),
    ("simclr-on-four-again", 4, 0, 1, "simclr"),
    ("simclr-on-four-again", 4, 1, 2, "simclr"),
    ("vicreg", 1, 0, 1, "vicreg"),
    ("vicreg-on-two", 2, 0, 1, "vicreg"),
    ("supervised", 1, 0, 1, "supervised"),
    ("supervised-on-two", 2, 0, 1, "supervised"),
]


def request(folder: Path, name: str, processes: int, start: int, stop: int, of: str) -> Any:
    recipe, data = folder / f"{of}.json", folder / "dataset.h5"
    argv = arguments(folder / name, recipe, data, start, stop)
    return {"argv": argv, "processes": processes, "double": of != "four"}


@pytest.fixture(scope="module")
def instances(tmp_path_factory) -> Path:
    """All the runs, done; each instance in a folder of its own."""
    folder = tmp_path_factory.mktemp("instances")
    for name, changes in RECIPES.items():
        (folder / f"{name}.json").write_text(json.dumps(settings(**changes)))
    kinds = [f"kind {number}" for number in range(9)]
    dataset.write(folder / "dataset.h5", noise_images(), labels(), kinds, {})
    (folder / "runs.json").write_text(json.dumps([request(folder, *run) for run in RUNS]))
    done = subprocess.run(
        [sys.executable, HELPER, folder / "runs.json"],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[0] * processes for _, processes, *_ in RUNS], done.stderr
    return folder


# Whole runs


def test_two_processes_train_the_network_that_one_does(instances) -> None:
    assert_equal_but_for_rounding(state(instances / "one", 0, 1), state(instances / "two", 0, 1))


def test_four_processes_train_the_network_that_one_does(instances) -> None:
    """In float64, because statistics of groups of two images enlarge all differences most."""
    one, four = (state(instances / name, 0, 1) for name in ("eight", "eight-on-four"))
    assert one["model"]["queue"].dtype == torch.float64
    assert_equal_but_for_rounding(one, four, tolerance=1e-8)


@pytest.mark.parametrize("several", ["simclr-on-two", "simclr-on-four"])
@pytest.mark.parametrize(("start", "stop"), [(0, 1), (1, 2)])
def test_a_loss_over_the_whole_batch_is_that_of_one_process(instances, several, start, stop):
    """In float64; a process that saw its own part alone would be far from it."""
    one, other = (state(instances / name, start, stop) for name in ("simclr", several))
    assert_equal_but_for_rounding(one, other, tolerance=1e-7)


@pytest.mark.parametrize("name", ["vicreg", "supervised"])
def test_two_processes_learn_by_another_objective_what_one_does(instances, name: str) -> None:
    one, two = (state(instances / each, 0, 1) for each in (name, f"{name}-on-two"))
    assert_equal_but_for_rounding(one, two, tolerance=1e-7)


def test_other_groups_are_another_network(instances) -> None:
    """Or closeness would say nothing."""
    four, eight = (state(instances / name, 0, 1) for name in ("one", "eight"))
    found = differences(four["model"], eight["model"])
    assert sum(value > 1e-3 for value in found.values()) > 0.9 * len(found)


def test_two_processes_give_the_same_bits_twice(instances) -> None:
    assert_same_results(instances / "two", instances / "two-again")
    assert_same_results(instances / "simclr-on-four", instances / "simclr-on-four-again")


def test_a_state_goes_on_with_another_number_of_processes(instances) -> None:
    for start, name in (("one", "one-then-two"), ("two", "two-then-one")):
        assert_equal_but_for_rounding(state(instances / start, 1, 2), state(instances / name, 1, 2))


def test_results_are_those_of_one_process_in_number_and_name(instances) -> None:
    one, two = (
        {
            str(path.relative_to(instances / name))
            for path in (instances / name).rglob("*")
            if path.is_file() and public(instances / name, path)
        }
        for name in ("one", "two")
    )
    assert one == two
    assert len([path for path in one if path.endswith(".pt")]) == 4 + 2  # epochs 0 to 2, states


# What each process sees


SIZES = [(40 + n, 60 - n) for n in range(24)]


@pytest.fixture(params=["pixels", "jpeg"])
def images(request, tmp_path: Path) -> TrainingImages:
    if request.param == "pixels":
        return PixelImages(noise_images(24))
    encodings = [encoded(photograph(*size, seed=n)) for n, size in enumerate(SIZES)]
    path = write_jpeg_dataset(tmp_path / "dataset.h5", encodings, [0] * 24)
    return training_images.load(path)


def batches(images: TrainingImages, processes: Processes) -> Batches:
    return Batches(images, recipe(batch_size=12, bn_groups=4), Seeds(1, 2, 3), 5, processes)


@pytest.mark.parametrize("size", [2, 4])
def test_each_process_sees_its_part_of_the_same_views(images: TrainingImages, size: int) -> None:
    whole = batches(images, ALONE)
    shares = [batches(images, Processes(rank, size)) for rank in range(size)]
    for index in range(2):
        queries, keys = (whole.views(whole[index], index)[view] for view in range(2))
        seen = [[part.views(part[index], index)[view] for part in shares] for view in range(2)]
        assert torch.equal(torch.cat(seen[0]), queries)
        places = [part.places(index, 1) for part in shares]
        assert sorted(np.concatenate(places)) == list(range(12))
        for view, of_view in zip(seen[1], places, strict=True):
            assert torch.equal(view, keys[of_view])


def test_a_process_reads_what_it_needs_and_once(images: TrainingImages, monkeypatch) -> None:
    mine = batches(images, Processes(1, 4))
    needed = set(mine.places(0, 0)) | set(mine.places(0, 1))
    if isinstance(images, PixelImages):
        assert len(mine[0]) == len(needed) < 12
        return
    read, decode = [], images._reader.decode

    def counted(number: int):
        read.append(number)
        return decode(number)

    monkeypatch.setattr(images._reader, "decode", counted)
    mine[0]
    assert sorted(read) == sorted(mine.batches[0][list(needed)])


class Fellow(Processes):
    """One of two processes, whose fellow has left its rows."""

    def gather(self, rows: Tensor) -> Tensor:
        left[self.rank] = rows
        return torch.cat([left.get(rank, torch.zeros_like(rows)) for rank in range(2)])


left: dict[int, Tensor] = {}


def test_keys_are_permuted_across_processes() -> None:
    """Each process's part of the keys, of images that the permutation brings to it."""
    left.clear()
    permutation = torch.tensor([5, 0, 6, 3, 1, 7, 2, 4])
    generator = torch.Generator().manual_seed(0)
    view = torch.randn(8, 3, 32, 32, generator=generator) * torch.arange(1, 9).view(8, 1, 1, 1)
    expected = MoCo(recipe(bn_groups=4), 1).train().keys(view, permutation)
    for rank in range(2):
        model = MoCo(recipe(bn_groups=4), 1, Fellow(rank, 2)).train()
        share = permutation[4 * rank : 4 * rank + 4].sort().values
        keys = model.keys(view[share], permutation)
        moved = model.key.backbone.bn1.num_batches_tracked.item()
        assert moved == (1 if rank == 0 else 0)
    torch.testing.assert_close(keys, expected)
