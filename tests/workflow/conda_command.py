"""The conda commands that Snakemake calls, over py-rattler: a real solve and a real installation.

The rest of conda that Snakemake asks for (prefix, version, priority of channels) is answered by
fixed words. `env create` takes an environment file as conda does: channels are looked up below
CONDA_CHANNEL_ALIAS, and what stands under `pip:` is installed by the pip of the new environment.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from rattler import MatchSpec, Platform, VirtualPackage, install, solve


async def install_packages(channels: list[str], packages: list[str], prefix: Path) -> None:
    records = await solve(
        channels,
        [MatchSpec(package) for package in packages],
        platforms=[str(Platform.current()), "noarch"],
        virtual_packages=VirtualPackage.detect(),
    )
    cache = Path(os.environ["CONDA_PKGS_DIRS"])
    await install(records, target_prefix=prefix, cache_dir=cache, show_progress=False)


def create(file: Path, prefix: Path) -> None:
    content: dict[str, list[Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    alias = os.environ["CONDA_CHANNEL_ALIAS"]
    channels = [f"{alias}/{name}" for name in content["channels"] if name != "nodefaults"]
    packages = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    asyncio.run(install_packages(channels, packages, prefix))
    for entry in content["dependencies"]:
        if isinstance(entry, dict):
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
                requirements.write("\n".join(entry["pip"]))
                requirements.flush()
                pip = [prefix / "bin" / "python", "-m", "pip", "install"]
                subprocess.run([*pip, "--requirement", requirements.name], check=True)


def main(words: list[str]) -> None:
    match words:
        case ["info", "--json"]:
            home = os.environ["CONDA_PREFIX"]
            print(json.dumps({"conda_prefix": home, "platform": str(Platform.current())}))
        case ["--version"]:
            print("conda 24.7.1")
        case ["config", "--get", *_]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *flags]:
            file, prefix = (Path(flags[flags.index(flag) + 1]) for flag in ("--file", "--prefix"))
            create(file, prefix)
        case ["clean", *_]:
            pass  # The cache is the caller's.
        case _:
            sys.exit(f"conda {' '.join(words)} is not part of this stand-in")


if __name__ == "__main__":
    main(sys.argv[1:])
