"""The files that a script depends on are those that the standard library's ModuleFinder finds."""

from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from trajectories.planning import imports

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_as_the_module_finder(script) -> None:
    finder = ModuleFinder(path=[str(SCRIPTS)])
    finder.run_script(str(SCRIPTS / script))
    expected = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    assert imports.files(SCRIPTS, script) == sorted(expected)


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
