"""Figures and words speak of the unit of time that the config names, and else of epochs."""

import pytest
from matplotlib.figure import Figure

from trajectories.plotting import style
from trajectories.study import config, time_unit
from trajectories.study.time_unit import EPOCHS

IMAGES = {"unit": "images", "label": "Images seen (millions)"}
MONTHS = {"unit": "months", "label": None}


@pytest.mark.parametrize(
    ("text", "images", "months"),
    [
        ("Training time (epochs)", "Images seen (millions)", "Training time (months)"),
        (
            "Training time (epochs, log scale)",
            "Images seen (millions), log scale",
            "Training time (months), log scale",
        ),
        ("Onset of the window (epochs)", "Onset of the window (images)", None),
        ("RDM change\nper epoch (rad)", "RDM change\nper unit of time (rad)", None),
        ("Similarity of consecutive epochs", "Similarity of consecutive checkpoints", None),
        ("untrained (epoch 0)", "untrained (time 0)", None),
        ("Dissimilarity", "Dissimilarity", "Dissimilarity"),
    ],
)
def test_texts_of_figures(text: str, images: str, months: str | None) -> None:
    assert time_unit.relabelled(text, IMAGES) == images
    assert months is None or time_unit.relabelled(text, MONTHS) == months
    assert time_unit.relabelled(text, EPOCHS) == text


def test_axes_legends_and_titles_of_a_figure_are_relabelled() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], label="same epoch")
    axes.legend()
    axes.set_title("RDMs of consecutive epochs")
    figure.supxlabel("Training time (epochs)")
    style.count_time_in(figure, IMAGES)
    assert figure.get_supxlabel() == "Images seen (millions)"
    assert axes.get_title() == "RDMs of consecutive checkpoints"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["same time"]


@pytest.mark.parametrize(
    ("time", "said"),
    [(EPOCHS, "epoch 0.25"), (MONTHS, "months: 0.25"), (IMAGES, "Images seen (millions): 0.25")],
)
def test_a_point_in_time_is_named_with_its_unit(time, said: str) -> None:
    assert time_unit.moment(0.25, time) == said


def test_texts_say_once_what_epochs_are() -> None:
    assert time_unit.note(EPOCHS) == ""
    assert time_unit.note(MONTHS).startswith("Time is counted in months: where epochs")
    assert "in images (Images seen (millions)):" in time_unit.note(IMAGES)


def test_without_the_key_time_is_in_epochs() -> None:
    raw = {
        "experiment": "study",
        "seeds": [1],
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
        "conditions": {"own": {"checkpoints": {"folder": "runs", "pattern": "{epoch}.pt"}}},
    }
    assert config.resolve(raw)["time"] == dict(EPOCHS)
    assert config.resolve(raw | {"time": {"unit": "months"}})["time"] == MONTHS
