"""What the report says about a run's provenance."""

from collections.abc import Mapping
from typing import Any

from trajectories.provenance.provenance import distinct

# There may be thousands of these; the report gives their number.
MANY = ("/checkpoints/", "/state/", "/rdms/")


def made_with(provenance: Mapping[str, Any]) -> dict[str, str]:
    """What a run was made with, as names and values: its analysis, and its training at the time."""
    analysis = provenance["made_with"]
    told = {
        "Commit": analysis["commit"],
        "Machine": analysis["machine"],
        "Versions": _listed(analysis["versions"]),
    }
    instances = provenance["instances"]
    origins = distinct([origin for each in instances for origin in each["trained_with"]])
    for origin in origins:
        here = [
            f"{each['condition']} seed {each['seed']}"
            for each in instances
            if origin in each["trained_with"]
        ]
        whose = "" if len(here) == len(instances) else f" ({', '.join(here)})"
        parts = [_listed(origin["versions"])]
        parts += [origin[key] for key in ("device", "machine") if key in origin]
        parts += [f"commit {origin['commit']}"] if "commit" in origin else []
        number = f" {origins.index(origin) + 1}" if len(origins) > 1 else ""
        told[f"Trained with{number}"] = "; ".join(parts) + whose
    return told


def listed_files(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Files and their SHA-256, inputs first, without those that are too many to list."""
    table = provenance["stimulus_table"]
    files = {table["path"]: table["sha256"], **provenance["inputs"], **provenance["results"]}
    return [(name, digest) for name, digest in files.items() if not _is_one_of_many(name)]


def n_more_files(provenance: Mapping[str, Any]) -> int:
    """Number of the files that `listed_files` leaves out."""
    return sum(map(_is_one_of_many, provenance["results"]))


def _is_one_of_many(name: str) -> bool:
    return any(part in name for part in MANY)


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
