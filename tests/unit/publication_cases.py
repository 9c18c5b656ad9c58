"""A finished study to be published, and what is in a folder; no tests."""

from pathlib import Path
from typing import Any

import numpy as np

from trajectories.provenance import checksums
from trajectories.rdms import trajectory
from trajectories.status import recipes
from trajectories.study import config as study_config
from trajectories.study.config import Config

EPOCHS = 3
LAYERS = ("layer4", "layer1")  # not in the order of their names
N_STIMULI = 40
HALF_A_DIGIT = 2.0**-19
NAMES = tuple(f"picture {place}, ä" for place in range(N_STIMULI))
FACES = np.arange(N_STIMULI) % 2 == 0


def settings(folder: Path, **changes: Any) -> Config:
    raw = {
        "experiment": "small",
        "seeds": [1, 2],
        "image_size": 32,
        "images": {"source": "folder", "path": "somewhere", "count": 64, "stored_size": 32},
        "stimuli": {"table": str(folder / "table.csv"), "folder": "pictures"},
        "training": {"epochs": EPOCHS, "schedule_epochs": EPOCHS},
        "conditions": {"moco": {}, "hot": {"training": {"temperature": 0.5}}},
        "activations": {"layers": list(LAYERS)},
        "categories": {"faces": {"within": "face"}},
        "notify": {"success": "touch /somewhere"},
        "compute": {"threads": 3},
    }
    return study_config.resolve(raw | changes)


def plant(folder: Path, config: Config) -> Path:
    """Results of a study in which all networks are finished; gives their folder."""
    rows = [f'"{name}",{k}.png,{int(FACES[k])}' for k, name in enumerate(NAMES)]
    (folder / "table.csv").write_text("\n".join(["stimulus,file,face", *rows]), encoding="utf-8")
    run = folder / "results" / config["experiment"]
    said = recipes.settings(config)
    for condition in config["conditions"]:
        (run / condition).mkdir(parents=True)
        checksums.write(run / condition / "recipe.json", said[condition])
        for seed in config["seeds"]:
            plant_network(run, condition, seed)
    (run / "stimuli.h5").write_bytes(b"pictures")
    (run / "moco" / "inputs.h5").write_bytes(b"pictures, too")
    (run / "provenance.json").write_text("{}")
    return run


def plant_network(run: Path, condition: str, seed: int) -> None:
    folder, random = run / condition / f"seed-{seed}", np.random.default_rng(seed)
    n_pairs = N_STIMULI * (N_STIMULI - 1) // 2
    rdms = {layer: random.uniform(0, 2, (EPOCHS + 1, n_pairs)) for layer in LAYERS}
    about = {"condition": condition, "seed": seed, "recipe_digest": "abc"}
    found = trajectory.Trajectory(rdms, np.arange(EPOCHS + 1.0), NAMES, {"face": FACES}, about)
    trajectory.write(folder / "trajectory.h5", found)
    for name in ("displacement.csv", "history.csv"):
        (folder / name).write_text(f"epoch,of\n1,{condition} {seed}\n")
    files = [folder / name for name in ("trajectory.h5", "displacement.csv", "history.csv")]
    content = {"condition": condition, "seed": seed, "recipe_digest": "abc", "trained_with": []}
    checksums.write(folder / "checksums.json", content | {"files": checksums.of_files(run, files)})


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
