"""One writer at a time: a lock on a file that ends with its owner, however the owner ends.

Two jobs that train one network instance would replace each other's states. So a job holds

- `flock` on a file, which the kernel releases when the process ends, even by `kill -9`. It holds
  on one machine, and between machines where the file system passes locks on;
- a record in that file of who holds it (machine, process, SLURM job), for file systems that keep
  `flock` to one machine, as many clusters' do. The file's date is renewed every minute.

A lock whose owner is dead is taken over. An owner on this machine is dead when its process is
gone; one elsewhere when its SLURM job has ended, or, if `squeue` cannot say, when it has given
no sign of life for `PATIENCE`. An owner that was only stopped and wakes up again learns from
`Lock.check` that it has lost the lock, before it writes.
"""

import fcntl
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from trajectories.errors import UserError
from trajectories.storage.files import flush
from trajectories.storage.processes import start_of

BEAT = 60.0
"""Seconds between two signs of life."""
PATIENCE = 15 * BEAT
"""Seconds without a sign of life after which an owner on another machine counts as dead."""

_ENDED = {
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
    "PREEMPTED", "REVOKED", "TIMEOUT",
}  # fmt: skip
# A job that SLURM stops, at its time limit say, is still ending when the next one starts.
_ENDING_CHECKS, _ENDING_PAUSE = 25, 5.0  # seconds

# A forked process inherits open files, and a `flock` lasts until all of them are closed: the
# processes that load images must not keep the lock of a job that was killed.
_descriptors: set[int] = set()


def _close_in_child() -> None:
    for descriptor in _descriptors:
        os.close(descriptor)
    _descriptors.clear()


os.register_at_fork(after_in_child=_close_in_child)


@dataclass(frozen=True)
class Owner:
    """Who holds a lock.

    Attributes
    ----------
    host : str
    pid : int
    started : str
        When the process started, in ticks since boot: process numbers are reused.
    slurm_job : str or None
    slurm_start : str
        How often SLURM has restarted that job, which then keeps its number.
    since : str
        When it took the lock, to be shown.
    token : str
        Different each time that a lock is taken.
    """

    host: str
    pid: int
    started: str
    slurm_job: str | None
    slurm_start: str
    since: str
    token: str

    def __str__(self) -> str:
        job = f", SLURM job {self.slurm_job}" if self.slurm_job else ""
        return f"process {self.pid} on {self.host}{job}"


@dataclass(frozen=True)
class Lock:
    """A lock that is held."""

    path: Path
    owner: Owner

    def check(self) -> None:
        """Make sure that the lock has not been taken over.

        Raises
        ------
        UserError
            If it has: nothing more must be written.
        """
        found = _read(self.path)
        if found is not None and found.token == self.owner.token:
            return
        try:
            self.path.read_bytes()
        except OSError as error:
            folder = self.path.parent
            gone = f"the file {self.path}" if folder.is_dir() else f"the folder {folder}"
            raise UserError(
                f"{gone} has gone, or cannot be read, while this job wrote there"
                f" ({error.strerror}): make sure that its disk is there and that nobody removes or"
                " moves the results, then start again; this job stops, and only what was deleted is"
                " lost"
            ) from error
        raise UserError(
            f"the lock {self.path} is no longer that of this job ({self.owner}) but that of"
            f" {found or 'another'}: this job stops and leaves the work to the other"
        )


