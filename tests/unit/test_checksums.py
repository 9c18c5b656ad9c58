"""Checksums are those that sha256sum prints, and whatever cannot be read is named."""

import hashlib
import json
import shutil
import subprocess

import pytest

from trajectories.errors import UserError
from trajectories.provenance import checksums

# FIPS 180-4, example "abc"
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digest_of_the_standard(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert checksums.sha256(tmp_path / "abc") == ABC


def test_files_of_several_blocks_and_of_none(tmp_path):
    content = bytes(range(256)) * 9000
    assert len(content) > 2 * checksums.MEGABYTE
    (tmp_path / "large").write_bytes(content)
    (tmp_path / "empty").touch()
    blocks = []
    assert checksums.sha256(tmp_path / "large", blocks.append) == (
        hashlib.sha256(content).hexdigest()
    )
    assert sum(blocks) == len(content)
    assert len(blocks) == 3
    assert checksums.sha256(tmp_path / "empty") == hashlib.sha256().hexdigest()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum here")
def test_files_of_a_run_as_sha256sum_checks_them(tmp_path):
    run = tmp_path / "results" / "tiny"
    names = ["moco/seed-1/a b.csv", "tables/c.csv"]
    for name in names:
        (run / name).parent.mkdir(parents=True)
        (run / name).write_text(name)
    found = checksums.of_files(run, [run / name for name in names])
    assert list(found) == names
    lines = "".join(f"{digest}  {name}\n" for name, digest in found.items())
    subprocess.run(
        ["sha256sum", "--check", "--strict", "-"], cwd=run, input=lines, text=True, check=True
    )


def test_missing_file_and_folder_and_stranger_are_named(tmp_path):
    with pytest.raises(UserError, match=r"no file .*absent: start"):
        checksums.of_files(tmp_path, [tmp_path / "absent"])
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match=r"folder cannot be read"):
        checksums.sha256(tmp_path / "folder")
    (tmp_path / "other").write_text("x")
    with pytest.raises(UserError, match=r"other is not in the run's folder .*folder"):
        checksums.of_files(tmp_path / "folder", [tmp_path / "other"])


def test_they_are_read_as_written(tmp_path):
    content = {"files": {"Ω.csv": ABC}, "seed": 1}
    checksums.write(tmp_path / "checksums.json", content)
    assert checksums.read(tmp_path / "checksums.json", ("files", "seed")) == content
    assert json.loads((tmp_path / "checksums.json").read_bytes()) == content


@pytest.mark.parametrize("text", ['{"files": ', '{"seed": 1}', "[]", '"text"', "\xff"])
def test_damage_is_named(tmp_path, text):
    path = tmp_path / "checksums.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=r"checksums\.json is damaged .*delete it"):
        checksums.read(path)
    path.unlink()
    with pytest.raises(UserError, match=r"no file .*checksums\.json"):
        checksums.read(path)
