"""A published study that is not whole is told as such, where it is unpacked and published onto."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from publication_cases import contents, only

from trajectories.errors import UserError
from trajectories.publication import manifest, publish, restore


@pytest.fixture
def study(config, run, studies) -> Path:
    """With networks that are nowhere else."""
    folder, _ = publish.publish(config, run, studies, pictures=True)
    only(run, 2)
    return folder


@pytest.fixture(params=["unpack", "publish"])
def use(request, config, run, studies, study, tmp_path) -> Callable[[], object]:
    if request.param == "publish":
        return lambda: publish.publish(config, run, studies)
    return lambda: restore.unpack(restore.find("small", studies), tmp_path / "here")


def refused(use: Callable[[], object], studies: Path, told: str) -> None:
    before = contents(studies)
    with pytest.raises(UserError, match=told) as raised:
        use()
    assert re.search(r": get .*studies/small again$", str(raised.value))
    assert contents(studies) == before
    assert not (studies.parent / "here").exists()


@pytest.mark.parametrize(
    "name",
    [
        "config.yaml",
        "stimuli.csv",
        "provenance.json",
        "stimuli.h5",
        "hot/recipe.json",
        "moco/inputs.h5",
        "hot/seed-1/trajectory.h5",
        "hot/seed-2/history.csv",
        "hot/seed-1/checksums.json",
    ],
)
def test_a_file_without_a_checksum_is_named(study, studies, use, name) -> None:
    lines = (study / manifest.NAME).read_text().splitlines(keepends=True)
    (study / manifest.NAME).write_text("".join(line for line in lines if f"  {name}" not in line))
    refused(use, studies, rf"small/checksums\.sha256 has no line for {name}: ")


def test_no_line_at_all_is_no_whole_study(study, studies, use) -> None:
    (study / manifest.NAME).write_text("")
    refused(use, studies, r"small/checksums\.sha256 has no line for config\.yaml: ")


def test_lost_checksums_are_named(study, studies, use) -> None:
    (study / manifest.NAME).unlink()
    refused(use, studies, r"^there is no .*small/checksums\.sha256, ")


def test_a_lost_network_is_named(study, studies, use) -> None:
    shutil.rmtree(study / "hot/seed-1")
    refused(use, studies, r"small/hot/seed-1/checksums\.json is missing: ")


@pytest.mark.parametrize("key", ["seeds", "conditions"])
def test_networks_that_the_config_does_not_name_are_not_lost(study, studies, use, key) -> None:
    config = yaml.safe_load((study / "config.yaml").read_text())
    config[key].pop("hot" if key == "conditions" else 0)
    (study / "config.yaml").write_text(yaml.safe_dump(config))
    manifest.write(study)
    refused(use, studies, r"small/config\.yaml does not name hot seed 1, ")


def test_a_config_of_another_version_is_named(study, studies, use) -> None:
    with (study / "config.yaml").open("a") as file:
        file.write("later: 3\n")
    manifest.write(study)
    before = contents(studies)
    with pytest.raises(UserError, match=r"small/config\.yaml cannot .* `later` is unknown"):
        use()
    assert contents(studies) == before
