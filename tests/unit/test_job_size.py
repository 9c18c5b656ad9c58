"""Jobs ask a cluster for what they need: time as on a known GPU, memory for what they hold."""

from typing import Any

import pytest

from trajectories.planning import cost, job_size
from trajectories.study import config

N_STIMULI = 92
IMAGENET = 1_281_167


def study(**changes: Any) -> config.Config:
    """The published protocol (all other keys have its values by default), with changes."""
    raw: dict[str, Any] = {
        "experiment": "published",
        "seeds": [1],
        "images": {"source": "folder", "path": "train", "storage": "jpeg", "count": IMAGENET},
        "stimuli": {"table": "table.csv", "folder": "images"},
        "training": {"segment_epochs": 20},
    }
    return config.resolve(raw | changes)


def training(settings: config.Config) -> job_size.JobSize:
    return job_size.training(settings, "moco", cost.segment_needs(settings, "moco", N_STIMULI)[0])


def test_time_of_the_published_protocol() -> None:
    """53 hours on 8 GPUs for 200 epochs: 20 epochs on one GPU are 42.4 hours; twice that."""
    assert training(study()).minutes == pytest.approx(60 + 2 * 42.4 * 60, abs=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"segment_epochs": 40}},
        {"images": {"source": "openmoji", "count": 2 * IMAGENET}},
    ],
    ids=["epochs", "images"],
)
def test_twice_the_work_may_take_twice_the_time(changes: dict[str, Any]) -> None:
    before, after = (training(study(**each)).minutes - 60 for each in ({}, changes))
    assert after == pytest.approx(2 * before, abs=2)


def test_a_small_study_has_time_to_start() -> None:
    small = study(images={"source": "openmoji", "count": 2048}, training={"epochs": 1})
    assert 60 <= training(small).minutes <= 90


def test_neighbours_hold_the_features_of_all_images() -> None:
    plain, more = (
        job_size.neighbours(study(images=images, knn={"images": 1000}), "moco", 2)
        for images in (
            {"source": "folder", "path": "train", "storage": "jpeg", "count": count}
            for count in (10**5, 2 * 10**5)
        )
    )
    assert more.megabytes - plain.megabytes == pytest.approx(2 * 10**5 * 2048 * 4 / 1e6, abs=1)
    assert more.minutes > plain.minutes > 60


def test_memory_holds_pixels_but_not_jpeg_files() -> None:
    jpeg, pixels = (
        training(study(images={"source": "folder", "path": "train", "count": 10**6} | stored))
        for stored in ({"storage": "jpeg", "stored_size": None}, {"stored_size": 64})
    )
    assert pixels.megabytes - jpeg.megabytes == pytest.approx(10**6 * 64 * 64 * 3 / 1e6, abs=1)


def test_memory_holds_the_state_and_its_copy() -> None:
    """Both encoders and the momentum of a ResNet-50 with its head: 3 × 28 million numbers."""
    assert training(study()).megabytes >= 4000 + 2 * 3 * 28e6 * 4 / 1e6


def test_each_worker_has_memory() -> None:
    none, eight = (training(study(compute={"workers": workers})).megabytes for workers in (0, 8))
    assert eight - none >= 8 * 300


def test_each_gpu_shortens_the_time_and_has_memory() -> None:
    """53 hours on 8 GPUs for 200 epochs: 20 epochs are 5.3 hours; twice that."""
    one, eight = (training(study(compute={"gpus_per_seed": gpus})) for gpus in (1, 8))
    assert eight.minutes == pytest.approx(60 + 2 * 5.3 * 60, abs=1)
    assert eight.megabytes == pytest.approx(8 * one.megabytes, abs=8)


def test_extraction_holds_the_responses_of_a_checkpoint() -> None:
    sizes = {
        layer: job_size.extraction(study(), "moco", [layer], N_STIMULI)
        for layer in ("layer1", "layer4")
    }
    units = {"layer1": 802_816, "layer4": 100_352}
    for layer, size in sizes.items():
        assert size.megabytes >= 4000 + N_STIMULI * units[layer] * 4 / 1e6
    assert sizes["layer1"].megabytes > sizes["layer4"].megabytes


def test_packing_time_grows_with_the_images() -> None:
    few, many = (
        job_size.packing(study(images={"source": "openmoji", "count": count})["images"]).minutes
        for count in (1000, IMAGENET)
    )
    assert few <= 90
    assert many - few == pytest.approx((IMAGENET - 1000) / 50 / 60, abs=2)


def test_a_study_of_own_checkpoints_needs_no_images() -> None:
    own = {"checkpoints": {"folder": "theirs", "pattern": "epoch-{epoch}.pt"}}
    settings = study(
        images=None,
        conditions={"own": own},
        activations={"batchnorm": "running"},
    )
    assert job_size.extraction(settings, "own", ["layer4"], N_STIMULI).minutes == 60
