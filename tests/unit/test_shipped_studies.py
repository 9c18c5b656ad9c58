"""The studies that come with the repository are whole, small, and of networks that have learnt."""

import subprocess
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from trajectories.publication import manifest, publish, whole
from trajectories.report import results_page
from trajectories.status import recipes
from trajectories.study import config, recipe_comparison

HOME = Path(__file__).parents[2]
STUDIES = sorted(path.parent for path in (HOME / "studies").glob("*/config.yaml"))
# Networks of each, and the least share of held-out images that all of them name.
SHIPPED = {"cifar10": (8, 0.55), "development_cifar10": (45, None)}


def networks(study: Path) -> list[Path]:
    return sorted(path.parent for path in study.glob("*/seed-*/trajectory.h5"))


def test_they_are_all_there() -> None:
    assert {study.name: len(networks(study)) for study in STUDIES} == {
        name: number for name, (number, _) in SHIPPED.items()
    }


def test_they_are_small_together() -> None:
    files = [path for study in STUDIES for path in study.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= publish.MOST_BYTES


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_file_has_its_checksum_and_none_is_left_over(study: Path) -> None:
    listed = {str(name) for name in whole.read(study)[1]}
    there = {path.relative_to(study).as_posix() for path in study.rglob("*") if path.is_file()}
    assert there - listed == {manifest.NAME}
    subprocess.run(
        ["sha256sum", "--check", "--quiet", manifest.NAME], cwd=study, check=True, timeout=60
    )


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_no_picture_and_no_path_of_a_machine(study: Path) -> None:
    assert not list(study.rglob("stimuli*.h5"))
    assert not list(study.rglob("*.png"))
    assert publish.places_of_machine(config.read(study / "config.yaml")) == []


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_the_config_of_the_repository_trains_these_networks(study: Path) -> None:
    """A recipe that is changed in config/ alone would make other networks than are published."""
    wanted = recipes.settings(config.read(HOME / "config" / f"{study.name}.yaml"))
    for name, settings in wanted.items():
        trained = recipe_comparison.read(study / name / "recipe.json")
        assert recipe_comparison.difference(trained, settings) is None


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_rdms_are_finite_and_begin_untrained(study: Path) -> None:
    for network in networks(study):
        with h5py.File(network / "trajectory.h5") as file:
            assert file["epoch"][0] == 0
            for rdms in file["rdms"].values():
                values = rdms[:]
                assert values.dtype == np.float32
                assert np.isfinite(values).all()
                assert values.min() >= 0
                assert values.max() <= 2


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_networks_see_as_well_as_the_pages_say(study: Path) -> None:
    _, least = SHIPPED[study.name]
    for network in networks(study):
        seen = pd.read_csv(network / "knn.csv")
        assert seen["epoch"].iloc[0] == 0
        if least is not None:
            assert seen["weighted_knn"].iloc[-1] >= least


def test_the_page_on_development_has_the_numbers_of_its_networks() -> None:
    study = HOME / "studies" / "development_cifar10"
    conditions = config.read(study / "config.yaml")["conditions"]
    histories = [
        pd.read_csv(path).assign(condition=name, seed=path.parent.name)
        for name in conditions
        for path in sorted(study.glob(f"{name}/*/history.csv"))
    ]
    table = results_page.by_condition(pd.concat(histories, ignore_index=True), 0.95)
    page = (HOME / "docs" / "results-development.md").read_text(encoding="utf-8")
    for row in results_page.markdown(table).splitlines()[2:]:
        assert row in page


def last_rdms(study: Path, condition: str, layer: str) -> list[np.ndarray]:
    found = []
    for path in sorted(study.glob(f"{condition}/seed-*/trajectory.h5")):
        with h5py.File(path) as file:
            found.append(file["rdms"][layer][-1].astype(np.float64))
    return found


def nearer_to_its_twin(study: Path, condition: str, layer: str) -> np.ndarray:
    """Correlation with the undisturbed twin, less that with undisturbed networks of other seeds."""
    disturbed, standard = (last_rdms(study, name, layer) for name in (condition, "standard"))
    r = np.corrcoef([*disturbed, *standard])[: len(disturbed), len(disturbed) :]
    own = np.diag(r)
    return own - (r.sum(axis=1) - own) / (len(r) - 1)


def test_the_page_on_development_says_how_like_their_twins_disturbed_networks_are() -> None:
    study = HOME / "studies" / "development_cifar10"
    page = " ".join((HOME / "docs" / "results-development.md").read_text(encoding="utf-8").split())
    for layer, words in (
        ("layer4", "by {} in layer 4 ({} to {})"),
        ("layer1", "and {} in layer 1"),
    ):
        nearer = nearer_to_its_twin(study, "deficit_0000", layer)
        half = stats.t.ppf(0.975, len(nearer) - 1) * stats.sem(nearer)
        numbers = (nearer.mean(), nearer.mean() - half, nearer.mean() + half)
        said = words.format(*(f"{number:.3f}" for number in numbers))
        assert said in page
        assert (nearer > 0).all()


def test_networks_of_both_kinds_of_processor_are_as_alike_as_those_of_one() -> None:
    """Six were trained with instructions for bfloat16, and two by float32 in their place."""
    study = HOME / "studies" / "cifar10"
    for layer in ("layer1", "layer4"):
        r = np.corrcoef(last_rdms(study, "moco", layer))
        within, across = r[:6, :6][np.triu_indices(6, 1)], r[:6, 6:]
        assert within.min() < across.mean() < within.max()
        assert abs(across.mean() - within.mean()) < within.std(ddof=1)
