"""Histories for figures, and what was drawn; no tests."""

import itertools

import numpy as np
import pandas as pd


def history(conditions=("moco",), seeds=(1, 2), knn=True):
    parts = []
    for index, (condition, seed) in enumerate(itertools.product(conditions, seeds)):
        part = pd.DataFrame({"epoch": range(4), "loss": [np.nan, 6.0, 5.0, 4.0 + index]})
        part["chance_loss"] = np.log(129)
        part["queue_filled"] = 1
        part["view_top1"] = [0.1, 0.2, 0.3, 0.4] if knn else np.nan
        part["view_chance"] = 1 / 64 if knn else np.nan
        part["embedding_sd"] = 0.9
        part["knn_top1"] = [0.1, 0.2, 0.3, 0.4] if knn else np.nan
        part["knn_chance"] = 0.05 if knn else np.nan
        parts.append(part.assign(condition=condition, seed=seed))
    return pd.concat(parts, ignore_index=True)


def lines(axes):
    return {line.get_label(): line for line in axes.lines}


def drawn_text(figure):
    """All text boxes of a drawn figure, in pixels."""
    figure.draw_without_rendering()
    boxes = [legend.get_window_extent() for legend in figure.legends]
    boxes += [text.get_window_extent() for text in figure.texts if text.get_text()]
    for axes in figure.axes:
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label]
        boxes += [text.get_window_extent() for text in texts if text.get_text()]
    return boxes


def assert_nothing_is_cut_off(figure):
    for box in drawn_text(figure):
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1
