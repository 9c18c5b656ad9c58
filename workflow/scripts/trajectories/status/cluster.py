"""What SLURM says of a study's jobs."""

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

_PATIENCE = 20  # seconds


def states(folder: Path) -> str | None:
    """States of the jobs that were submitted from a folder, in one sentence.

    Parameters
    ----------
    folder : Path
        Where Snakemake was started.

    Returns
    -------
    str or None
        None where there is no SLURM, or where it has no such jobs.
    """
    if shutil.which("squeue") is None:
        return None
    command = ["squeue", "--noheader", "--user", str(os.getuid()), "--format", "%T|%r|%k|%Z"]
    try:
        found = subprocess.run(
            command, text=True, capture_output=True, timeout=_PATIENCE, check=True
        )
    except (subprocess.SubprocessError, OSError):
        # Programs without a cluster behind them, as a package leaves them, say nothing of it.
        return "SLURM does not answer" if (folder / ".snakemake" / "slurm_logs").is_dir() else None
    counts: Counter[str] = Counter()
    for line in found.stdout.splitlines():
        state, reason, comment, directory = (*line.split("|", 3), "", "", "")[:4]
        if comment.startswith("rule_") and Path(directory).resolve() == folder.resolve():
            waits = state == "PENDING" and reason not in ("None", "Priority", "Resources")
            counts[f"{state.lower()} ({reason})" if waits else state.lower()] += 1
    if not counts:
        return None
    return "SLURM: " + ", ".join(f"{number} {state}" for state, number in counts.items())
