"""Promise: an interim look takes what there is, while a study goes on or after it was killed.

A study of two networks, one of which is halted in its second half: looked at while it holds its
lock, after it was killed, and after all code has new dates.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from project import Project, copy_of_project

STUDY = Path("results/tiny")
SEGMENT = "epochs-0000-0002"
CHANGES = {
    "training": {"epochs": 4, "segment_epochs": 2},
    "activations": {"layers": ["layer4"]},
    "statistics": {"resamples": 100},
}


@dataclass
class Story:
    """What was seen of a study and its looks."""

    project: Project
    looks: dict[str, "subprocess.CompletedProcess[str]"] = field(default_factory=dict)
    before: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    after: dict[Path, tuple[int, int, int]] = field(default_factory=dict)
    locked: tuple[int, int] = (0, 0)

    @property
    def folder(self) -> Path:
        """The one look."""
        (folder,) = (self.project.path / "results").glob("tiny-interim-*")
        return folder

    @property
    def epoch(self) -> int:
        """Where it cuts the networks off: the halted one may be in its third or fourth epoch."""
        return int(self.folder.name[-4:])


def look(project: Project, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run what `make interim` runs."""
    return project.script("workflow/scripts/interim.py", "--config", "tiny.yaml", *arguments)


def state_of(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """Which files there are, with size, date and place on the disk."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
    }


def n_locks(project: Project) -> int:
    return len(list((project.path / ".snakemake" / "locks").glob("*.lock")))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    project = copy_of_project(tmp_path_factory.mktemp("interim") / "project")
    project.configure(CHANGES)
    told = Story(project)
    done = project.snakemake("--cores", "2", f"{STUDY}/moco/seed-1/trajectory.h5")
    assert done.returncode == 0, done.stdout
    study = subprocess.Popen(
        project.command("--cores", "1", f"{STUDY}/moco/seed-2/trajectory.h5"),
        cwd=project.path,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        second = project.path / STUDY / "moco/seed-2/unfinished"
        end = time.monotonic() + 300
        while not list(second.glob("epochs-0002-*/state.pt")):
            assert study.poll() is None, "the study ended before it could be halted"
            assert time.monotonic() < end, "waited in vain for the second segment"
            time.sleep(0.05)
        os.killpg(study.pid, signal.SIGSTOP)
        told.before, locks = state_of(project.path / STUDY), n_locks(project)
        flags = ("--", "--logger", "work", "--cores", "2")
        told.looks["first"] = look(project, *flags, "all", "movie")
        told.after, told.locked = state_of(project.path / STUDY), (locks, n_locks(project))
    finally:
        os.killpg(study.pid, signal.SIGKILL)
        study.wait()
    told.looks["killed"] = look(project, *flags, "all")
    for path in (project.path / "workflow").rglob("*"):
        os.utime(path)
    told.looks["new dates"] = look(project, *flags, "all")
    return told


def test_it_works_while_the_study_goes_on(story: Story) -> None:
    assert story.looks["first"].returncode == 0, story.looks["first"].stdout
    assert (story.folder / "report.html").exists()


def test_the_study_is_neither_changed_nor_unlocked(story: Story) -> None:
    assert story.before == story.after
    before, after = story.locked
    assert before == after > 0


def test_checkpoints_are_links_and_no_network_is_trained(story: Story) -> None:
    found = sorted((story.folder / "moco").rglob("epoch-*.pt"))
    assert len(found) == 2 * (story.epoch + 1)
    linked = {path.stat().st_ino for path in (story.project.path / STUDY).rglob("epoch-*.pt")}
    assert {path.stat().st_ino for path in found} <= linked
    assert not list(story.folder.rglob("state/*"))
    assert not list(story.folder.rglob("logs/train-*"))


def test_rdms_that_the_study_has_are_not_made_again(story: Story) -> None:
    name = Path("moco/seed-1/rdms/layer4", f"{SEGMENT}.h5")
    assert (story.folder / name).samefile(story.project.path / STUDY / name)
    assert not list(story.folder.glob("moco/seed-1/logs/extract-*-0000-0002.log"))


@pytest.mark.parametrize("event", ["killed", "new dates"])
def test_nothing_is_made_again_after(story: Story, event: str) -> None:
    done = story.looks[event]
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout


def test_all_that_is_shown_says_what_it_is(story: Story) -> None:
    stamp = f"nterim: epochs 0–{story.epoch} of 4, 2 of 2 networks"
    assert stamp in (story.folder / "report.html").read_text(encoding="utf-8")
    captions = list((story.folder / "figures").glob("*.txt"))
    assert captions
    assert all(stamp in path.read_text(encoding="utf-8") for path in captions)
    assert (story.folder / "movies" / "rdms.gif").exists()


def test_the_end_says_what_was_found(story: Story) -> None:
    said = story.looks["first"].stdout
    assert f"What {story.folder.name} has found (interim: epochs" in said
    assert said.count("Change is rapid in the first epochs, then settles: ") == 1
    assert f"Report: results/{story.folder.name}/report.html" in said
    assert "100% of the work done" in said
    assert "Select jobs" not in said


def test_the_study_goes_on_as_if_nobody_had_looked(story: Story) -> None:
    story.project.snakemake("--unlock")
    plan = story.project.plan("--rerun-incomplete", "checkpoints")
    assert plan.counts()["train"] == 1
    assert plan.wildcards("train", "seed") == {"2"}
