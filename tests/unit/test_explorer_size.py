"""The explorer fits a page, whatever the study, and says what it leaves out."""

import numpy as np
import pytest
from explorer_cases import N_IMAGES, ORDER, Planted, instances, plant, shown_rdms

from trajectories.report.explorer import content as explorer
from trajectories.report.explorer import rdms as explorer_rdms
from trajectories.report.explorer import size as explorer_size
from trajectories.statistics.thinning import thin


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("study"))


@pytest.mark.parametrize("n_images", [4, 92, 160, 2000])
@pytest.mark.parametrize("n_checkpoints", [2, 17, 201, 1000])
@pytest.mark.parametrize(("n_means", "n_instances"), [(1, 1), (2, 8), (2, 20), (100, 5000)])
def test_no_study_is_too_large(n_images, n_checkpoints, n_means, n_instances) -> None:
    size = explorer_size.fit(n_images, n_checkpoints, n_means, n_instances, numbers=11)
    series = n_means + n_instances * size.instances
    used = series * size.checkpoints * explorer_size.characters(size.images)
    assert used <= explorer_size.MOST_BYTES
    assert size.images >= min(n_images, 3)
    assert size.checkpoints >= min(n_checkpoints, 2)
    missing = size.images < n_images, size.checkpoints < n_checkpoints, not size.instances
    said = " ".join(explorer_size.left_out(size, n_images, n_checkpoints))
    assert [f"{size.images} of the" in said, "checkpoints" in said, "means only" in said] == [
        *missing
    ]


def test_the_default_is_whole_and_the_paper_loses_checkpoints_only() -> None:
    default = explorer_size.fit(96, 17, 2, 8, numbers=11)
    assert (default.instances, default.images, default.checkpoints) == (True, 96, 17)
    paper = explorer_size.fit(92, 201, 2, 20, numbers=11)
    assert (paper.instances, paper.images, paper.points) == (True, 92, 201)
    assert 50 <= paper.checkpoints < 201


def test_characters_are_those_of_base64() -> None:
    for n in (2, 3, 4, 12, 92):
        steps = np.zeros(n * (n - 1) // 2, np.uint8)
        assert explorer_size.characters(n) == len(explorer_rdms.text(steps))


def test_a_small_page_has_some_images_and_says_so(planted) -> None:
    built = explorer.build(planted.sources(), planted.stimulus, most_bytes=400)
    shown = len(built["images"]["names"])
    assert 3 <= shown < N_IMAGES
    kept = [ORDER[place] for place in explorer_rdms.spaced(N_IMAGES, shown)]
    assert built["images"]["places"] == kept
    assert kept[0] == ORDER[0]
    assert kept[-1] == ORDER[-1]
    mean = instances(built, "moco")[None]
    assert list(instances(built, "moco")) == [None]
    assert mean["epoch"] == [0, 0.1, 1, 2, 3]
    layer = built["layers"][0]
    true = np.mean([planted.rdm("moco", seed, "layer1", 3) for seed in (1, 2, 3)], axis=0)
    found = shown_rdms(built, mean, "layer1")[-1]
    np.testing.assert_allclose(found, true[np.ix_(kept, kept)], atol=layer["step"] / 2 * 1.001)
    assert len(built["left_out"]) == 2
    total = sum(
        len(rdms) for c in built["conditions"] for i in c["instances"] for rdms in i["rdms"]
    )
    assert total <= 400


def test_a_small_page_keeps_first_and_last_checkpoints(planted, monkeypatch) -> None:
    monkeypatch.setattr(explorer_size, "FEWEST_CHECKPOINTS", 2)
    built = explorer.build(planted.sources(), planted.stimulus, most_bytes=2500)
    assert [each["epoch"] for each in instances(built, "moco").values()] == [[0, 3]] * 4
    assert instances(built, "own")[1]["epoch"] == [1, 5]
    assert built["images"]["places"] == ORDER
    step = built["layers"][0]["step"]
    found = shown_rdms(built, instances(built, "moco")[2], "layer1")[1]
    true = planted.rdm("moco", 2, "layer1", 3)[np.ix_(ORDER, ORDER)]
    np.testing.assert_allclose(found, true, atol=step / 2 * 1.001)
    [said] = built["left_out"]
    assert "2 of 5 checkpoints" in said


def test_fewer_checkpoints_are_among_more() -> None:
    epoch = np.concatenate([[0, 0.01, 0.1, 0.3], np.arange(1, 201)])
    assert set(thin(epoch, 50)) <= set(thin(epoch, 80))
