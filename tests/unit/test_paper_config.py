"""config/paper.yaml is the published protocol, value by value."""

from pathlib import Path
from typing import Any

import pytest

from trajectories.planning import checks
from trajectories.study import config

PAPER = Path(__file__).parents[2] / "config" / "paper.yaml"

# He et al. (2020) and Chen et al. (2020), with the flags that the README of the public MoCo code
# gives for version 2: --mlp --moco-t 0.2 --aug-plus --cos.
TRAINING = {
    "epochs": 200,
    "schedule_epochs": 200,
    "extra_checkpoints": [],
    "batch_size": 256,
    "bn_groups": 8,
    "queue": 65536,
    "objective": "moco",
    "key_momentum": 0.999,
    "temperature": 0.2,
    "learning_rate": 0.03,
    "sgd_momentum": 0.9,
    "weight_decay": 1e-4,
    "precision": "fp32",
    "probe_images": 0,
    "augmentation": {
        "crop_scale": [0.2, 1.0],
        "jitter": {
            "probability": 0.8,
            "brightness": 0.4,
            "contrast": 0.4,
            "saturation": 0.4,
            "hue": 0.1,
        },
        "grayscale": 0.2,
        "blur": {"probability": 0.5, "sigma": [0.1, 2.0]},
        "flip": 0.5,
    },
    "fixed_seeds": {"init": None, "order": None, "augmentation": None},
}


@pytest.fixture
def paper() -> dict[str, Any]:
    return config.read(PAPER)


def test_training_is_moco_v2_as_published(paper) -> None:
    assert list(paper["conditions"]) == ["moco"]
    settings = config.merged(paper, "moco")
    network = {"architecture": "resnet50", "stem": "imagenet", "embedding": 128}
    assert settings == {
        "network": network | {"preprocessing": None},
        "training": TRAINING | {"segment_epochs": 20, "diet": None},
    }


def test_ten_networks_see_all_of_imagenet_at_224_pixels(paper) -> None:
    assert len(paper["seeds"]) == 10
    assert paper["image_size"] == 224
    images = paper["images"]
    assert (images["source"], images["storage"]) == ("folder", "jpeg")
    assert images["count"] == 1_281_167
    assert images["stored_size"] is None


def test_representations_are_looked_at_as_published(paper) -> None:
    assert paper["activations"]["layers"] == ["layer1", "layer4"]
    assert paper["activations"]["batchnorm"] == "running"
    assert paper["figures"]["first_epoch"] == 1
    assert paper["metrics"]["similarity"] == "pearson"
    within = {name: category["within"] for name, category in paper["categories"].items()}
    assert within == {"faces": "face", "animals": "animal"}


def test_the_paper_can_be_planned_without_a_warning(paper) -> None:
    assert checks.check_settings(paper) == []
    segments = [(start, start + 20) for start in range(0, 200, 20)]
    assert config.trained_segments(paper, "moco") == segments
