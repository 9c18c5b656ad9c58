"""How time and memory of the analysis grow with epochs, test images, networks and units.

    python benchmarks/growth.py
    python benchmarks/growth.py --figure growth.png

The workflow's own scripts, one thread each, on random trajectories; one quantity grows at a time.
Time is core seconds without the loading of modules, memory the most that the process had. The
exponent is that of the power law between the two largest sizes; next to it is the one that the
mathematics requires, such as 2 for the pairs of test images. Planning, GPU hours and disk against
networks and epochs: `benchmarks/scale.py`. Time of training grows as its images, by construction.
"""

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SCRIPTS = REPOSITORY / "workflow" / "scripts"
sys.path[:0] = [str(SCRIPTS), str(Path(__file__).parent)]

import growth_figure  # noqa: E402
import h5py  # noqa: E402
import machine  # noqa: E402
import numpy as np  # noqa: E402
import observed  # noqa: E402
import outcome  # noqa: E402

from trajectories.analyses import declaration  # noqa: E402
from trajectories.rdms import rdm, segment_rdms, trajectory  # noqa: E402
from trajectories.storage import hdf5  # noqa: E402

DEFINITIONS = {"faces": {"within": "face"}, "animals": {"within": "animal"}}
CATEGORIES = json.dumps(DEFINITIONS)
# An exponent this much above what is demanded is worse; caches and small sizes bend the lines.
TOLERANCE = 0.3
# Seconds below which a time tells of overhead only.
LEAST_SECONDS = 0.3


@dataclass(frozen=True)
class Size:
    """A study."""

    epochs: int = 6
    stimuli: int = 96
    seeds: int = 2
    units: int = 20_000
    layers: int = 1


@dataclass(frozen=True)
class Stage:
    """A script of the analysis.

    Attributes
    ----------
    arguments : callable
        Command-line arguments, from the folder of a study.
    exponents : mapping
        The power of each quantity that its time must not exceed.
    script : str
        By default named as the stage.
    memory : float
        Share of what the trajectory of a network grows by with more epochs that memory may grow
        by between the two largest sizes.
    """

    arguments: Callable[[Path], list[str]]
    exponents: Mapping[str, float]
    memory: float = 0.1
    script: str = ""


def trajectories(folder: Path) -> list[str]:
    """Those of all networks."""
    return ["--trajectories", *map(str, sorted(folder.glob("seed-*.h5")))]


def analysis(
    name: str,
    exponents: Mapping[str, float],
    reads: Callable[[Path], list[str]] = trajectories,
    memory: float = 0.1,
    **settings: object,
) -> Stage:
    """The tables of an analysis, which reads all trajectories unless it says otherwise."""
    declared = declaration.load(name)
    outputs = [*(f"{table}.csv" for table in declared.tables), *declared.files]
    words = ["--settings", json.dumps(settings), "--output", *outputs]
    return Stage(lambda folder: [name, *reads(folder), *words], exponents, memory, "make_tables")


def of_one(*flags: str) -> Callable[[Path], list[str]]:
    """Arguments of a script that reads one."""
    return lambda folder: ["--trajectory", str(folder / "seed-0001.h5"), *flags]


LINEAR = {"epochs": 1, "stimuli": 2}
STAGES = {
    "rdms": Stage(
        lambda folder: ["--activations", str(folder / "activations.h5"), "--output", "made.h5"],
        {"stimuli": 2, "units": 1},
    ),
    "stability": Stage(of_one("--output", "stability.csv"), LINEAR),
    "categories": Stage(of_one("--categories", CATEGORIES, "--output", "categories.csv"), LINEAR),
    "resample": Stage(of_one("--categories", CATEGORIES, "--output", "resamples.h5"), LINEAR),
    # After `resample`, whose result it needs: of the curves of all networks, too.
    "category_effects": analysis(
        "category_effects",
        LINEAR,
        lambda folder: [
            *["--trajectories", str(folder / "seed-0001.h5"), "--resamples", "resamples.h5"],
        ],
        memory=0.5,
        definitions=DEFINITIONS,
        confidence=0.95,
        permutations=1000,
        seed=0,
    ),
    # Up to 256 MB it is made in memory, and copied there; beyond, by parts on the disk.
    "merge_trajectory": Stage(
        lambda folder: [
            *["--rdms", str(folder / "rdms.h5"), "--table", str(folder / "table.csv")],
            *["--experiment", "growth", "--condition", "moco", "--seed", "1"],
            *["--output", "merged.h5"],
        ],
        LINEAR,
        memory=0.5,
    ),
    "consistency": analysis("consistency", {**LINEAR, "seeds": 2}, measure="pearson"),
    "nearest_neighbour": analysis(
        "nearest_neighbour", {**LINEAR, "seeds": 1}, definitions=DEFINITIONS
    ),
    "dimension": analysis("dimension", {**LINEAR, "seeds": 1}),
    # Up to 1,200 states all are compared with each other; their matrix of 11 MB has copies.
    "geometry": analysis("geometry", {"epochs": 2, "stimuli": 2, "seeds": 2}, memory=0.4),
    "model_rdms": analysis("model_rdms", {**LINEAR, "seeds": 1}, models=None),
}
GROWING: dict[str, tuple[Size, tuple[int, ...]]] = {
    "epochs": (Size(stimuli=500), (25, 100, 400)),
    "stimuli": (Size(), (96, 250, 1000, 2000)),
    "seeds": (Size(epochs=25), (2, 8, 32)),
    "units": (Size(epochs=2), (50_000, 200_000, 800_000)),
}


