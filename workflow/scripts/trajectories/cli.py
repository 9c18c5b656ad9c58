"""What all command-line scripts share: a log, progress with time left, errors in one sentence."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from trajectories import failures, leaving
from trajectories.errors import UserError

log = logging.getLogger("trajectories")


QUIET = "TRAJECTORIES_QUIET"
"""Variable of the environment with which scripts that have a log write nothing to the terminal."""


class _LogProgress(tqdm):  # type: ignore[type-arg]
    """Progress as plain lines, which read well in a log file and among other jobs' lines."""

    said: float | None = None

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        if not self.total or self.n == self.said:
            return
        self.said = self.n
        shown = dict(self.format_dict)
        if self.n == self.initial:  # nothing yet tells the time left
            shown["bar_format"] = "{desc}: {n_fmt} of {total_fmt} {unit}s"
        log.info("%s", self.format_meter(**shown))


def progress(total: int, description: str, unit: str, initial: int = 0) -> "tqdm[Any]":
    """Progress of a long task, logged every ten seconds and at the end, with the time left.

    Parameters
    ----------
    total, initial : int
        Units to do in all, and how many of them were done before.
    description, unit : str
        What is being done, and the name of a unit ("epoch", "image").
    """
    return _LogProgress(
        total=total,
        initial=initial,
        desc=description,
        unit=unit,
        mininterval=10,
        maxinterval=10,
        file=io.StringIO(),  # for the empty line that tqdm writes of its own accord at the end
        bar_format="{desc}: {n_fmt} of {total_fmt} {unit}s,"
        " {elapsed} gone, {remaining} left{postfix}",
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Let a user name the config of a study: `--config`, by default the shipped one."""
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("config/config.yaml"),
        help="config of the study (config/config.yaml)",
    )


def add_results(parser: argparse.ArgumentParser) -> None:
    """Let a user name the folder that studies are in: `--results`."""
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="folder of results (results)"
    )


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Run a script's `main`: a user's mistake ends it with one sentence, anything else is traced.

    Adds `--log FILE` to the parser; all messages go to the terminal and to that file, or, where
    `QUIET` is set, to that file alone.
    """
    parser.add_argument("--log", type=Path, help="also write all messages to this file")
    arguments = parser.parse_args()
    name = Path(sys.argv[0]).stem
    logging.raiseExceptions = False  # a full disk also has no room for the log
    logging.basicConfig(
        level=logging.INFO,
        format=f"%(asctime)s {name}: %(message)s",
        datefmt="%H:%M:%S",
    )
    _keep_hdf5_quiet()
    try:
        if arguments.log:
            _log_to(arguments.log)
            if os.environ.get(QUIET):
                logging.getLogger().removeHandler(logging.getLogger().handlers[0])
        main(arguments)
        leaving.at_once()
    except UserError as error:
        log.error("error: %s", error)
        _end(error)
    except KeyboardInterrupt:
        _end_interrupted()
    except Exception as error:
        # Torch, interrupted while it saves a file, complains of the file.
        if any(isinstance(cause, KeyboardInterrupt) for cause in failures.causes(error)):
            _end_interrupted()
        if known := failures.explained(error):
            log.error("error: %s", known)
            _end(known)
        log.exception("unexpected error in %s (process %d)", name, os.getpid())
        sys.exit(1)


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Emptied once, and appended to: the processes that `launcher` starts write there as well.
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        path.write_text("", encoding="utf-8")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logging.getLogger().addHandler(handler)


def _end_interrupted() -> NoReturn:
    log.error("interrupted: %s", failures.GOES_ON)
    sys.exit(130)


def _end(error: UserError) -> NoReturn:
    sys.unraisablehook = lambda _: None  # what torch then cannot clean up is no second sentence
    if isinstance(error, failures.UnusableError):
        # HDF5 crashes at the end of a process that could not write one of its failures.
        logging.shutdown()
        sys.stdout.flush()
        os._exit(1)
    sys.exit(1)


def _keep_hdf5_quiet() -> None:
    """Suppress tracebacks of what HDF5 cannot clean up on a full disk: `run` reports it."""

    def silent(error: BaseException | None) -> bool:
        return error is not None and failures.unusable(error) is not None

    def on_error(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        if not silent(error):
            sys.__excepthook__(kind, error, traceback)

    def on_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
        if not silent(unraisable.exc_value):
            sys.__unraisablehook__(unraisable)

    sys.excepthook, sys.unraisablehook = on_error, on_unraisable
