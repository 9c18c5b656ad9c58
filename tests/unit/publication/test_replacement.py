"""A published study is replaced as a whole or not at all, whatever happens meanwhile."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from publication_cases import contents, only

from trajectories.errors import UserError
from trajectories.publication import manifest, publish, writing
from trajectories.storage import processes

HERE = Path(__file__).parent
# Publishes, and is killed when it renames for the second time.
KILLED = """
import os, signal, sys
from pathlib import Path
from publication_cases import settings
from trajectories.publication import publish
folder, number, rename = Path(sys.argv[1]), 0, Path.rename
def killed(path, target):
    global number
    number += 1
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(path, target)
Path.rename = killed
publish.publish(settings(folder), folder / "results/small", folder / "studies")
"""


@pytest.fixture
def study(config, run, studies) -> Path:
    """With networks that are nowhere else."""
    folder, _ = publish.publish(config, run, studies)
    only(run, 2)
    return folder


@pytest.mark.parametrize(
    "stop", [KeyboardInterrupt(), PermissionError(errno.EACCES, "Permission denied")]
)
def test_a_stop_between_the_renames_loses_nothing(
    config, run, studies, study, monkeypatch, stop
) -> None:
    before, number, rename = contents(studies), 0, Path.rename

    def stopped(path: Path, target: Path) -> Path:
        nonlocal number
        number += 1
        if number == 2:
            raise stop
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stopped)
        with pytest.raises(type(stop)):
            publish.publish(config, run, studies)
    assert number >= 2
    assert contents(studies) == before
    assert list(studies.iterdir()) == [study]
    assert publish.publish(config, run, studies)[1]["seeds"] == [1, 2]


def test_what_a_killed_publication_took_away_is_put_back(
    tmp_path, config, run, studies, study
) -> None:
    paths = os.pathsep.join([str(HERE), str(HERE.parents[2] / "workflow/scripts")])
    command = [sys.executable, "-c", KILLED, tmp_path]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert not study.exists()
    assert len(list(studies.iterdir())) == 2
    _, told = publish.publish(config, run, studies)
    assert told["seeds"] == [1, 2]
    assert list(studies.iterdir()) == [study]


@pytest.mark.parametrize("whole", [True, False])
def test_what_was_taken_away_is_deleted_once_all_of_it_is_there(
    config, run, studies, study, whole
) -> None:
    former = studies / ".small.former"
    shutil.copytree(study, former)
    if not whole:
        for path in (former / "hot").glob("seed-1/*"):
            path.rename(path.with_name(f"more {path.name}"))
        manifest.write(former)
        before = contents(studies)
        with pytest.raises(UserError, match=r"small\.former, .* delete one of both folders"):
            publish.publish(config, run, studies)
        assert contents(studies) == before
        return
    publish.publish(config, run, studies)
    assert list(studies.iterdir()) == [study]


def test_what_a_killed_publication_wrote_is_removed_and_is_no_other_study(
    config, run, studies, study
) -> None:
    size = sum(map(len, contents(studies).values()))
    left, unknown = (
        studies / f".small-{processes.place()}.1.2-abcdefgh/small",
        studies / ".abcdefgh/small",
    )
    for folder in (left, unknown):
        shutil.copytree(study, folder)
    publish.publish(config, run, studies, most_bytes=size)
    assert sorted(studies.iterdir()) == sorted([study, unknown.parent])


@pytest.mark.parametrize("there", [True, False])
def test_what_is_published_meanwhile_is_not_lost(
    tmp_path, config, run, studies, monkeypatch, there
) -> None:
    """By another process, as the study is written."""
    shutil.copytree(run, tmp_path / "other/small")
    only(run, 2)
    other = only(tmp_path / "other/small", 1)
    if there:
        publish.publish(config, run, studies)
    write = writing.write

    def slow(*arguments: Any) -> None:
        monkeypatch.setattr(writing, "write", write)
        publish.publish(config, other, studies)
        write(*arguments)

    monkeypatch.setattr(writing, "write", slow)
    with pytest.raises(UserError, match="has been changed since this began: publish again"):
        publish.publish(config, run, studies)
    assert (studies / "small/hot/seed-1").is_dir()
    assert publish.publish(config, run, studies)[1]["seeds"] == [1, 2]


def test_what_is_put_there_at_the_last_moment_is_not_lost(
    config, run, studies, monkeypatch
) -> None:
    rename = Path.rename

    def late(path: Path, target: Path) -> Path:
        target.mkdir()
        (target / "theirs").write_text("x")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    with pytest.raises(UserError, match="has been changed since this began"):
        publish.publish(config, run, studies)
    assert contents(studies) == {"small/theirs": b"x"}


@pytest.mark.parametrize("name", ["studies", "studies/small"])
@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_what_is_no_folder_is_not_replaced(tmp_path, config, run, studies, name, kind) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if kind == "file":
        path.write_text("my notes")
    else:
        path.symlink_to(tmp_path / "far")
    if kind == "link":
        (tmp_path / "far").mkdir()
    told = rf"/{name} is a (file, where .*: move it away|link: put the folder itself there)$"
    with pytest.raises(UserError, match=told):
        publish.publish(config, run, studies)
    assert path.is_symlink() == (kind != "file")
    assert kind != "file" or path.read_text() == "my notes"
    assert kind != "link" or not list((tmp_path / "far").iterdir())


def test_a_study_of_another_user_stays(config, run, studies, study, monkeypatch) -> None:
    before = contents(studies)
    monkeypatch.setattr(os, "access", lambda path, mode: path != study)
    with pytest.raises(UserError, match="studies/small may not be written by you: get"):
        publish.publish(config, run, studies)
    assert contents(studies) == before


def test_a_folder_of_studies_inside_a_file_is_told(tmp_path, config, run) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(UserError, match="notes is a file, where a folder should be"):
        publish.publish(config, run, tmp_path / "notes/studies")


def test_links_of_the_user_are_not_replaced(tmp_path, config, run, studies, study) -> None:
    (tmp_path / "notes").mkdir()
    (study / "notes").symlink_to(tmp_path / "notes")
    with pytest.raises(UserError, match="notes is no file of a published study"):
        publish.publish(config, run, studies)
    assert (study / "notes").is_symlink()
