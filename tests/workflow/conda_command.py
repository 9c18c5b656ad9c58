"""The conda commands that Snakemake calls, over py-rattler: a real solve and a real installation.

Beside the solver, this stands in for conda in what Snakemake asks: its prefix, version and channel
priority. `env create` reads an environment file as conda does: channels are looked up below
CONDA_CHANNEL_ALIAS, and what stands under `pip:` is installed by the pip of the new environment.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from os import environ
from pathlib import Path

import yaml
from rattler import MatchSpec, Platform, VirtualPackage, install, solve


async def install_packages(channels: list[str], packages: list[str], prefix: Path) -> None:
    records = await solve(
        channels,
        [MatchSpec(package) for package in packages],
        platforms=[str(Platform.current()), "noarch"],
        virtual_packages=VirtualPackage.detect(),
    )
    await install(
        records,
        target_prefix=prefix,
        cache_dir=Path(environ["CONDA_PKGS_DIRS"]),
        show_progress=False,
    )


def create(file: Path, prefix: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    alias = environ["CONDA_CHANNEL_ALIAS"]
    channels = [f"{alias}/{name}" for name in content["channels"] if name != "nodefaults"]
    packages = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    asyncio.run(install_packages(channels, packages, prefix))
    requirements = [
        line
        for entry in content["dependencies"]
        if isinstance(entry, dict)
        for line in entry["pip"]
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write("\n".join(requirements))
        listed.flush()
        command = [prefix / "bin" / "python", "-m", "pip", "install", "-r", listed.name]
        subprocess.run(command, check=True)


def main(words: list[str]) -> None:
    if words == ["info", "--json"]:
        home = str(Path(environ["CONDA_STANDIN_HOME"]))
        print(json.dumps({"conda_prefix": home, "platform": str(Platform.current())}))
    elif words == ["--version"]:
        print("conda 24.7.1")
    elif words[:2] == ["config", "--get"]:
        print(json.dumps({"get": {"channel_priority": "strict"}}))
    elif words[:2] == ["env", "create"]:
        parser = argparse.ArgumentParser()
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument("--prefix", type=Path, required=True)
        known, _ = parser.parse_known_args(words[2:])
        create(known.file, known.prefix)
    elif words[:1] == ["clean"]:
        pass  # the cache is the caller's
    else:
        sys.exit(f"conda {' '.join(words)} is not part of this stand-in")


if __name__ == "__main__":
    main(sys.argv[1:])
