"""Pictures are published if that is wanted, and stay where they are published."""

import shutil

import pytest
from publication_cases import only, plant_network, plant_pictures

from trajectories.errors import UserError
from trajectories.publication import manifest, publish


def test_pictures_are_published_if_that_is_wanted(config, run, studies) -> None:
    folder, _ = publish.publish(config, run, studies, pictures=True)
    assert (folder / "stimuli.h5").read_bytes() == (run / "stimuli.h5").read_bytes()
    assert (folder / "moco/inputs.h5").read_bytes() == b"pictures, too"
    assert not (folder / "hot/inputs.h5").exists()


@pytest.mark.parametrize("wanted", [True, False])
def test_pictures_that_are_not_here_stay(config, run, studies, wanted) -> None:
    publish.publish(config, run, studies, pictures=True)
    wanted_bytes = (run / "stimuli.h5").read_bytes()
    shutil.rmtree(only(run, 2) / "moco")
    (run / "stimuli.h5").unlink()
    folder, told = publish.publish(config, run, studies, pictures=wanted)
    assert list(told["conditions"]) == ["moco", "hot"]
    assert (folder / "stimuli.h5").read_bytes() == wanted_bytes
    assert (folder / "moco/inputs.h5").read_bytes() == b"pictures, too"
    manifest.verified(folder)


def test_pictures_of_other_networks_do_not_stay(config, run, studies, caplog) -> None:
    publish.publish(config, run, studies, pictures=True)
    for condition in config["conditions"]:
        for seed in config["seeds"]:
            shutil.rmtree(run / condition / f"seed-{seed}")
            (run / condition / f"seed-{seed}").mkdir()
            plant_network(run, condition, seed, test_images="others")
    folder, _ = publish.publish(config, run, studies)
    assert not (folder / "stimuli.h5").exists()
    assert "stimuli.h5 is of other images than the networks" in caplog.text
    plant_pictures(run / "stimuli.h5", "others")
    assert (publish.publish(config, run, studies, pictures=True)[0] / "stimuli.h5").is_file()


def test_pictures_that_are_nowhere_cannot_be_published(config, run, studies) -> None:
    (run / "stimuli.h5").unlink()
    with pytest.raises(UserError, match=r"no .*stimuli\.h5: publish without pictures"):
        publish.publish(config, run, studies, pictures=True)
