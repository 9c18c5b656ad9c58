"""Promise: one command goes from nothing to both figures, with every documented file in its format.

The RDMs of the run are compared with scipy's on activations computed here from the checkpoints,
by plain torchvision and a forward hook.
"""

import base64
import csv
import itertools
import json
import re
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import torchvision
from analysis_parts import ANALYSES, OF_SOME
from project import Project
from scipy.spatial.distance import pdist, squareform
from torchvision.transforms.v2.functional import normalize

INSTANCES = [f"moco/seed-{seed}" for seed in (1, 2)]
EPOCHS = [0.0, 1.0, 2.0]
N_PAIRS = 96 * 95 // 2


@pytest.fixture(scope="module")
def results(finished: Project) -> Path:
    return finished.path / "results" / "tiny"


def test_every_documented_file_is_there(finished: Project, results: Path) -> None:
    expected = {"dataset.h5", "stimuli.h5", "report.html", "moco/recipe.json", "provenance.json"}
    expected |= {"checksums/dataset.json", "checksums/stimuli.json"}
    for name, analysis in ANALYSES.items():
        if name not in OF_SOME:
            expected |= {f"tables/{table}.csv" for table in analysis.tables} | {*analysis.files}
            for figure, declared in analysis.figures.items():
                suffixes = ("pdf", "png", "txt") if declared.captioned else ("pdf", "png")
                expected |= {f"figures/{figure}.{suffix}" for suffix in suffixes}
    # No two conditions differ only in their seeds.
    expected -= {f"figures/variance_split.{suffix}" for suffix in ("pdf", "png", "txt")}
    # Whatever the registry says, these are there.
    assert {"geometry.h5", "tables/claims.json", "tables/stability_summary.csv"} <= expected
    assert {"figures/figure1_stability.pdf", "figures/speed.txt", "tables/cka.csv"} <= expected
    for instance in INSTANCES:
        names = (
            "trajectory.h5",
            "resamples.h5",
            "history.csv",
            "stability.csv",
            "categories.csv",
            "displacement.csv",
            "checksums.json",
        )
        expected |= {f"{instance}/{name}" for name in names}
        for span in ("epochs-0000-0001", "epochs-0001-0002"):
            expected |= {
                f"{instance}/state/{span}.pt",
                f"{instance}/checkpoints/{span}/history.csv",
                f"{instance}/checkpoints/{span}/origin.json",
                f"{instance}/checksums/{span}.json",
            }
            expected |= {f"{instance}/rdms/{layer}/{span}.h5" for layer in ("layer1", "layer4")}
        expected |= {
            f"{instance}/checkpoints/epochs-0000-0001/epoch-0000.000.pt",
            f"{instance}/checkpoints/epochs-0000-0001/epoch-0001.000.pt",
            f"{instance}/checkpoints/epochs-0001-0002/epoch-0002.000.pt",
        }
    expected |= {f"{name}.sha256" for name in expected if name.endswith(".csv")}
    found = {str(file.relative_to(results)) for file in finished.results()}
    assert {name for name in found if not Path(name).name.startswith(".snakemake")} == expected


@pytest.mark.parametrize("instance", INSTANCES)
def test_trajectory_file(results: Path, instance: str) -> None:
    with h5py.File(results / instance / "trajectory.h5") as file:
        assert set(file["rdms"]) == {"layer1", "layer4"}
        for rdms in file["rdms"].values():
            assert rdms.dtype == np.float64
            assert rdms.shape == (3, N_PAIRS)
            assert np.all((rdms[:] >= 0) & (rdms[:] <= 2))
        assert file["epoch"][:].tolist() == EPOCHS
        assert len(file["stimulus"]) == 96
        assert file["categories/animal"][:].sum() == 64
        assert (file.attrs["condition"], file.attrs["seed"]) == ("moco", int(instance[-1]))


@pytest.mark.parametrize("layer", ["layer1", "layer4"])
def test_rdms_agree_with_scipy_on_hooked_torchvision(results: Path, layer: str) -> None:
    folder = results / "moco/seed-2"
    checkpoint = folder / "checkpoints/epochs-0001-0002/epoch-0002.000.pt"
    weights = torch.load(checkpoint, weights_only=True)["backbone"]
    network = torchvision.models.resnet18()
    network.fc = torch.nn.Identity()
    network.load_state_dict(weights)
    found: list[torch.Tensor] = []
    network.get_submodule(layer).register_forward_hook(lambda *call: found.append(call[2]))

    def inputs(images: np.ndarray) -> torch.Tensor:
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
        return normalize(pixels, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])

    with h5py.File(results / "dataset.h5") as file:
        training_images = file["images"][:]
    with h5py.File(results / "stimuli.h5") as file:
        stimuli = inputs(file["images"][:])
    with torch.no_grad():
        # Recalibration in one batch: momentum 1 keeps exactly the statistics of that batch.
        chosen = recalibration_choice(len(training_images), 32)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        network.train()(inputs(training_images[chosen]))
        network.eval()(stimuli)
    expected = pdist(found[-1].flatten(1).double().numpy(), "correlation")
    with h5py.File(folder / "trajectory.h5") as file:
        np.testing.assert_allclose(file[f"rdms/{layer}"][-1], expected, atol=1e-5)


