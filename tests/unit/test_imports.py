"""The files that a script depends on are those that the standard library's ModuleFinder finds.

What it imports by the name of an analysis the finder cannot see: Python itself tells of that.
"""

import shutil
import subprocess
import sys
from modulefinder import ModuleFinder
from pathlib import Path

import analysis_parts
import pytest

from trajectories.storage import imports

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


RULES = [*analysis_parts.TABLE_RULES, *analysis_parts.FIGURE_RULES]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts, with a condition that Python's compiler drops in the place of TYPE_CHECKING."""
    copied = tmp_path_factory.mktemp("scripts") / "scripts"
    shutil.copytree(SCRIPTS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    for file in copied.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("if TYPE_CHECKING:", "if False:"), encoding="utf-8")
    return copied


def found(copied: Path, script: str, *modules: str) -> list[Path]:
    finder = ModuleFinder(path=[str(copied)])
    finder.run_script(str(copied / script))
    for module in modules:
        finder.import_hook(module.removesuffix(".py").replace("/", "."))
    files = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    return sorted(SCRIPTS / file.relative_to(copied) for file in files)


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_as_the_module_finder(executed: Path, script: str) -> None:
    assert imports.files(SCRIPTS, script) == found(executed, script)


@pytest.mark.parametrize("rule", RULES)
def test_of_an_analysis_as_the_module_finder(executed: Path, rule: str) -> None:
    start = analysis_parts.start(rule)
    assert imports.files(SCRIPTS, *start) == found(executed, *start)


LOAD = """
import runpy, sys
from trajectories import cli
cli.run = lambda main, parser: None
script, name, part = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
from trajectories.analyses import declaration
declaration.load(name), declaration.module(name, part)
print(*(module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)))
"""


@pytest.mark.parametrize("rule", ["speed", "variance_split", "figure_path"])
def test_python_loads_nothing_else_for_an_analysis(rule) -> None:
    script, module = analysis_parts.start(rule)
    name, part = Path(module).parent.name, Path(module).stem
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(SCRIPTS / script), name, part],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {Path(file) for file in done.stdout.split() if Path(file).is_relative_to(SCRIPTS)}
    assert {SCRIPTS / module, SCRIPTS / module.replace(part, "__init__")} <= loaded
    assert loaded <= set(imports.files(SCRIPTS, script, module))


@pytest.mark.parametrize("rule", RULES)
def test_an_analysis_depends_on_no_other_and_a_figure_on_no_computation(rule) -> None:
    script, module = analysis_parts.start(rule)
    files = [path.relative_to(SCRIPTS) for path in imports.files(SCRIPTS, script, module)]
    folders = {path.parts[2] for path in files if path.parts[1:2] == ("analyses",)}
    shared = {"__init__.py", "arguments.py", "declaration.py"}
    assert folders - shared == {Path(module).parent.name}
    if rule in analysis_parts.FIGURE_RULES:
        assert not {path for path in files if path.name == "table.py"}
        computing = {path.parts[1] for path in files if len(path.parts) > 2}
        assert computing <= {"analyses", "plotting", "statistics", "storage", "study"}
        statistics = {path.stem for path in files if "statistics" in path.parts}
        # `statement` holds words, and computes nothing.
        assert statistics <= {"__init__", "thinning", "statement"}


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


@pytest.mark.parametrize(
    "block",
    [
        "class A:\n    {}",
        "async def f():\n    {}",
        "with a:\n    {}",
        "for a in b:\n    {}",
        "for a in b:\n    pass\nelse:\n    {}",
        "while a:\n    pass\nelse:\n    {}",
        "if a:\n    pass\nelif b:\n    {}",
        "try:\n    {}\nfinally:\n    pass",
        "try:\n    pass\nexcept ValueError:\n    {}",
        "try:\n    pass\nexcept* ValueError:\n    {}",
        "try:\n    pass\nexcept ValueError:\n    pass\nelse:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "match a:\n    case 1:\n        {}",
        "def f():\n    if a:\n        pass\n    else:\n        with b:\n            {}",
    ],
)
def test_imports_in_blocks_of_all_kinds(tmp_path: Path, block: str) -> None:
    (tmp_path / "other.py").touch()
    (tmp_path / "script.py").write_text(block.format("import other"))
    assert imports.files(tmp_path, "script.py") == [tmp_path / "other.py", tmp_path / "script.py"]


@pytest.mark.parametrize(
    "statement",
    [
        "from . import one",
        "from .one import name",
        "from .. import one; from ..two import name",
        "from package import (  # in (several) lines\n    two,\n    one as other,\n)",
        "import json, \\\n    package.one as other",
        "if True: import package.one",
        "try:\n    import package.one\nexcept ImportError: pass",
        "def f():\n\timport package.one; return package",
    ],
)
def test_imports_in_every_spelling(tmp_path: Path, statement: str) -> None:
    package = tmp_path / "package"
    inner = package / "inner" if statement.startswith("from .. ") else package
    inner.mkdir(parents=True)
    for name in ("__init__.py", "one.py", "two.py", "unused.py"):
        (package / name).write_text("name = 1\n")
    (inner / "__init__.py").touch()
    (inner / "user.py").write_text(f"{statement}\n")
    (tmp_path / "script.py").write_text(
        f"import {'.'.join(inner.relative_to(tmp_path).parts)}.user\n"
    )
    found = imports.files(tmp_path, "script.py")
    assert package / "one.py" in found
    assert package / "unused.py" not in found
    assert found == module_finders(tmp_path)


def module_finders(folder: Path) -> list[Path]:
    finder = ModuleFinder(path=[str(folder)])
    finder.run_script(str(folder / "script.py"))
    return sorted(Path(module.__file__) for module in finder.modules.values() if module.__file__)
