"""Promise: packed images that a run uses as they are belong to the config and to the networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_cases import noise_images

from trajectories.errors import UserError
from trajectories.images import dataset
from trajectories.networks.checkpoints import save_checkpoint, save_state
from trajectories.planning import packed_checks
from trajectories.provenance import checksums
from trajectories.rdms import trajectory
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.stimuli import packing as stimuli
from trajectories.stimuli import sources
from trajectories.stimuli.table import StimulusTable
from trajectories.storage import image_record

IMAGES: dict[str, Any] = {
    "source": "folder", "path": "photographs/", "storage": "pixels", "count": 6, "stored_size": 8,
    "seed": 0,
}  # fmt: skip
PACKED = {**IMAGES, "path": "photographs"}


def packed(to: Path, shuffle: int = 0, **settings: object) -> Path:
    attributes = {"settings": settings} if settings else {}
    dataset.write(to, noise_images(6, 8, shuffle), np.zeros(6, np.int32), ["a"], attributes)
    return to


def test_the_settings_of_the_config_pass(tmp_path: Path) -> None:
    path = packed(tmp_path / "dataset.h5", **PACKED, excluded=["a.svg", "b.svg"])
    packed_checks.check_training_images(path, IMAGES, ["b.svg", "a.svg"])


@pytest.mark.parametrize(
    ("key", "other"),
    [("source", "cifar10"), ("path", "drawings"), ("storage", "jpeg"), ("count", 7),
     ("stored_size", None), ("seed", 1)],
)  # fmt: skip
def test_each_other_setting_is_refused(tmp_path: Path, key: str, other: object) -> None:
    path = packed(tmp_path / "dataset.h5", **{**PACKED, key: other})
    with pytest.raises(UserError) as caught:
        packed_checks.check_training_images(path, IMAGES, [])
    for words in (f"`images.{key}` {other}", "--forcerun", str(path)):
        assert words in str(caught.value)


def test_other_test_images_left_out_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "dataset.h5", **PACKED, excluded=["a.svg"])
    with pytest.raises(UserError, match="leaves out other test images"):
        packed_checks.check_training_images(path, IMAGES, ["b.svg"])


def test_settings_that_a_file_does_not_state_pass(tmp_path: Path) -> None:
    packed_checks.check_training_images(packed(tmp_path / "old.h5"), IMAGES, [])
    older = packed(tmp_path / "older.h5", count=6, seed=0)
    packed_checks.check_training_images(older, IMAGES, ["b.svg"])
    (tmp_path / "cut.h5").write_bytes(older.read_bytes()[:100])
    packed_checks.check_training_images(tmp_path / "cut.h5", IMAGES, [])


def trained(folder: Path, content: str | None) -> tuple[Path, Path]:
    checkpoints, state = folder / "seed-1/checkpoints/epochs-0000-0001", folder / "state.pt"
    place: dict[str, Any] = {"seed": 1, "recipe_digest": "abc"}
    save_checkpoint(
        checkpoints / "epoch-0001.000.pt",
        {"w": torch.ones(2)},
        epoch=1,
        step=1,
        training_images=content,
        **place,
    )
    known = {} if content is None else {image_record.TRAINING: content}
    save_state(state, {**place, "model": {"w": torch.ones(2)}, **known})
    return checkpoints, state


def test_networks_of_other_images_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "dataset.h5")
    content = image_record.content(path)
    packed_checks.check_trained_on(path, [trained(tmp_path / "same", content)])
    packed_checks.check_trained_on(path, [trained(tmp_path / "old", None)])
    packed(path, shuffle=1)
    checkpoints, state = trained(tmp_path / "same", content)
    for segment in ((checkpoints, state), (checkpoints, None), (tmp_path / "none", state)):
        with pytest.raises(UserError, match=r"was made from other training images") as caught:
            packed_checks.check_trained_on(path, [segment])
        assert f"put back the {path}" in str(caught.value)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in "abcdef":
        (folder / f"{name}.png").write_bytes(name.encode())
    return folder


def checked(path: Path, pictures: Path, **changes: Any) -> None:
    files = [f"{name}.png" for name in "abcdef"]
    given = {"stimulus": tuple("abcdef"), "size": 8, "folder": str(pictures)} | changes
    known = sources.checksums(files, str(pictures))
    packed_checks.check_test_images(path, sources=known, **given)


def test_test_images_of_the_config_pass(tmp_path: Path, pictures: Path) -> None:
    files = [f"{name}.png" for name in "abcdef"]
    known = [str(each) for each in sources.checksums(files, str(pictures))]
    path = tmp_path / "stimuli.h5"
    stimuli.write(path, tuple("abcdef"), noise_images(6, 8), {"folder": "elsewhere"}, known)
    checked(path, pictures)
    (pictures / "c.png").unlink()  # whoever reads it says so
    checked(path, pictures)
    (pictures / "d.png").write_bytes(b"another picture")
    with pytest.raises(UserError, match="another picture of 'd'"):
        checked(path, pictures)


def test_other_test_images_are_refused(tmp_path: Path, pictures: Path) -> None:
    path = tmp_path / "stimuli.h5"
    stimuli.write(path, tuple("abcdef"), noise_images(6, 8), {"folder": str(pictures)})
    checked(path, pictures)
    for change, words in (
        ({"stimulus": tuple("abcdeg")}, "other test images than the table"),
        ({"size": 16}, "8 px"),
        ({"folder": "other"}, "the config says other"),
    ):
        with pytest.raises(UserError, match=words):
            checked(path, pictures, **change)


def test_test_images_that_say_nothing_have_to_be_those_on_record(
    tmp_path: Path, pictures: Path
) -> None:
    path, names = tmp_path / "stimuli.h5", tuple("abcdef")
    stimuli.write(path, names, noise_images(6, 8), {"folder": str(pictures)})
    checksums.write(
        tmp_path / "checksums/stimuli.json", {"files": checksums.of_files(tmp_path, [path])}
    )
    checked(path, pictures)
    stimuli.write(path, names, noise_images(6, 8, seed=1), {"folder": str(pictures)})
    with pytest.raises(UserError, match="is not the one that results were made from"):
        checked(path, pictures)
    # One that says from which pictures it was made may be newer than the record.
    files = [f"{name}.png" for name in "abcdef"]
    known = [str(each) for each in sources.checksums(files, str(pictures))]
    stimuli.write(path, names, noise_images(6, 8, seed=1), {"folder": str(pictures)}, known)
    checked(path, pictures)


def test_trajectories_of_other_images_are_refused(tmp_path: Path) -> None:
    path, names = tmp_path / "trajectory.h5", tuple("abcdef")
    stimuli.write(tmp_path / "stimuli.h5", names, noise_images(6, 8), {})
    kind, images = image_record.TEST, tmp_path / "stimuli.h5"
    for recorded in ({}, {kind: image_record.content(images)}):
        part = SegmentRDMs("layer1", np.ones((2, 15)), np.arange(2.0), names, dict(recorded))
        trajectory.write(path, trajectory.merge([part], StimulusTable(names, names, {}), {}))
        packed_checks.check_shown(kind, images, [path, tmp_path / "missing.h5"])
    stimuli.write(tmp_path / "stimuli.h5", names, noise_images(6, 8, seed=1), {})
    with pytest.raises(UserError, match=r"trajectory\.h5 was made from other test images"):
        packed_checks.check_shown(kind, images, [path])


def test_trajectories_that_were_extracted_in_another_way_are_refused(tmp_path: Path) -> None:
    path, names = tmp_path / "trajectory.h5", tuple("abcdef")

    def made(**ways: str) -> Path:
        part = SegmentRDMs("layer1", np.ones((2, 15)), np.arange(2.0), names, dict(ways))
        trajectory.write(path, trajectory.merge([part], StimulusTable(names, names, {}), {}))
        return path

    usual = {"batchnorm": "running", "diet": "clear", "tokens": "all", "maps": "all"}
    packed_checks.check_extracted(usual, [made(), made(batchnorm="running"), tmp_path / "none.h5"])
    for key, value in (("batchnorm", "recalibrated"), ("diet", "as_trained"), ("maps", "mean")):
        other = usual | {key: value}
        packed_checks.check_extracted(other, [made(**{key: value})])
        for wanted, ways in ((usual, other), (other, usual)):
            file = made(**{way: said for way, said in ways.items() if said not in ("clear", "all")})
            with pytest.raises(
                UserError, match=rf"trajectory\.h5 was made with .*\.{key}`"
            ) as told:
                packed_checks.check_extracted(wanted, [file])
            assert "--forcerun extract" in str(told.value)
