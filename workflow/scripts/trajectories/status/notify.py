"""Commands of the user's that hear how a run ended."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class End:
    """How a run of a study ended.

    Attributes
    ----------
    study : str
        Name of the experiment.
    outcome : str
        "success" or "error".
    message : str
        What there is to say, in one line.
    folder : Path
        Of its results.
    """

    study: str
    outcome: str
    message: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """What a command is told, by variables of its environment."""
        report = self.folder / "report.html"
        return {
            "STUDY": self.study,
            "STUDY_OUTCOME": self.outcome,
            "STUDY_MESSAGE": self.message,
            "STUDY_FOLDER": str(self.folder.resolve()),
            "STUDY_REPORT": str(report.resolve()) if report.exists() else "",
        }


def run(notify: Mapping[str, str | list[str] | None], end: End) -> str | None:
    """Run the command for an outcome, if there is one; gives a warning if it fails.

    Nothing is put into the command: what happened is in its environment alone.

    Parameters
    ----------
    notify : mapping
        The block `notify` of a config.
    end : End
    """
    command = notify[end.outcome]
    if command is None:
        return None
    words = ["sh", "-c", command] if isinstance(command, str) else command
    key = f"config key `notify.{end.outcome}`"
    try:
        done = subprocess.run(
            words,
            env={**os.environ, **end.environment()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the command of {key} was stopped after {PATIENCE:.0f} seconds"
    except (OSError, ValueError) as error:
        return f"the command of {key} cannot be run ({error}): correct it there"
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        why = f" ({said[-1]})" if said else ""
        return f"the command of {key} ended with exit status {done.returncode}{why}"
    return None
