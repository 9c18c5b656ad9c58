"""Names and numbers that a file cannot hold are refused before the first job."""

import copy
import re
from pathlib import Path
from typing import Any

import h5py
import pytest

from trajectories.errors import UserError
from trajectories.planning import checks, name_checks
from trajectories.study import config

TABLE = Path("table.csv")
RAW: dict[str, Any] = {
    "experiment": "study",
    "seeds": [1, 2],
    "images": {"source": "openmoji", "count": 4096, "seed": 0},
    "stimuli": {"table": "table.csv", "folder": "openmoji"},
    "training": {"epochs": 10, "schedule_epochs": 10, "fixed_seeds": {"init": 1}},
    "statistics": {"seed": 0},
}


@pytest.mark.parametrize("flag", ["left/right", "/", ".", "..", "a\x00b", "a\nb", "a\u2028b"])
def test_a_column_that_no_file_can_hold_is_refused(flag: str) -> None:
    with pytest.raises(UserError, match=re.escape(f"column {flag!r}")):
        name_checks.check_table(TABLE, ["a"], ["face", flag])


@pytest.mark.parametrize("flag", ["face", "left-right", "a b", "ä", "…", ".a", "<b>", "a;b", "'"])
def test_a_column_that_passes_comes_back_from_a_file(flag: str, tmp_path: Path) -> None:
    name_checks.check_table(TABLE, ["a"], [flag])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset(flag, data=[True])
    with h5py.File(tmp_path / "a.h5") as file:
        assert list(file) == [flag]


def test_a_stimulus_that_no_file_can_hold_is_refused() -> None:
    with pytest.raises(UserError, match=r"stimulus 'a\\x00b'"):
        name_checks.check_table(TABLE, ["a\x00b"], [])


def test_the_whole_check_looks_at_the_table(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("stimulus,file,left/right\n" + "".join(f"{n},{n}.png,1\n" for n in "abc"))
    settings = config.resolve({**RAW, "stimuli": {"table": str(table), "folder": "x"}})
    with pytest.raises(UserError, match="left/right"):
        checks.check_categories(settings)


@pytest.mark.parametrize("key", ["experiment", "conditions"])
def test_a_name_longer_than_a_file_name_is_refused(key: str) -> None:
    for length in (100, 101):
        name = "x" * length
        raw = {**RAW, key: name if key == "experiment" else {name: {}}}
        if length == 100:
            name_checks.check_lengths(config.resolve(raw))
            continue
        with pytest.raises(UserError, match=f"`{key}` .* 101 characters"):
            checks.check_settings(config.resolve(raw))


@pytest.mark.parametrize(
    "path", ["seeds.0", "images.seed", "training.fixed_seeds.init", "statistics.seed"]
)
def test_a_seed_that_no_file_can_hold_is_refused(path: str) -> None:
    raw: Any = copy.deepcopy(RAW)
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    block = raw
    for step in steps:
        block = block[step]
    block[last] = 2**63 - 1
    config.resolve(raw)
    block[last] = 2**63
    with pytest.raises(UserError, match="must be at most 9223372036854775807"):
        config.resolve(raw)
