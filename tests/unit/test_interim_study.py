"""What an interim look takes: the epochs that networks have, from planted files."""

import copy
import csv
from pathlib import Path

import pytest
import yaml

from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.status.interim import links, parts
from trajectories.status.interim.shortened import shortened
from trajectories.status.interim.stamp import stamp
from trajectories.storage.history import write_history
from trajectories.study import config as study_config
from trajectories.study.config import condition_settings, resolve
from trajectories.study.recipe import recipe_digest
from trajectories.study.segments import of_instance
from trajectories.training import unfinished

ROOT = Path(__file__).parents[2]


def kept_out() -> list[str]:
    table = ROOT / "config" / "stimuli" / "openmoji96.csv"
    with table.open(newline="", encoding="utf-8") as file:
        return [row["file"] for row in csv.DictReader(file)]


@pytest.fixture
def config() -> dict:
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))
    settings["training"] |= {"epochs": 8, "schedule_epochs": 10, "segment_epochs": 4}
    settings["conditions"] = {
        "moco": {},
        "brief": {"training": {"epochs": 3}},
        "later": {"from": {"condition": "moco", "epoch": 4}},
    }
    return resolve({**settings, "seeds": [1, 2, 3]})


def plant(config: dict, results: Path, condition: str, seed: int, done: int) -> None:
    """Checkpoints, without weights, and histories of the epochs that a network has trained."""
    digest = recipe_digest(condition_settings(config, condition, lambda images: kept_out()))
    for segment in of_instance(config, condition, seed):
        until = min(segment.stop, done)
        if segment.condition != condition or until < segment.start:
            continue
        folder = results / condition / f"seed-{seed}"
        place = folder / "checkpoints" / segment.name
        history = place / "history.csv"
        if until < segment.stop:
            work = unfinished.work_folder(
                folder / "unfinished", segment.start, segment.stop, digest
            )
            place, history = work / "checkpoints", work / unfinished.HISTORY
        place.mkdir(parents=True)
        epochs = [epoch for epoch in segment.epochs if epoch <= until]
        for epoch in epochs:
            (place / f"epoch-{epoch:08.3f}.pt").write_text(f"{condition} {seed} {epoch}")
        (place / "origin.json").write_text("{}")
        if epochs:
            write_history(history, [{"epoch": epoch, "loss": 3.0} for epoch in epochs])


def plant_all(config: dict, results: Path, done: dict[int, tuple[int, int, int]]) -> None:
    for seed, each in done.items():
        for condition, epochs in zip(config["conditions"], each, strict=True):
            plant(config, results, condition, seed, epochs)


DONE = {1: (8, 3, 7), 2: (6, 3, 5), 3: (3, 2, 4)}


def chosen(config: dict, results: Path, networks: int | None = None) -> tuple[int, list[int]]:
    return parts.choose(config, parts.found(config, results), networks)


def test_names_of_checkpoints_are_those_of_training(config) -> None:
    assert parts.checkpoint_name(2.25) == checkpoints.checkpoint_name(2.25)


@pytest.mark.parametrize(
    ("networks", "expected"),
    # Of seed 3, `brief` has 2 of its 3 epochs. `brief` of the others has finished at 3.
    [(None, (2, [1, 2, 3])), (9, (2, [1, 2, 3])), (7, (2, [1, 2, 3])), (6, (5, [1, 2])),
     (4, (5, [1, 2])), (3, (7, [1])), (1, (7, [1]))],
)  # fmt: skip
def test_the_epoch_is_the_last_that_enough_networks_have(
    config, tmp_path, networks, expected
) -> None:
    plant_all(config, tmp_path, DONE)
    assert chosen(config, tmp_path, networks) == expected


def test_all_seeds_that_have_the_epoch_are_looked_at(config, tmp_path) -> None:
    plant_all(config, tmp_path, {1: (6, 3, 6), 2: (6, 3, 6), 3: (3, 2, 4)})
    assert chosen(config, tmp_path, 1) == (6, [1, 2])


def test_a_checkpoint_without_its_line_of_history_is_not_whole(config, tmp_path) -> None:
    plant_all(config, tmp_path, DONE)
    (work,) = (tmp_path / "moco" / "seed-3" / "unfinished").glob("*")
    write_history(work / "history.csv", [{"epoch": epoch, "loss": 3.0} for epoch in range(3)])
    assert chosen(config, tmp_path)[0] == 2
    (work / "checkpoints" / "epoch-0001.000.pt").unlink()
    with pytest.raises(UserError, match=r"those of seed 3 have not yet .* NETWORKS=6"):
        chosen(config, tmp_path)


