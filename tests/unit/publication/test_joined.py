"""Machines share a published study: no network of another machine is lost."""

import shutil

import pytest
from publication_cases import (
    EPOCHS,
    contents,
    only,
    plant,
    plant_measured,
    plant_network,
    settings,
)

from trajectories.errors import UserError
from trajectories.provenance import checksums
from trajectories.publication import manifest, publish, restore
from trajectories.status import recipes


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


def test_a_seed_that_is_not_finished_in_a_new_condition_is_not_lost(
    tmp_path, config, run, studies
) -> None:
    publish.publish(config, run, studies)
    before = contents(studies)
    more = settings(
        tmp_path, conditions=config["conditions"] | {"cold": {"training": {"temperature": 0.05}}}
    )
    (run / "cold").mkdir()
    checksums.write(run / "cold" / "recipe.json", recipes.settings(more)["cold"])
    plant_network(only(run, 2), "cold", 2)
    with pytest.raises(UserError, match="has hot seed 1, which is not here and would be lost"):
        publish.publish(more, run, studies)
    assert contents(studies) == before


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        ({"test_images": "others"}, "test images"),
        ({"training_images": "others"}, "training images"),
        ({"test_images": "others", "training_images": "others"}, "test images"),
    ],
)
def test_networks_of_other_images_are_not_joined(config, run, studies, changes, other) -> None:
    """Names, tables and recipes are the same."""
    publish.publish(config, run, studies)
    before = contents(studies)
    only(run)
    for condition in config["conditions"]:
        (run / condition / "seed-2").mkdir()
        plant_network(run, condition, 2, **changes)
    with pytest.raises(UserError, match=f"results.* made from other {other} than .*studies"):
        publish.publish(config, run, studies)
    assert contents(studies) == before


def test_conditions_may_have_training_images_of_their_own(config, run, studies) -> None:
    publish.publish(config, run, studies)
    only(run)
    for seed in (1, 2):
        (run / "hot" / f"seed-{seed}").mkdir()
        plant_network(run, "hot", seed, training_images="others")
    assert publish.publish(config, run, studies)[1]["seeds"] == [1, 2]


def test_a_published_network_of_another_table_has_a_mend_of_its_own(
    tmp_path, config, run, studies
) -> None:
    publish.publish(config, run, studies)
    shutil.rmtree(run / "hot")
    shutil.rmtree(run / "moco")
    table = tmp_path / "table.csv"
    table.write_text(table.read_text("utf-8").replace("0.png,1", "0.png,0"), "utf-8")
    with pytest.raises(UserError, match=r"another table .*name .*studies/small/stimuli\.csv"):
        publish.publish(config, run, studies)


def test_networks_that_were_unpacked_keep_their_bytes(tmp_path, config, run, studies) -> None:
    """RDMs would be rounded twice, and checksums be those of files that were unpacked."""
    folder, _ = publish.publish(config, run, studies)
    before = contents(folder)
    restore.unpack(folder, tmp_path / "here")
    here = tmp_path / "here" / "small"
    for network in here.glob("*/seed-*"):
        content = checksums.read(network / "published.json")
        made = [path for path in network.iterdir() if path.suffix != ".sha256"]
        content["files"] = checksums.of_files(here, made)
        checksums.write(network / "checksums.json", content)
    (here / "provenance.json").write_text("of what is made here")
    publish.publish(config, here, studies)
    assert contents(folder) == before
    with pytest.raises(UserError, match=r"no network that was trained here in .*here/small"):
        publish.publish(config, here, tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"k": 5}, r"knn\.k: 200, where the config has 5"),
        ({"temperature": 0.2}, r"knn\.temperature: 0\.1, where"),
        ({"folder": "elsewhere"}, None),
    ],
)
def test_networks_are_measured_alike(tmp_path, studies, changes, told) -> None:
    """From a folder that may be elsewhere on another machine."""
    config = settings(tmp_path, knn={"folder": "held-out"})
    run = plant(tmp_path, config)
    plant_measured(run, config)
    publish.publish(config, run, studies)
    other = settings(tmp_path, knn=config["knn"] | changes)
    only(run, 2)
    if told is None:
        assert publish.publish(other, run, studies)[1]["seeds"] == [1, 2]
        return
    with pytest.raises(UserError, match=f"not here, hot seed 1, and was measured with {told}"):
        publish.publish(other, run, studies)


def test_a_recipe_is_needed_of_networks_that_are_here(config, run, studies) -> None:
    publish.publish(config, run, studies)
    (only(run, 2) / "hot/recipe.json").unlink()
    with pytest.raises(UserError, match=r"^there is no .*results/small/hot/recipe\.json"):
        publish.publish(config, run, studies)
