"""A user's commands hear how a run ended, and are told nothing by way of a shell."""

import sys
from pathlib import Path

import pytest

from trajectories.status import notify


def end(folder: Path, message: str = "all is made", outcome: str = "success") -> notify.End:
    return notify.End("faces", outcome, message, folder)


def told(folder: Path) -> dict[str, str]:
    """What a command wrote of its environment."""
    lines = (folder / "said").read_text(encoding="utf-8").split("\0")
    return dict(line.split("=", 1) for line in lines if line.startswith("STUDY"))


def test_nothing_is_run_where_nothing_is_asked_for(tmp_path) -> None:
    assert notify.run({"success": None, "error": "exit 1"}, end(tmp_path)) is None


def test_a_text_is_run_by_a_shell(tmp_path) -> None:
    command = f"env --null | cat > '{tmp_path}/said' && true"
    assert notify.run({"success": command, "error": None}, end(tmp_path)) is None
    assert told(tmp_path) == {
        "STUDY": "faces",
        "STUDY_OUTCOME": "success",
        "STUDY_MESSAGE": "all is made",
        "STUDY_FOLDER": str(tmp_path),
        "STUDY_REPORT": "",
    }


def test_the_report_is_named_where_there_is_one(tmp_path) -> None:
    (tmp_path / "report.html").touch()
    command = f"env --null > '{tmp_path}/said'"
    assert notify.run({"success": command, "error": None}, end(tmp_path)) is None
    assert told(tmp_path)["STUDY_REPORT"] == str(tmp_path / "report.html")


def test_a_list_is_run_without_a_shell(tmp_path) -> None:
    code = f"import sys; open(r'{tmp_path}/said', 'w').write(repr(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "$(touch taken)", "; touch taken", "a b"]
    assert notify.run({"success": command, "error": None}, end(tmp_path)) is None
    assert (tmp_path / "said").read_text() == repr(command[3:])
    assert not Path("taken").exists()


def test_what_happened_is_never_part_of_the_command(tmp_path) -> None:
    message = f"$(touch {tmp_path}/taken) `touch {tmp_path}/taken`; touch {tmp_path}/taken\n'\""
    command = f"env --null > '{tmp_path}/said'; echo $STUDY_MESSAGE"
    assert notify.run({"success": command, "error": None}, end(tmp_path, message)) is None
    assert told(tmp_path)["STUDY_MESSAGE"] == message
    assert not (tmp_path / "taken").exists()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo no network >&2; exit 3", "ended with exit status 3 (no network)"),
        (["/not/there"], "cannot be run"),
        (["a\0b"], "cannot be run"),
    ],
)
def test_a_command_that_fails_is_a_warning(tmp_path, command, said) -> None:
    warning = notify.run({"success": None, "error": command}, end(tmp_path, outcome="error"))
    assert "`notify.error`" in warning
    assert said in warning


def test_a_command_that_hangs_is_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(notify, "PATIENCE", 0.2)
    warning = notify.run({"success": ["sleep", "600"], "error": None}, end(tmp_path))
    assert "was stopped" in warning


def test_it_waits_for_no_input(tmp_path) -> None:
    assert notify.run({"success": "cat", "error": None}, end(tmp_path)) is None
