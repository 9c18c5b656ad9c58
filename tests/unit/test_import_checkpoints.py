"""The import writes a segment as training does, whole or not at all, and says what looks wrong."""

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkpoint_cases as cases
import pytest
import torch
from training_cases import assert_identical

from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.study.recipe import NetworkRecipe, recipe_digest

SCRIPT = Path(__file__).parents[2] / "workflow/scripts/import_checkpoints.py"
RECIPE: dict[str, Any] = {
    "image_size": 32,
    "network": {"architecture": cases.ARCHITECTURE, "stem": cases.STEM, "embedding": 16},
    "checkpoints": {"folder": "runs", "pattern": "{epoch}.pt", "epoch_offset": 1, "prefix": None},
}


@pytest.fixture
def run(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Import two MoCo checkpoints, which number from 0, as the workflow does."""
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    files = [tmp_path / f"checkpoint_{epoch:04d}.pth.tar" for epoch in (0, 1)]
    for epoch, file in enumerate(files):
        cases.save_moco(file, epoch)

    def call(*more: str, epochs: tuple[float, ...] = (1, 2)) -> Path:
        output = tmp_path / "checkpoints" / "epochs-0000-0020"
        words = ["--recipe", tmp_path / "recipe.json", "--files", *files, "--epochs", *epochs]
        words += ["--seed", 3, "--output", output, *more]
        monkeypatch.setattr(sys, "argv", ["import_checkpoints.py", *map(str, words)])
        runpy.run_path(str(SCRIPT), run_name="__main__")
        return output

    return call


def test_a_segment_is_read_back_like_a_trained_one(run, tmp_path) -> None:
    folder = run()
    original = cases.backbone(cases.MoCo().encoder_q)
    recipe = NetworkRecipe.read(tmp_path / "recipe.json")
    assert recipe.digest == recipe_digest(RECIPE)
    for path, epoch in zip(checkpoints.require_checkpoints(folder, [1, 2]), (1, 2), strict=True):
        found = checkpoints.load_checkpoint(path, epoch=epoch, seed=3, recipe_digest=recipe.digest)
        assert_identical(found, original)
        assert torch.load(path, weights_only=True)["step"] is None
    assert sorted(file.name for file in folder.iterdir()) == [
        "epoch-0001.000.pt", "epoch-0002.000.pt",
    ]  # fmt: skip
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert folder.stat().st_mode & 0o777 == (tmp_path / "checkpoints").stat().st_mode & 0o777


def test_epochs_that_the_files_confirm_are_not_warned_about(run, caplog) -> None:
    caplog.set_level("INFO")
    run()
    assert "warning" not in caplog.text
    assert "2 of 2 checkpoints" in caplog.text


def test_files_that_say_another_epoch_are_named_with_the_key(run, caplog) -> None:
    run(epochs=(0, 1))
    (warning,) = [each for each in caplog.messages if "warning" in each]
    for words in (
        "checkpoint_0000.pth.tar",
        "epoch 1,",
        "epoch 0 ",
        "1 more",
        "add 1 to `epoch_offset`",
    ):
        assert words in warning


def test_epochs_in_another_unit_are_not_compared(run, caplog) -> None:
    run("--epochs-as-given", epochs=(0, 1))
    assert "warning" not in caplog.text


def test_where_weights_were_found_is_in_the_log(run, caplog) -> None:
    caplog.set_level("INFO")
    run("--key", "state_dict", "--leave-out", "module.queue")
    (note,) = [each for each in caplog.messages if "weights under" in each]
    assert "under `state_dict`, behind `module.encoder_q.`; left out:" in note
    assert "module.queue" in note


def test_a_given_prefix_is_followed(run) -> None:
    path = run("--prefix", "module.encoder_k.") / "epoch-0001.000.pt"
    key_encoder = cases.backbone(cases.MoCo().encoder_k)
    assert_identical(torch.load(path, weights_only=True)["backbone"], key_encoder)


def test_one_bad_file_leaves_nothing(run, tmp_path, caplog) -> None:
    (tmp_path / "checkpoint_0001.pth.tar").write_bytes(b"cut")
    with pytest.raises(SystemExit, match="1"):
        run()
    assert "checkpoint_0001.pth.tar is damaged" in caplog.text
    assert "Traceback" not in caplog.text
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_an_existing_segment_is_not_overwritten(run, caplog) -> None:
    folder = run()
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    with pytest.raises(SystemExit, match="1"):
        run()
    assert "already exists" in caplog.text
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_as_many_files_as_epochs(run, caplog) -> None:
    with pytest.raises(SystemExit, match="1"):
        run(epochs=(1, 2, 3))
    assert "there are 2 --files but 3 --epochs" in caplog.text


def test_a_recipe_without_a_network_is_named(tmp_path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps({**RECIPE, "network": None}))
    with pytest.raises(UserError, match=r"recipe\.json is not a complete recipe"):
        NetworkRecipe.read(path)
