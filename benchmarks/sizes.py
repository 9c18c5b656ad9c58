"""Seconds and memory of each analysis of a whole study: one of the paper's size, or ten times it.

    python benchmarks/sizes.py
    python benchmarks/sizes.py --networks 100 --epochs 300 --only conditions alignment

The workflow's own scripts, one thread each, with the settings of the default config. Two conditions
are compared, of so many networks each; an analysis that compares none is given the first alone, as
in the paper. RDMs of each network wander from a random one to another that all of a layer share,
with noise of its own; categories part on the way. Resamples of the test images are drawn for each
network as the workflow does, of which the first is measured. Not measured: analyses of what only
training makes, such as `schedule`.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
SCRIPTS = REPOSITORY / "workflow" / "scripts"
sys.path[:0] = [str(SCRIPTS), str(Path(__file__).parent)]

import machine  # noqa: E402
import numpy as np  # noqa: E402
import observed  # noqa: E402
import outcome  # noqa: E402
import yaml  # noqa: E402

from trajectories.analyses import declaration, registry  # noqa: E402
from trajectories.rdms import rdm, trajectory  # noqa: E402
from trajectories.study import config as study_config  # noqa: E402
from trajectories.study.config import condition_settings  # noqa: E402

CONDITIONS = ("first", "second")
# Analyses that are planned for several conditions.
COMPARING = ("conditions", "alignment")
READ = {"trajectories", "resamples", "histories", "recipes"}
N_STIMULI = 96
# Every so many of the test images have a flag.
FLAGS = {"face": 4, "animal": 2, "human": 8, "body": 3, "natural": 5}
# Epochs in which the first layer goes most of its way.
TAU = 8.0


@dataclasses.dataclass(frozen=True)
class Study:
    """The files of a study in a folder."""

    folder: Path
    networks: int
    epochs: int
    layers: int

    def of(self, kind: str, conditions: Sequence[str]) -> list[Path]:
        """Files of a kind, of all networks or of the conditions."""
        if kind == "recipes":
            return [self.folder / name / "recipe.json" for name in conditions]
        name = {"trajectories": "trajectory.h5", "resamples": "resamples.h5"}[kind]
        return [
            self.folder / condition / f"seed-{seed}" / name
            for condition in conditions
            for seed in range(1, self.networks + 1)
        ]


def main(arguments: argparse.Namespace) -> int:
    """Print a line for each analysis."""
    default = yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text(encoding="utf-8"))
    settings = study_config.resolve(default | {"conditions": {name: {} for name in CONDITIONS}})
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        study = Study(Path(folder), arguments.networks, arguments.epochs, arguments.layers)
        print(
            f"{machine.processor()}, 1 thread; {study.networks} networks ×"
            f" {study.epochs + 1} checkpoints × {study.layers} layers, {N_STIMULI} images,"
            f" {settings['statistics']['resamples']:,} resamples",
            flush=True,
        )
        write(study, settings)
        found = {"resample (a network)": resampled(study, settings)}
        show("resample (a network)", found)
        for name in measurable(settings, arguments.only):
            found[name] = tabulated(name, study, settings)
            show(name, found)
    return outcome.conclude("sizes", {"found": found}, [], arguments.json)


def show(name: str, found: dict[str, dict[str, float]]) -> None:
    """Print what an analysis took."""
    row = found[name]
    print(f"{name:<24}{row['core_seconds']:>9.1f} s{row['megabytes']:>8.0f} MB", flush=True)


def measurable(settings: dict[str, Any], only: Sequence[str]) -> list[str]:
    """Analyses of the study that are made of what is written here."""
    recipes = {name: condition_settings(settings, name) for name in CONDITIONS}
    made = {
        name: each
        for name, each in registry.analyses().items()
        if {"trajectories", "resamples"} & set(each.reads) and set(each.reads) <= READ
    }
    return [
        name
        for name, each in made.items()
        if (not only or name in only) and each.when(settings, recipes)
    ]


def write(study: Study, settings: dict[str, Any]) -> None:
    """Trajectories of all networks, and the recipes of the conditions."""
    flags = {name: np.arange(N_STIMULI) % step == 0 for name, step in FLAGS.items()}
    stimulus = tuple(f"image {i}" for i in range(N_STIMULI))
    epochs = np.arange(study.epochs + 1, dtype=np.float64)
    for condition in CONDITIONS:
        path = study.folder / condition / "recipe.json"
        path.parent.mkdir()
        path.write_text(json.dumps(condition_settings(settings, condition)))
        for seed in range(1, study.networks + 1):
            rdms = {
                f"layer{layer}": wandering(layer, seed, condition, epochs, flags["face"])
                for layer in range(1, study.layers + 1)
            }
            target = path.with_name(f"seed-{seed}") / "trajectory.h5"
            target.parent.mkdir()
            attributes = {"condition": condition, "seed": seed, "experiment": "sizes"}
            trajectory.write(
                target, trajectory.Trajectory(rdms, epochs, stimulus, flags, attributes)
            )


def wandering(
    layer: int, seed: int, condition: str, epochs: np.ndarray, face: np.ndarray
) -> np.ndarray:
    """RDMs (epochs, pairs) of a layer of a network: from one RDM to another, by an exponential."""
    n_pairs = rdm.n_pairs(N_STIMULI)
    row, column = np.triu_indices(N_STIMULI, 1)
    start, end = (
        np.random.default_rng([layer, which]).uniform(0.8, 1.0, n_pairs) for which in (0, 1)
    )
    end += 0.1 * (face[row] != face[column])
    noise = np.random.default_rng([layer, seed, CONDITIONS.index(condition)])
    progress = 1 - np.exp(-epochs[:, None] / (TAU * layer))
    steps = noise.normal(0, 0.002, (len(epochs), n_pairs)).cumsum(axis=0)
    rdms: np.ndarray = np.clip(start + progress * (end - start) + steps, 0, 2)
    return rdms


def resampled(study: Study, settings: dict[str, Any]) -> dict[str, float]:
    """Make the resamples of all networks; what the first took, which ran alone."""
    categories = json.dumps(settings["categories"])

    def resample(path: Path) -> dict[str, float]:
        words = ["--trajectory", str(path), "--categories", categories, "--output", "resamples.h5"]
        record = path.with_name("observed.jsonl")
        return observed.measured(SCRIPTS / "resample.py", words, path.parent, record)

    first, *others = study.of("trajectories", CONDITIONS)
    took = resample(first)
    with ThreadPoolExecutor(machine.cores()) as pool:
        list(pool.map(resample, others))
    return took


def tabulated(name: str, study: Study, settings: dict[str, Any]) -> dict[str, float]:
    """What the tables of an analysis took."""
    analysis = declaration.load(name)
    conditions = CONDITIONS if name in COMPARING else CONDITIONS[:1]
    reads = [
        str(word)
        for kind in analysis.reads
        if kind != "histories"
        for word in (f"--{kind}", *study.of(kind, conditions))
    ]
    outputs = [*(f"{table}.csv" for table in analysis.tables), *analysis.files]
    values = json.dumps(declaration.values(analysis.settings, settings))
    words = [name, *reads, "--settings", values, "--output", *(Path(each).name for each in outputs)]
    record = study.folder / "observed.jsonl"
    return observed.measured(SCRIPTS / "make_tables.py", words, study.folder, record)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=10, help="of each condition (10)")
    parser.add_argument("--epochs", type=int, default=200, help="checkpoints but the first (200)")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--only", nargs="+", default=[], choices=registry.NAMES)
    parser.add_argument("--folder", type=Path, help="disk to work on; default: temporary")
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
