"""Check a finished run against its provenance, and compute a part of it again if asked.

One line for each finding; exit status 1 if anything differs or is missing. Other versions, another
commit or machine are notes.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trajectories import cli
from trajectories.errors import UserError
from trajectories.planning.conditions import extraction, layers
from trajectories.provenance import (
    checksums,
    images_used,
    provenance,
    recomputation,
    verification,
)
from trajectories.provenance.verification import Finding
from trajectories.rdms import segment_rdms
from trajectories.stimuli import table as stimulus_table
from trajectories.storage import image_record
from trajectories.study import branches
from trajectories.study.config import resolve

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Segment:
    """A training segment of a finished run."""

    name: str
    condition: str
    seed: str
    start: str
    stop: str

    @property
    def instance(self) -> str:
        """Its network instance, as in paths."""
        return f"{self.condition}/seed-{self.seed}"

    @property
    def span(self) -> str:
        """Its epochs, as in paths."""
        return f"epochs-{self.start}-{self.stop}"


def main(arguments: argparse.Namespace) -> None:
    """Print the findings, and exit with status 1 if any is more than a note."""
    run = arguments.run
    recorded = provenance.read(run / "provenance.json")
    table = stimulus_table.located(Path(recorded["stimulus_table"]["path"]))
    chosen = segment(arguments, recorded)
    findings = [
        *verification.files(run, recorded),
        *verification.images(run, recorded),
        *verification.stimulus_table(table, recorded),
        *verification.surroundings(recorded, provenance.surroundings(HERE)),
    ]
    if arguments.recompute:
        findings += again(arguments, recorded, chosen, table)
    for finding in findings:
        print(finding)
    faults = sum(finding.kind != "note" for finding in findings)
    n_files = len(recorded["inputs"]) + len(recorded["results"]) + 1
    recomputed = f", {arguments.recompute} recomputed" if arguments.recompute else ""
    result = f"{faults} not as recorded" if faults else "all as recorded"
    print(f"{run}: {n_files} files checked{recomputed}: {result}")
    sys.exit(1 if faults else 0)


def again(
    arguments: argparse.Namespace,
    recorded: Mapping[str, Any],
    chosen: Segment | None,
    table: Path,
) -> Iterator[Finding]:
    """Findings from recomputing a part, in a temporary folder."""
    if chosen is None:
        read = stimulus_table.read_table(table)
        yield from recomputation.all_metrics(arguments.run, recorded, read)
        return
    with tempfile.TemporaryDirectory(prefix="reproduce-") as scratch:
        recompute = rdms_again if arguments.recompute == "rdms" else training_again
        yield from recompute(arguments, recorded, chosen, Path(scratch))


def segment(arguments: argparse.Namespace, recorded: Mapping[str, Any]) -> Segment | None:
    """The segment to compute again, if any: the one that the arguments name, or the first."""
    if arguments.recompute not in ("rdms", "training"):
        return None
    kind = "state" if arguments.recompute == "training" else "checkpoints"
    pattern = re.compile(rf"((.+)/seed-(\d+))/{kind}/epochs-(\d+)-(\d+)[./].*")
    matches = [match for name in recorded["results"] if (match := pattern.fullmatch(name))]
    segments = {
        f"{match[1]}/epochs-{match[4]}-{match[5]}": match.group(2, 3, 4, 5) for match in matches
    }
    name = arguments.segment or next(iter(segments), "")
    if name not in segments:
        raise UserError(
            f"{arguments.run} has no segment {name!r} for --recompute {arguments.recompute}:"
            f" name one as in {next(iter(segments), 'a run that was trained')}"
        )
    return Segment(name, *segments[name])


def rdms_again(
    arguments: argparse.Namespace, recorded: Mapping[str, Any], chosen: Segment, scratch: Path
) -> Iterator[Finding]:
    """Extract a segment again from its checkpoints, and compare the RDMs."""
    config, run = resolve(recorded["config"]), arguments.run
    images = training_images(run, recorded, chosen)
    dataset = ["--dataset", images] if images.name in recorded["inputs"] else []
    seen = extraction.stimuli(config, chosen.condition)
    for layer in layers.names(config):
        name = f"{chosen.instance}/rdms/{layer}/{chosen.span}.h5"
        stored = segment_rdms.read(run / name)
        script(
            "extract.py",
            *("--recipe", run / chosen.condition / "recipe.json"),
            *("--checkpoints", run / chosen.instance / "checkpoints" / chosen.span),
            *("--epochs", *stored.epoch.tolist()),
            *("--stimuli", run / seen, *dataset),
            *("--layer", layer, *extraction.flags(config, chosen.condition, [layer])),
            *("--batchnorm", config["activations"]["batchnorm"]),
            *("--recalibration-images", config["activations"]["recalibration_images"]),
            *("--diet", config["activations"].get("diet", "clear")),
            *("--condition", chosen.condition, "--seed", chosen.seed),
            *("--output", scratch / "activations.h5"),
            *("--device", arguments.device, "--threads", arguments.threads),
        )
        found = segment_rdms.from_activations(scratch / "activations.h5")
        yield from recomputation.compare(f"rdms in {name}", found.rdms, stored.rdms)


def training_again(
    arguments: argparse.Namespace, recorded: Mapping[str, Any], chosen: Segment, scratch: Path
) -> Iterator[Finding]:
    """Train a segment again, and compare the weights of its checkpoints."""
    run, states = arguments.run, scratch / "state.pt"
    previous: list[object] = []
    if int(chosen.start) > 0:
        conditions = recorded["config"]["conditions"]
        trunks = branches.shared(conditions, chosen.condition)
        # The first segment of a branch goes on from the state of its trunk.
        before = [chosen.condition, *(t for t in trunks if trunks[t] == int(chosen.start))]
        folders = "|".join(re.escape(f"{name}/seed-{chosen.seed}") for name in before)
        pattern = re.compile(rf"({folders})/state/epochs-\d+-{chosen.start}\.pt")
        name = next(name for name in recorded["results"] if pattern.fullmatch(name))
        previous = ["--previous-state", run / name]
    folder = scratch / "checkpoints"
    script(
        "train.py",
        *("--recipe", run / chosen.condition / "recipe.json"),
        *("--dataset", training_images(run, recorded, chosen), *previous),
        *("--condition", chosen.condition, "--seed", chosen.seed),
        *("--start", int(chosen.start), "--stop", int(chosen.stop)),
        *("--checkpoints", folder, "--state", states, "--unfinished", scratch / "unfinished"),
        *("--device", arguments.device, "--threads", arguments.threads),
    )
    # Only here, so that all else can be checked without torch.
    from trajectories.networks import checkpoints

    for path in sorted(folder.glob("*.pt")):
        name = f"{chosen.instance}/checkpoints/{chosen.span}/{path.name}"
        if checksums.sha256(path) != recorded["results"].get(name):
            apart = checkpoints.largest_difference(path, run / name)
            if apart > 0:
                yield Finding("differs", f"weights of {name} differ by up to {apart:.2g}")


def training_images(run: Path, recorded: Mapping[str, Any], chosen: Segment) -> Path:
    """The training images of a segment: a condition may have some of its own."""
    [said] = [
        each.get(image_record.TRAINING)
        for each in recorded["instances"]
        if (each["condition"], str(each["seed"])) == (chosen.condition, chosen.seed)
    ]
    found = images_used.of_run(run).get(image_record.TRAINING, {})
    known = (path for path, here in found.items() if said is not None and said == here)
    return next(known, run / "dataset.h5")


def script(name: str, *words: object) -> None:
    """Run a script of the workflow with this Python."""
    command = [sys.executable, str(HERE / name), *map(str, words)]
    if subprocess.run(command, check=False).returncode:
        raise UserError(f"{name} could not repeat its part: see its message above")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder results/<experiment>")
    parser.add_argument(
        "--recompute",
        choices=("metrics", "rdms", "training"),
        help=(
            "also recompute: all trajectories and tables from the RDMs of segments; the RDMs of a"
            " segment from its checkpoints; or a segment's training"
        ),
    )
    parser.add_argument(
        "--segment", help="<condition>/seed-<s>/epochs-<a>-<b> (default: the first)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    cli.run(main, parser)
