"""Tables of the user's are read, or refused in one sentence with the true cause and the mend."""

import errno
import os
from pathlib import Path

import pytest

from trajectories import given_files
from trajectories.errors import UserError
from trajectories.rdms import reference_rdms
from trajectories.stimuli import table as stimulus_table
from trajectories.study import config

TABLE = "stimulus,file,face\na,a.png,1\nb,b.png,0\nç,c.png,0\n"
SQUARE = ",a,b,ç\na,0,1,2\nb,1,0,3\nç,2,3,0\n"


def refused_table(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        stimulus_table.read_table(path)
    return str(caught.value)


def refused_reference(path: Path) -> str:
    settings = {"file": str(path), "rdm": None, "table": None}
    with pytest.raises(UserError) as caught:
        reference_rdms.read("mine", settings, ("a", "b", "ç"))
    return str(caught.value)


READERS = {"table": (TABLE, refused_table), "reference": (SQUARE, refused_reference)}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("encoded", "cause", "mend"),
    [
        (lambda text: text.encode("latin-1"), "is not in UTF-8 (its line ", "save it as CSV in"),
        (lambda text: text.encode("utf-16"), "is text in UTF-16", "save it as CSV in UTF-8"),
        (lambda text: text.encode("utf-16-le"), "UTF-8", "save it as CSV in UTF-8"),
        (lambda text: b"PK\x03\x04" + bytes(30), "spreadsheet", "save it as CSV in UTF-8"),
        (lambda text: b"\xd0\xcf\x11\xe0" + bytes(30), "Excel", "save it as CSV in UTF-8"),
        (lambda text: text.encode().replace(b"0", b"\0"), "NUL", "save it as CSV in UTF-8"),
        (lambda text: text.replace(",", ";").encode(), "semicolons", "commas"),
        (lambda text: text.replace(",", "\t").encode(), "tabs", "commas"),
        (lambda text: b"sep=;\n" + text.replace(",", ";").encode(), "semicolons", "commas"),
        (lambda text: ("x" * 200_000 + text).encode(), "field limit", "correct it there"),
    ],
)
def test_a_table_of_another_form_is_refused_with_its_true_cause(
    tmp_path, kind: str, encoded, cause: str, mend: str
) -> None:
    text, refused = READERS[kind]
    path = tmp_path / "x.csv"
    path.write_bytes(encoded(text))
    message = refused(path)
    assert str(path) in message
    assert cause in message
    assert mend in message.partition(cause)[2]
    assert "\n" not in message


@pytest.mark.parametrize("form", ["plain", "bom", "crlf", "cr", "quoted"])
def test_tables_as_programs_save_them_are_read(tmp_path, form: str) -> None:
    for kind, (text, _) in READERS.items():
        encoded = {
            "plain": text.encode(),
            "bom": text.encode("utf-8-sig"),
            "crlf": text.replace("\n", "\r\n").encode(),
            "cr": text.replace("\n", "\r").encode(),
            "quoted": "\n".join(
                ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
            ).encode(),
        }[form]
        (tmp_path / f"{kind}.csv").write_bytes(encoded)
    assert stimulus_table.read_table(tmp_path / "table.csv").stimulus == ("a", "b", "ç")
    settings = {"file": str(tmp_path / "reference.csv"), "rdm": None, "table": None}
    assert reference_rdms.read("x", settings, ("a", "b", "ç")).rdms.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("kind", READERS)
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path, kind: str) -> None:
    refused = READERS[kind][1]
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder: name a file" in refused(tmp_path / "folder.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no regular file, but a device or a pipe" in refused(tmp_path / "pipe.csv")
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(10**12)
    assert f"more than {given_files.MOST_TEXT} bytes" in refused(tmp_path / "large.csv")


@pytest.mark.parametrize("kind", READERS)
def test_a_closed_file_needs_permission_and_nothing_else(tmp_path, monkeypatch, kind: str) -> None:
    text, refused = READERS[kind]
    path = tmp_path / "x.csv"
    path.write_text(text)

    def closed(*_: object) -> int:  # as chmod would do, but for root
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", closed)
    assert f"{path} may not be read: get read permission" in refused(path)


def test_a_decimal_comma_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(SQUARE.replace("3", '"0,5"'))
    assert "has '0,5' for b and ç: write a number, with a decimal point" in refused_reference(path)


@pytest.mark.parametrize(
    ("encoded", "cause"),
    [
        ("experiment: é\n".encode("latin-1"), "is not in UTF-8 (its line 1 has the byte 0xe9)"),
        ("experiment: é\n".encode("utf-16"), "is text in UTF-16, not YAML"),
        (b"PK\x03\x04", "not YAML"),
        (b"experiment: a\n\tseeds: [1]\n", "cannot be read as YAML (while scanning"),
        (b"", "is not a config"),
    ],
)
def test_a_config_of_another_form_is_refused_with_its_true_cause(
    tmp_path, encoded: bytes, cause: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(encoded)
    with pytest.raises(UserError) as caught:
        config.read(path)
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match="is a folder: name a file"):
        config.read(path)
