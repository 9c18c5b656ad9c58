"""A finished study that is to be published."""

from pathlib import Path

import pytest
from publication_cases import plant, settings

from trajectories.study.config import Config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Its settings."""
    return settings(tmp_path)


@pytest.fixture
def run(tmp_path: Path, config: Config) -> Path:
    """The folder of its results."""
    return plant(tmp_path, config)


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Where it is to be published; there is nothing yet."""
    return tmp_path / "studies"
