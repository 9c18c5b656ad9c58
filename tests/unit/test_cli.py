"""A user's mistake costs one sentence, a bug leaves its traceback, and waiting shows an end."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trajectories import cli

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"

SCRIPT = """
import argparse
from trajectories import cli
from trajectories.errors import UserError

def main(arguments):
    if arguments.do == "err":
        raise UserError("picture.png is missing: put it back")
    if arguments.do == "crash":
        raise RuntimeError("a bug")
    if arguments.do == "interrupt":
        raise KeyboardInterrupt
    if arguments.do == "interrupt while saving":  # what torch.save makes of it
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("unexpected pos 245632 vs 245528")
    with cli.progress(3, "baking", "loaf") as bar:
        for _ in range(3):
            bar.update()

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Bake.")
    parser.add_argument("--do", help="what to do")
    cli.run(main, parser)
"""


@pytest.fixture
def script(tmp_path):
    """Run the script above as a user would."""
    path = tmp_path / "bake.py"
    path.write_text(SCRIPT)

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, path, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_users_mistake_is_one_line_also_in_the_log(script, tmp_path) -> None:
    log = tmp_path / "logs" / "bake.log"
    done = script("--do", "err", "--log", log)
    assert done.returncode == 1
    for text in (done.stderr, log.read_text()):
        assert len(text.splitlines()) == 1
        assert text.endswith("bake: error: picture.png is missing: put it back\n")
    assert done.stdout == ""


def test_an_unexpected_error_is_traced_also_in_the_log(script, tmp_path) -> None:
    log = tmp_path / "bake.log"
    done = script("--do", "crash", "--log", log)
    assert done.returncode == 1
    for text in (done.stderr, log.read_text()):
        assert "Traceback (most recent call last)" in text
        assert 'raise RuntimeError("a bug")' in text
        assert "unexpected error in bake" in text


@pytest.mark.parametrize("moment", ["interrupt", "interrupt while saving"])
def test_an_interrupt_is_no_error(script, moment: str) -> None:
    done = script("--do", moment)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "interrupted: nothing that was finished is lost" in done.stderr


def test_success_is_exit_code_0_and_progress_is_lines(script, tmp_path) -> None:
    log = tmp_path / "bake.log"
    done = script("--do", "bake", "--log", log)
    assert done.returncode == 0
    for text in (done.stderr, log.read_text()):
        lines = text.splitlines()
        assert all("bake: baking: " in line for line in lines)
        assert "3 of 3 loafs" in lines[-1]
        assert "\r" not in text


def test_each_run_has_a_log_of_its_own(script, tmp_path) -> None:
    log = tmp_path / "bake.log"
    script("--do", "err", "--log", log)
    script("--do", "bake", "--log", log)
    assert "missing" not in log.read_text()


def test_a_wrong_flag_is_refused(script) -> None:
    done = script("--colour", "blue")
    assert done.returncode == 2
    assert "--colour" in done.stderr


def pass_time(bar, seconds: float) -> None:
    bar.start_t -= seconds
    bar.last_print_t -= seconds


@pytest.mark.parametrize(
    ("total", "initial", "seconds", "line"),
    [
        (10, 0, 40, "4 of 10 epochs, 00:40 gone, 01:00 left"),
        # What was done before a restart took no time of this one.
        (200, 100, 400, "104 of 200 epochs, 06:40 gone, 2:40:00 left"),
    ],
)
def test_progress_tells_the_time_left(caplog, total, initial, seconds, line) -> None:
    caplog.set_level(logging.INFO)
    bar = cli.progress(total, "learning", "epoch", initial)
    pass_time(bar, seconds)
    bar.update(4)
    said = caplog.messages[-1]
    bar.close()
    assert said == f"learning: {line}"


def test_progress_shows_what_is_added(caplog) -> None:
    caplog.set_level(logging.INFO)
    with cli.progress(10, "learning", "epoch") as bar:
        pass_time(bar, 60)
        bar.set_postfix_str("loss 1.23", refresh=False)
        bar.update()
        assert caplog.messages[-1].endswith("left, loss 1.23")


def test_progress_is_not_a_line_for_every_unit(caplog) -> None:
    caplog.set_level(logging.INFO)
    with cli.progress(1000, "learning", "step") as bar:
        for _ in range(1000):
            bar.update()
    assert len(caplog.messages) <= 3
    assert caplog.messages[-1].startswith("learning: 1000 of 1000 steps")


def test_progress_repeats_no_line_and_knows_no_time_left_before_it_does(caplog) -> None:
    caplog.set_level(logging.INFO)
    with cli.progress(3, "learning", "epoch") as bar:
        for _ in range(3):
            pass_time(bar, 20)
            bar.update()
            bar.refresh()
    assert caplog.messages[0] == "learning: 0 of 3 epochs"
    assert len(caplog.messages) == len(set(caplog.messages)) == 4
    assert not any("?" in message for message in caplog.messages)


def test_progress_of_nothing_says_nothing(caplog) -> None:
    caplog.set_level(logging.INFO)
    with cli.progress(0, "learning", "epoch"):
        pass
    assert caplog.messages == []


def test_quiet_scripts_write_to_their_log_alone(script, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(cli.QUIET, "1")
    log = tmp_path / "bake.log"
    done = script("--do", "bake", "--log", log)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "3 of 3 loafs" in log.read_text()
    assert "3 of 3 loafs" in script("--do", "bake").stderr
