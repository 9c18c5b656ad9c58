"""Snakemake's `--logger work`: one line on how much of the work is done, instead of chatter.

`make run` uses it. Elsewhere it is found with `PYTHONPATH=workflow/plugins`. All that it leaves out
is in Snakemake's own log, `.snakemake/log/`, and in the logs of the jobs.
"""

import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from trajectories import cli
from trajectories.status.progress_line import line
from trajectories.status.work import Work

_REDRAWN = 1.0  # seconds
_STEP, _PAUSE = 5, 60.0  # percent and seconds between lines where none can be redrawn
_ERRORS = (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR)


class LogHandler(LogHandlerBase):
    """Shows the line, what goes wrong, and what was found."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self):
        self.stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self.redraws = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.work, self.trainings = Work({}), {}
        self.shown = ("", float("-inf"))
        self.drawn = False
        self.closed = threading.Event()
        if not self.common_settings.dryrun:
            os.environ[cli.QUIET] = "1"

    def emit(self, record):
        """Take note of a message of Snakemake's, and show it if a person is to see it."""
        event = getattr(record, "event", None)
        if hasattr(record, "work"):
            self.work, self.trainings = Work(record.work), record.trainings
            if self.redraws:
                threading.Thread(target=self._keep_redrawing, daemon=True).start()
        elif self.common_settings.dryrun:
            if event != LogEvent.SHELLCMD:
                self._say(self.format(record))
        elif event == LogEvent.JOB_STARTED:
            for job in record.jobs:
                self.work.start(job, time.monotonic())
        elif event == LogEvent.JOB_FINISHED:
            self.work.end(record.job_id, time.monotonic())
        elif event in _ERRORS:
            self._tell_of_error(record, event)
        elif record.levelno >= logging.WARNING or hasattr(record, "told") or _concludes(record):
            self._say(self.format(record))
        self._draw()

    def close(self):
        """Leave the last line as it stands."""
        self.closed.set()
        with self.lock:
            if self.drawn:
                self.stream.write("\n")
            self.drawn = False
        super().close()

    def _tell_of_error(self, record, event):
        if event == LogEvent.GROUP_ERROR:
            return  # each of its jobs has a message of its own
        self.work.stop(record.jobid)
        where = f" (all of it in {', '.join(record.log)})" if record.log else ""
        said = next(filter(None, map(_last_line, record.log)), "it left no message")
        self._say(f"Error in rule {record.rule_name}: {said}{where}")

    def _say(self, text):
        if text and text != "None":
            with self.lock:
                self.stream.write("\r\033[K" if self.drawn else "")
                self.stream.write(f"{text}\n")
                self.stream.flush()
                self.drawn = False

    def _keep_redrawing(self):
        while not self.closed.wait(_REDRAWN):
            self._draw()

    def _draw(self):
        if not self.work.jobs or self.closed.is_set():
            return
        now = time.monotonic()
        with self.lock:
            text = line(self.work, self.trainings, now)
            if self.redraws:
                room = shutil.get_terminal_size().columns - 1
                self.stream.write(f"\r\033[K{text[:room]}")
                self.stream.flush()
                self.drawn = True
            elif self._is_news(text, now):
                self.stream.write(f"{text}\n")
                self.stream.flush()
                self.shown = (text, now)

    def _is_news(self, text, now):
        """Whether so much is done since the last line that another one is due."""
        before, then = self.shown
        percents = [int(each.partition("%")[0] or -_STEP) for each in (before, text)]
        due = percents[1] - percents[0] >= _STEP or percents[1] == 100 or now - then >= _PAUSE
        return due and text != before


def _concludes(record):
    return str(record.msg).startswith("Nothing to be done")


def _last_line(path):
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((each.strip() for each in reversed(lines) if each.strip()), "")
