"""Guards: views are drawn from MoCo v2's distributions, each image on its own.

The truth for the crops is torchvision's `RandomResizedCrop.get_params`; for the rest, the
closed forms of the distributions.
"""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import RandomResizedCrop

from trajectories.errors import UserError
from trajectories.training.augment_parameters import AugmentationSettings, draw

CONFIG = {
    "crop_scale": [0.2, 1.0],
    "jitter": {
        "probability": 0.8,
        "brightness": 0.4,
        "contrast": 0.3,
        "saturation": 0.2,
        "hue": 0.1,
    },
    "grayscale": 0.2,
    "blur": {"probability": 0.5, "sigma": [0.1, 2.0]},
    "flip": 0.4,
}
SETTINGS = AugmentationSettings.from_mapping(CONFIG)


def drawn(n, height=40, width=40, settings=SETTINGS, seed=0):
    return draw(np.random.default_rng(seed), n, height, width, settings)


def torchvision_boxes(n, height, width, scale, ratio=(3 / 4, 4 / 3)):
    image = torch.empty(1, height, width)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        boxes = [RandomResizedCrop.get_params(image, list(scale), list(ratio)) for _ in range(n)]
    return np.array(boxes)


def described(boxes, height, width):
    """What a box is like, one quantity a row; free room at the border included."""
    top, left, box_height, box_width = boxes.T
    return {
        "top": top,
        "left": left,
        "height": box_height,
        "width": box_width,
        "area": box_height * box_width,
        "aspect": box_width / box_height,
        "place": (top + 0.5) / (height - box_height + 1),
        "corner": top / height + left / width,
    }


def p_values(ours, theirs, height, width):
    ours, theirs = described(ours, height, width), described(theirs, height, width)
    return {name: stats.ks_2samp(ours[name], theirs[name]).pvalue for name in ours}


@pytest.mark.parametrize(("height", "width"), [(40, 40), (30, 90), (500, 375)])
def test_crops_are_distributed_as_torchvisions(height, width):
    theirs = torchvision_boxes(3000, height, width, SETTINGS.crop_scale)
    p = p_values(drawn(3000, height, width).boxes, theirs, height, width)
    assert min(p.values()) > 0.01, p


def test_the_comparison_of_crops_would_notice_another_scale():
    other = replace(SETTINGS, crop_scale=(0.15, 1.0))
    theirs = torchvision_boxes(3000, 40, 40, SETTINGS.crop_scale)
    p = p_values(drawn(3000, settings=other).boxes, theirs, 40, 40)
    assert p["area"] < 1e-3
    assert p["height"] < 1e-3


@pytest.mark.parametrize(("height", "width"), [(20, 200), (200, 20), (21, 64)])
def test_where_no_crop_fits_it_is_torchvisions_central_one(height, width):
    settings = replace(SETTINGS, crop_scale=(0.95, 1.0))
    theirs = np.unique(torchvision_boxes(50, height, width, settings.crop_scale), axis=0)
    assert len(theirs) == 1
    np.testing.assert_array_equal(
        np.unique(drawn(50, height, width, settings).boxes, axis=0), theirs
    )


def test_the_fallback_comes_as_often_as_torchvisions():
    height, width, n = 30, 60, 2000
    settings = replace(SETTINGS, crop_scale=(0.6, 1.0))
    fallback = torchvision_boxes(1, 30, 60, (0.999, 1.0))[0]
    theirs = torchvision_boxes(n, height, width, settings.crop_scale)
    counts = [
        (boxes == fallback).all(axis=1).sum()
        for boxes in (drawn(n, height, width, settings).boxes, theirs)
    ]
    assert 0.01 * n < counts[1] < 0.99 * n
    assert stats.fisher_exact([counts, [n - c for c in counts]]).pvalue > 0.01


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (3, 2), (40, 41)])
def test_crops_lie_inside_the_image(height, width):
    top, left, box_height, box_width = drawn(500, height, width).boxes.T
    assert min(top.min(), left.min()) >= 0
    assert min(box_height.min(), box_width.min()) >= 1
    assert (top + box_height).max() <= height
    assert (left + box_width).max() <= width


