"""The page on fidelity names keys that exist, and says of the paper's config what it holds."""

import re
from pathlib import Path
from typing import Any

import pytest

from trajectories.study import config, schema

HOME = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in (HOME / "docs" / "fidelity.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "---" not in line
]
HEADER = ["subject", "published", "here", "config key", "why different"]


def named() -> set[str]:
    """Whatever looks like a key in the column for keys."""
    return {key for row in ROWS[1:] for key in re.findall(r"`([a-z_]+(?:\.[a-z_<>]+)*)`", row[3])}


def test_it_is_one_table_with_a_subject_and_what_is_done_in_each_row() -> None:
    assert ROWS[0] == HEADER
    assert len(ROWS) > 20
    for row in ROWS[1:]:
        assert len(row) == len(HEADER), row
        assert all(row[:3]), row


def test_each_key_it_names_is_one_of_the_config() -> None:
    known = {key.path for key in schema.keys(schema.load())}
    values = {"recalibrated", "spearman", "kendall", "cosine", "bf16"}
    assert named() - values <= known
    assert len(named() & known) > 15


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("head", "network.embedding"),
        ("augmentation", "training.augmentation.crop_scale"),
        ("augmentation", "training.augmentation.blur.sigma"),
        ("algorithm", "training.key_momentum"),
        ("algorithm", "training.temperature"),
        ("algorithm", "training.queue"),
        ("optimiser", "training.learning_rate"),
        ("optimiser", "training.sgd_momentum"),
        ("batch", "training.batch_size"),
        ("batch", "training.bn_groups"),
        ("training images", "image_size"),
    ],
)
def test_published_values_are_those_of_the_papers_config(subject: str, key: str) -> None:
    [row] = [row for row in ROWS if row[0].strip("*") == subject]
    value: Any = config.read(HOME / "config" / "paper.yaml")
    for step in key.split("."):
        value = value[step]
    numbers = {float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", row[1])}
    # "0.2–1" are two numbers.
    assert {float(part) for part in (value if isinstance(value, list) else [value])} <= numbers
