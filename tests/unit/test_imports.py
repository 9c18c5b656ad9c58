"""The files that a script depends on are those that the standard library's ModuleFinder finds."""

import shutil
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from trajectories.planning import imports

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts, with a condition that Python's compiler drops in the place of TYPE_CHECKING."""
    copied = tmp_path_factory.mktemp("scripts") / "scripts"
    shutil.copytree(SCRIPTS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    for file in copied.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("if TYPE_CHECKING:", "if False:"), encoding="utf-8")
    return copied


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_as_the_module_finder(executed: Path, script: str) -> None:
    finder = ModuleFinder(path=[str(executed)])
    finder.run_script(str(executed / script))
    files = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    expected = sorted(SCRIPTS / file.relative_to(executed) for file in files)
    assert imports.files(SCRIPTS, script) == expected


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import other\n", False),
        ("import typing\nif typing.TYPE_CHECKING:\n    import other\n", False),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import other\n", True),
        ("if not TYPE_CHECKING:\n    import other\n", True),
        ("if 1:\n    import other\n", True),
    ],
)
def test_imports_for_type_checkers_do_not_count(tmp_path: Path, code: str, found: bool) -> None:
    (tmp_path / "other.py").touch()
    (tmp_path / "script.py").write_text(code)
    files = imports.files(tmp_path, "script.py")
    assert (tmp_path / "other.py" in files) == found


def test_imports_of_imports_and_within_functions(tmp_path) -> None:
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    for name in ("__init__", "one", "two", "three", "unused", "inner/__init__", "inner/deep"):
        (package / f"{name}.py").touch()
    (tmp_path / "script.py").write_text("import json, package.one\nfrom package import two\n")
    (package / "two.py").write_text(
        "def later():\n    if True:\n        from package.inner.deep import something\n"
    )
    (package / "inner/deep.py").write_text("from package import script, three\nimport script\n")
    names = [str(path.relative_to(tmp_path)) for path in imports.files(tmp_path, "script.py")]
    assert names == [
        "package/__init__.py",
        "package/inner/__init__.py",
        "package/inner/deep.py",
        "package/one.py",
        "package/three.py",
        "package/two.py",
        "script.py",
    ]