def test_crops_reach_every_border():
    top, left, box_height, box_width = drawn(2000, 10, 10).boxes.T
    assert top.min() == left.min() == 0
    not_whole = (box_height < 10) & (box_width < 10)
    assert (top + box_height)[not_whole].max() == (left + box_width)[not_whole].max() == 10


@pytest.mark.parametrize(
    ("column", "low", "high"), [(0, 0.6, 1.4), (1, 0.7, 1.3), (2, 0.8, 1.2), (3, -0.1, 0.1)]
)
def test_factors_are_uniform(column, low, high):
    factors = drawn(3000).factors[:, column]
    assert stats.kstest(factors, stats.uniform(low, high - low).cdf).pvalue > 0.01


def test_factors_never_go_below_zero():
    factors = drawn(3000, settings=replace(SETTINGS, brightness=1.5)).factors[:, 0]
    assert stats.kstest(factors, stats.uniform(0, 2.5).cdf).pvalue > 0.01


def test_sigma_is_uniform():
    assert stats.kstest(drawn(3000).sigma, stats.uniform(0.1, 1.9).cdf).pvalue > 0.01


@pytest.mark.parametrize(
    ("name", "probability"), [("jitter", 0.8), ("grayscale", 0.2), ("blur", 0.5), ("flip", 0.4)]
)
def test_operations_come_with_their_probability(name, probability):
    count = int(getattr(drawn(3000), name).sum())
    assert stats.binomtest(count, 3000, probability).pvalue > 0.01


@pytest.mark.parametrize("probability", [0, 1])
def test_certain_probabilities_are_certain(probability):
    parameters = drawn(
        200,
        settings=replace(
            SETTINGS, jitter=probability, grayscale=probability, blur=probability, flip=probability
        ),
    )
    for name in ("jitter", "grayscale", "blur", "flip"):
        assert (getattr(parameters, name) == bool(probability)).all()


def test_all_orders_of_jitter_are_equally_likely():
    orders, counts = np.unique(drawn(4800).order, axis=0, return_counts=True)
    assert len(orders) == 24
    assert stats.chisquare(counts).pvalue > 0.01


def test_draws_of_one_image_are_independent():
    p = drawn(3000)
    columns = np.column_stack(
        [p.boxes, p.factors, p.order[:, 0], p.jitter, p.grayscale, p.blur, p.sigma, p.flip]
    )
    correlation = np.corrcoef(columns, rowvar=False)
    correlation[:4, :4] = 0  # top, left, height and width depend on one another
    np.fill_diagonal(correlation, 0)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(3000)


def assert_same(ours, theirs):
    for field in fields(ours):
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name))


def test_an_image_gets_the_same_in_a_smaller_draw():
    assert_same(drawn(64)[:10], drawn(10))


def test_an_image_does_not_depend_on_the_tries_of_others():
    widths = np.full(20, 40)
    alone = draw(np.random.default_rng(0), 20, 40, widths, SETTINGS)
    widths[::2] = 400
    mixed = draw(np.random.default_rng(0), 20, 40, widths, SETTINGS)
    np.testing.assert_array_equal(mixed.boxes[1::2], alone.boxes[1::2])
    assert (mixed.boxes[::2] != alone.boxes[::2]).any()
    assert_same(replace(mixed, boxes=alone.boxes), alone)


def test_a_slice_holds_its_images():
    parameters = drawn(9)
    part = parameters[2:5]
    assert len(part) == 3
    np.testing.assert_array_equal(part.sigma, parameters.sigma[2:5])
    np.testing.assert_array_equal(part.boxes, parameters.boxes[2:5])


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"crop_scale": [1.0, 0.2]}, "crop_scale"),
        ({"crop_scale": [0.0, 1.0]}, "crop_scale"),
        ({"blur": {"probability": 0.5, "sigma": [0, 2]}}, "blur.sigma"),
        ({"blur": {"probability": 0.5, "sigma": [2, 1]}}, "blur.sigma"),
        ({"jitter": {**CONFIG["jitter"], "hue": 0.6}}, "jitter.hue"),
    ],
)
def test_impossible_settings_are_named(change, key):
    with pytest.raises(UserError, match=f"training.augmentation.{key} is .*: give"):
        AugmentationSettings.from_mapping(CONFIG | change)
