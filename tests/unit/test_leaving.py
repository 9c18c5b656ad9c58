"""A script ends at once, and nothing that was to be done or said at its end is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"

SCRIPT = """
import argparse, atexit, sys, tempfile, threading, time
from trajectories import cli

class Torn:
    def __del__(self):
        print("torn down")

torn = Torn()
folder = tempfile.TemporaryDirectory()

def main(arguments):
    print("made", folder.name)
    atexit.register(print, "registered")
    if arguments.do == "thread":
        threading.Thread(target=lambda: (time.sleep(0.5), print("thread"))).start()
    if arguments.do == "fail":
        sys.exit(3)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--do")
    cli.run(main, parser)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def run(*command: object, stdout: int = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *map(str, command)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def test_what_was_registered_is_done_and_nothing_is_torn_down(script: Path) -> None:
    done = run(script)
    assert done.returncode == 0, done.stderr
    made, *after = done.stdout.split()
    assert made == "made"
    assert after[1:] == ["registered"]
    assert not Path(after[0]).exists()


@pytest.mark.parametrize(("do", "status", "said"), [("thread", 0, "thread"), ("fail", 3, "")])
def test_elsewhere_python_ends_it_in_its_own_way(script: Path, do, status, said) -> None:
    done = run(script, "--do", do)
    assert done.returncode == status, done.stderr
    assert said in done.stdout
    assert "torn down" in done.stdout


def test_a_script_that_another_program_runs_does_not_end_that(script: Path) -> None:
    code = (
        "import runpy, sys; sys.argv = [sys.argv[1]];"
        " runpy.run_path(sys.argv[0], run_name='__main__'); print('goes on')"
    )
    done = run("-c", code, script)
    assert "goes on" in done.stdout, done.stderr


def test_output_that_cannot_be_written_is_not_a_success(script: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        assert run(script, stdout=full.fileno()).returncode != 0
