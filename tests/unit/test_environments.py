"""The environments of the rules hold what their scripts import, in the versions of the lock."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import analysis_parts
import pytest
import yaml

HOME = Path(__file__).parents[2]
SCRIPTS = HOME / "workflow" / "scripts"
ENVIRONMENTS = sorted((HOME / "envs").glob("*.yaml"))

# Imported inside functions that no rule calls: the loader for rsatoolbox is for users.
NOT_REACHED = {
    "train.yaml": set(),
    "import.yaml": set(),
    # Networks of libraries are described when a study is planned, and read from that afterwards.
    "analysis.yaml": {"rsatoolbox", "torch", "torchvision"},
    "images.yaml": set(),
}


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines):
    return dict(re.fullmatch(r"([\w.-]+)==([\w.]+)", line).groups() for line in lines)


@cache
def lock():
    """Version of each package in the lock, which must hold nothing but versions and hashes."""
    text = (HOME / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line.strip() for line in text.splitlines() if not line.startswith("#")]
    pattern = re.compile(r"([\w.-]+==[\w.]+)( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+")
    return pins(pattern.fullmatch(line)[1] for line in lines)


def dependencies(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]


def declared(path):
    return pins(dependencies(path)[-1]["pip"])


@cache
def rules():
    """Script, with its module of an analysis, and environment file of every rule that runs one."""
    found = {}
    for file in (HOME / "workflow" / "rules").glob("*.smk"):
        for block in re.split(r"^ *rule\b", file.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            name = block.partition(":")[0].strip()
            [script] = set(re.findall(r"python workflow/scripts/(\w+\.py)", block))
            [environment] = re.findall(r"conda:\s+\"\.\./\.\./envs/(\w+\.yaml)\"", block)
            of_analyses = {
                "make_tables.py": analysis_parts.TABLE_RULES,
                "draw.py": analysis_parts.FIGURE_RULES,
            }
            for rule in of_analyses.get(script, [name]):
                starts = (script,) if rule == name else analysis_parts.start(rule)
                found[rule] = (starts, environment)
    return found


# Installed by those who use it, and asked for by name where it is missing.
OPTIONAL = {"timm", "tensorboard"}


def scripts():
    return [path.name for path in SCRIPTS.glob("*.py")]


def is_for_types(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def import_statements(node, inside=False):
    """Names imported in a syntax tree, with whether that is inside a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, inside) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{alias.name}", inside) for alias in child.names)
        elif not is_for_types(child):
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from import_statements(child, inside or function)


def module_file(name):
    """File of a module of the package, also where the name is of something in the module."""
    parts = name.split(".")
    places = [SCRIPTS.joinpath(*parts[:depth]) for depth in range(len(parts), 0, -1)]
    candidates = [file for p in places for file in (p.with_suffix(".py"), p / "__init__.py")]
    return next(filter(Path.is_file, candidates))


@cache
def distributions():
    """Packages that install each top-level module."""
    return packages_distributions()


@cache
def imports(*starts):
    """Packages that scripts and modules import when they start, and those they may import later."""
    at_start, later, seen = set(), set(), set()
    queue = [(SCRIPTS / start, False) for start in starts]
    while queue:
        file, inside = queue.pop()
        if (file, inside) in seen:
            continue
        seen.add((file, inside))
        for name, in_function in import_statements(ast.parse(file.read_text(encoding="utf-8"))):
            top, late = name.partition(".")[0], inside or in_function
            if top == "trajectories":
                queue.append((module_file(name), late))
            elif top not in sys.stdlib_module_names and top not in OPTIONAL:
                (later if late else at_start).update(
                    canonical(found) for found in distributions()[top]
                )
    return at_start, later


def test_walk_finds_imports_of_known_scripts():
    at_start, later = imports("train.py")
    assert {"torch", "numpy", "h5py", "tqdm"} <= at_start
    assert "torchvision" in later
    assert "matplotlib" not in at_start | later
    at_start, later = imports("make_stimuli.py")
    assert "resvg-py" not in at_start
    assert "resvg-py" in later


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_pins_are_those_of_the_lock(path):
    for name, version in declared(path).items():
        assert lock()[name] == version, f"{path.name}: {name}"


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_python_and_pip_are_pinned(path):
    python, pip, rest = dependencies(path)
    assert re.fullmatch(r"python=\d+\.\d+\.\d+", python)
    assert re.fullmatch(r"pip=\d+\.\d+(\.\d+)?", pip)
    assert set(rest) == {"pip"}


@pytest.mark.parametrize("rule", rules())
def test_environment_holds_what_the_script_imports(rule):
    starts, environment = rules()[rule]
    at_start, later = imports(*starts)
    installed = set(declared(HOME / "envs" / environment))
    assert at_start <= installed, f"{starts} starts with imports that {environment} lacks"
    assert later <= installed | NOT_REACHED[environment]


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_environment_holds_nothing_else(path):
    of_rules = [imports(*starts) for starts, file in rules().values() if file == path.name]
    needed = set().union(*(at_start | later for at_start, later in of_rules))
    assert set(declared(path)) == needed - NOT_REACHED[path.name]
    assert NOT_REACHED[path.name] <= needed


def test_project_names_what_its_scripts_import():
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(requirements):
        return {canonical(re.match(r"[\w.-]+", text)[0]) for text in requirements}

    used = set().union(*(at_start for at_start, _ in map(imports, scripts())))
    perhaps = set().union(*(later for _, later in map(imports, scripts())))
    assert used <= names(project["dependencies"])
    assert perhaps <= names([*project["dependencies"], *extras["rsa"], *extras["pictures"]])
    everything = names([*project["dependencies"], *(name for e in extras.values() for name in e)])
    assert everything - {project["name"], *OPTIONAL} <= set(lock())