def recalibration_choice(n: int, count: int) -> np.ndarray:
    """The documented sample: the first `count` of a permutation keyed to seed 0, in file order."""
    from trajectories.seeding import generator

    return np.sort(generator(0, "sample").permutation(n)[:count])


@pytest.mark.parametrize("instance", INSTANCES)
def test_metrics_agree_with_numpy_on_the_trajectory(results: Path, instance: str) -> None:
    stability = pd.read_csv(results / instance / "stability.csv")
    categories = pd.read_csv(results / instance / "categories.csv")
    with h5py.File(results / instance / "trajectory.h5") as file:
        rdms = {layer: file[f"rdms/{layer}"][:] for layer in file["rdms"]}
        flags = {name: file[f"categories/{name}"][:] for name in ("face", "animal")}
    assert len(stability) == 2 * 2
    for row in stability.itertuples():
        pair = rdms[row.layer][[int(row.epoch), int(row.next_epoch)]]
        assert row.correlation == pytest.approx(np.corrcoef(pair)[0, 1], abs=1e-12)
    assert len(categories) == 2 * 3 * 2 * 2
    pairs = list(itertools.combinations(range(96), 2))
    for row in categories.itertuples():
        member = flags[row.category.rstrip("s")]
        wanted = 2 if row.pairs == "within" else 1
        chosen = [k for k, (a, b) in enumerate(pairs) if member[a] + 0 + member[b] == wanted]
        assert row.n_pairs == len(chosen)
        mean = rdms[row.layer][int(row.epoch)][chosen].mean()
        assert row.dissimilarity == pytest.approx(mean, abs=1e-12)


def test_summary_is_mean_and_sd_over_instances(results: Path) -> None:
    table = pd.read_csv(results / "tables/stability.csv")
    summary = pd.read_csv(results / "tables/stability_summary.csv")
    assert len(summary) == 4
    for row in summary.itertuples():
        values = table[(table.layer == row.layer) & (table.epoch == row.epoch)].correlation
        assert (len(values), row.n_seeds) == (2, 2)
        assert row.mean == pytest.approx(values.mean())
        assert row.sd == pytest.approx(np.std(values, ddof=1))


def test_history_has_a_row_per_epoch(results: Path) -> None:
    for instance in INSTANCES:
        with (results / instance / "history.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [float(row["epoch"]) for row in rows] == EPOCHS
        assert rows[0]["loss"] == ""
        assert [int(row["step"]) for row in rows] == [0, 6, 12]


def test_seeds_differ(results: Path) -> None:
    stored = [pd.read_csv(results / instance / "stability.csv") for instance in INSTANCES]
    assert not np.allclose(stored[0].correlation, stored[1].correlation, atol=1e-6)


def test_progress_with_time_left_is_in_the_logs(results: Path) -> None:
    for name in ("train-0000-0001", "extract-layer4-0000-0001"):
        log = (results / "moco/seed-1/logs" / f"{name}.log").read_text()
        assert "00:00 left" in log, log


def test_same_seed_gives_the_same_rdm_file_again(finished: Project, fresh: Project) -> None:
    fresh.configure(
        {"seeds": [1], "training": {"epochs": 1}, "activations": {"layers": ["layer4"]}}
    )
    target = "results/tiny/moco/seed-1/rdms/layer4/epochs-0000-0001.h5"
    done = fresh.snakemake("--cores", "2", target)
    assert done.returncode == 0, done.stdout
    assert (fresh.path / target).read_bytes() == (finished.path / target).read_bytes()


def test_the_explorer_of_the_report_holds_the_trajectories(results: Path) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    assert len(page) < 15_000_000
    [data] = re.findall(r'<script type="application/json" id="explorer-data">(.*?)</script>', page)
    study = json.loads(data)
    [condition] = study["conditions"]
    assert [each["seed"] for each in condition["instances"]] == [None, 1, 2]
    order = study["images"]["places"]
    for instance in condition["instances"][1:]:
        assert instance["epoch"] == EPOCHS
        with h5py.File(results / f"moco/seed-{instance['seed']}/trajectory.h5") as file:
            assert sorted(file["stimulus"].asstr()) == sorted(study["images"]["names"])
            for layer, held in zip(study["layers"], instance["rdms"], strict=True):
                steps = np.frombuffer(base64.b64decode(held), np.uint8).reshape(3, N_PAIRS)
                shown = layer["low"] + layer["step"] * steps
                for rdm, true in zip(shown, file[f"rdms/{layer['name']}"], strict=True):
                    expected = squareform(true)[np.ix_(order, order)]
                    np.testing.assert_allclose(
                        squareform(rdm), expected, atol=layer["step"] / 2 * 1.001
                    )
