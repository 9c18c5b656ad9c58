"""Promise: a folder of files and the name of a network are enough, whatever the network.

A vision transformer and a ConvNeXt, built by a file beside the config, go from their checkpoints to
one report, layers matched by roles. The truth of their RDMs is a plain loop with hooks.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import yaml
from library_cases import OWN, write_own
from project import TINY, Project, copy_of_project, merged
from torch import Tensor, nn

MEAN, SD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
EPOCHS = (0, 1, 2)
CONFIG: dict[str, Any] = {
    "experiment": "kinds",
    "seeds": [1],
    "image_size": 32,
    "stimuli": TINY["stimuli"],
    "conditions": {
        "vit": {
            "network": {
                "architecture": "mine:vit",
                "preprocessing": {"resize": 36, "mean": list(MEAN), "sd": list(SD)},
            },
            "checkpoints": {"folder": "vit", "pattern": "{epoch}.pt"},
        },
        "conv": {
            "network": {"architecture": "mine:convnext"},
            "checkpoints": {"folder": "conv", "pattern": "{epoch}.pt"},
        },
    },
    "activations": {
        "layers": {
            "early": {"mine:vit": "encoder.layers.encoder_layer_0", "mine:convnext": "features.1"},
            "late": {"vit": "encoder.ln", "conv": "features.3"},
        },
        "together": ["early", "late"],
        "tokens": "cls+mean",
        "maps": "mean",
    },
    "statistics": {"resamples": 20},
}


def configure(project: Project, changes: dict[str, Any] | None = None) -> None:
    (project.path / "tiny.yaml").write_text(yaml.safe_dump(merged(CONFIG, changes or {})))


def built(name: str) -> nn.Module:
    functions: dict[str, Any] = {}
    exec(OWN, functions)
    network: nn.Module = functions[name]()
    return network


def save_series(folder: Path, name: str) -> dict[int, dict[str, Tensor]]:
    """Save a network that changes from epoch to epoch, as DataParallel would."""
    torch.manual_seed(3)
    states, folder = {}, folder
    folder.mkdir()
    state = built(name).state_dict()
    for epoch in EPOCHS:
        state = {key: weight + 0.05 * torch.randn_like(weight) for key, weight in state.items()}
        states[epoch] = state
        content = {"state_dict": {f"module.{key}": weight for key, weight in state.items()}}
        torch.save(content, folder / f"{epoch}.pt")
    return states


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, dict[str, Any]]]:
    """The study from its files to its report."""
    base = tmp_path_factory.mktemp("kinds")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(base / "cache"))
        project = copy_of_project(base / "project")
        write_own(project.path)
        states = {
            "vit": save_series(project.path / "vit", "vit"),
            "conv": save_series(project.path / "conv", "convnext"),
        }
        configure(project)
        done = project.snakemake("--cores", "2")
        assert done.returncode == 0, done.stdout
        yield project, states


def seen(project: Project, file: str, mean: tuple[float, ...], sd: tuple[float, ...]) -> Tensor:
    """The test images in a file, normalised by hand."""
    with h5py.File(project.path / "results/kinds" / file) as stored:
        pixels = torch.from_numpy(stored["images"][:]).permute(0, 3, 1, 2) / 255
    return (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(sd).view(3, 1, 1)


def by_a_plain_loop(network: nn.Module, layer: str, images: Tensor) -> Tensor:
    found: list[Tensor] = []
    network.get_submodule(layer).register_forward_hook(lambda m, a, output: found.append(output))
    with torch.no_grad():
        network.eval()(images)
    return found[0]


@pytest.mark.parametrize("epoch", EPOCHS)
def test_rdms_are_those_of_a_plain_loop(study, epoch: int) -> None:
    project, states = study
    images = seen(project, "stimuli-32-of-36-bilinear.h5", MEAN, SD)
    vit = built("vit")
    vit.load_state_dict(states["vit"][epoch])
    usual = seen(project, "stimuli.h5", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    conv = built("convnext")
    conv.load_state_dict(states["conv"][epoch])
    expected = {}
    for role, layer in (("early", "encoder.layers.encoder_layer_0"), ("late", "encoder.ln")):
        tokens = by_a_plain_loop(vit, layer, images)
        expected["vit", role] = torch.cat([tokens[:, 0], tokens[:, 1:].mean(dim=1)], dim=1)
    for role, layer in (("early", "features.1"), ("late", "features.3")):
        expected["conv", role] = by_a_plain_loop(conv, layer, usual).mean(dim=(2, 3))
    for (condition, role), responses in expected.items():
        with h5py.File(project.path / f"results/kinds/{condition}/seed-1/trajectory.h5") as file:
            rdm = file[f"rdms/{role}"][epoch]
        pairs = np.triu_indices(len(images), 1)
        truth = 1 - np.corrcoef(responses.double().numpy())[pairs]
        np.testing.assert_allclose(rdm, truth, atol=1e-4)
        assert truth.std() > 0.01


def test_the_report_says_what_was_seen_and_read(study) -> None:
    project, _ = study
    page = (project.path / "results/kinds/report.html").read_text(encoding="utf-8")
    assert "vit: 32 × 32 pixels, shorter side 36 pixels, central square, bilinear" in page
    assert "cls+mean of tokens and mean of feature maps" in page
    assert "late (conv features.3, vit encoder.ln)" in page
    assert "mine:vit, of a function of your own" in page
    assert project.plan().jobs == []


def test_a_role_that_is_added_computes_only_itself(study) -> None:
    project, _ = study
    configure(project, {"activations": {"layers": {"middle": {
        "vit": "encoder.layers", "conv": "features.2"}}}})  # fmt: skip
    plan = project.plan()
    configure(project)
    assert plan.counts()["extract"] == 2
    assert plan.wildcards("extract", "layer") == {"middle"}
    assert plan.wildcards("rdm", "layer") == {"middle"}
    assert not set(plan.counts()) & {"extract_together", "import_checkpoints", "recipe"}


def test_an_edit_to_the_network_is_a_change(study) -> None:
    project, _ = study
    path = project.path / "mine.py"
    path.write_text(OWN + "\n# Edited.\n")
    try:
        found = project.plan().counts()
    finally:
        path.write_text(OWN)
    assert (found["import_checkpoints"], found["extract_together"]) == (2, 2)


def test_the_layers_of_its_networks_are_listed(study) -> None:
    project, _ = study
    done = subprocess.run(
        [sys.executable, "workflow/scripts/layers.py", "--config", "tiny.yaml"],
        cwd=project.path, env=project.environment(), text=True, capture_output=True, check=True,
    )  # fmt: skip
    rows = {words[0]: words for line in done.stdout.splitlines() if (words := line.split())}
    # Output, what is kept of it, units, and bytes of 96 float32 of each.
    assert rows["encoder.ln"][1:] == ["17", "×", "16", "32", "32", "0.0123", "MB"]
    assert "applies it several times" not in done.stdout
    attention = rows["encoder.layers.encoder_layer_0.self_attention"]
    assert " ".join(attention[1:]).startswith("no layer: the network gets a tuple")
