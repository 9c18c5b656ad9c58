"""A file that was cut short or altered is refused by name, whatever its kind, and never read.

As after a power cut, a broken disk or an interrupted copy.
"""

import dataclasses
import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from file_kinds import KINDS, Kind, epochs_of_history, stability
from training_cases import assert_identical

from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.plotting import figure_data
from trajectories.rdms import segment_rdms
from trajectories.storage import columns, hdf5, history, tables

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def plain(content: Any) -> Any:
    """Content of any kind of file as what `assert_identical` compares."""
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        return {field: plain(value) for field, value in vars(content).items()}
    if isinstance(content, pd.DataFrame):
        return content.to_csv()
    if isinstance(content, np.ndarray):
        return (content.shape, content.tobytes())
    if isinstance(content, dict):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    return content


def refused(kind: Kind, path: Path) -> None:
    with pytest.raises(UserError) as caught:
        kind.read(path)
    message = str(caught.value)
    assert str(path) in message
    assert len(message.splitlines()) == 1
    assert "make it again" in message or "start the workflow again" in message


@each_kind
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_refused(tmp_path, kind: Kind, share: float) -> None:
    path = tmp_path / kind.name
    kind.write(path)
    kind.read(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refused(kind, path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name.endswith(".csv")])
def test_a_table_that_lost_whole_lines_is_refused(tmp_path, kind: Kind) -> None:
    """What is left of it looks like a table."""
    path = tmp_path / kind.name
    kind.write(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    refused(kind, path)
    kind.write(path)  # as its job does when it runs again
    kind.read(path)


@each_kind
def test_a_file_of_zeros_is_refused(tmp_path, kind: Kind) -> None:
    """As some file systems leave after a power cut: the size is there, the content not."""
    path = tmp_path / kind.name
    kind.write(path)
    path.write_bytes(bytes(path.stat().st_size))
    refused(kind, path)


@each_kind
def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path, kind: Kind) -> None:
    """At 150 places all over the file: some, such as padding, mean nothing."""
    path = tmp_path / kind.name
    kind.write(path)
    whole, content = plain(kind.read(path)), path.read_bytes()
    rng = np.random.default_rng(0)
    n_refused = 0
    for place, bit in zip(rng.integers(0, len(content), 150), rng.integers(0, 8, 150), strict=True):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(bit)
        path.write_bytes(damaged)
        try:
            found = plain(kind.read(path))
        except UserError as error:
            n_refused += 1
            assert path.name in str(error)  # noqa: PT017 - which bits matter is not known
        else:
            assert_identical(found, whole)
    assert n_refused > 50


@each_kind
def test_what_is_written_is_read(tmp_path, kind: Kind) -> None:
    first, second = tmp_path / "first" / kind.name, tmp_path / "second" / kind.name
    kind.write(first)
    kind.write(second)
    assert_identical(plain(kind.read(first)), plain(kind.read(second)))


def test_a_lost_chunk_of_activations_is_refused(tmp_path) -> None:
    """HDF5 reads it as zeros."""
    [kind] = [kind for kind in KINDS if kind.name == "activations.h5"]
    path, other = tmp_path / kind.name, tmp_path / "other.h5"
    kind.write(path)
    with h5py.File(path) as file, h5py.File(other, "w") as lacking:
        for name in ("epoch", "stimulus"):
            file.copy(name, lacking)
        lacking.attrs.update(file.attrs)
        whole = file["activations"]
        part = lacking.create_dataset(
            "activations", whole.shape, whole.dtype, chunks=whole.chunks, fletcher32=True
        )
        part.attrs.update(whole.attrs)
        part[0] = whole[0]
    with pytest.raises(UserError, match=r"other\.h5 is damaged"):
        segment_rdms.from_activations(other)


def of_seed(path: Path) -> Path:
    return path.parent / "seed-1" / path.name


TABLES = [
    *(kind for kind in KINDS if kind.name.endswith(".csv")),
    Kind(
        "columns.csv",
        lambda path: tables.write(path, stability()),
        lambda path: tables.read_columns(path, columns.STABILITY),
    ),
    Kind(
        "history.csv of an instance",
        lambda path: history.write_history(of_seed(path), epochs_of_history()),
        lambda path: figure_data.read_histories([of_seed(path)]),
    ),
]


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.name)
def test_a_table_without_checksum_is_refused(tmp_path, kind: Kind) -> None:
    """By every reader of tables; the message gives the command that mends it."""
    path = tmp_path / kind.name.split()[0]
    kind.write(path)
    kind.read(path)
    [beside] = tmp_path.rglob("*.sha256")
    beside.unlink()
    with pytest.raises(
        UserError, match=rf"{path.stem}\.csv has no {beside.name} beside it"
    ) as said:
        kind.read(path)
    command = re.search(r"`(.+)`", str(said.value))
    assert command
    subprocess.run(command[1], shell=True, cwd=beside.parent, check=True)
    kind.read(path)


def test_checksums_are_those_of_sha256sum(tmp_path) -> None:
    [kind] = [kind for kind in KINDS if kind.name == "history.csv"]
    kind.write(tmp_path / kind.name)
    digest = hashlib.sha256((tmp_path / "history.csv").read_bytes()).hexdigest()
    assert (tmp_path / "history.csv.sha256").read_text() == f"{digest}  history.csv\n"


def test_damage_and_absence_tell_their_mend() -> None:
    error = checkpoints.DamagedError("state.pt is damaged", "delete it")
    assert (str(error), error.fault) == ("state.pt is damaged: delete it", "state.pt is damaged")


def test_a_dataset_that_lacks_chunks_is_not_sealed(tmp_path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        item = file.create_dataset("a", (3, 5), "f4", chunks=(1, 2))
        item[:, :4] = 1
        with pytest.raises(OSError, match="3 chunks of 'a' were not written"):
            hdf5.seal(file)
        item[:, 4] = 1
        hdf5.seal(file)
