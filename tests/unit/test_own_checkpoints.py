"""The user's own checkpoint files are found with their epochs, or refused before any job."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from series_cases import KEY, files, settings

from trajectories.errors import UserError
from trajectories.planning import checkpoint_checks, checks
from trajectories.study import config, segments
from trajectories.study.config import Config
from trajectories.study.series import own_checkpoints


def study(folder: Path, pattern: str = "{seed}/{epoch}.pt", **changes: Any) -> Config:
    checkpoints = {"folder": str(folder), "pattern": pattern} | changes.pop("checkpoints", {})
    return config.resolve(
        {
            "experiment": "study",
            "seeds": [1, 2],
            "stimuli": {"table": "table.csv", "folder": "openmoji"},
            "training": {"segment_epochs": 10},
            "conditions": {"own": {"checkpoints": checkpoints}},
        }
        | changes
    )


@pytest.mark.parametrize(
    ("pattern", "offset", "names"),
    [
        ("checkpoint_{epoch}.pth", 1, {"checkpoint_0000.pth": 1, "checkpoint_0199.pth": 200}),
        ("{epoch}.pt", 0, {"0.25.pt": 0.25, "1.pt": 1, "2.000.pt": 2, "010.pt": 10}),
        ("epoch={epoch}-step=*.ckpt", 1, {"epoch=3-step=9.ckpt": 4, "epoch=4-step=12.ckpt": 5}),
        ("*/epoch-{epoch}.pt", 0, {"a/epoch-0.pt": 0, "b/epoch-1.pt": 1}),
        ("r*{epoch}.pt", 0, {"r-12.pt": 12, "run13.5.pt": 13.5}),
        ("run{epoch}*", 0, {"run12.pt": 12, "run13.5-last.pt": 13.5}),
        ("v2{epoch}.pt", 0, {"v212.pt": 12}),
        ("epoch-{epoch}/model-{epoch}.pt", 0, {"epoch-3/model-3.pt": 3}),
        ("c[{epoch}]?.pt", 0, {"c[7]?.pt": 7}),
        ("{epoch}.pt", -0.5, {"0.75.pt": 0.25, "0.8.pt": 0.3}),
        ("seed{seed}_{epoch}.pt", 0, {"seed7_4.pt": 4}),
    ],
)  # fmt: skip
def test_the_epoch_is_read_from_the_name(tmp_path, pattern, offset, names) -> None:
    others = [
        "checkpoint_best.pth",
        "epoch=3.ckpt",
        "other.txt",
        "seed8_4.pt",
        "epoch-3/m-4.pt",
    ]
    files(tmp_path, *names, *others)
    (tmp_path / "99.pt").mkdir()
    found = own_checkpoints.find(settings(tmp_path, pattern, offset), seed=7)
    assert list(found.items()) == [(epoch, tmp_path / name) for name, epoch in names.items()]


def test_the_seed_may_stand_in_the_folder(tmp_path) -> None:
    files(tmp_path, "seed-1/1.pt", "seed-2/2.pt")
    for seed in (1, 2):
        found = own_checkpoints.find(settings(tmp_path / "seed-{seed}", "{epoch}.pt"), seed)
        assert found == {float(seed): tmp_path / f"seed-{seed}" / f"{seed}.pt"}


def test_the_home_folder_may_be_short(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    files(tmp_path, "runs/1.pt")
    found = own_checkpoints.find(settings(Path("~/runs"), "{epoch}.pt"), 1)
    assert found == {1.0: tmp_path / "runs/1.pt"}


def refusal(folder: Path, pattern: str, offset: float = 0) -> str:
    with pytest.raises(UserError) as caught:
        own_checkpoints.find(settings(folder, pattern, offset), 1, KEY)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_no_folder(tmp_path) -> None:
    files(tmp_path, "file")
    for name in ("absent", "file"):
        message = refusal(tmp_path / name, "{epoch}.pt")
        assert f"`{KEY}.folder`" in message
        assert name in message


def test_no_file(tmp_path) -> None:
    assert "it is empty" in refusal(tmp_path, "{epoch}.pt")
    files(tmp_path, "checkpoint_0199.pth.tar")
    message = refusal(tmp_path, "ckpt_{epoch}.pt")
    for words in (f"`{KEY}.pattern`", "ckpt_{epoch}.pt", "checkpoint_0199.pth.tar"):
        assert words in message


def test_two_files_of_one_epoch(tmp_path) -> None:
    files(tmp_path, "1.pt", "01.pt")
    message = refusal(tmp_path, "{epoch}.pt")
    assert "01.pt" in message
    assert "/1.pt are both from epoch 1" in message


def test_a_negative_epoch(tmp_path) -> None:
    files(tmp_path, "3.pt", "1.pt")
    message = refusal(tmp_path, "{epoch}.pt", -2)
    assert "1.pt would be from epoch -1:" in message
    assert f"`{KEY}.epoch_offset`" in message


def test_too_many_decimals(tmp_path) -> None:
    files(tmp_path, "0.1250.pt", "0.12345.pt")
    assert "0.12345.pt would be from epoch 0.12345, but" in refusal(tmp_path, "{epoch}.pt")


def test_segments_lie_on_the_grid_of_trained_ones(tmp_path) -> None:
    names = ["0", "0.5", "10", "11", "20", "20.001", "55"]
    files(tmp_path, *(f"1/{name}.pt" for name in names), "2/0.pt", "2/1.pt")
    found = segments.of_instance(study(tmp_path), "own", 1)
    assert [(each.name, each.epochs) for each in found] == [
        ("epochs-0000-0010", (0, 0.5, 10)),
        ("epochs-0010-0020", (11, 20)),
        ("epochs-0020-0030", (20.001,)),
        ("epochs-0050-0060", (55,)),
    ]
    assert found[1].files == (tmp_path / "1/11.pt", tmp_path / "1/20.pt")


def test_trained_and_imported_checkpoints_are_cut_alike(tmp_path) -> None:
    """Two epochs are in one segment of the one if and only if they are of the other."""
    extra = [0.25, 0.5]
    raw = study(tmp_path, images={"source": "openmoji", "count": 9}) | {"conditions": {"moco": {}}}
    raw["training"] |= {"epochs": 30, "segment_epochs": 7, "extra_checkpoints": extra}
    trained = segments.of_instance(config.resolve(raw), "moco", 1)
    files(tmp_path, *(f"1/{epoch}.pt" for each in trained for epoch in each.epochs))
    own = study(tmp_path, training={"segment_epochs": 7})
    imported = segments.of_instance(own, "own", 1)
    assert [each.epochs for each in imported] == [each.epochs for each in trained]
    assert (
        [each.start for each in imported] == [each.start for each in trained] == [0, 7, 14, 21, 28]
    )


@pytest.mark.parametrize("added", ["0.5", "5", "7", "15", "21", "100"])
def test_an_added_file_changes_its_own_segment_alone(tmp_path, added: str) -> None:
    files(tmp_path, *(f"1/{epoch}.pt" for epoch in (0, 1, 3, 10, 11, 12)))
    before = segments.of_instance(study(tmp_path), "own", 1)
    files(tmp_path, f"1/{added}.pt")
    after = segments.of_instance(study(tmp_path), "own", 1)
    (changed,) = set(after) - set(before)
    assert float(added) in changed.epochs
    assert {each.name for each in set(before) - set(after)} <= {changed.name}


def check(settings: Config, tmp_path: Path) -> list[str]:
    return checkpoint_checks.check(settings, "own", tmp_path / "results")


def check_refusal(settings: Config, tmp_path: Path) -> str:
    with pytest.raises(UserError) as caught:
        check(settings, tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture
def folder(tmp_path) -> Path:
    files(tmp_path / "runs", *(f"{seed}/{epoch}.pt" for seed in (1, 2) for epoch in (0, 1, 2)))
    return tmp_path / "runs"


def test_right_files_pass_without_a_warning(folder, tmp_path) -> None:
    assert check(study(folder), tmp_path) == []


def test_several_seeds_need_files_of_their_own(folder, tmp_path) -> None:
    message = check_refusal(study(folder, "1/{epoch}.pt"), tmp_path)
    assert "2 `seeds`" in message
    assert "`{seed}`" in message
    assert check(study(folder, "1/{epoch}.pt", seeds=[7]), tmp_path) == []


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("pattern", "{seed}/{step}-{epoch}.pt", "{step}"),
        ("pattern", "{seed}/{epoch:04d}_{epoch}.pt", "{epoch:04d}"),
        ("folder", "runs/{epoch}", "{epoch}"),
    ],
)
def test_braces_that_stand_for_nothing(folder, tmp_path, key, value, part) -> None:
    message = check_refusal(study(folder, checkpoints={key: value}), tmp_path)
    assert f"`{KEY}.{key}` has `{part}`" in message


def test_stability_needs_two_whole_epochs_that_are_shown(folder, tmp_path) -> None:
    assert check(study(folder, figures={"first_epoch": 1}), tmp_path) == []
    message = check_refusal(study(folder, figures={"first_epoch": 2}), tmp_path)
    assert "1 whole epochs from `figures.first_epoch` (2) on for seed 1" in message
    files(folder, "3/1.pt")
    assert "1 whole epochs for seed 3" in check_refusal(study(folder, seeds=[3]), tmp_path)
    files(folder, "4/0.5.pt")
    assert "1 epochs for seed 4" in check_refusal(study(folder, seeds=[4]), tmp_path)


def test_stability_of_irregular_series_is_between_all_checkpoints(folder, tmp_path) -> None:
    files(folder, "3/1.pt", "3/0.5.pt", "3/0.25.pt")
    assert check(study(folder, seeds=[3]), tmp_path) == []
    message = check_refusal(study(folder, seeds=[3], figures={"first_epoch": 1}), tmp_path)
    assert "1 whole epochs from `figures.first_epoch` (1) on for seed 3" in message


def test_results_of_the_same_experiment_are_no_source(tmp_path) -> None:
    own = tmp_path / "results/study/moco"
    files(own, "1/1.pt", "1/2.pt", "2/1.pt", "2/2.pt")
    message = check_refusal(study(own), tmp_path)
    assert "among the results of this experiment" in message
    assert check(study(own, experiment="another"), tmp_path) == []


def test_an_epoch_that_not_all_seeds_have_is_warned_about(folder, tmp_path) -> None:
    files(folder, "1/3.pt")
    (warning,) = check(study(folder), tmp_path)
    assert "epoch 3 for seed 2" in warning


@pytest.mark.parametrize("link", ["1/3.pt", "2/1.pt"])
def test_one_file_cannot_be_two_checkpoints(folder, tmp_path, link: str) -> None:
    (folder / link).unlink(missing_ok=True)
    (folder / link).symlink_to(folder / "1/2.pt")
    with pytest.raises(UserError, match=rf"`{KEY}` leads to .*which are one file, .*1/2\.pt: name"):
        check(study(folder), tmp_path)


def test_space_is_planned_for_copies_of_the_weights_and_no_states(folder, tmp_path) -> None:
    network = torchvision.models.resnet50()
    network.fc = torch.nn.Identity()
    copy = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    own = study(folder, activations={"layers": ["avgpool"]}, training={"segment_epochs": 1})
    # Two seeds of three checkpoints, in segments (0, 1] and (1, 2]; one core holds the larger.
    one = 4 * 2048 * 4
    assert checks.planned_bytes(own, tmp_path, n_stimuli=4, cores=1) == 2 * 3 * copy + 2 * one
    (tmp_path / "study/own/seed-1/checkpoints/epochs-0000-0001").mkdir(parents=True)
    assert checks.planned_bytes(own, tmp_path, n_stimuli=4, cores=1) == 4 * copy + 2 * one


@pytest.mark.parametrize(
    ("checkpoints", "said"),
    [
        ({"pattern": "checkpoint.pt"}, [f"`{KEY}.pattern`", "{epoch}"]),
        ({"pattern": "/data/{epoch}.pt"}, [f"`{KEY}.pattern`", "below the folder"]),
        ({"epoch_offset": "1"}, [f"`{KEY}.epoch_offset`", "without quotes"]),
        ({"ofset": 1}, [f"`{KEY}.ofset`", "unknown"]),
    ],
)
def test_what_the_schema_refuses(folder, checkpoints, said) -> None:
    with pytest.raises(UserError) as caught:
        study(folder, checkpoints=checkpoints)
    for words in said:
        assert words in str(caught.value)


def test_existing_checkpoints_cannot_be_trained(folder) -> None:
    own = {"checkpoints": {"folder": "runs", "pattern": "{epoch}"}, "training": {"queue": 512}}
    with pytest.raises(
        UserError, match=r"`conditions\.own\.training` is set together with `checkpoints`"
    ):
        study(folder, conditions={"own": own})


def test_training_images_are_needed_only_to_train_or_to_recalibrate(folder) -> None:
    assert study(folder)["images"] is None
    with pytest.raises(UserError, match=r"`images` is missing: .* condition moco is trained"):
        study(folder, conditions={"moco": {}})
    with pytest.raises(UserError, match=r"`images` is missing: .* recalibrated"):
        study(folder, activations={"batchnorm": "recalibrated"})
    images = {"source": "openmoji", "count": 600}
    recalibrated = study(folder, activations={"batchnorm": "recalibrated"}, images=images)
    assert config.needs_images(recalibrated, "own")
    assert not config.needs_images(study(folder, images=images), "own")


def test_the_recipe_says_which_network_and_where_from(folder) -> None:
    own = config.condition_settings(study(folder), "own")
    assert set(own) == {"image_size", "network", "checkpoints"}
    assert own["checkpoints"] == settings(folder, "{seed}/{epoch}.pt")
    assert own["network"]["architecture"] == "resnet50"
    images = {"source": "openmoji", "count": 600}
    trained = study(folder, conditions={"moco": {}}, images=images)
    recipe = config.condition_settings(trained, "moco")
    assert set(recipe) == {"image_size", "images", "network", "training"}
