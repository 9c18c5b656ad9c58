"""What SLURM says of jobs: of those that a killed Snakemake has left, and of those of this run."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from trajectories.errors import UserError

INTERIM = "interim_"
"""How names of jobs of interim looks begin."""

_PATIENCE = 60  # seconds
# Where Snakemake's executor keeps the logs of jobs that have not succeeded.
_SUBMITTED = Path(".snakemake", "slurm_logs")
# Reasons for which a job waits, as squeue gives them: no node may take it for now.
_NO_NODES = re.compile(r"DOWN|DRAINED|NotAvail|PartitionDown|PartitionInactive")


def refuse_running_jobs(folder: Path) -> str | None:
    """Refuse to start if jobs of an earlier Snakemake are waiting or running.

    A new Snakemake does not know of them and would submit their work again.

    Parameters
    ----------
    folder : Path
        Where Snakemake is started.

    Returns
    -------
    str or None
        A warning if jobs were submitted from here but SLURM does not answer.

    Raises
    ------
    UserError
        If there are any; the message names them.
    """
    if shutil.which("squeue") is None:
        return None
    try:
        jobs = jobs_in(folder)
    except (subprocess.SubprocessError, OSError):
        # Programs without a cluster behind them, as a package leaves them, are no cause for alarm.
        if not (folder / _SUBMITTED).is_dir():
            return None
        return (
            "squeue does not answer, so jobs of an earlier Snakemake in this folder cannot be"
            " detected"
        )
    if jobs:
        one = len(jobs) == 1
        raise UserError(
            f"SLURM {'job' if one else 'jobs'} {', '.join(jobs)} of an earlier Snakemake"
            f" {'is' if one else 'are'} still waiting or running in {folder}: start again when"
            f" squeue no longer lists {'it' if one else 'them'}, or end {'it' if one else 'them'}"
            f" now with `scancel {' '.join(jobs)}`, which loses the epochs that have begun"
        )
    return None


def jobs_in(folder: Path) -> list[str]:
    """Ids of this user's live SLURM jobs that Snakemake has submitted from a folder.

    Without those of interim looks, which make nothing that a study makes.

    Raises
    ------
    subprocess.SubprocessError, OSError
        If squeue does not answer.
    """
    found = subprocess.run(
        ["squeue", "--noheader", "--user", str(os.getuid()), "--format", "%i|%T|%j|%k|%Z"],
        text=True,
        capture_output=True,
        timeout=_PATIENCE,
        check=True,
    )
    rows = (line.split("|", 4) for line in found.stdout.splitlines() if line.count("|") >= 4)
    # Snakemake's executor gives each job a comment, such as rule_train_wildcards_moco_1.
    return [
        job
        for job, state, name, comment, directory in rows
        if state != "COMPLETING"
        and not name.startswith(INTERIM)
        and comment.startswith("rule_")
        and Path(directory).resolve() == folder.resolve()
    ]


class Watch:
    """Asks SLURM about the jobs of a run, and says why they or SLURM keep it waiting.

    Parameters
    ----------
    say : callable
        Takes each sentence for the user.
    pause : float
        Seconds between two questions while SLURM does not answer.
    """

    def __init__(self, say: Callable[[str], object], pause: float = 10) -> None:
        self.say, self.pause = say, pause
        self.stopped = threading.Event()
        self._silent_since: float | None = None
        self._absent: set[str] = set()
        self._told: set[str] = set()
        self._one_asks = threading.RLock()

    def wait(self) -> bool:
        """Wait until SLURM answers; False if `stopped` was set before it did."""
        while not self.stopped.is_set():
            if self.answers():
                return True
            self.stopped.wait(self.pause)
        return False

    def answers(self) -> bool:
        """Whether SLURM answers now."""
        return self._ask("--user", str(os.getuid()), "--format=%i") is not None

    def gone(self, jobs: Iterable[str]) -> set[str]:
        """Those of some jobs, by their ids, of which SLURM has no record any more.

        A job that ended stays on record for a while, which may have passed while SLURM did not
        answer. To be sure, a job has to be missing from two answers in a row.
        """
        names = sorted(jobs)
        if not names:
            if self._silent_since is not None:
                self.answers()
            return set()
        answer = self._ask("--states=all", f"--jobs={','.join(names)}", "--format=%F|%T|%r")
        if answer is None:
            return set()
        rows = [line.split("|", 2) for line in answer.splitlines() if line.count("|") == 2]
        self._tell_what_holds_up(rows)
        known = {row[0] for row in rows}
        absent = {name for name in names if name.partition("_")[0] not in known}
        twice, self._absent = absent & self._absent, absent
        return twice

    def _ask(self, *question: str) -> str | None:
        """The answer of squeue; None where there is none."""
        command = ["squeue", "--noheader", *question]
        with self._one_asks:
            try:
                answer = subprocess.run(
                    command, text=True, capture_output=True, timeout=_PATIENCE, check=False
                )
                if answer.returncode == 0 or "Invalid job id" in answer.stderr:
                    self._tell_that_it_answers()
                    return answer.stdout
                said = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
            except (OSError, subprocess.SubprocessError) as error:
                said = str(error)
            if self._silent_since is None:
                self._silent_since = time.monotonic()
                self.say(
                    f"SLURM does not answer ({said}): jobs that run go on, and so does this run as"
                    " soon as SLURM answers again; nothing is lost"
                )
            return None

    def _tell_that_it_answers(self) -> None:
        if self._silent_since is not None:
            minutes = (time.monotonic() - self._silent_since) / 60
            self.say(f"SLURM answers again, after {minutes:.1f} minutes")
            self._silent_since = None

    def _tell_what_holds_up(self, rows: Iterable[Sequence[str]]) -> None:
        """Say once for which reasons jobs wait that do not pass by themselves."""
        held: dict[str, list[str]] = {}
        for job, state, reason in rows:
            if state == "PENDING" and _NO_NODES.search(reason):
                held.setdefault(reason, []).append(job)
        for reason in held.keys() - self._told:
            several = len(held[reason]) > 1
            self.say(
                f"SLURM {'jobs' if several else 'job'} {', '.join(held[reason])}"
                f" {'wait' if several else 'waits'} for nodes that are drained, down or reserved"
                f" ({reason}): {'they start' if several else 'it starts'} when the nodes are back,"
                " and nothing is lost; `sinfo -R` says why they are away"
            )
        self._told = set(held)
