"""Jobs that a killed Snakemake has left to SLURM."""

import os
import shutil
import subprocess
from pathlib import Path

from trajectories.errors import UserError

_PATIENCE = 60  # seconds
# Where Snakemake's executor keeps the logs of jobs that have not succeeded.
_SUBMITTED = Path(".snakemake", "slurm_logs")


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

    Raises
    ------
    subprocess.SubprocessError, OSError
        If squeue does not answer.
    """
    found = subprocess.run(
        ["squeue", "--noheader", "--user", str(os.getuid()), "--format", "%i|%T|%k|%Z"],
        text=True,
        capture_output=True,
        timeout=_PATIENCE,
        check=True,
    )
    rows = (line.split("|", 3) for line in found.stdout.splitlines() if line.count("|") >= 3)
    # Snakemake's executor gives each job a comment, such as rule_train_wildcards_moco_1.
    return [
        job
        for job, state, comment, directory in rows
        if state != "COMPLETING"
        and comment.startswith("rule_")
        and Path(directory).resolve() == folder.resolve()
    ]
