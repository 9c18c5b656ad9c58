"""What the tests of augmentation share: images, and parameters that do one thing only."""

from dataclasses import replace

import numpy as np
import torch
from torchvision.transforms.v2 import functional as F

from trajectories.training import augment
from trajectories.training.augment import AugmentationSettings, Parameters

SIZE = 32
SETTINGS = AugmentationSettings((0.2, 1.0), 0.8, 0.4, 0.4, 0.4, 0.1, 0.2, 0.5, (0.1, 2.0), 0.5)
JITTER = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def unit(images):
    return images.float() / 255


def random_images(n, height, width, seed=0):
    values = np.random.default_rng(seed).integers(0, 256, (n, 3, height, width), dtype=np.uint8)
    return torch.from_numpy(values)


def drawn(n, height, width, seed=1):
    return augment.draw(np.random.default_rng(seed), n, height, width, SETTINGS)


def nothing(n):
    """Parameters that change nothing after the crop."""
    return Parameters(
        boxes=np.tile([0, 0, 1, 1], (n, 1)),
        jitter=np.ones(n, dtype=bool),
        factors=np.tile([1.0, 1.0, 1.0, 0.0], (n, 1)),
        order=np.tile(np.arange(4), (n, 1)),
        grayscale=np.zeros(n, dtype=bool),
        blur=np.zeros(n, dtype=bool),
        sigma=np.ones(n),
        flip=np.zeros(n, dtype=bool),
    )


def only(operation, values):
    parameters = nothing(len(values))
    factors = parameters.factors.copy()
    factors[:, operation] = values
    return replace(parameters, factors=factors)


def blurred(sigma):
    return replace(nothing(len(sigma)), blur=np.ones(len(sigma), bool), sigma=np.array(sigma))


def distorted(images, parameters):
    """Result of `distort` back in [0, 1]."""
    sd, mean = torch.tensor(SD).view(3, 1, 1), torch.tensor(MEAN).view(3, 1, 1)
    return augment.distort(images, parameters) * sd + mean


def assert_close(ours, theirs, tolerance=1e-5):
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, theirs, rtol=0, atol=tolerance)
