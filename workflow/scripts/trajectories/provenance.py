"""With what the report was made: versions, commit, machine."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "torch", "torchvision", "numpy", "scipy", "pandas", "h5py", "matplotlib", "snakemake",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of those packages that are installed, by name."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(folder: Path) -> str:
    """Git commit of the code in `folder`, and whether files differ from it."""

    def git(*words: str) -> str:
        answer = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
        )
        return answer.stdout.strip()

    try:
        revision = git("rev-parse", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown (not a git checkout)"
    return f"{revision}, with uncommitted changes" if changed else revision


def machine() -> str:
    """System, processor and number of its cores; no name or address."""
    system = f"{platform.system()} {platform.release()}"
    return f"{system}, {platform.machine()}, {os.cpu_count()} CPU cores"
