"""Published studies: rounded as is said, always the same bytes, small, and of finished networks."""

import shutil
import time

import h5py
import numpy as np
import pytest
import yaml
from publication_cases import (
    FACES,
    HALF_A_DIGIT,
    LAYERS,
    NAMES,
    contents,
    plant,
    plant_measured,
    settings,
)

from trajectories.errors import UserError
from trajectories.planning import name_checks
from trajectories.publication import finished, manifest, publish, rounded
from trajectories.rdms import trajectory
from trajectories.study import config as study_config


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


def test_how_well_networks_see_is_published_where_it_is_measured(tmp_path, studies) -> None:
    config = settings(tmp_path, knn={"folder": "held-out"})
    run = plant(tmp_path, config)
    assert finished.lacking(config, run)["moco", 1] == str(run / "moco/seed-1/knn.csv")
    plant_measured(run, config)
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


def test_labels_go_with_what_they_name(tmp_path, studies) -> None:
    """Unless something else has that name as well, here a layer."""
    conditions = {"moco": {}, "hot": {"training": {"temperature": 0.5}}, "layer1": {}}
    config = settings(
        tmp_path, conditions=conditions, labels={"hot": "Hot", "layer1": "early", "moco": "usual"}
    )
    run = plant(tmp_path, config)
    for name in ("hot", "layer1"):
        shutil.rmtree(run / name)
    _, published = publish.publish(config, run, studies)
    assert published["labels"] == {"layer1": "early", "moco": "usual"}
    name_checks.check_labels(published, LAYERS)


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


@pytest.mark.parametrize("files", ["null", "[]"])
def test_damaged_checksums_of_a_network_are_told(config, run, studies, files) -> None:
    path = run / "moco/seed-1/checksums.json"
    path.write_text(f'{{"files": {files}}}')
    with pytest.raises(UserError, match=r"moco/seed-1/checksums\.json is damaged .* delete it"):
        publish.publish(config, run, studies)


def test_a_missing_recipe_is_not_called_damaged(config, run, studies) -> None:
    (run / "hot/recipe.json").unlink()
    with pytest.raises(UserError, match=r"^there is no .*hot/recipe\.json: start the workflow"):
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
