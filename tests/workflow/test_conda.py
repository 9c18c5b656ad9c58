"""Promise: with `--sdm conda`, each rule runs in its own environment, and to the same results.

envs/analysis.yaml is really solved and installed, by py-rattler and pip, from packages made of what
is installed beside the tests. `python` on the PATH is a trap there: a rule that ran outside of its
environment would fail. The environment of training, with PyTorch, is too large for a test.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from analysis_parts import FIGURE_RULES, RULES_OF_SOME, TABLE_RULES
from project import ROOT, Project, copy_of_study

pytest.importorskip("rattler", reason="py-rattler, which solves and installs, is not there")
conda_packages = pytest.importorskip("conda_packages")

HERE = Path(__file__).parent
INSTANCE = "results/tiny/moco/seed-1"
ACTIVATIONS = [
    f"{INSTANCE}/activations/layer4/{span}.h5" for span in ("epochs-0000-0001", "epochs-0001-0002")
]
# Only of several conditions, with references, fixed seeds, or a movie asked for, or of a published
# study: not here.
NOT_RUN = {
    "references", "reference_ceilings", "figure_variance_split", "movie_rdms", "figure_inputs",
    "published_checksums",
    *RULES_OF_SOME,
}  # fmt: skip
# Snakemake installs the environments of all rules in its plan, also of those with nothing to do.
ANALYSIS = (
    "rdm", "trajectory", "stability", "categories", "aggregate", "history", "resample",
    "instance_checksums", "image_checksums", "provenance", "report",
    *(rule for rule in (*TABLE_RULES, *FIGURE_RULES) if rule not in NOT_RUN),
)  # fmt: skip


def environment_rules(name: str) -> set[str]:
    found = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for block in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            if f"envs/{name}.yaml" in block:
                found.add(block.partition(":")[0])
    return found | ({*TABLE_RULES, *FIGURE_RULES} if name == "analysis" else set())


def declared(path: Path) -> dict[str, str]:
    lines = yaml.safe_load(path.read_text())["dependencies"][-1]["pip"]
    return dict(line.split("==") for line in lines)


@dataclass
class CondaProject(Project):
    """A project on a machine with conda, whose own python is a trap."""

    conda: Path

    def environment(self) -> dict[str, str]:
        variables = {
            "PATH": f"{self.conda / 'bin'}{os.pathsep}{super().environment()['PATH']}",
            "OMP_NUM_THREADS": "1",
            "CONDA_PREFIX": str(self.conda),
            "CONDA_PKGS_DIRS": str(self.conda / "pkgs"),
            "CONDA_CHANNEL_ALIAS": (self.conda / "channels").as_uri(),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.conda / "wheels"),
            "PIP_NO_COMPILE": "1",
        }
        names = [name for name in os.environ if name.startswith(("PIP_", "PYTHON"))]
        return {k: v for k, v in os.environ.items() if k not in names} | variables

    def analyse(self) -> "subprocess.CompletedProcess[str]":
        """Run the analysis rules, each in its environment."""
        given = ("--cores", "2", "results/tiny/report.html", "--notemp", "--sdm", "conda")
        return self.snakemake(*given, "--allowed-rules", *ANALYSIS)

    def prefix(self) -> Path:
        """The one environment that was installed."""
        [done] = (self.path / ".snakemake" / "conda").glob("*.env_setup_done")
        return done.with_suffix("")


def write_conda(folder: Path) -> None:
    """A machine's conda: command, activation, a channel, wheels, and the trap."""
    (folder / "bin").mkdir(parents=True)
    (folder / "wheels").mkdir()
    scripts = {
        "conda": f"exec '{sys.executable}' '{HERE / 'conda_command.py'}' \"$@\"",
        "python": "echo 'this is the python outside' >&2; exit 99",
        "activate": 'export PATH="$1/bin:$PATH"',
    }
    for name, text in scripts.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / "bin" / name).chmod(0o755)
    conda_packages.write_channel(folder / "channels" / "conda-forge")
    for package in conda_packages.with_requirements(declared(ROOT / "envs" / "analysis.yaml")):
        conda_packages.write_wheel(package, folder / "wheels")


