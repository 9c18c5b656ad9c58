"""Test images that a study is planned with before their table has been fetched."""

from pathlib import Path

from trajectories.stimuli import published as published_stimuli
from trajectories.stimuli.table import StimulusTable, located
from trajectories.study.config import Config

PUBLISHED_STIMULI = 92
"""Images in the public part of the published set: what a plan assumes if it knows no better."""


def lacking(config: Config, results: Path) -> bool:
    """Whether the table is missing, and nothing has been made from it.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    results : Path
        Folder of all experiments, which need not exist.
    """
    made = results / config["experiment"] / "stimuli.h5"
    return not located(Path(config["stimuli"]["table"])).exists() and not made.exists()


def table() -> StimulusTable:
    """A table of as many images as are assumed, without files and categories."""
    return StimulusTable(
        tuple(f"image {number + 1}" for number in range(PUBLISHED_STIMULI)), (), {}
    )


def note(path: Path) -> str:
    """What a plan without a table says."""
    known = published_stimuli.is_published(path)
    number = (
        f"planned with the {PUBLISHED_STIMULI} images of the published file"
        if known
        else f"their number is unknown, and {PUBLISHED_STIMULI} are assumed"
    )
    return (
        f"there is no stimulus file {path} yet, so test images, categories and references are not"
        f" checked; {number}: before a run, put it there or correct stimuli.table in the config"
    )
