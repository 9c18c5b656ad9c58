"""The package's folders: each small, and with imports that run one way between them."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "workflow" / "scripts" / "trajectories"
# A folder may import from those before it. `cli` stands between storage and the rest.
ORDER = (
    "errors",
    "failures",
    "given_files",
    "leaving",
    "seeding",
    "study",
    "storage",
    "cli",
    "images",
    "stimuli",
    "rdms",
    "networks",
    "provenance",
    "training",
    "statistics",
    "plotting",
    "analyses",
    "planning",
    "status",
    "report",
    "publication",
)
MOST_FILES = 15


def part(module: str) -> str:
    """The folder, or module outside the folders, that a module of the package belongs to."""
    return module.removeprefix("trajectories.").split(".")[0]


def imported(file: Path) -> set[str]:
    """Parts of the package that a file names in its imports, wherever in its code."""
    found = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module == "trajectories":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trajectories."):
            found.add(part(str(node.module)))
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found |= {part(name) for name in names if name.startswith("trajectories.")}
    return found


def parts() -> list[str]:
    entries = [entry for entry in PACKAGE.iterdir() if not entry.name.startswith("__")]
    return sorted(entry.stem for entry in entries)


def test_every_part_has_its_place_in_the_order() -> None:
    assert parts() == sorted(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_imports_run_one_way(name: str) -> None:
    place = PACKAGE / name
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    before = set(ORDER[: ORDER.index(name) + 1])
    against = {str(file.relative_to(PACKAGE)): imported(file) - before for file in files}
    assert not {file: names for file, names in against.items() if names}


def test_folders_are_small() -> None:
    folders = [PACKAGE, *(entry for entry in PACKAGE.rglob("*") if entry.is_dir())]
    sizes = {str(f.relative_to(PACKAGE)): len(list(f.glob("*.py"))) for f in folders}
    assert not {folder: size for folder, size in sizes.items() if size > MOST_FILES}
