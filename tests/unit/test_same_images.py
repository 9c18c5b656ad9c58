"""Promise: training, extraction and trajectories refuse other images than those before."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from activation_cases import weights
from segment_cases import contents, segment_in
from training_cases import SETTINGS, noise_images, recipe

from trajectories.errors import UserError
from trajectories.images import dataset, training_images
from trajectories.networks import checkpoints
from trajectories.rdms import segment_rdms, trajectory
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.statistics import states
from trajectories.stimuli import packing as stimuli
from trajectories.stimuli.table import StimulusTable
from trajectories.storage import image_record
from trajectories.storage.torch_text import digest_in, text_in
from trajectories.training.segment import train_segment
from trajectories.training.trainer import Trainer

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/extract.py"


def packed(path: Path, seed: int = 0) -> Path:
    dataset.write(path, noise_images(seed=seed), np.zeros(36, np.int32), ["noise"], {})
    return path


def trainer(path: Path) -> Trainer:
    torch.set_num_threads(1)
    images = training_images.load(path)
    return Trainer(recipe(), 1, images, images.label, torch.device("cpu"))


def test_training_goes_on_with_the_same_images_alone(tmp_path: Path) -> None:
    path = packed(tmp_path / "dataset.h5")
    content = image_record.content(path)
    train_segment(trainer(path), segment_in(tmp_path / "i", 0, 1), "test")
    state = tmp_path / "i/state/epochs-0000-0001.pt"
    made = sorted((tmp_path / "i/checkpoints/epochs-0000-0001").glob("*.pt"))
    assert [text_in(file, image_record.TRAINING) for file in [state, *made]] == [content] * 3
    before = contents(tmp_path / "i")
    packed(path, seed=1)
    with pytest.raises(UserError, match="was made from other training images"):
        train_segment(trainer(path), segment_in(tmp_path / "i", 1, 2), "test")
    assert contents(tmp_path / "i") == before
    packed(path)
    train_segment(trainer(path), segment_in(tmp_path / "i", 1, 2), "test")
    assert (tmp_path / "i/state/epochs-0001-0002.pt").exists()


def test_interrupted_work_goes_on_with_the_same_images_alone(tmp_path: Path) -> None:
    path = packed(tmp_path / "dataset.h5")
    segment = segment_in(tmp_path / "i", 0, 1)
    train_segment(trainer(path), segment, "test")
    # As after Snakemake deleted what it had not seen succeed: the work is there.
    for file in segment.checkpoints.iterdir():
        file.unlink()
    segment.checkpoints.rmdir()
    packed(path, seed=1)
    with pytest.raises(UserError, match="was made from other training images"):
        train_segment(trainer(path), segment, "test")


def test_states_of_former_versions_go_on(tmp_path: Path) -> None:
    path = packed(tmp_path / "dataset.h5")
    train_segment(trainer(path), segment_in(tmp_path / "i", 0, 1), "test")
    state = tmp_path / "i/state/epochs-0000-0001.pt"
    old = torch.load(state, weights_only=True)
    del old[image_record.TRAINING]
    checkpoints.save_state(state, old)
    assert text_in(state, image_record.TRAINING) is None
    assert digest_in(state) == recipe().digest
    packed(path, seed=1)
    train_segment(trainer(path), segment_in(tmp_path / "i", 1, 2), "test")


@pytest.fixture
def extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "recipe.json").write_text(json.dumps(SETTINGS))
    path = packed(tmp_path / "dataset.h5")
    stimuli.write(tmp_path / "stimuli.h5", tuple("abcdef"), noise_images(6, 32, seed=2), {})
    checkpoints.save_checkpoint(
        tmp_path / "checkpoints" / checkpoints.checkpoint_name(1),
        weights(0, SETTINGS["network"]["architecture"]),
        epoch=1,
        step=4,
        seed=1,
        recipe_digest=recipe().digest,
        training_images=image_record.content(path),
    )
    words = ["--recipe", "recipe.json", "--checkpoints", "checkpoints", "--epochs", "1"]
    words += ["--stimuli", "stimuli.h5", "--layer", "layer1", "--dataset", "dataset.h5"]
    words += ["--recalibration-images", "16", "--condition", "moco", "--seed", "1"]
    words += ["--device", "cpu"]

    def run(batchnorm: str, output: Path) -> Path:
        monkeypatch.chdir(tmp_path)
        more = ["--batchnorm", batchnorm, "--output", str(output)]
        monkeypatch.setattr(sys, "argv", ["extract.py", *words, *more])
        runpy.run_path(str(SCRIPT), run_name="__main__")
        return output

    kept = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.deterministic
    yield run
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.deterministic = kept


def test_activations_and_rdms_say_what_they_were_made_from(tmp_path: Path, extract: Any) -> None:
    test = image_record.content(tmp_path / "stimuli.h5")
    training = image_record.content(tmp_path / "dataset.h5")
    for batchnorm, known in (
        ("running", {image_record.TEST: test}),
        ("recalibrated", {image_record.TEST: test, image_record.TRAINING: training}),
    ):
        activations = extract(batchnorm, tmp_path / f"{batchnorm}.h5")
        assert image_record.recorded(activations) == known
        segment_rdms.write(tmp_path / "rdms.h5", segment_rdms.from_activations(activations))
        assert image_record.recorded(tmp_path / "rdms.h5") == known


def test_other_images_to_recalibrate_on_are_refused(
    tmp_path: Path, extract: Any, caplog: pytest.LogCaptureFixture
) -> None:
    packed(tmp_path / "dataset.h5", seed=1)
    extract("running", tmp_path / "out.h5")  # which does not look at them
    with pytest.raises(SystemExit):
        extract("recalibrated", tmp_path / "other.h5")
    assert "was made from other training images" in caplog.text
    assert not (tmp_path / "other.h5").exists()


NAMES = tuple("abcdef")
TABLE = StimulusTable(NAMES, NAMES, {})


def part(*epochs: float, **attributes: object) -> SegmentRDMs:
    rdms = np.random.default_rng(0).uniform(0, 2, (len(epochs), 15))
    return SegmentRDMs("layer1", rdms, np.array(epochs), NAMES, attributes)


@pytest.mark.parametrize("kind", [image_record.TEST, image_record.TRAINING])
def test_segments_of_other_images_make_no_trajectory(kind: str) -> None:
    with pytest.raises(UserError, match=f"content of their {kind.replace('_', ' ')}"):
        trajectory.merge([part(0, 1, **{kind: "a"}), part(2, **{kind: "b"})], TABLE, {})
    merged = trajectory.merge([part(0, 1, **{kind: "a"}), part(2, **{kind: "a"})], TABLE, {})
    assert merged.attributes[kind] == "a"
    # One of a former version says nothing, and neither does the whole.
    merged = trajectory.merge([part(0, 1), part(2, **{kind: "a"})], TABLE, {})
    assert kind not in merged.attributes


def test_instances_of_other_test_images_are_not_compared(tmp_path: Path) -> None:
    paths = []
    for seed, content in ((1, "a"), (2, "b")):
        paths.append(tmp_path / f"{seed}.h5")
        said = {"condition": "moco", "seed": seed, image_record.TEST: content}
        trajectory.write(paths[-1], trajectory.merge([part(0, 1, **said)], TABLE, {}))
    with (
        pytest.raises(UserError, match="though they have the same names"),
        states.opened(paths),
    ):
        pass