def main(arguments: argparse.Namespace) -> int:
    """Print a table for each quantity; the exit status is 1 if a bound is not met."""
    print(f"{machine.processor()}, 1 thread; core seconds, and megabytes at most")
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    bounds: list[outcome.Bound] = []
    for quantity in arguments.quantities:
        base, sizes = GROWING[quantity]
        sizes = sizes[: arguments.sizes]
        stages = [name for name, stage in STAGES.items() if quantity in stage.exponents]
        found[quantity] = {name: [] for name in stages}
        for size in sizes:
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                study = Size(**{**vars(base), quantity: size})
                write(Path(folder), study, with_activations="rdms" in stages)
                for name in stages:
                    found[quantity][name].append({"size": size, **measured(name, Path(folder))})
        bounds += table(quantity, found[quantity])
    if arguments.figure:
        growth_figure.draw(found, arguments.figure)
    return outcome.conclude("growth", {"found": found}, bounds, arguments.json)


def table(quantity: str, found: Mapping[str, Sequence[Mapping[str, float]]]) -> list[outcome.Bound]:
    """Print the table of a quantity; its bounds."""
    sizes = [row["size"] for row in next(iter(found.values()))]
    cells = "".join(f"{size:>18,.0f}" for size in sizes)
    print(f"\n{quantity:<20}{cells}{'exponent':>10}{'demanded':>10}")
    bounds = []
    for name, rows in found.items():
        demanded = STAGES[name].exponents[quantity]
        cells = "".join(f"{row['core_seconds']:>9.2f} s{row['megabytes']:>4.0f} MB" for row in rows)
        power = exponent(rows)
        print(f"{name:<20}{cells}{power:>10.2f}{demanded:>10g}")
        if rows[-1]["core_seconds"] > LEAST_SECONDS and len(rows) > 1:
            bound = outcome.Bound(f"{name}: power of {quantity}", power, demanded + TOLERANCE)
            bounds.append(bound)
        if quantity == "epochs" and len(rows) > 1:
            n_pairs = rdm.n_pairs(GROWING[quantity][0].stimuli)
            more_data = 8e-6 * n_pairs * (sizes[-1] - sizes[-2])
            growth = (rows[-1]["megabytes"] - rows[-2]["megabytes"]) / more_data
            text = f"{name}: memory for more epochs, beside their RDMs"
            bounds.append(outcome.Bound(text, growth, STAGES[name].memory))
    return bounds


def exponent(rows: Sequence[Mapping[str, float]]) -> float:
    """Power of the size that the time grows with between the two largest."""
    if len(rows) < 2:
        return math.nan
    small, large = rows[-2:]
    return math.log(max(large["core_seconds"], 1e-3) / max(small["core_seconds"], 1e-3)) / math.log(
        large["size"] / small["size"]
    )


def measured(name: str, folder: Path) -> dict[str, float]:
    """Core seconds and megabytes of a script."""
    script = SCRIPTS / f"{STAGES[name].script or name}.py"
    words = STAGES[name].arguments(folder)
    return observed.measured(script, words, folder, folder / "observed.jsonl")


def write(folder: Path, size: Size, with_activations: bool) -> None:
    """Trajectories of all networks, and activations of one, at random."""
    rng = np.random.default_rng(0)
    stimulus = tuple(f"image {i}" for i in range(size.stimuli))
    flags = {
        "face": np.arange(size.stimuli) % 4 == 0,
        "animal": np.arange(size.stimuli) % 2 == 0,
        "human": np.arange(size.stimuli) % 8 == 0,
    }
    epochs = np.arange(size.epochs, dtype=np.float64)
    for seed in range(1, size.seeds + 1):
        # Near the true Gram matrices, as the dimension needs.
        rdms = rng.uniform(0.9, 1.1, (size.epochs, rdm.n_pairs(size.stimuli)))
        trajectory.write(
            folder / f"seed-{seed:04d}.h5",
            trajectory.Trajectory(
                {f"layer{layer}": rdms for layer in range(1, size.layers + 1)},
                epochs,
                stimulus,
                flags,
                {"condition": "moco", "seed": seed, "experiment": "growth"},
            ),
        )
    attributes = {"condition": "moco", "seed": 1, "experiment": "growth"}
    segment = segment_rdms.SegmentRDMs("layer1", rdms, epochs, stimulus, attributes)
    segment_rdms.write(folder / "rdms.h5", segment)
    lines = [
        "stimulus,file,face",
        *(f"{name},{name}.png,{i % 2}" for i, name in enumerate(stimulus)),
    ]
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    if not with_activations:
        return
    with h5py.File(folder / "activations.h5", "w") as file:
        file.attrs.update({"layer": "layer1", "condition": "moco", "seed": 1})
        file.create_dataset("epoch", data=epochs).attrs.update(segment_rdms.EPOCH_ATTRIBUTES)
        hdf5.write_strings(file, "stimulus", stimulus)
        shape = (size.epochs, size.stimuli, size.units)
        chunks = (1, size.stimuli, max(1, min(size.units, 1_250_000 // size.stimuli)))
        activations = file.create_dataset(
            "activations", shape, dtype=np.float32, chunks=chunks, fletcher32=True
        )
        for epoch in range(size.epochs):
            activations[epoch] = rng.standard_normal(shape[1:], dtype=np.float32)
        hdf5.seal(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quantities", nargs="+", choices=GROWING, default=list(GROWING))
    parser.add_argument("--sizes", type=int, help="only the smallest so many of each")
    parser.add_argument("--figure", type=Path, help="picture to write")
    parser.add_argument("--folder", type=Path, help="disk to work on; default: temporary")
    outcome.add_json(parser)
    sys.exit(main(parser.parse_args()))