@pytest.fixture(scope="module")
def analysed(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> CondaProject:
    """The finished study, from activations on made again with conda."""
    home = tmp_path_factory.mktemp("conda")
    project = CondaProject(copy_of_study(finished, home / "project").path, home / "conda")
    write_conda(project.conda)
    versions = {"python": conda_packages.VERSION, "pip": conda_packages.pip_version()}
    for name, version in versions.items():
        path = project.path / "envs" / "analysis.yaml"
        path.write_text(re.sub(rf"- {name}=[\d.]+", f"- {name}={version}", path.read_text()))
    done = Project(project.path).snakemake("--cores", "2", "--notemp", *ACTIVATIONS)
    assert done.returncode == 0, done.stdout
    results = project.path / "results" / "tiny"
    for path in ("moco/seed-1/rdms/layer4", "tables", "figures", "checksums"):
        shutil.rmtree(results / path)
    names = (
        "trajectory.h5", "resamples.h5", "stability.csv", "categories.csv", "history.csv",
        "checksums.json",
    )  # fmt: skip
    for name in (*(f"moco/seed-1/{name}" for name in names), "provenance.json", "report.html"):
        (results / name).unlink()
    done = project.analyse()
    assert done.returncode == 0, done.stdout
    return project


def test_all_rules_of_the_environment_are_run_or_named() -> None:
    assert {*ANALYSIS, "recipe"} | NOT_RUN == environment_rules("analysis")
    assert not NOT_RUN & set(ANALYSIS)


def test_results_are_those_without_conda(analysed: CondaProject, finished: Project) -> None:
    told = {"provenance.json", "report.html"}  # other packages are installed there
    made = [path for path in finished.results() if path.name not in told]
    names = [path.relative_to(finished.path) for path in made]
    again = [name for name in names if not (analysed.path / name).samefile(finished.path / name)]
    assert {"trajectory.h5", "stability_summary.csv", "figure2_categories.pdf"} <= {
        name.name for name in again
    }
    for name in again:
        assert (analysed.path / name).read_bytes() == (finished.path / name).read_bytes(), name


def test_the_environment_holds_what_is_declared_and_what_that_needs(
    analysed: CondaProject,
) -> None:
    done = subprocess.run(
        [analysed.prefix() / "bin" / "python", "-m", "pip", "list", "--format", "json"],
        env=analysed.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    installed = {each["name"].lower(): each["version"] for each in json.loads(done.stdout)}
    pins = declared(ROOT / "envs" / "analysis.yaml")
    assert {name: installed[name] for name in pins} == pins
    needed = {each.name.lower() for each in conda_packages.with_requirements(pins)}
    assert set(installed) == needed | {"pip"}
    assert "torch" not in installed
    versions = json.loads((analysed.path / "results/tiny/provenance.json").read_text())
    assert "torch" not in versions["made_with"]["versions"]


def test_the_trap_catches_a_rule_outside_of_its_environment(analysed: CondaProject) -> None:
    target = f"{INSTANCE}/stability.csv"
    rules = analysed.path / "workflow" / "rules" / "metrics.smk"
    text = rules.read_text()
    rules.write_text(text.replace('    conda:\n        "../../envs/analysis.yaml"\n', "", 1))
    given = ("--cores", "1", "--sdm", "conda", "--forcerun", "stability")
    try:
        done = analysed.snakemake(*given, "--allowed-rules", "stability", "--", target)
    finally:
        rules.write_text(text)
    assert done.returncode != 0
    assert "this is the python outside" in done.stdout


def test_a_rule_that_imports_what_is_not_declared_fails(analysed: CondaProject) -> None:
    script = analysed.path / "workflow" / "scripts" / "stability.py"
    text = script.read_text()
    script.write_text(text.replace("import argparse\n", "import argparse\nimport torch\n", 1))
    try:
        done = analysed.analyse()
    finally:
        script.write_text(text)
    assert done.returncode != 0
    assert "No module named 'torch'" in done.stdout
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
