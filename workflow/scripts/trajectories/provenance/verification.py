"""Whether a run is still what its provenance says, and what differs here and now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from trajectories.provenance import checksums, images_used
from trajectories.provenance.provenance import distinct


@dataclass(frozen=True)
class Finding:
    """Something to report about a run; a note is not a fault.

    Attributes
    ----------
    kind : {"differs", "missing", "note"}
    text : str
        What it is about, by name.
    """

    kind: Literal["differs", "missing", "note"]
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def files(run: Path, provenance: Mapping[str, Any]) -> Iterator[Finding]:
    """Files of the run that are missing, or have other checksums than recorded.

    Parameters
    ----------
    run : Path
        Folder results/<experiment>, wherever it is now.
    provenance : mapping
        As `provenance.read` gives it.
    """
    recorded = {**provenance["inputs"], **provenance["results"]}
    for name in recorded:
        if not (run / name).is_file():
            yield Finding("missing", name)
    found = checksums.of_files(run, [run / name for name in recorded if (run / name).is_file()])
    for name, digest in found.items():
        if digest != recorded[name]:
            yield Finding("differs", f"{name} has a different SHA-256 from the recorded one")


def images(run: Path, provenance: Mapping[str, Any]) -> Iterator[Finding]:
    """Network instances that were made from other images than those in the run's folder.

    Parameters
    ----------
    run : Path
        Folder of the run.
    provenance : mapping
        As `provenance.read` gives it.
    """
    for text in images_used.disagreements(run, provenance["instances"]):
        yield Finding("differs", text)


def stimulus_table(path: Path, provenance: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the table of test images is missing or differs from the recorded one."""
    if not path.is_file():
        yield Finding("missing", str(path))
    elif checksums.sha256(path) != provenance["stimulus_table"]["sha256"]:
        yield Finding("differs", f"{path} has a different SHA-256 from the recorded one")


def surroundings(provenance: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Finding]:
    """What the run was made with that is different here: commit, machine and versions.

    Parameters
    ----------
    provenance : mapping
        As `provenance.read` gives it.
    here : mapping
        As `provenance.surroundings` gives it.
    """
    origins = [origin for each in provenance["instances"] for origin in each["trained_with"]]
    for verb, origin in [
        ("made", provenance["made_with"]),
        *(("trained", origin) for origin in distinct(origins)),
    ]:
        for key, words in (("commit", "with the code of commit"), ("machine", "on")):
            if key in origin and origin[key] != here[key]:
                yield Finding("note", f"{verb} {words} {origin[key]}; here is {here[key]}")
        for name, version in origin["versions"].items():
            now = here["versions"].get(name, "not installed")
            if now != version:
                yield Finding("note", f"{verb} with {name} {version}; here it is {now}")
