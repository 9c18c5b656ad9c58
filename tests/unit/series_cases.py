"""Folders of checkpoint files, and the settings that find them, for tests; no tests."""

from pathlib import Path
from typing import Any

KEY = "conditions.own.checkpoints"


def settings(folder: Path, pattern: str, offset: float = 0) -> dict[str, Any]:
    return {"folder": str(folder), "pattern": pattern, "epoch_offset": offset, "prefix": None}


def series(folder: Path, **changes: Any) -> dict[str, Any]:
    """The whole block, as a resolved config has it."""
    left = {"pattern": None, "table": None, "epoch_key": None, "epoch_scale": 1, "leave_out": []}
    return settings(folder, "") | left | {"key": None} | changes


def files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
