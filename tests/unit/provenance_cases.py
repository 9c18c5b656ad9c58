"""A small finished run with its provenance, for the tests; no tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trajectories.provenance import checksums, provenance
from trajectories.rdms import metrics, segment_rdms, trajectory
from trajectories.stimuli.table import StimulusTable, read_table
from trajectories.storage import tables

HERE = {"commit": "abc", "machine": "a machine", "versions": {"python": "3.11.7", "numpy": "2.4.6"}}
TRAINED = {**HERE, "device": "cpu", "threads": 1, "versions": {"torch": "2.15.0"}}
CONFIG: dict[str, Any] = {
    "experiment": "planted",
    "conditions": {"moco": {}},
    "metrics": {"similarity": "pearson"},
    "categories": {"faces": {"within": "face", "between": "~face"}},
}
SPANS = {"epochs-0000-0001": (0.0, 1.0), "epochs-0001-0002": (2.0,)}
LAYERS = ("layer4", "layer1")


def stimuli(folder: Path) -> Path:
    """A table of five test images, two of them faces."""
    path = folder / "stimuli.csv"
    rows = [f"{name},{name}.png,{int(name in 'ab')}" for name in "abcde"]
    path.write_text("\n".join(["stimulus,file,face", *rows]) + "\n")
    return path


def planted(folder: Path) -> tuple[Path, dict[str, Any], StimulusTable]:
    """A run of two instances from random RDMs, its provenance, and its table of test images."""
    run = folder / "results" / "planted"
    table_path = stimuli(folder)
    table = read_table(table_path)
    rng = np.random.default_rng(0)
    instances, stability, categories = [], [], []
    for seed in (1, 2):
        home = run / "moco" / f"seed-{seed}"
        identity = {"condition": "moco", "seed": seed}
        paths = []
        for layer in LAYERS:
            for span, epochs in SPANS.items():
                rdms = rng.uniform(0, 2, (len(epochs), 10))
                part = segment_rdms.SegmentRDMs(
                    layer, rdms, np.array(epochs), table.stimulus, dict(identity)
                )
                paths.append(home / "rdms" / layer / f"{span}.h5")
                segment_rdms.write(paths[-1], part)
        merged = trajectory.merge(
            map(segment_rdms.read, paths), table, {**identity, "experiment": "planted"}
        )
        trajectory.write(home / "trajectory.h5", merged)
        stability.append(metrics.stability(merged, "pearson"))
        categories.append(metrics.category_means(merged, CONFIG["categories"]))
        tables.write(home / "stability.csv", stability[-1])
        tables.write(home / "categories.csv", categories[-1])
        (home / "checkpoints").mkdir()
        (home / "checkpoints" / "epoch-0000.000.pt").write_bytes(rng.bytes(1000))
        files = [path for path in home.rglob("*") if path.is_file() and path not in paths]
        instances.append(
            {**identity, "recipe_digest": "d", "trained_with": [TRAINED]}
            | {"files": checksums.of_files(run, [*paths, *files])}
        )
    for name, parts in (("stability", stability), ("categories", categories)):
        together = tables.concatenate(parts)
        tables.write(run / "tables" / f"{name}.csv", together)
        tables.write(run / "tables" / f"{name}_summary.csv", tables.summarise(together))
    (run / "dataset.h5").write_bytes(b"images")
    recorded = provenance.collect(
        CONFIG,
        HERE,
        instances=instances,
        stimulus_table=table_path,
        inputs=checksums.of_files(run, [run / "dataset.h5"]),
        results=checksums.of_files(run, sorted((run / "tables").iterdir())),
    )
    return run, recorded, table


def flip_bit(path: Path, at: int = -20) -> None:
    """Change one bit of a file; `at` is the place of its byte."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    # A new file: the old one may have another name in another folder.
    path.unlink()
    path.write_bytes(content)


def elsewhere(**changes: str) -> Mapping[str, Any]:
    """Surroundings that differ from `HERE` in versions."""
    return {**HERE, "versions": {**HERE["versions"], "torch": "2.15.0", **changes}}
