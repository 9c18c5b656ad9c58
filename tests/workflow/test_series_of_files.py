"""Promise: a folder of files, a table of their epochs and ten lines of config make a report.

A small vision transformer is saved as DINO's code saves its own, at irregular times, beside options
that torch would not load. The truth of its RDMs is a plain loop with a hook.
"""

import argparse
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from library_cases import OWN, write_own
from PIL import Image, ImageDraw
from project import TINY, Project, copy_of_project
from torch import Tensor, nn

from trajectories.analyses.movie import figure

TIMES = (0.25, 0.5, 1, 2.5)
LAYER = "encoder.layers.encoder_layer_1"
CONFIG: dict[str, Any] = {
    "experiment": "series",
    "seeds": [1],
    "image_size": 32,
    "stimuli": TINY["stimuli"],
    "conditions": {
        "dino": {
            "network": {"architecture": "mine:vit"},
            "checkpoints": {"folder": "files", "table": "times.csv", "key": "teacher"},
        }
    },
    "time": {"unit": "images", "label": "Images seen (millions)"},
    "activations": {"layers": [LAYER], "tokens": "cls"},
    "statistics": {"resamples": 20},
}


def network() -> nn.Module:
    functions: dict[str, Any] = {}
    exec(OWN, functions)
    found: nn.Module = functions["vit"]()
    return found


def save_series(folder: Path) -> list[dict[str, Tensor]]:
    """Files in the layout of DINO's code, and a table of their times."""
    torch.manual_seed(5)
    folder.mkdir()
    teachers, rows = [], ["file,epoch"]
    state = network().state_dict()
    for place, time in enumerate(TIMES):
        state = {name: weight + 0.05 * torch.randn_like(weight) for name, weight in state.items()}
        teachers.append(state)
        content = {
            "student": {f"module.backbone.{name}": -weight for name, weight in state.items()},
            "teacher": {f"backbone.{name}": weight for name, weight in state.items()}
            | {"head.mlp.0.weight": torch.ones(2, 2)},
            "args": argparse.Namespace(arch="vit", output=Path("runs")),
            "epoch": 1000 + place,
        }
        torch.save(content, folder / f"snapshot-{place}.pth")
        rows.append(f"snapshot-{place}.pth,{time}")
    (folder.parent / "times.csv").write_text("\n".join(rows) + "\n")
    return teachers


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[dict[str, Tensor]]]:
    base = tmp_path_factory.mktemp("series")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(base / "cache"))
        project = copy_of_project(base / "project")
        write_own(project.path)
        teachers = save_series(project.path / "files")
        (project.path / "tiny.yaml").write_text(yaml.safe_dump(CONFIG))
        done = project.snakemake("--cores", "2")
        assert done.returncode == 0, done.stdout
    return project, teachers


def test_rdms_are_those_of_the_teacher_at_each_time(study) -> None:
    project, teachers = study
    with h5py.File(project.path / "results/series/stimuli.h5") as file:
        pixels = torch.from_numpy(file["images"][:]).permute(0, 3, 1, 2) / 255
    mean, sd = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    images = (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(sd).view(3, 1, 1)
    with h5py.File(project.path / "results/series/dino/seed-1/trajectory.h5") as file:
        found, times = file[f"rdms/{LAYER}"][:], file["epoch"][:]
    assert times.tolist() == list(TIMES)
    for rdm, state in zip(found, teachers, strict=True):
        built, tokens = network(), []
        built.load_state_dict(state)
        built.get_submodule(LAYER).register_forward_hook(
            lambda m, a, out, to=tokens: to.append(out)
        )
        with torch.no_grad():
            built.eval()(images)
        truth = 1 - np.corrcoef(tokens[0][:, 0].double().numpy())[np.triu_indices(len(images), 1)]
        np.testing.assert_allclose(rdm, truth, atol=1e-4)


def test_irregular_steps_are_compared_and_said(study) -> None:
    folder = study[0].path / "results/series"
    steps = pd.read_csv(folder / "tables/stability.csv")[["epoch", "next_epoch"]].to_numpy()
    assert steps.tolist() == [[0.25, 0.5], [0.5, 1], [1, 2.5]]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "between consecutive checkpoints, 0.25 to 1.5 epochs long" in page


def test_the_unit_of_time_is_in_the_report_and_below_its_figures(study) -> None:
    folder = study[0].path / "results/series"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '"time":{"label":"Images seen (millions)","unit":"images"}' in page.replace(
        '"time":{"unit":"images","label":"Images seen (millions)"}',
        '"time":{"label":"Images seen (millions)","unit":"images"}',
    )
    said = "Time is counted in images (Images seen (millions))"
    assert said in page
    captions = [path.read_text(encoding="utf-8") for path in folder.glob("figures/*.txt")]
    assert captions
    assert all(said in text for text in captions)


def test_snakemakes_own_report_and_the_movie_speak_of_that_unit(study) -> None:
    project = study[0]
    done = project.snakemake("--cores", "2", "movie")
    assert done.returncode == 0, done.stdout
    with Image.open(project.path / "results/series/movies/rdms.gif") as movie:
        first = np.asarray(movie.convert("L")).astype(int)
    text, width = "Images seen (millions): 0.25", first.shape[1]
    fonts = map(figure._font, range(18, 6, -1))
    font = next(each for each in fonts if each.getlength(text) <= 0.6 * width)
    said = Image.new("L", (int(0.6 * width), 28), "white")
    ImageDraw.Draw(said).text((8, 8), text, "black", font)
    assert (
        np.abs(first[: said.height, : said.width] - np.asarray(said)).mean() < 6
    )  # of other words, more than 20
    done = project.snakemake("--report", "report.html")
    assert done.returncode == 0, done.stdout
    page = (project.path / "report.html").read_text(encoding="utf-8")
    captions = re.findall(r'"caption": ?"((?:[^"\\]|\\.)*)"', page)
    assert len(captions) > 10
    assert not [caption for caption in captions if "epoch" in re.sub("<.*?>", "", caption)]


def test_what_was_read_and_left_out_is_in_the_log(study) -> None:
    (log,) = (study[0].path / "results/series/dino/seed-1/logs").glob("import-*.log")
    text = log.read_text(encoding="utf-8")
    assert "under `teacher`, behind `backbone.`; left out: head, student" in text
    assert "not loaded: argparse.Namespace" in text
    assert study[0].plan().jobs == []
