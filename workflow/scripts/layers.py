"""List the layers of a study's networks, with their shapes and the memory and disk each costs."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks.libraries import own
from trajectories.planning.conditions.condition import Condition, conditions
from trajectories.planning.cost import ACTIVATION, DISSIMILARITY, stimulus_count
from trajectories.planning.cost_report import size
from trajectories.rdms.rdm import n_pairs
from trajectories.study import config


def main(arguments: argparse.Namespace) -> None:
    """Print the layers of each network of the config."""
    os.environ.setdefault(own.FOLDERS, str(arguments.config.resolve().parent))
    study = config.read(arguments.config)
    n_stimuli = stimulus_count(Path(study["stimuli"]["table"]))
    seen: dict[str, list[str]] = {}
    for condition in conditions(study):
        text = "\n".join(described(condition, n_stimuli))
        seen.setdefault(text, []).append(condition.name)
    for text, names in seen.items():
        print(f"{', '.join(names)}: {text}\n")
    print(
        f"Memory: the responses to the {n_stimuli} test images, in the job of the layer. Disk: the"
        " same for\neach checkpoint of a segment, until RDMs are made (with activations.keep, for"
        " good). The\nRDMs of a layer take"
        f" {n_pairs(n_stimuli) * DISSIMILARITY * 2 / 1000:,.0f} kB a checkpoint, whatever the"
        " layer."
    )


def described(condition: Condition, n_stimuli: int) -> Iterator[str]:
    """Lines on a network: its name, what its images are, and its layers."""
    network, readout = condition.describe(), condition.readout()
    yield f"{condition.architecture}, {condition.preprocessing().words}"
    width = max(map(len, network.shapes))
    yield f"{'layer':<{width}}  {'output':>16}  {'kept':>16}  {'units':>11}  {'memory, disk':>12}"
    for name, shape in network.shapes.items():
        if name in network.faults:
            yield f"{name:<{width}}  no layer: the network {network.faults[name]}"
            continue
        try:
            kept = readout.shape(name, shape)
        except UserError:
            yield f"{name:<{width}}  {_sides(shape):>16}  not with these activations.tokens or maps"
            continue
        units = 1
        for side in kept:
            units *= side
        cost = size(n_stimuli * units * ACTIVATION)
        yield (
            f"{name:<{width}}  {_sides(shape):>16}  {_sides(kept):>16}  {units:>11,}  {cost:>12}"
        )


def _sides(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="config of the study")
    cli.run(main, parser)
