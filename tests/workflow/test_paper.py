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


def test_what_a_lab_has_to_fill_in_is_named(fresh: Project) -> None:
    settings = (fresh.path / "config" / "paper.yaml").read_text(encoding="utf-8")
    (fresh.path / "tiny.yaml").write_text(settings, encoding="utf-8")
    done = fresh.snakemake("--dry-run")
    assert done.returncode != 0
    [error] = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert "supplementalData.mat" in error
    assert "stimuli.table" in error
    assert "Traceback" not in done.stdout