def holder(path: Path) -> tuple[Owner, bool] | None:
    """Who holds a lock, by its record, and whether the owner seems to be alive.

    Nothing is locked, and SLURM is not asked: an owner on another machine is believed as long as it
    gives signs of life. None where nobody holds it.
    """
    owner = _read(path)
    try:
        quiet = time.time() - path.stat().st_mtime
    except OSError:
        return None
    if owner is None:
        return None
    if owner.host == socket.gethostname():
        return owner, start_of(owner.pid) == owner.started
    return owner, quiet < PATIENCE


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[Lock]:
    """Hold the lock on `path` while the block runs.

    Parameters
    ----------
    path : Path
        The file of the lock: made where it is missing, with its folder, and removed in the end.
    what : str
        What is locked, for the message: "moco seed 3".

    Raises
    ------
    UserError
        If a living owner holds it; the message names the owner and the remedy.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = _this_process()
    descriptor = _take(path, owner, what)
    _descriptors.add(descriptor)
    ended = threading.Event()
    signs = threading.Thread(target=_give_signs_of_life, args=(descriptor, ended), daemon=True)
    signs.start()
    try:
        yield Lock(path, owner)
    finally:
        ended.set()
        signs.join()
        found = _read(path)
        if found is not None and found.token == owner.token:
            path.unlink(missing_ok=True)
        _descriptors.discard(descriptor)
        os.close(descriptor)


def _take(path: Path, owner: Owner, what: str) -> int:
    """Descriptor of the locked file, with the record of `owner` in it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            free = _flock(descriptor)
            # Its former owner may have removed the file since it was opened here.
            if free and not _is_open_file(path, descriptor):
                os.close(descriptor)
                continue
            former = _read(path)
            if not free or (former is not None and _is_alive(path, former, owner)):
                raise UserError(_refusal(path, former, what))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(owner)).encode(), 0)
            flush(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _flock(descriptor: int) -> bool:
    """Whether the kernel gives the lock; also where the file system has none to give."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # the record has to do
    return True


def _is_open_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _refusal(path: Path, owner: Owner | None, what: str) -> str:
    if owner is None:
        return f"{what} is being trained by another process, which holds {path}: wait until it ends"
    stop = f"scancel {owner.slurm_job}" if owner.slurm_job else f"kill {owner.pid}"
    sentence = (
        f"{what} is already being trained by {owner}, since {owner.since}: let it finish, or stop"
        f" it (`{stop}`), and start again"
    )
    if owner.host == socket.gethostname() or owner.slurm_job:
        return sentence
    return (
        f"{sentence}; if it is gone, delete {path}, or start again {PATIENCE / 60:.0f} minutes"
        " after its end"
    )


def _read(path: Path) -> Owner | None:
    """The owner on record; None where there is no file, or no record that can be read."""
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _this_process() -> Owner:
    return Owner(
        host=socket.gethostname(),
        pid=os.getpid(),
        started=start_of(os.getpid()) or "",
        slurm_job=os.environ.get("SLURM_JOB_ID"),
        slurm_start=os.environ.get("SLURM_RESTART_COUNT", "0"),
        since=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        token=uuid.uuid4().hex,
    )


def _is_alive(path: Path, owner: Owner, here: Owner) -> bool:
    if owner.host == here.host:
        return start_of(owner.pid) == owner.started
    if owner.slurm_job:
        # Started again by SLURM, perhaps on another machine, this is the owner's job.
        if owner.slurm_job == here.slurm_job and owner.slurm_start != here.slurm_start:
            return False
        running = _is_in_queue(owner.slurm_job)
        if running is not None:
            return running
    return _seconds_since_sign_of_life(path) < PATIENCE


def _is_in_queue(job: str) -> bool | None:
    """Whether a SLURM job has not ended; None where SLURM cannot say."""
    command = ["squeue", "--noheader", "--format=%T", f"--jobs={job}"]
    states: set[str] = set()
    for attempt in range(_ENDING_CHECKS):
        if attempt:
            time.sleep(_ENDING_PAUSE)
        try:
            answer = subprocess.run(
                command, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if answer.returncode:
            return False if "Invalid job id" in answer.stderr else None
        states = set(answer.stdout.split())
        if states != {"COMPLETING"}:
            break
    return not states <= _ENDED


def _seconds_since_sign_of_life(path: Path) -> float:
    """By the clock of the file system: those of two machines may differ."""
    with tempfile.TemporaryFile(dir=path.parent) as now:
        return os.fstat(now.fileno()).st_mtime - path.stat().st_mtime


def _give_signs_of_life(descriptor: int, ended: threading.Event) -> None:
    while not ended.wait(BEAT):
        with suppress(OSError):
            os.utime(descriptor)
