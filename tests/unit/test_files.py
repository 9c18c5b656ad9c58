"""A file at its final name is always whole: the former one, or the new one, never a part."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from trajectories.storage import files

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"

WRITE_HALF_AND_DIE = """
import os, signal, sys
from pathlib import Path
from trajectories.storage import files
def die(path):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "before the rename":
    files.sync = die
with files.atomic(Path(sys.argv[1])) as temporary, temporary.open("w") as file:
    file.write("half of the n")
    file.flush()
    if sys.argv[2] == "while writing":
        die(temporary)
"""


@pytest.fixture
def umask():
    """Set the umask for one test."""
    former = os.umask(0)
    yield os.umask
    os.umask(former)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refuse(*_: object) -> None:
    raise OSError(18, "Invalid cross-device link")


def test_content_is_written_under_its_final_name(tmp_path) -> None:
    path = tmp_path / "new" / "folder" / "table.csv"
    with files.atomic(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent  # a rename is at once only within a file system
        assert temporary.suffix == ".csv"
    assert path.read_text() == "new"
    assert names(path.parent) == ["table.csv"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_the_former_content_and_no_other_file(tmp_path, error) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write() -> None:
        with files.atomic(path) as temporary:
            temporary.write_text("half of the n")
            raise error

    with pytest.raises(error):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("moment", ["while writing", "before the rename"])
def test_a_kill_leaves_the_former_content(tmp_path, moment: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", WRITE_HALF_AND_DIE, path, moment],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    rest = [name for name in names(tmp_path) if name != "table.csv"]
    assert len(rest) == 1  # it did die in the middle
    assert rest[0].startswith(".")


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path, umask, mask: int, mode: int) -> None:
    umask(mask)
    with files.atomic(tmp_path / "table.csv") as temporary:
        temporary.write_text("new")
    assert stat.S_IMODE((tmp_path / "table.csv").stat().st_mode) == mode
    assert os.umask(mask) == mask  # and the umask is as it was


def test_content_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch) -> None:
    path = tmp_path / "table.csv"
    seen = []
    monkeypatch.setattr(files, "sync", lambda synced: seen.append((synced.name, path.exists())))
    with files.atomic(path) as temporary:
        temporary.write_text("new")
    assert seen == [(temporary.name, False), (tmp_path.name, True)]


@pytest.fixture
def work(tmp_path) -> Path:
    """A folder of finished files."""
    folder = tmp_path / "work" / "checkpoints"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.pt").write_text("a")
    (folder / "deeper" / "b.pt").write_text("b")
    return folder


@pytest.mark.parametrize("linked", [True, False])
def test_a_folder_is_published_whole(tmp_path, work, monkeypatch, linked: bool) -> None:
    if not linked:
        monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "public" / "epochs"
    files.publish(work, target)
    assert names(tmp_path / "public") == ["epochs"]
    assert (target / "a.pt").read_text() == "a"
    assert (target / "deeper" / "b.pt").read_text() == "b"
    assert (target / "a.pt").samefile(work / "a.pt") is linked
    shutil.rmtree(work)
    assert (target / "a.pt").read_text() == "a"


@pytest.mark.parametrize("linked", [True, False])
def test_a_file_is_published_whole(tmp_path, work, monkeypatch, linked: bool) -> None:
    if not linked:
        monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "public" / "state.pt"
    files.publish(work / "a.pt", target)
    assert names(tmp_path / "public") == ["state.pt"]
    assert target.samefile(work / "a.pt") is linked
    (work / "a.pt").unlink()
    assert target.read_text() == "a"


def test_what_a_killed_writer_left_is_not_published(tmp_path, work) -> None:
    (work / ".a-x1y2z3.pt").write_text("half")
    (work / "deeper" / ".b-x1y2z3.pt").write_text("half")
    target = tmp_path / "public" / "epochs"
    files.publish(work, target)
    assert sorted(path.name for path in target.rglob("*")) == ["a.pt", "b.pt", "deeper"]


@pytest.mark.parametrize("linked", [True, False])
def test_publishing_a_file_again_leaves_one_file(tmp_path, work, monkeypatch, linked) -> None:
    if not linked:
        monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "public" / "state.pt"
    files.publish(work / "a.pt", target)
    files.publish(work / "a.pt", target)
    assert names(tmp_path / "public") == ["state.pt"]
    files.publish(work / "deeper" / "b.pt", target)
    assert names(tmp_path / "public") == ["state.pt"]
    assert target.read_text() == "b"


def test_a_later_atomic_write_does_not_change_what_was_published(tmp_path, work) -> None:
    target = tmp_path / "public" / "state.pt"
    files.publish(work / "a.pt", target)
    with files.atomic(work / "a.pt") as temporary:
        temporary.write_text("of the next epoch")
    assert target.read_text() == "a"


def test_a_copy_that_fails_publishes_nothing(tmp_path, work, monkeypatch) -> None:
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(shutil, "copyfile", refuse)
    with pytest.raises(OSError, match="cross-device"):
        files.publish(work / "a.pt", tmp_path / "public" / "state.pt")
    with pytest.raises(OSError, match="cross-device"):
        files.publish(work, tmp_path / "public" / "epochs")
    assert names(tmp_path / "public") == []


def test_copies_are_on_the_disk_before_they_get_their_name(tmp_path, work, monkeypatch) -> None:
    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "public" / "epochs"
    synced = []
    monkeypatch.setattr(files, "sync", lambda path: synced.append((path.name, target.exists())))
    files.publish(work, target)
    assert {("a.pt", False), ("b.pt", False)} <= set(synced)


def test_a_folder_with_content_is_not_replaced(tmp_path, work) -> None:
    target = tmp_path / "public" / "epochs"
    target.mkdir(parents=True)
    (target / "mine.txt").write_text("mine")
    with pytest.raises(OSError, match="epochs"):
        files.publish(work, target)
    assert names(target) == ["mine.txt"]
    assert names(tmp_path / "public") == ["epochs"]
