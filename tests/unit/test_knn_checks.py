"""The block `knn` is checked against the rest of the config before the first job."""

from pathlib import Path
from typing import Any

import pytest
from check_cases import right_config

from trajectories.errors import UserError
from trajectories.planning.conditions import knn_checks
from trajectories.study import config
from trajectories.study.recipe import recipe_digest


def settings(place: Path, **knn: Any) -> dict[str, Any]:
    return right_config(place) | {"knn": knn}


@pytest.mark.parametrize(
    ("chosen", "measured"),
    [([], [0, 4]), ([2], [0, 2, 4]), ([0.1, 4, 0], [0, 0.1, 4]), ([3, 7], [0, 3, 4])],
)
def test_the_first_and_the_last_checkpoint_are_always_measured(chosen, measured) -> None:
    assert knn_checks.epochs(chosen, [0, 0.1, 1, 2, 3, 4]) == measured


def test_it_is_no_part_of_the_recipe(tmp_path: Path) -> None:
    without = config.resolve(right_config(tmp_path))
    with_it = config.resolve(settings(tmp_path, epochs=[2]))
    assert without["knn"] is None
    assert with_it["knn"]["k"] == 200
    digests = {
        recipe_digest(config.condition_settings(each, "moco")) for each in (without, with_it)
    }
    assert len(digests) == 1


def test_what_is_right_passes(tmp_path: Path) -> None:
    knn_checks.check(config.resolve(right_config(tmp_path)))
    knn_checks.check(config.resolve(settings(tmp_path, epochs=[0, 2, 4])))


def test_an_epoch_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`knn\.epochs` has 5, .* up to 4"):
        knn_checks.check(config.resolve(settings(tmp_path, epochs=[5])))


def test_a_source_that_needs_a_folder_says_so(tmp_path: Path) -> None:
    pictures = {"source": "folder", "path": "photos", "count": 512, "stored_size": 40}
    raw = settings(tmp_path) | {"images": pictures}
    with pytest.raises(UserError, match=r"`knn\.folder` is missing"):
        knn_checks.check(config.resolve(raw))
    knn_checks.check(config.resolve(raw | {"knn": {"folder": "others"}}))
    with pytest.raises(UserError, match="which is learnt from"):
        knn_checks.check(config.resolve(raw | {"knn": {"folder": "./photos"}}))


def test_a_folder_that_no_source_needs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"openmoji are held out without it: delete the key"):
        knn_checks.check(config.resolve(settings(tmp_path, folder="others")))


def test_a_missing_folder_is_refused_until_it_is_packed(tmp_path: Path) -> None:
    study = config.resolve(settings(tmp_path, folder=str(tmp_path / "others")))
    results = tmp_path / "results"
    with pytest.raises(UserError, match=r"no folder .*others: correct config key `knn\.folder`"):
        knn_checks.check_folder(study, results)
    (results / "study").mkdir(parents=True)
    (results / "study/held-out.h5").touch()
    knn_checks.check_folder(study, results)
    (results / "study/held-out.h5").unlink()
    (tmp_path / "others").mkdir()
    knn_checks.check_folder(study, results)
    knn_checks.check_folder(config.resolve(right_config(tmp_path)), results)
