"""Promise: the paper's study plans as it stands in config/paper.yaml."""

from pathlib import Path

import pytest
import yaml
from project import ROOT, Project

PUBLISHED = ROOT.parent / "shared/data/kriegeskorte92/Kriegeskorte_Neuron2008_supplementalData.mat"


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published test images are not here")
def test_ten_networks_in_segments_of_20_epochs(fresh: Project, tmp_path: Path) -> None:
    settings = yaml.safe_load((fresh.path / "config" / "paper.yaml").read_text(encoding="utf-8"))
    (tmp_path / "imagenet" / "n01440764").mkdir(parents=True)
    settings["images"]["path"] = str(tmp_path / "imagenet")
    settings["stimuli"]["table"] = str(PUBLISHED)
    for reference in settings["references"].values():
        reference["file"] = str(PUBLISHED)
    # A small network, so that no disk is too full for the plan.
    settings["network"]["architecture"] = "resnet10_narrow"
    settings["image_size"] = 32
    (fresh.path / "tiny.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    counts = fresh.plan().counts()
    assert counts["train"] == 10 * 10
    assert counts["extract"] == counts["rdm"] == 10 * 10 * 2
    assert counts["trajectory"] == counts["references"] == 10
    assert counts["dataset"] == counts["stimuli"] == 1


def test_the_paper_is_planned_before_anything_is_fetched(fresh: Project) -> None:
    settings = (fresh.path / "config" / "paper.yaml").read_text(encoding="utf-8")
    (fresh.path / "tiny.yaml").write_text(settings, encoding="utf-8")
    planned = fresh.snakemake("--dry-run")
    assert planned.returncode == 0, planned.stdout
    [note] = [line for line in planned.stdout.splitlines() if "supplementalData.mat yet" in line]
    assert note.startswith("warning: there is no stimulus file ")
    assert "planned with the 92 images of the published file" in note
    assert "stimuli.table" in note
    counts = fresh.plan().counts()
    assert counts["train"] == 10 * 10
    assert counts["references"] == 10
    assert counts["dataset"] == counts["stimuli"] == counts["reference_ceilings"] == 1


def test_what_a_lab_has_to_fill_in_is_named(fresh: Project) -> None:
    settings = (fresh.path / "config" / "paper.yaml").read_text(encoding="utf-8")
    (fresh.path / "tiny.yaml").write_text(settings, encoding="utf-8")
    done = fresh.snakemake("--cores", "1")
    assert done.returncode != 0
    [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert "supplementalData.mat" in error
    assert "stimuli.table" in error
    assert "Traceback" not in done.stdout
    assert not (fresh.path / "results" / "paper").exists()


def test_a_table_of_ones_own_may_be_missing_in_a_plan(fresh: Project) -> None:
    fresh.configure({"stimuli": {"table": "mine.csv", "folder": "mine"}})
    planned = fresh.snakemake("--dry-run")
    assert planned.returncode == 0, planned.stdout
    assert "no stimulus file mine.csv yet" in planned.stdout
    assert "their number is unknown, and 92 are assumed" in planned.stdout
    done = fresh.snakemake("--cores", "1")
    [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert "There is no stimulus table mine.csv" in error
    assert fresh.results() == []
