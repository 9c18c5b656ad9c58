"""A finished study to be published, and what is in a folder; no tests."""

import shutil
from pathlib import Path
from typing import Any

import h5py
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
IMAGES = {"test_images": "those of the test", "training_images": "those of training"}
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
    plant_pictures(run / "stimuli.h5", IMAGES["test_images"])
    (run / "moco" / "inputs.h5").write_bytes(b"pictures, too")
    (run / "provenance.json").write_text("{}")
    return run


def plant_pictures(path: Path, content: str) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["test_images"] = content


def plant_network(run: Path, condition: str, seed: int, **images: str) -> None:
    """A network that is finished, of `IMAGES` or of others."""
    folder, random = run / condition / f"seed-{seed}", np.random.default_rng(seed)
    n_pairs = N_STIMULI * (N_STIMULI - 1) // 2
    rdms = {layer: random.uniform(0, 2, (EPOCHS + 1, n_pairs)) for layer in LAYERS}
    about = {"condition": condition, "seed": seed, "recipe_digest": "abc"}
    about |= IMAGES | images
    found = trajectory.Trajectory(rdms, np.arange(EPOCHS + 1.0), NAMES, {"face": FACES}, about)
    trajectory.write(folder / "trajectory.h5", found)
    for name in ("displacement.csv", "history.csv"):
        (folder / name).write_text(f"epoch,of\n1,{condition} {seed}\n")
    files = [folder / name for name in ("trajectory.h5", "displacement.csv", "history.csv")]
    content = {"condition": condition, "seed": seed, "recipe_digest": "abc", "trained_with": []}
    checksums.write(folder / "checksums.json", content | {"files": checksums.of_files(run, files)})


def plant_measured(run: Path, config: Config) -> None:
    """How well each network sees, as a study with `knn` has it."""
    for path in run.glob("*/*/checksums.json"):
        (path.parent / "knn.csv").write_text(f"epoch,knn\n1,{config['knn']['k']}\n")
        said = checksums.read(path)
        said["files"] |= checksums.of_files(run, [path.parent / "knn.csv"])
        checksums.write(path, said)


def only(run: Path, *seeds: int) -> Path:
    """Results of the networks of these seeds alone, as another machine has them."""
    for seed in {1, 2} - set(seeds):
        for folder in run.glob(f"*/seed-{seed}"):
            shutil.rmtree(folder)
    return run


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
