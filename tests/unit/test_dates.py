"""Promise: what was copied or touched has its date back, and what was changed has not."""

import os
from pathlib import Path

import pytest

from trajectories.provenance import checksums, dates

MADE = 1_000_000_000.25
LARGE = b"x" * 3000
COMPARED = 1000


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with large files, a small one, a folder, and their checksums."""
    run = tmp_path / "results" / "study"
    folder = run / "moco/seed-1/checkpoints/epochs-0000-0001"
    folder.mkdir(parents=True)
    (folder / dates.STAMP).touch()
    for name in ("epoch-0000.000.pt", "epoch-0001.000.pt"):
        (folder / name).write_bytes(LARGE + name.encode())
    (run / "moco/seed-1/trajectory.h5").write_bytes(LARGE)
    (run / "moco/seed-1/stability.csv").write_bytes(b"small")
    (run / "dataset.h5").write_bytes(LARGE)
    instance = run / "moco/seed-1"
    record(instance / "checksums/epochs-0000-0001.json", run, sorted(folder.glob("*.pt")))
    files = [instance / name for name in ("trajectory.h5", "stability.csv")]
    record(instance / "checksums.json", run, files)
    record(run / "checksums/dataset.json", run, [run / "dataset.h5"])
    return run


def record(path: Path, run: Path, files: list[Path]) -> None:
    checksums.write(path, {"files": checksums.of_files(run, files)})


def put_back(run: Path) -> set[str]:
    found = dates.put_back(run, lambda path: MADE, COMPARED)
    return {path.relative_to(run).as_posix() for path in found}


FOLDER = "moco/seed-1/checkpoints/epochs-0000-0001"


def test_new_dates_of_the_same_content_are_put_back(run: Path) -> None:
    # A small file is compared by Snakemake itself.
    assert put_back(run) == {FOLDER, "moco/seed-1/trajectory.h5", "dataset.h5"}
    for path in (run / FOLDER / dates.STAMP, run / "dataset.h5"):
        assert path.stat().st_mtime == MADE
    assert (run / FOLDER / "epoch-0001.000.pt").stat().st_mtime != MADE
    assert put_back(run) == set()


def test_other_content_keeps_its_date(run: Path) -> None:
    for name in (f"{FOLDER}/epoch-0001.000.pt", "dataset.h5"):
        content = bytearray((run / name).read_bytes())
        content[100] ^= 1
        (run / name).write_bytes(content)
    assert put_back(run) == {"moco/seed-1/trajectory.h5"}


def test_a_folder_that_lost_a_file_keeps_its_date(run: Path) -> None:
    (run / FOLDER / "epoch-0000.000.pt").unlink()
    assert FOLDER not in put_back(run)


def test_the_last_record_counts(run: Path) -> None:
    """What was made anew has other content than an older record says."""
    old = {"inputs": {"dataset.h5": "other"}, "results": {"moco/seed-1/trajectory.h5": "other"}}
    checksums.write(run / "provenance.json", old)
    assert put_back(run) == {FOLDER, "moco/seed-1/trajectory.h5", "dataset.h5"}


def test_what_has_its_date_is_not_read(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_back(run)

    def refuse(*_: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(checksums, "sha256", refuse)
    assert put_back(run) == set()


def test_without_records_nothing_is_touched(run: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    assert dates.put_back(run, lambda path: None, COMPARED) == []
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before
    assert dates.put_back(tmp_path / "none", lambda path: MADE, COMPARED) == []
    for path in (run / "checksums/dataset.json", run / "moco/seed-1/checksums.json"):
        path.write_text("{cut")
    assert put_back(run) == {FOLDER}


def test_a_file_of_another_owner_stays_as_it_is(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    assert put_back(run) == set()


def test_large_reading_is_announced(run: Path) -> None:
    said: list[str] = []
    dates.put_back(run, lambda path: MADE, COMPARED, said.append)
    assert len(said) == 1
    assert "3 files and folders" in said[0]
    dates.put_back(run, lambda path: MADE, COMPARED, said.append)
    assert len(said) == 1
