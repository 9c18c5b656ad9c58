"""The planned cost of a study is what its training and its files come to."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from training_cases import noise_images

from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.networks.activations import ActivationWriter, LayerResponses
from trajectories.networks.backbone import build_backbone
from trajectories.planning import cost
from trajectories.rdms import segment_rdms
from trajectories.study import config
from trajectories.study.recipe import Recipe
from trajectories.training.trainer import Trainer

HOME = Path(__file__).parents[2]
N_STIMULI = 40


@pytest.fixture
def raw() -> dict[str, Any]:
    """Two seeds of a small network: 31 steps an epoch, segments of 2, 2 and 1 epochs."""
    return {
        "experiment": "study",
        "seeds": [1, 2],
        "image_size": 32,
        "images": {"source": "openmoji", "count": 505, "stored_size": 24},
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
        "network": {"architecture": "resnet10_narrow", "embedding": 16},
        "training": {
            "epochs": 5,
            "schedule_epochs": 8,
            "segment_epochs": 2,
            "extra_checkpoints": [0.5],
            "batch_size": 16,
            "bn_groups": 2,
            "queue": 64,
        },
    }


def published() -> dict[str, Any]:
    """The protocol of the public MoCo code: all other keys have its values by default."""
    return {
        "experiment": "published",
        "seeds": [1],
        "images": {"source": "openmoji", "count": 1_281_167},
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
    }


def test_steps_and_images_of_segments(raw: dict[str, Any]) -> None:
    needs = cost.segment_needs(config.resolve(raw), "moco", N_STIMULI)
    assert [part.epochs for part in needs] == [2, 2, 1]
    assert [part.steps for part in needs] == [62, 62, 31]
    assert [part.images for part in needs] == [62 * 16, 62 * 16, 31 * 16]


def test_the_reported_protocol_takes_the_reported_hours() -> None:
    study = cost.study_needs(config.resolve(published()), n_stimuli=92)
    # 1,281,167 images are 5,004 batches of 256, and some left over.
    assert study.all.steps == 200 * 5004
    assert cost.Rate.reported().hours(study.all) == pytest.approx(53 * 8)
    assert cost.Rate.reported().hours(study.segment) == pytest.approx(53 * 8 / 10)


def test_the_reported_rate_is_of_resnet50_by_torchvisions_count() -> None:
    # torchvision states 4.089 · 10⁹ multiply-adds for a forward pass; a step is about 4 of them.
    rate = cost.Rate.reported()
    images_per_second = 200 * 1_281_024 / (53 * 3600 * 8)
    assert rate.unit == "operations"
    assert rate.value == pytest.approx(images_per_second * 2 * 4 * 4.089e9, rel=0.02)


@pytest.mark.parametrize("unit", ["operations", "images"])
def test_hours_at_a_given_rate(raw: dict[str, Any], unit: str) -> None:
    study = cost.study_needs(config.resolve(raw), N_STIMULI)
    rate = cost.Rate(getattr(study.instance, unit) / 7200, unit, "given")
    assert rate.hours(study.instance) == pytest.approx(2)
    assert rate.hours(study.all) == pytest.approx(4)


def test_files_are_as_large_as_planned(raw: dict[str, Any], tmp_path: Path) -> None:
    settings = config.resolve(raw)
    [needs, *_] = cost.segment_needs(settings, "moco", N_STIMULI)
    recipe = Recipe.from_mapping(config.condition_settings(settings, "moco"))
    trainer = Trainer(recipe, 1, noise_images(16), None, torch.device("cpu"))
    for _ in trainer.train_epoch({}):  # before the first step there are no momentum buffers
        pass

    checkpoints.save_state(tmp_path / "state.pt", trainer.state())
    given = {"step": 1, "seed": 1, "recipe_digest": recipe.digest}
    checkpoints.save_checkpoint(tmp_path / "one.pt", trainer.backbone(), epoch=1, **given)
    epochs = [0, 0.5, 1, 2]
    for layer in settings["activations"]["layers"]:
        network = build_backbone(recipe.architecture, recipe.stem)
        responses = LayerResponses(network, layer, torch.device("cpu"))
        values = responses(trainer.backbone(), torch.randn(N_STIMULI, 3, 32, 32))
        path = tmp_path / f"{layer}.h5"
        names = [str(index) for index in range(N_STIMULI)]
        with ActivationWriter(path, epochs, names, {"layer": layer}) as writer:
            for index in range(len(epochs)):
                writer.write(index, values)
        segment_rdms.write(tmp_path / f"{layer}-rdms.h5", segment_rdms.from_activations(path))

    def size(*names: str) -> int:
        return sum((tmp_path / name).stat().st_size for name in names)

    # A file also holds names and where it comes from: some kilobytes.
    assert size("state.pt") == pytest.approx(needs.state, rel=0.01, abs=30_000)
    assert 4 * size("one.pt") == pytest.approx(needs.checkpoints, rel=0.01, abs=4 * 30_000)
    assert size("layer1.h5", "layer4.h5") == pytest.approx(needs.activations, rel=0.01, abs=40_000)
    rdms = 2 * size("layer1-rdms.h5", "layer4-rdms.h5")
    assert rdms == pytest.approx(needs.rdms, rel=0.01, abs=80_000)
    assert needs.rdms > 80_000


def test_activations_pass_unless_they_are_kept(raw: dict[str, Any]) -> None:
    settings = config.resolve(raw)
    parts = [part.activations for part in cost.segment_needs(settings, "moco", N_STIMULI)]
    assert parts[0] > parts[1] > parts[2]
    study = cost.study_needs(settings, N_STIMULI)
    assert (study.passing_instance, study.passing) == (parts[0], 2 * parts[0])
    settings["activations"]["keep"] = True
    study = cost.study_needs(settings, N_STIMULI)
    assert (study.passing_instance, study.passing) == (0, 0)
    assert study.all.activations == 2 * sum(parts)


def test_conditions_add_up_and_the_largest_is_shown(raw: dict[str, Any]) -> None:
    alone = cost.study_needs(config.resolve(raw), N_STIMULI)
    raw["conditions"] = {"moco": {}, "deep": {"network": {"architecture": "resnet50"}}}
    both = cost.study_needs(config.resolve(raw), N_STIMULI)
    raw["conditions"] = {"deep": {"network": {"architecture": "resnet50"}}}
    deep = cost.study_needs(config.resolve(raw), N_STIMULI)
    assert both.instance == deep.instance
    assert both.segment == deep.segment
    assert (both.n_conditions, both.n_instances, both.n_segments) == (2, 4, 12)
    assert both.all == cost.Needs.sum([alone.all, deep.all])
    assert both.passing == alone.passing + deep.passing
    assert both.passing_instance == deep.passing_instance > alone.passing_instance
    assert both.dataset == alone.dataset == 505 * 24 * 24 * 3


def test_images_shown_for_responses(raw: dict[str, Any]) -> None:
    settings = config.resolve(raw)
    n_checkpoints = 7  # epochs 0, 0.5, 1, …, 5
    assert cost.study_needs(settings, N_STIMULI).instance.shown == n_checkpoints * 2 * N_STIMULI
    settings["activations"] |= {"batchnorm": "recalibrated", "recalibration_images": 100}
    shown = cost.study_needs(settings, N_STIMULI).instance.shown
    assert shown == n_checkpoints * 2 * (N_STIMULI + 100)


def test_networks_that_exist_already_cost_no_training(raw: dict[str, Any]) -> None:
    alone = cost.study_needs(config.resolve(raw), N_STIMULI)
    settings = config.resolve(raw)
    settings["conditions"]["public"] = {"checkpoints": {"folder": "theirs"}}
    assert cost.study_needs(settings, N_STIMULI) == alone
    del settings["conditions"]["moco"]
    with pytest.raises(UserError, match="study takes all networks from existing checkpoints"):
        cost.study_needs(settings, N_STIMULI)


def test_jpeg_files_are_as_large_as_they_are(raw: dict[str, Any]) -> None:
    settings = config.resolve(raw)
    settings["images"] |= {"storage": "jpeg", "stored_size": None}
    assert cost.study_needs(settings, N_STIMULI).dataset is None


def test_planning_does_without_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None;"
        "from trajectories.planning import checks, cost_report"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=HOME / "workflow" / "scripts",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
