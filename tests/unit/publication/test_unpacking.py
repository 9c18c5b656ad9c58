"""A published study is unpacked as a study, and nothing that is there is replaced."""

import os
from pathlib import Path

import numpy as np
import pytest
from publication_cases import (
    HALF_A_DIGIT,
    LAYERS,
    contents,
    plant,
    settings,
)

from trajectories.errors import UserError
from trajectories.provenance import checksums
from trajectories.publication import manifest, publish, restore
from trajectories.rdms import trajectory
from trajectories.study import config as study_config


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


def test_histories_of_networks_that_were_not_unpacked_stay(run, study, tmp_path) -> None:
    """Even if all else that training leaves was deleted."""
    for path in run.rglob("trajectory.h5"):
        path.unlink()
    (run / "moco/seed-1/history.csv").write_text("mine")
    before = contents(run)
    with pytest.raises(UserError, match=r"moco/seed-1/history\.csv is not the one .*: move"):
        restore.unpack(study, tmp_path / "results")
    assert contents(run) == before


def test_what_was_unpacked_before_is_renewed(run, study, tmp_path) -> None:
    restore.unpack(study, tmp_path / "here")
    path = tmp_path / "here/small/moco/seed-1/history.csv"
    path.write_text("of an earlier publication")
    restore.unpack(study, tmp_path / "here")
    assert path.read_bytes() == (run / "moco/seed-1/history.csv").read_bytes()


def test_references_whose_files_are_not_here_are_left_out(tmp_path) -> None:
    (tmp_path / "here.csv").write_text("a")
    references = {name: {"file": str(tmp_path / f"{name}.csv")} for name in ("here", "gone")}
    config = settings(tmp_path, references=references, labels={"here": "Here", "gone": "Gone"})
    folder, _ = publish.publish(config, plant(tmp_path, config), tmp_path / "studies")
    unpacked, left_out = restore.unpack(folder, tmp_path / "unpacked")
    assert list(unpacked["references"]) == ["here"]
    assert unpacked["labels"] == {"here": "Here"}
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


def test_what_a_killed_publication_left_is_no_study(study, studies) -> None:
    study.rename(studies / ".small.former")
    with pytest.raises(UserError, match=r"there is no published study small: .* has none"):
        restore.find("small", studies)
