"""Packages for an installation without network, made from what is installed beside the tests.

A conda channel with `python` and `pip`, and a folder of wheels for what stands under `pip:`. The
`python` package is thin: links to the interpreter that runs the tests, and a `pyvenv.cfg` that
hides all that is installed there.
"""

import asyncio
import base64
import hashlib
import io
import json
import platform
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from rattler import Platform
from rattler.index import index_fs

INSTALLATION = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
VERSION = platform.python_version()
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"lib/python{SERIES}/site-packages"


def pip_version() -> str:
    """Version of the pip beside the tests."""
    return distribution("pip").version


def with_requirements(names: Iterable[str]) -> list[Distribution]:
    """The installed distributions of these names and all that they require, each once."""
    found: dict[str, Distribution] = {}
    queue = list(names)
    while queue:
        each = distribution(queue.pop())
        if each.name not in found:
            found[each.name] = each
            required = map(Requirement, each.requires or ())
            queue += [
                one.name for one in required if not one.marker or one.marker.evaluate({"extra": ""})
            ]
    return list(found.values())


def own_files(package: Distribution) -> Iterator[tuple[str, bytes]]:
    """What a wheel of an installed distribution holds: no scripts, no bytecode, no RECORD."""
    for file in package.files or ():
        if file.parts[0] == ".." or file.suffix == ".pyc" or file.is_absolute():
            continue
        if not (file.parent.name.endswith(".dist-info") and file.name in INSTALLATION):
            yield str(file), Path(str(package.locate_file(file))).read_bytes()


def write_wheel(package: Distribution, folder: Path) -> Path:
    """Pack an installed distribution into a wheel again, uncompressed."""
    files = dict(own_files(package))
    home = next(name for name in files if name.endswith(".dist-info/WHEEL")).rpartition("/")[0]
    lines = files[f"{home}/WHEEL"].decode().splitlines()
    tags = [line.removeprefix("Tag: ").split("-") for line in lines if line.startswith("Tag: ")]
    tag = "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
    path = folder / f"{home.removesuffix('.dist-info')}-{tag}.whl"
    record = [f"{home}/RECORD,,"]
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record.append(f"{name},sha256={digest},{len(content)}")
        wheel.writestr(f"{home}/RECORD", "\n".join(record) + "\n")
    return path


def write_channel(folder: Path) -> None:
    """A conda channel with `python` and `pip`, indexed."""
    subdir = folder / str(Platform.current())
    subdir.mkdir(parents=True)
    (folder / "noarch").mkdir()
    # Not sys.executable: that of a virtual environment would find its packages.
    binaries = Path(sys.base_prefix) / "bin"
    settings = f"home = {binaries}\ninclude-system-site-packages = false\nversion = {VERSION}\n"
    links = {
        f"bin/python{SERIES}": str(binaries / f"python{SERIES}"),
        "bin/python": f"python{SERIES}",
        "bin/python3": f"python{SERIES}",
    }
    write_package(subdir, "python", VERSION, [], {"pyvenv.cfg": settings.encode()}, links)
    pip = distribution("pip")
    files = {f"{SITE}/{name}": content for name, content in own_files(pip)}
    write_package(subdir, "pip", pip.version, [f"python {SERIES}.*"], files, {})
    asyncio.run(index_fs(folder))


def write_package(
    subdir: Path,
    name: str,
    version: str,
    depends: list[str],
    files: dict[str, bytes],
    links: dict[str, str],
) -> None:
    """A conda package of these files and symbolic links."""
    index = {"name": name, "version": version, "build": "0", "build_number": 0}
    index |= {"depends": depends, "subdir": subdir.name}
    paths = [
        {"_path": path, "path_type": "hardlink", "size_in_bytes": len(content)}
        | {"sha256": hashlib.sha256(content).hexdigest()}
        for path, content in files.items()
    ] + [{"_path": path, "path_type": "softlink"} for path in links]
    described = {
        "info/index.json": json.dumps(index).encode(),
        "info/paths.json": json.dumps({"paths_version": 1, "paths": paths}).encode(),
        "info/files": "\n".join([*files, *links]).encode(),
    }
    with tarfile.open(subdir / f"{name}-{version}-0.tar.bz2", "w:bz2", compresslevel=1) as archive:
        for path, content in {**described, **files}.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for path, target in links.items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
