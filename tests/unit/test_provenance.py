"""Provenance says with what, from what and with what outcome a run was made; no name of a place."""

import os
import platform
import socket
import subprocess

import pytest
from provenance_cases import HERE, TRAINED, planted

from trajectories.errors import UserError
from trajectories.provenance import checksums, provenance
from trajectories.report import provenance as report_provenance


def git(folder, *words):
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME",)}
    identity |= {"GIT_AUTHOR_EMAIL": "x@example.org", "GIT_COMMITTER_EMAIL": "x@example.org"}
    done = subprocess.run(
        ["git", "-C", folder, *words],
        env=os.environ | identity,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_commit_and_uncommitted_changes(tmp_path):
    (tmp_path / "code.py").write_text("1\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert provenance.commit(tmp_path) == head
    (tmp_path / "untracked").touch()
    assert provenance.commit(tmp_path) == head
    (tmp_path / "code.py").write_text("2\n")
    assert provenance.commit(tmp_path) == f"{head}, with uncommitted changes"


def test_machine_is_told_without_its_name():
    told = provenance.machine()
    assert platform.system() in told
    assert f"{os.cpu_count()} CPU cores" in told
    assert socket.gethostname() not in told.replace(",", " ").split()


def test_an_origin_is_noted_once_and_another_beside_it(tmp_path):
    path = tmp_path / "checkpoints" / "origin.json"
    other = {**TRAINED, "device": "a GPU"}
    assert provenance.read_origins(path) == []
    for origin in (TRAINED, TRAINED, other, TRAINED):
        provenance.note_origin(path, origin)
    assert provenance.read_origins(path) == [TRAINED, other]


def test_damaged_origins_are_named(tmp_path):
    path = tmp_path / "origin.json"
    path.write_text("[{")
    with pytest.raises(UserError, match=r"origin\.json is damaged"):
        provenance.note_origin(path, TRAINED)


def test_every_file_of_the_run_is_in_it(tmp_path):
    run, recorded, _ = planted(tmp_path)
    files = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert {*recorded["inputs"], *recorded["results"]} == files
    assert set(recorded["inputs"]) == {"dataset.h5"}
    assert recorded["stimulus_table"]["path"] == str(tmp_path / "stimuli.csv")
    assert [each["seed"] for each in recorded["instances"]] == [1, 2]
    assert all("files" not in each for each in recorded["instances"])


def test_it_is_read_as_written(tmp_path):
    run, recorded, _ = planted(tmp_path)
    checksums.write(run / "provenance.json", recorded)
    assert provenance.read(run / "provenance.json") == recorded


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/table.csv", "moco/../../x"])
def test_files_outside_of_the_run_are_refused(tmp_path, name):
    run, recorded, _ = planted(tmp_path)
    recorded["results"][name] = "0"
    checksums.write(run / "provenance.json", recorded)
    with pytest.raises(UserError, match=r"provenance\.json names .* not in the run's folder"):
        provenance.read(run / "provenance.json")


def test_the_report_tells_how_training_differed(tmp_path):
    _, recorded, _ = planted(tmp_path)
    told = report_provenance.made_with(recorded)
    assert told["Commit"] == HERE["commit"]
    assert told["Versions"] == "python 3.11.7, numpy 2.4.6"
    assert told["Trained with"] == "torch 2.15.0; cpu; a machine; commit abc"
    recorded["instances"][1]["trained_with"] = [{"versions": {"torch": "2.14.0"}}]
    told = report_provenance.made_with(recorded)
    assert told["Trained with 1"].endswith("(moco seed 1)")
    assert told["Trained with 2"] == "torch 2.14.0 (moco seed 2)"


def test_the_report_lists_files_but_not_thousands(tmp_path):
    _, recorded, _ = planted(tmp_path)
    listed = dict(report_provenance.listed_files(recorded))
    assert {"dataset.h5", "moco/seed-1/trajectory.h5", "tables/stability.csv"} <= set(listed)
    assert listed[recorded["stimulus_table"]["path"]] == recorded["stimulus_table"]["sha256"]
    # Two instances with two layers of two segments, and a checkpoint, each.
    assert report_provenance.n_more_files(recorded) == 2 * (4 + 1)
    assert not any("checkpoints" in name or "rdms" in name for name in listed)