def test_a_study_that_has_ended_needs_no_interim_look(config, tmp_path) -> None:
    plant_all(config, tmp_path, dict.fromkeys((1, 2, 3), (8, 3, 8)))
    with pytest.raises(UserError, match="trained to their end"):
        chosen(config, tmp_path)


@pytest.mark.parametrize("networks", [0, 10])
def test_no_more_networks_than_there_are(config, tmp_path, networks) -> None:
    with pytest.raises(UserError, match=f"NETWORKS is {networks}, but the study trains 9"):
        chosen(config, tmp_path, networks)


def test_work_of_other_settings_is_not_looked_at(config, tmp_path) -> None:
    plant_all(config, tmp_path, DONE)
    config["training"]["learning_rate"] *= 2
    assert not parts.found(config, tmp_path)["moco", 3]


# The config


def test_networks_are_cut_and_branches_that_begin_later_left_out(config) -> None:
    short = resolve(shortened(config, 4, [1, 2], "config/study.yaml"))
    assert list(short["conditions"]) == ["moco", "brief"]
    epochs = {
        name: study_config.merged(short, name)["training"]["epochs"] for name in short["conditions"]
    }
    assert epochs == {"moco": 4, "brief": 3}
    assert stamp(short) == "interim: epochs 0–4 of 8, 4 of 9 networks"
    assert short["experiment"] == "openmoji-interim-0004"


def test_recipes_stay(config) -> None:
    short = resolve(shortened(config, 5, [1, 2, 3], "config/study.yaml"))
    for name in config["conditions"]:
        assert condition_settings(short, name) == condition_settings(config, name)


def test_the_config_stays(config) -> None:
    before = copy.deepcopy(config)
    shortened(config, 2, [1], "config/study.yaml")
    assert config == before


def test_a_study_has_no_stamp(config) -> None:
    assert stamp(config) is None


# Links


def linked(config: dict, results: Path, networks: int | None = None) -> tuple[dict, Path]:
    found = parts.found(config, results / "openmoji")
    short = resolve(shortened(config, *parts.choose(config, found, networks), "study.yaml"))
    links.link(config, short, found, results, lambda source, target: True)
    return short, results / short["experiment"]


def test_all_checkpoints_of_the_look_are_links(config, tmp_path) -> None:
    plant_all(config, tmp_path / "openmoji", DONE)
    before = {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in (tmp_path / "openmoji").rglob("*")
    }
    short, folder = linked(config, tmp_path, 6)
    for condition in short["conditions"]:
        for seed in short["seeds"]:
            for segment in of_instance(short, condition, seed):
                place = Path(segment.condition, f"seed-{seed}", "checkpoints", segment.name)
                names = {f"epoch-{epoch:08.3f}.pt" for epoch in segment.epochs}
                files = {file.name: file for file in (folder / place).iterdir()}
                assert names | {"history.csv", "history.csv.sha256", "origin.json"} == set(files)
                for name in names:
                    assert files[name].stat().st_nlink == 2
                    epoch = float(name[6:14])
                    assert files[name].read_text() == f"{segment.condition} {seed} {epoch}"
                rows = list(csv.DictReader(files["history.csv"].open()))
                assert [float(row["epoch"]) for row in rows] == list(segment.epochs)
    after = {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in (tmp_path / "openmoji").rglob("*")
    }
    assert after == before


def test_what_was_made_of_whole_segments_is_linked_where_it_is_recorded(config, tmp_path) -> None:
    study = tmp_path / "openmoji"
    plant_all(config, study, DONE)
    for name in ("known", "unknown"):
        for segment in ("epochs-0000-0004", "epochs-0004-0008"):
            file = study / "moco" / "seed-1" / "rdms" / name / f"{segment}.h5"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    found = parts.found(config, study)
    short = resolve(shortened(config, *parts.choose(config, found, 6), "study.yaml"))
    links.link(config, short, found, tmp_path, lambda old, new: "/known/" in str(old))
    found = (tmp_path / "openmoji-interim-0005").rglob("rdms/*/*.h5")
    assert [file.relative_to(tmp_path).as_posix() for file in found] == [
        "openmoji-interim-0005/moco/seed-1/rdms/known/epochs-0000-0004.h5"
    ]


def test_a_network_that_was_trained_again_is_linked_again(config, tmp_path) -> None:
    study = tmp_path / "openmoji"
    plant_all(config, study, DONE)
    _, folder = linked(config, tmp_path, 6)
    name = "moco/seed-1/checkpoints/epochs-0000-0004/epoch-0004.000.pt"
    (study / name).unlink()
    (study / name).write_text("again")
    linked(config, tmp_path, 6)
    assert (folder / name).read_text() == "again"
