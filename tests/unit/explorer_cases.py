"""A study that no network was trained for, with RDMs that are known, and its page; no tests."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image
from scipy.spatial.distance import squareform

from trajectories.analyses.claims import COLUMNS, TITLES
from trajectories.analyses.geometry import table as geometry
from trajectories.planning import traits
from trajectories.rdms import metrics, trajectory
from trajectories.report import report
from trajectories.report import study as report_study
from trajectories.report.explorer import content as explorer
from trajectories.report.explorer import size as explorer_size
from trajectories.statistics import states
from trajectories.statistics.verdicts.statement import IMAGES, VERDICTS
from trajectories.study.config import resolve

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "workflow" / "report" / "report.html.jinja"
HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror=alert(1)>'

PROVENANCE: dict[str, Any] = {
    "made_with": {"commit": "abc", "machine": "a machine", "versions": {"numpy": "9.9.9"}},
    "instances": [],
    "stimulus_table": {"path": "table.csv", "sha256": "1234"},
    "inputs": {},
    "results": {},
}
# In the table faces, bodies and things take turns: the explorer puts them in order.
N_IMAGES = 12
FLAGS = {
    "face": np.arange(N_IMAGES) % 3 == 0,
    "animal": np.arange(N_IMAGES) % 3 < 2,
    "large": np.arange(N_IMAGES) < 6,
}
DEFINITIONS = {"faces": {"within": "face"}, "animals": {"within": "animal"}}
ORDER = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
LAYERS = ("layer1", "layer4")
EPOCHS = {"moco": (0.0, 0.1, 1.0, 2.0, 3.0), "own": (1.0, 2.0, 5.0)}
SEEDS = {"moco": (1, 2, 3), "own": (1,)}


@dataclass(frozen=True)
class Planted:
    """Trajectories, each with its file, and the names of their test images."""

    trajectories: dict[Path, trajectory.Trajectory]
    stimulus: tuple[str, ...]

    def of(self, condition: str, seed: int) -> trajectory.Trajectory:
        for each in self.trajectories.values():
            if (each.attributes["condition"], each.attributes["seed"]) == (condition, seed):
                return each
        raise KeyError((condition, seed))

    def rdm(self, condition: str, seed: int, layer: str, epoch: float) -> np.ndarray:
        """Square RDM in the order of the table."""
        own = self.of(condition, seed)
        [row] = np.flatnonzero(own.epoch == epoch)
        square = np.zeros((len(self.stimulus), len(self.stimulus)))
        square[np.triu_indices(len(square), 1)] = own.rdms[layer][row]
        return square + square.T

    def sources(self) -> explorer.Sources:
        """What the pipeline makes of the trajectories."""
        paths = list(self.trajectories)
        with states.opened(paths) as series:
            places, axes = geometry.path(states.identity(series), states.correlations(series))
        all_of = self.trajectories.values()
        return explorer.Sources(
            trajectories=paths,
            stability=pd.concat([metrics.stability(each, "pearson") for each in all_of]),
            categories=pd.concat([metrics.category_means(each, DEFINITIONS) for each in all_of]),
            path=places,
            path_axes=axes,
            definitions=DEFINITIONS,
            measure="pearson",
        )


def plant(
    folder: Path,
    epochs: dict[str, tuple[float, ...]] = EPOCHS,
    seeds: dict[str, tuple[int, ...]] = SEEDS,
    names: tuple[str, ...] | None = None,
    layers: tuple[str, ...] = LAYERS,
) -> Planted:
    """Write trajectories whose RDMs differ in every layer, network and checkpoint."""
    stimulus = names or tuple(f"image {place}" for place in range(N_IMAGES))
    n_pairs = len(stimulus) * (len(stimulus) - 1) // 2
    rng = np.random.default_rng(5)
    made = {}
    for condition in epochs:
        for seed in seeds[condition]:
            own = trajectory.Trajectory(
                rdms={
                    layer: rng.uniform(0.2 * place, 1 + place, (len(epochs[condition]), n_pairs))
                    for place, layer in enumerate(layers)
                },
                epoch=np.array(epochs[condition]),
                stimulus=stimulus,
                flags=FLAGS,
                attributes={"condition": condition, "seed": seed},
            )
            path = folder / condition / f"seed-{seed}" / "trajectory.h5"
            path.parent.mkdir(parents=True, exist_ok=True)
            trajectory.write(path, own)
            made[path] = own
    return Planted(made, stimulus)


def images() -> np.ndarray:
    """Test images, each of one colour that no other has."""
    shades = [(20 * place, 255 - 20 * place, 7 * place % 256) for place in range(N_IMAGES)]
    pixels = np.array(shades, dtype=np.uint8)[:, None, None]
    return np.broadcast_to(pixels, (N_IMAGES, 32, 32, 3)).copy()


def decided(conditions: list[str]) -> pd.DataFrame:
    """Verdicts of all kinds on all claims, with numbers that nothing was computed for."""
    rows = [
        {"condition": condition, "claim": claim, "statement": f"layer{place}, faces: {title}"}
        | {"images": images, "statistic": "a ratio", "unit": "ratio", "estimate": 2.0, "low": 1.5}
        | {"high": 3.0, "margin": 1.5, "p": 0.01, "p_margin": 0.5, "limit": ""}
        | {"verdict": VERDICTS[(number + place // 3) % len(VERDICTS)], "sentence": f"{title} So."}
        for condition in conditions
        for number, (claim, title) in enumerate(TITLES.items())
        for place in range(1, 5)
        for images in IMAGES
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def page(
    planted: Planted,
    folder: Path,
    most_bytes: int = explorer_size.MOST_BYTES,
    claims: pd.DataFrame | None = None,
    pictures: bool = True,
) -> Path:
    """Write the report of a planted study, with or without pictures of its test images."""
    settings = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))
    own = {"checkpoints": {"folder": "own", "pattern": "{epoch}.pt"}}
    trained = {path.parent.parent.name: own for path in planted.trajectories}
    config = resolve({**settings, "conditions": trained | {"moco": {}}})
    picture = folder / "picture.png"
    Image.new("RGB", (8, 6)).save(picture)
    sources = planted.sources()
    study = report_study.Study(
        config=config,
        stability=sources.stability,
        categories=sources.categories,
        history=None,
        stimulus=planted.stimulus,
        test_images=images() if pictures else None,
        credits=[],
        traits=traits.of_study(config),
        claims=claims,
        explorer=explorer.build(sources, planted.stimulus, most_bytes),
    )
    path = folder / "report.html"
    report.write(path, study, report.Pictures(picture, picture), PROVENANCE, TEMPLATE)
    return path


def instances(built: dict, condition: str) -> dict:
    """Instances of a condition by seed; None is their mean."""
    [found] = [each for each in built["conditions"] if each["name"] == condition]
    return {each["seed"]: each for each in found["instances"]}


def shown_rdms(built: dict, instance: dict, layer: str) -> np.ndarray:
    """Square RDMs (checkpoint, image, image) as the page's program reads them."""
    place = [each["name"] for each in built["layers"]].index(layer)
    steps = np.frombuffer(base64.b64decode(instance["rdms"][place]), np.uint8)
    scale = built["layers"][place]
    values = scale["low"] + scale["step"] * steps.reshape(len(instance["epoch"]), -1)
    return np.array([squareform(each, checks=False) for each in values])
