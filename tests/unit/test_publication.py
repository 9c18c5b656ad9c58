"""Published studies: rounded as is said, always the same bytes, small, and of finished networks."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml

from trajectories.errors import UserError
from trajectories.provenance import checksums
from trajectories.publication import finished, manifest, publish, restore, rounded
from trajectories.rdms import trajectory
from trajectories.status import recipes
from trajectories.study import config as study_config
from trajectories.study.config import Config

EPOCHS = 3
LAYERS = ("layer4", "layer1")  # not in the order of their names
N_STIMULI = 40
NAMES = tuple(f"picture {place}, ä" for place in range(N_STIMULI))
FACES = np.arange(N_STIMULI) % 2 == 0


def settings(folder: Path, **changes: Any) -> Config:
    raw = {
        "experiment": "small",
        "seeds": [1, 2],
        "image_size": 32,
        "images": {"source": "folder", "path": "somewhere", "count": 64, "stored_size": 32},
        "stimuli": {"table": str(folder / "table.csv"), "folder": "pictures"},
        "training": {"epochs": EPOCHS, "schedule_epochs": EPOCHS},
        "conditions": {"moco": {}, "hot": {"training": {"temperature": 0.5}}},
        "activations": {"layers": list(LAYERS)},
        "categories": {"faces": {"within": "face"}},
        "notify": {"success": "touch /somewhere"},
        "compute": {"threads": 3},
    }
    return study_config.resolve(raw | changes)


def plant(folder: Path, config: Config) -> Path:
    """Results of a study in which all networks are finished; gives their folder."""
    rows = [f'"{name}",{k}.png,{int(FACES[k])}' for k, name in enumerate(NAMES)]
    (folder / "table.csv").write_text("\n".join(["stimulus,file,face", *rows]), encoding="utf-8")
    run = folder / "results" / config["experiment"]
    said = recipes.settings(config)
    for condition in config["conditions"]:
        (run / condition).mkdir(parents=True)
        checksums.write(run / condition / "recipe.json", said[condition])
        for seed in config["seeds"]:
            plant_network(run, condition, seed)
    (run / "stimuli.h5").write_bytes(b"pictures")
    (run / "moco" / "inputs.h5").write_bytes(b"pictures, too")
    (run / "provenance.json").write_text("{}")
    return run


def plant_network(run: Path, condition: str, seed: int) -> None:
    folder, random = run / condition / f"seed-{seed}", np.random.default_rng(seed)
    n_pairs = N_STIMULI * (N_STIMULI - 1) // 2
    rdms = {layer: random.uniform(0, 2, (EPOCHS + 1, n_pairs)) for layer in LAYERS}
    about = {"condition": condition, "seed": seed, "recipe_digest": "abc"}
    found = trajectory.Trajectory(rdms, np.arange(EPOCHS + 1.0), NAMES, {"face": FACES}, about)
    trajectory.write(folder / "trajectory.h5", found)
    for name in ("displacement.csv", "history.csv"):
        (folder / name).write_text(f"epoch,of\n1,{condition} {seed}\n")
    files = [folder / name for name in ("trajectory.h5", "displacement.csv", "history.csv")]
    content = {"condition": condition, "seed": seed, "recipe_digest": "abc", "trained_with": []}
    checksums.write(folder / "checksums.json", content | {"files": checksums.of_files(run, files)})


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return settings(tmp_path)


@pytest.fixture
def run(tmp_path: Path, config: Config) -> Path:
    return plant(tmp_path, config)


HALF_A_DIGIT = 2.0**-19


@pytest.mark.parametrize(
    ("value", "rounded_to"),
    [
        (0.0, 0.0),
        (0.5, 0.5),
        (1 + 2.0**-18, 1 + 2.0**-18),  # the 19th digit stays
        (1 + 2.0**-19 * 0.99, 1.0),
        (1 + 2.0**-19 * 1.01, 1 + 2.0**-18),
        (2 - 2.0**-20, 2.0),
    ],
)
def test_rounding_is_to_the_nearest_number_of_19_digits(value: float, rounded_to: float) -> None:
    assert rounded.round_to_digits([value]) == np.float32(rounded_to)


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    return tmp_path / "studies"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_rdms_are_those_of_the_study_but_rounded_and_all_else_stays(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies)
    name = "hot/seed-2/trajectory.h5"
    with h5py.File(run / name) as wanted, h5py.File(folder / name) as found:
        for layer in LAYERS:
            assert found["rdms"][layer].dtype == np.float32
            values = found["rdms"][layer][:]
            np.testing.assert_allclose(values, wanted["rdms"][layer][:], rtol=HALF_A_DIGIT, atol=0)
            # The last 5 of the 24 digits of a float32 are zeros, and not more.
            assert np.bitwise_or.reduce(values.view(np.uint32), axis=None) & 0b111111 == 0b100000
            assert dict(found["rdms"][layer].attrs) == dict(wanted["rdms"][layer].attrs)
        assert found["epoch"].attrs["units"] == wanted["epoch"].attrs["units"]
        assert set(wanted.attrs) < set(found.attrs)
    wanted, found = trajectory.read(run / name), trajectory.read(folder / name)
    assert list(found.rdms) == list(LAYERS)
    assert found.stimulus == NAMES
    np.testing.assert_array_equal(found.epoch, wanted.epoch)
    np.testing.assert_array_equal(found.flags["face"], FACES)
    assert found.attributes == wanted.attributes | {"rdms_rounded_to": "float32, 19 binary digits"}


def test_the_same_study_is_published_in_the_same_bytes(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies)
    first = contents(folder)
    time.sleep(1.1)  # HDF5 may keep dates, in seconds
    again, _ = publish.publish(config, run, studies)
    assert contents(again) == first
    assert not [path for path in studies.iterdir() if path != folder]


@pytest.mark.parametrize("published", [True, False])
def test_files_of_others_are_not_replaced(config, run, studies, published) -> None:
    note = studies / config["experiment"] / "hot/NOTES.md"
    if published:
        publish.publish(config, run, studies)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("mine")
    before = contents(studies)
    with pytest.raises(UserError, match=r"NOTES\.md is no file of a published study.*move it"):
        publish.publish(config, run, studies)
    assert contents(studies) == before
    note.unlink()
    publish.publish(config, run, studies)


def test_files_are_small(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies)
    name = "moco/seed-1/trajectory.h5"
    with h5py.File(run / name) as file:
        n_values = sum(rdms.size for rdms in file["rdms"].values())
    # Random numbers cannot be compressed by much more than their exponents.
    assert (folder / name).stat().st_size < 4 * n_values + 15_000
    assert (folder / name).stat().st_size < 0.7 * (run / name).stat().st_size


def test_what_is_of_the_machine_or_of_others_is_not_published(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies)
    names = set(contents(folder))
    of_networks = {
        f"{condition}/seed-{seed}/{name}"
        for condition in ("moco", "hot")
        for seed in (1, 2)
        for name in ("trajectory.h5", "history.csv", "displacement.csv", "checksums.json")
    }
    of_study = {"config.yaml", "stimuli.csv", "provenance.json", manifest.NAME}
    assert names == of_networks | of_study | {"moco/recipe.json", "hot/recipe.json"}
    written = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    assert not {"notify", "compute", "interim", "published"} & set(written)
    assert written["stimuli"]["table"] == (folder / "stimuli.csv").as_posix()


def test_paths_of_the_machine_are_told(tmp_path) -> None:
    references = {"brain": {"file": str(tmp_path / "brain.csv")}}
    images = {"source": "folder", "path": "~/pictures", "count": 64, "stored_size": 32}
    config = settings(tmp_path, references=references, images=images)
    assert publish.places_of_machine(config) == ["images.path", "references.brain.file"]


def test_pictures_are_published_if_that_is_wanted(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies, pictures=True)
    assert (folder / "stimuli.h5").read_bytes() == b"pictures"
    assert (folder / "moco/inputs.h5").read_bytes() == b"pictures, too"
    assert not (folder / "hot/inputs.h5").exists()


def test_how_well_networks_see_is_published_where_it_is_measured(tmp_path, studies) -> None:
    config = settings(tmp_path, knn={"folder": "held-out"})
    run = plant(tmp_path, config)
    assert finished.lacking(config, run)["moco", 1] == str(run / "moco/seed-1/knn.csv")
    for condition in config["conditions"]:
        for seed in config["seeds"]:
            path = run / condition / f"seed-{seed}" / "checksums.json"
            (path.parent / "knn.csv").write_text("epoch,knn\n1,0.5\n")
            said = checksums.read(path)
            said["files"] |= checksums.of_files(run, [path.parent / "knn.csv"])
            checksums.write(path, said)
    folder, _ = publish.publish(config, run, studies)
    assert len(list(folder.glob("*/*/knn.csv"))) == 4


def test_seeds_that_are_not_finished_are_left_out(config, run, studies) -> None:
    (run / "hot/seed-1/history.csv").unlink()
    folder, published = publish.publish(config, run, studies)
    assert published["seeds"] == [2]
    assert not list(folder.glob("*/seed-1"))
    assert not (folder / "provenance.json").exists()  # it is of more networks than these
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    assert text.startswith("# 2 networks of a study that plans 4.")
    assert study_config.resolve(yaml.safe_load(text))["seeds"] == [2]


def test_conditions_without_a_finished_network_are_left_out(config, run, studies) -> None:
    for seed in (1, 2):
        (run / f"hot/seed-{seed}/checksums.json").unlink()
    folder, published = publish.publish(config, run, studies)
    assert list(published["conditions"]) == ["moco"]
    assert published["seeds"] == [1, 2]
    assert not (folder / "hot").exists()


def test_branches_go_with_their_trunk(tmp_path, studies) -> None:
    conditions = {
        "moco": {},
        "trunk": {"training": {"temperature": 0.3}},
        "branch": {"from": {"condition": "trunk", "epoch": 1}},
    }
    config = settings(tmp_path, conditions=conditions)
    run = plant(tmp_path, config)
    for seed in (1, 2):
        (run / f"trunk/seed-{seed}/history.csv").unlink()
    _, published = publish.publish(config, run, studies)
    assert list(published["conditions"]) == ["moco"]


def test_a_study_without_a_finished_seed_is_refused(config, run, studies) -> None:
    (run / "hot/seed-1/history.csv").unlink()
    (run / "moco/seed-2/trajectory.h5").unlink()
    with pytest.raises(UserError, match=r"no seed of small is finished.*no .*trajectory\.h5"):
        publish.publish(config, run, studies)


def test_networks_that_are_to_train_on_are_not_finished(tmp_path, config, run, studies) -> None:
    longer = settings(tmp_path, training={"epochs": 4, "schedule_epochs": 4})
    assert finished.lacking(longer, run)["moco", 1].startswith("epoch 4 in ")


def test_a_file_that_is_not_as_recorded_is_refused(config, run, studies) -> None:
    (run / "moco/seed-1/history.csv").write_text("epoch,of\n1,another\n")
    with pytest.raises(UserError, match="is not the file whose checksum is in"):
        publish.publish(config, run, studies)


def test_another_config_than_that_of_training_is_refused(tmp_path, config, run, studies) -> None:
    training = config["training"] | {"learning_rate": 0.7}
    with pytest.raises(UserError, match=r"training\.learning_rate.*0\.7"):
        publish.publish(config | {"training": training}, run, studies)


def test_another_table_of_test_images_is_refused(tmp_path, config, run, studies) -> None:
    table = tmp_path / "table.csv"
    table.write_text(table.read_text("utf-8").replace("0.png,1", "0.png,0"), "utf-8")
    with pytest.raises(UserError, match="is of another table of test images"):
        publish.publish(config, run, studies)


def test_all_studies_together_are_small_or_nothing_is_written(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies)
    before = contents(studies)
    size = sum(map(len, before.values()))
    publish.publish(config, run, studies, most_bytes=size)  # its own former files do not count
    (studies / "other").mkdir()
    (studies / "other" / "file").write_bytes(b"0")
    with pytest.raises(UserError, match="MB of other studies, but all published"):
        publish.publish(config, run, studies, most_bytes=size)
    assert contents(folder) == {name.removeprefix("small/"): each for name, each in before.items()}


@pytest.fixture
def study(config, run, studies) -> Path:
    return publish.publish(config, run, studies)[0]


def test_what_is_unpacked_is_read_as_a_study(run, study, tmp_path) -> None:
    config, _ = restore.unpack(study, tmp_path / "here")
    assert config["published"] == {"study": study.as_posix(), "pictures": False}
    assert config["notify"] == {"success": None, "error": None}
    here = tmp_path / "here" / "small"
    for name in ("moco/seed-1", "hot/seed-2"):
        wanted = trajectory.read(run / name / "trajectory.h5")
        found = trajectory.read(here / name / "trajectory.h5")
        for layer in LAYERS:
            np.testing.assert_allclose(
                found.rdms[layer], wanted.rdms[layer], rtol=HALF_A_DIGIT, atol=0
            )
        for each in ("history.csv", "displacement.csv"):
            assert (here / name / each).read_bytes() == (run / name / each).read_bytes()
            assert (here / name / f"{each}.sha256").exists()
        recorded = checksums.read(here / name / "published.json")["files"]
        assert recorded == checksums.read(run / name / "checksums.json")["files"]
    assert study_config.read(here / "config.yaml") == config


def test_what_is_there_keeps_its_date(study, tmp_path) -> None:
    restore.unpack(study, tmp_path / "here")
    files = [*(tmp_path / "here").rglob("*.h5"), *(tmp_path / "here").rglob("*.csv")]
    for path in files:
        os.utime(path, (1000, 1000))
    restore.unpack(study, tmp_path / "here")
    assert {path.stat().st_mtime for path in files} == {1000}


@pytest.mark.parametrize("left", ["checkpoints/epochs-0000-0001", "state/x.pt", "unfinished/x"])
def test_networks_that_are_trained_here_stay(study, tmp_path, left) -> None:
    path = tmp_path / "here/small/moco/seed-7" / left
    path.mkdir(parents=True)
    with pytest.raises(UserError, match="networks that were trained here"):
        restore.unpack(study, tmp_path / "here")
    assert list((tmp_path / "here/small").iterdir()) == [tmp_path / "here/small/moco"]


def test_other_trajectories_stay(run, study, tmp_path) -> None:
    before = (run / "moco/seed-1/trajectory.h5").read_bytes()
    with pytest.raises(UserError, match="is not the trajectory that is published"):
        restore.unpack(study, tmp_path / "results")
    assert (run / "moco/seed-1/trajectory.h5").read_bytes() == before


def test_references_whose_files_are_not_here_are_left_out(tmp_path) -> None:
    (tmp_path / "here.csv").write_text("a")
    references = {name: {"file": str(tmp_path / f"{name}.csv")} for name in ("here", "gone")}
    config = settings(tmp_path, references=references)
    folder, _ = publish.publish(config, plant(tmp_path, config), tmp_path / "studies")
    unpacked, left_out = restore.unpack(folder, tmp_path / "unpacked")
    assert list(unpacked["references"]) == ["here"]
    assert left_out == ["gone"]


@pytest.mark.parametrize("name", ["../../outside", "/outside"])
def test_checksums_name_no_file_outside(study, tmp_path, name) -> None:
    (tmp_path / "outside").write_text("")
    with (study / manifest.NAME).open("a") as file:
        file.write(f"{checksums.sha256(tmp_path / 'outside')}  {name}\n")
    with pytest.raises(UserError, match="which is no checksum"):
        restore.unpack(study, tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_an_unfinished_publication_is_no_study(studies) -> None:
    (studies / "half").mkdir(parents=True)
    with pytest.raises(UserError, match=r"there is no published study half: .* has none"):
        restore.find("half", studies)


def only(run: Path, *seeds: int) -> Path:
    """Results of the networks of these seeds alone, as another machine has them."""
    for seed in {1, 2} - set(seeds):
        for folder in run.glob(f"*/seed-{seed}"):
            shutil.rmtree(folder)
    return run


def test_machines_can_share_a_study(tmp_path, config, run, studies) -> None:
    whole, _ = publish.publish(config, run, tmp_path / "whole")
    shutil.copytree(run, tmp_path / "other" / "small")
    publish.publish(config, only(run, 2), studies)
    folder, told = publish.publish(config, only(tmp_path / "other" / "small", 1), studies)
    assert told["seeds"] == [1, 2]
    joined, alone = contents(folder), contents(whole)
    # The provenance of a run says nothing of networks that it did not train.
    assert set(alone) - set(joined) == {"provenance.json"}
    other = {"provenance.json", manifest.NAME, "config.yaml"}
    assert {name: joined[name] for name in set(joined) - other} == {
        name: alone[name] for name in set(alone) - other
    }
    manifest.verified(folder)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": [1]}, "and the config does not name it"),
        ({"activations": {"layers": ["layer4"]}}, "and was made with other `activations`"),
        ({"training": {"epochs": 2, "schedule_epochs": EPOCHS}}, "and was not trained for 2"),
        ({"training": {"epochs": EPOCHS, "schedule_epochs": 9}}, "was trained with"),
    ],
)
def test_a_network_of_other_settings_is_not_lost(
    tmp_path, config, run, studies, changes, told
) -> None:
    publish.publish(config, run, studies)
    before = contents(studies)
    only(run, 1)
    with pytest.raises(UserError, match=f"not here, hot seed [12], .*{told}") as raised:
        publish.publish(settings(tmp_path, **changes), run, studies)
    assert f"move {studies / 'small'} away" in str(raised.value)
    assert contents(studies) == before
