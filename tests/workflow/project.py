"""A copy of the project in a temporary folder, and Snakemake on a small study there; no tests."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "config", "envs", "profiles")

TINY: dict[str, Any] = {
    "experiment": "tiny",
    "seeds": [1, 2],
    "image_size": 32,
    "images": {"source": "openmoji", "count": 96, "stored_size": 32},
    "stimuli": {"table": "config/stimuli/openmoji96.csv", "folder": "openmoji"},
    "network": {"architecture": "resnet18", "stem": "imagenet", "embedding": 32},
    "training": {
        "epochs": 2,
        "schedule_epochs": 6,
        "segment_epochs": 1,
        "batch_size": 16,
        "bn_groups": 2,
        "queue": 32,
        "probe_images": 32,
    },
    "conditions": {"moco": {}},
    "activations": {
        "layers": ["layer1", "layer4"],
        "batchnorm": "recalibrated",
        "recalibration_images": 32,
    },
    "categories": {"faces": {"within": "face"}, "animals": {"within": "animal"}},
}


def merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with nested changes."""
    result = dict(settings)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            value = merged(result[key], value)
        result[key] = value
    return result


@dataclass
class Plan:
    """The jobs that Snakemake would run."""

    jobs: list[tuple[str, dict[str, str]]]

    def counts(self) -> dict[str, int]:
        """Jobs per rule, without the targets."""
        return dict(Counter(rule for rule, _ in self.jobs if rule != "all"))

    def wildcards(self, rule: str, name: str) -> set[str]:
        """Values of a wildcard over the jobs of a rule."""
        return {wildcards[name] for found, wildcards in self.jobs if found == rule}


@dataclass
class Project:
    """A copy of the project."""

    path: Path

    def configure(self, changes: Mapping[str, Any] | None = None) -> Path:
        """Write the tiny configuration with changes."""
        path = self.path / "tiny.yaml"
        path.write_text(yaml.safe_dump(merged(TINY, changes or {}), sort_keys=False))
        return path

    def command(self, *arguments: str) -> list[str]:
        """Command line of Snakemake on the tiny configuration."""
        return [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", *arguments]

    def environment(self) -> dict[str, str]:
        """Environment of a user who has activated the project's Python."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    def snakemake(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run Snakemake to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=900,
            check=False,
        )

    def script(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a script of the workflow as the Makefile does, to its end."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.path,
            env=self.environment() | {"PYTHONPATH": "workflow/plugins"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=900,
            check=False,
        )

    def plan(self, *arguments: str) -> Plan:
        """Jobs that Snakemake would run now."""
        done = self.snakemake("--dry-run", *arguments)
        assert done.returncode == 0, done.stdout
        jobs: list[tuple[str, dict[str, str]]] = []
        for line in done.stdout.splitlines():
            if rule := re.fullmatch(r"(?:local)?rule (\w+):", line):
                jobs.append((rule[1], {}))
            elif wildcards := re.fullmatch(r"    wildcards: (.*)", line):
                pairs = (pair.split("=", 1) for pair in wildcards[1].split(", "))
                jobs[-1][1].update(dict(pairs))
        assert jobs or "Nothing to be done" in done.stdout, done.stdout
        return Plan(jobs)

    def results(self, pattern: str = "**/*") -> list[Path]:
        """Files below results/tiny, without logs and timings."""
        folder = self.path / "results" / "tiny"
        files = (file for file in folder.glob(pattern) if file.is_file())
        return sorted(f for f in files if not {"logs", "benchmarks"} & set(f.parts))


def copy_of_project(target: Path) -> Project:
    """Copy what a run needs."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / part)
    project = Project(target)
    project.configure()
    return project


def copy_of_study(study: Project, target: Path) -> Project:
    """Copy a project with its results, to be planned and changed on its own."""
    shutil.copytree(study.path, target, copy_function=link_weights)
    return Project(target)


def link_weights(source: str, target: str) -> None:
    """Copy a file; weights, which are large and only ever replaced as a whole, by a hard link."""
    (os.link if source.endswith(".pt") else shutil.copy2)(source, target)
