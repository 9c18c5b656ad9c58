"""What a job asks of a cluster: minutes and megabytes, from the config.

Upper estimates of a first attempt: too little costs a second attempt, too much only a later start.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trajectories.networks import catalogue
from trajectories.planning.conditions.condition import Condition
from trajectories.planning.cost import Needs, Rate
from trajectories.study.config import Config, images_of

Images = Mapping[str, Any]
"""A block `images` of a config."""

_LEAST_MINUTES = 60
_MARGIN = 2  # of time: a GPU slower than the one reported, or shared
_PACKED_PER_SECOND = 50  # photographs read from a file system that is busy
_READ_PER_SECOND = 200  # photographs decoded by one core, or run through a network by it

_LEAST_MEGABYTES = 4000  # Python, PyTorch and the libraries of CUDA
_WORKER_MEGABYTES = 500
_FLOAT = 4  # bytes
_COPIES = 3  # of weights: the network's, a checkpoint's and what its file was read into


@dataclass(frozen=True)
class JobSize:
    """Time and memory of a job.

    Attributes
    ----------
    minutes : int
    megabytes : int
    """

    minutes: int
    megabytes: int


def packing(images: Images) -> JobSize:
    """Size of the job that packs training images."""
    minutes = images["count"] / _PACKED_PER_SECOND / 60
    return _job_size(minutes, 2 * _pixel_bytes(images))


def training(config: Config, condition: str, needs: Needs) -> JobSize:
    """Size of the job that trains a segment of a condition with these needs.

    As long as the GPU of the public MoCo code took for as many operations, with a margin. In
    memory are the training images, if they are stored as pixels, and what is written: the state
    and its copy. Each of several GPUs has a process with memory of its own.
    """
    gpus = config["compute"]["gpus_per_seed"]
    minutes = _MARGIN * 60 * Rate.reported().hours(needs) / gpus
    workers = config["compute"]["workers"] * _WORKER_MEGABYTES * 10**6
    held = _pixel_bytes(images_of(config, condition))
    others = (gpus - 1) * _LEAST_MEGABYTES * 10**6
    return _job_size(minutes, gpus * (held + 4 * needs.state) + workers + others)


def extraction(config: Config, condition: str, layers: Iterable[str], n_stimuli: int) -> JobSize:
    """Size of the job that takes the responses of layers, of all checkpoints of a segment.

    In memory are those of one checkpoint, and the training images for recalibration; of a network
    that may be of any size also its weights. The time is that of a network's start, a forward pass
    of few images and a file of some gigabytes.
    """
    chosen = Condition.of(config, condition)
    units = sum(chosen.units(layer) for layer in layers)
    recalibrated = config["activations"]["batchnorm"] == "recalibrated"
    images = _pixel_bytes(images_of(config, condition)) if recalibrated else 0
    described = not catalogue.trainable(chosen.architecture)
    weights = _COPIES * chosen.describe().checkpoint_bytes if described else 0
    return _job_size(0, images + weights + 4 * n_stimuli * units * _FLOAT)


def neighbours(config: Config, condition: str, epochs: int) -> JobSize:
    """Size of the job that compares held-out images with all training images at some epochs.

    In memory are the features of the training images, twice, and the images that are stored as
    pixels. Each epoch is a forward pass of all images, at the speed at which they are read.
    """
    images = images_of(config, condition)
    count = (0 if images is None else images["count"]) + config["knn"]["images"]
    features = Condition.of(config, condition).describe().features
    minutes = epochs * count / _READ_PER_SECOND / 60
    return _job_size(minutes, _pixel_bytes(images) + 2 * count * features * _FLOAT)


def _job_size(minutes: float, needed_bytes: float) -> JobSize:
    return JobSize(
        minutes=_LEAST_MINUTES + math.ceil(minutes),
        megabytes=_LEAST_MEGABYTES + math.ceil(needed_bytes / 1e6),
    )


def _pixel_bytes(images: Images | None) -> int:
    """Memory of training images: JPEG files are decoded when they are needed."""
    if images is None or images["storage"] == "jpeg":
        return 0
    return int(images["count"]) * int(images["stored_size"]) ** 2 * 3
