"""Promise: what is trained was trained as the config says, or the run is refused; and it is kept.

Checkpoints are written by torch; their digests are read without it.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from trajectories.errors import UserError
from trajectories.networks.checkpoints import save_checkpoint, save_state
from trajectories.planning import trained_checks
from trajectories.planning.trained_checks import Segment
from trajectories.storage import torch_text
from trajectories.study import config, recipe_comparison
from trajectories.study.recipe import recipe_digest


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    return config.condition_settings(
        config.resolve(
            {
                "experiment": "study",
                "seeds": [1],
                "images": {"source": "openmoji", "count": 4096},
                "stimuli": {"table": "table.csv", "folder": "openmoji"},
            }
        ),
        "moco",
    )


def changed(recipe: dict[str, Any]) -> dict[str, Any]:
    other = copy.deepcopy(recipe)
    other["training"]["augmentation"]["blur"]["sigma"] = [0.1, 3.0]
    return other


def trained(folder: Path, recipe: dict[str, Any], **how: bool) -> list[Segment]:
    """Two segments of an instance, as training leaves them."""
    segments = []
    for stop in (1, 2):
        checkpoints = folder / f"checkpoints/epochs-{stop - 1:04d}-{stop:04d}"
        checkpoints.mkdir(parents=True)
        state = folder / f"state-{stop}.pt"
        save_checkpoint(
            checkpoints / f"epoch-{stop:08.3f}.pt",
            {"conv.weight": torch.ones(3, 2), "conv.bias": torch.zeros(3)},
            epoch=stop,
            step=1,
            seed=1,
            recipe_digest=recipe_digest(recipe),
        )
        digest = recipe_digest(recipe)
        save_state(state, {"seed": 1, "recipe_digest": digest, "model": {"w": torch.ones(2)}})
        segments.append(
            Segment(checkpoints, state, how.get("again", False), how.get("wanted", False))
        )
    return segments


def write(path: Path, recipe: dict[str, Any]) -> Path:
    path.write_text(json.dumps(recipe, indent=2, sort_keys=True) + "\n")
    return path


def refusal(
    wanted: dict[str, Any], recipe: Path, segments: list[Segment], again: bool = False
) -> str:
    with pytest.raises(UserError) as caught:
        trained_checks.check("moco", wanted, recipe, again, [segments])
    return str(caught.value)


def test_the_same_settings_pass(tmp_path: Path, wanted: dict[str, Any]) -> None:
    recipe = write(tmp_path / "recipe.json", wanted)
    trained_checks.check("moco", wanted, recipe, False, [trained(tmp_path, wanted)])


def test_other_settings_are_refused_with_key_and_values(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    recipe = write(tmp_path / "recipe.json", changed(wanted))
    said = refusal(wanted, recipe, trained(tmp_path, changed(wanted)))
    for words in ("moco", "training.augmentation.blur.sigma", "[0.1, 3.0]", "[0.1, 2.0]"):
        assert words in said
    assert f"--forcerun {recipe}" in said


def test_a_diet_is_named_as_a_whole(tmp_path: Path, wanted: dict[str, Any]) -> None:
    fed = copy.deepcopy(wanted)
    fed["training"]["diet"] = {"changes": [{"change": "blur", "at": [[0.0, 4.0]]}]}
    (tmp_path / "fed").mkdir()
    recipe = write(tmp_path / "fed" / "recipe.json", fed)
    said = refusal(wanted, recipe, trained(tmp_path / "fed", fed))
    assert "`training.diet` is {" in said
    assert "but null in the config" in said
    recipe = write(tmp_path / "recipe.json", wanted)
    said = refusal(fed, recipe, trained(tmp_path, wanted))
    assert "`training.diet` is null" in said
    # What is at its default may be stated or not.
    stated = copy.deepcopy(fed)
    stated["training"]["diet"] |= {"order": "forward", "clock": "epochs"}
    assert recipe_comparison.difference(stated, fed) is None


def test_nothing_is_trained_by_a_recipe_that_the_config_does_not_say(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    recipe = write(tmp_path / "recipe.json", changed(wanted))
    assert "training.augmentation.blur.sigma" in refusal(wanted, recipe, [])
    trained_checks.check("moco", wanted, recipe, True, [[]])


def test_changed_settings_train_again(tmp_path: Path, wanted: dict[str, Any]) -> None:
    recipe = write(tmp_path / "recipe.json", changed(wanted))
    segments = trained(tmp_path, changed(wanted), again=True, wanted=True)
    trained_checks.check("moco", wanted, recipe, True, [segments])


def test_networks_of_another_recipe_beside_the_right_one(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    recipe = write(tmp_path / "recipe.json", wanted)
    assert "was trained with other settings" in refusal(
        wanted, recipe, trained(tmp_path, changed(wanted))
    )


@pytest.mark.parametrize("damage", ["cut", "edited", "missing", "text"])
@pytest.mark.parametrize("again", [False, True])
def test_a_damaged_recipe_is_put_back_and_nothing_is_trained_again(
    tmp_path: Path, wanted: dict[str, Any], damage: str, again: bool
) -> None:
    recipe = write(tmp_path / "recipe.json", wanted)
    before = recipe.read_bytes()
    segments = trained(tmp_path, wanted, again=again)
    if damage == "missing":
        recipe.unlink()
    elif damage == "edited":
        write(recipe, changed(wanted))
    else:
        recipe.write_bytes(before[:700] if damage == "cut" else b"[]")
    assert "is written again" in refusal(wanted, recipe, segments, again)
    assert recipe.read_bytes() == before
    assert recipe.stat().st_mtime < segments[0].checkpoints.stat().st_mtime


def test_what_is_finished_is_not_trained_again_by_accident(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    recipe = write(tmp_path / "recipe.json", wanted)
    segments = trained(tmp_path, wanted, again=True)
    assert "would train again what is finished" in refusal(wanted, recipe, segments)
    segments[1].checkpoints.rename(tmp_path / "away")
    kept = Segment(segments[0].checkpoints, segments[0].state, again=False, wanted=False)
    trained_checks.check("moco", wanted, recipe, False, [[kept, segments[1]]])


def test_what_is_finished_is_not_trained_again_for_what_is_gone(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    """Snakemake makes again what depends on a state that is missing."""
    recipe = write(tmp_path / "recipe.json", wanted)
    first, second = trained(tmp_path, wanted, again=True)
    first.checkpoints.rename(tmp_path / "away")
    first.state.unlink()
    said = refusal(wanted, recipe, [first, second])
    assert f"make them alone first, with the target {first.checkpoints}" in said
    assert str(second.checkpoints) in said
    # Also where Snakemake was killed while it made them again.
    interrupted = Segment(first.checkpoints, first.state, again=True, wanted=True)
    assert "make them alone first" in refusal(wanted, recipe, [interrupted, second])
    forced = Segment(second.checkpoints, second.state, again=True, wanted=True)
    trained_checks.check("moco", wanted, recipe, False, [[interrupted, forced]])


def test_a_recipe_that_lacks_keys_is_at_their_defaults(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    older = copy.deepcopy(wanted)
    del older["training"]["precision"], older["training"]["augmentation"]["flip"]
    recipe = write(tmp_path / "recipe.json", older)
    trained_checks.check("moco", wanted, recipe, False, [trained(tmp_path, older)])
    other = copy.deepcopy(wanted)
    other["training"]["precision"] = "bf16"
    found = recipe_comparison.difference(older, other)
    assert found == ("training.precision", "fp32", "bf16")


def test_a_file_without_a_digest_is_left_to_those_who_read_it(tmp_path: Path) -> None:
    for content in (b"", b"no archive"):
        (tmp_path / "a.pt").write_bytes(content)
        assert torch_text.digest_in(tmp_path / "a.pt") is None
    save_state(tmp_path / "b.pt", {"seed": 1})
    assert torch_text.digest_in(tmp_path / "b.pt") is None
