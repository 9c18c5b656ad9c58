"""Images per second of several seeds on this machine's CPU, and of lightly and hand-written code.

    python benchmarks/training.py                           all settings
    python benchmarks/training.py --settings resnet18-32 --rounds 3

All train as their users would. Ours: one seed per core, each with one thread, as `make run`
does, in fp32 and in bf16. The peers: one seed after another, on all cores, with PIL transforms in
the workers of a DataLoader; the number of workers is the one of 0, 1 and 2 that suits the peer
best in a short trial. Images per second are counted over all processes. The same images for all:
random pictures as smooth as photographs, in memory up to 64 px and as JPEG files of 500 × 375 px
above. At 32 px two stems: the small one, usual for such images, and that of ImageNet, which the
default of this workflow has.
"""

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import machine
import made_images
import numpy as np
import rounds
from PIL import Image

CORES = os.cpu_count() or 1
PEERS = ("lightly", "by hand")


@dataclasses.dataclass(frozen=True)
class Setting:
    """One network and image size, the target ratio, and steps of a round.

    A batch has groups of 32 images, as published, in ours; the peers have none.
    """

    architecture: str
    stem: str
    size: int
    batch: int
    steps: int
    target: float
    images: int = 2048
    queue: int = 1024


SETTINGS = {
    "resnet18-32-small": Setting("resnet18", "small", 32, 64, 4, 2.5),
    "resnet18-32": Setting("resnet18", "imagenet", 32, 64, 20, 2.5),
    "resnet18-64": Setting("resnet18", "imagenet", 64, 64, 10, 2.5),
    "resnet50-32-small": Setting("resnet50", "small", 32, 64, 2, 2.0),
    "resnet50-32": Setting("resnet50", "imagenet", 32, 64, 8, 2.0),
    "resnet50-224": Setting("resnet50", "imagenet", 224, 32, 2, 2.5, images=256, queue=224),
}


def main(arguments: argparse.Namespace) -> int:
    """Print a table for each setting; the exit status is 1 if a target is missed."""
    import torch

    print(machine.describe(torch.device("cpu")))
    missed = []
    for name in arguments.settings:
        with tempfile.TemporaryDirectory() as folder:
            missed += compare(name, Path(folder), arguments)
    return int(bool(missed))


def compare(name: str, folder: Path, arguments: argparse.Namespace) -> list[str]:
    """Measure one setting; its name if the target was missed."""
    setting = SETTINGS[name]
    write_images(setting, folder)
    command = [__file__, "--work", name, str(folder)]
    alternatives = [
        rounds.Alternative("ours fp32", [*command, "fp32"], CORES, 1),
        rounds.Alternative("ours bf16", [*command, "bf16"], CORES, 1),
    ]
    for peer in PEERS:
        best = max(range(CORES + 1), key=lambda workers: trial([*command, peer, str(workers)]))
        alternatives.append(
            rounds.Alternative(f"{peer}, {best} workers", [*command, peer, str(best)])
        )
    with ExitStack() as stack:
        for alternative in alternatives:
            stack.enter_context(alternative)
        rounds.measure(alternatives, arguments.rounds)
    return [] if report(name, alternatives, arguments) else [name]


def trial(command: list[str]) -> float:
    """Images per second of a peer in one round."""
    with rounds.Alternative("trial", command) as alternative:
        alternative.work()
    return alternative.results[0]["images"] / alternative.results[0]["wall_seconds"]


def report(
    name: str, alternatives: list[rounds.Alternative], arguments: argparse.Namespace
) -> bool:
    """Print the table of a setting; whether the target was met."""
    setting = SETTINGS[name]
    rates = {each.name: sorted(rate(result) for result in each.results) for each in alternatives}
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    peer = max(value for name, value in medians.items() if not name.startswith("ours"))
    print(
        f"\n{setting.architecture}, {setting.stem} stem, at {setting.size} px, batch"
        f" {setting.batch}; images per second, median (least – most) of {arguments.rounds} rounds"
    )
    for who, values in rates.items():
        ratio = medians[who] / peer
        print(f"{who:<22}{medians[who]:>10.1f} ({values[0]:.1f} – {values[-1]:.1f}){ratio:>8.2f} ×")
    ours = max(value for name, value in medians.items() if name.startswith("ours")) / peer
    met = ours >= setting.target
    print(f"target {setting.target:g} × the faster peer: {'met' if met else 'MISSED'}")
    rounds.save(
        arguments.json,
        f"training {name}",
        {"machine": machine.processor(), "images_per_second": rates, "ratio": ours, "met": met},
    )
    return met


def rate(result: dict[str, float]) -> float:
    """Images per second of a round."""
    return result["images"] / result["wall_seconds"]


def write_images(setting: Setting, folder: Path) -> None:
    """Squares in memory up to 64 px, photographs in a class folder and packed above."""
    if setting.size > 64:
        made_images.write_photographs(folder, setting.images)
        made_images.pack(folder, setting.images)
    else:
        np.save(folder / "images.npy", made_images.small(setting.images, setting.size))


def work(setting: Setting, folder: Path, who: str, option: str, number: int) -> None:
    """In a process of its own: warm up, then one round per request."""
    if who in PEERS:
        steps = peer_steps(setting, folder, who, int(option))
    else:
        steps = our_steps(setting, folder, who, number)
    for _ in range(2):
        next(steps)

    def one_round() -> dict[str, float]:
        began = time.process_time()
        for _ in range(setting.steps):
            next(steps)
        images = setting.steps * setting.batch
        return {"images": images, "core_seconds": time.process_time() - began}

    rounds.serve(one_round)


def our_steps(setting: Setting, folder: Path, precision: str, seed: int) -> Iterator[None]:
    """The workflow's own training, halted after each step."""
    import ours
    import torch

    from trajectories.training.trainer import Trainer

    torch.set_num_threads(1)
    recipe = ours.recipe(
        architecture=setting.architecture,
        stem=setting.stem,
        image_size=setting.size,
        batch_size=setting.batch,
        queue=setting.queue,
        precision=precision,
    )
    return ours.steps(Trainer(recipe, seed, our_images(folder), None, torch.device("cpu")))


def our_images(folder: Path) -> Any:
    """Pixels in memory, or photographs packed as the workflow packs them."""
    if (folder / "images.npy").is_file():
        return np.load(folder / "images.npy")
    from trajectories.images import training_images

    return training_images.load(folder / "dataset.h5")


def peer_steps(setting: Setting, folder: Path, who: str, workers: int) -> Iterator[None]:
    """A peer's training."""
    import importlib

    peer: Any = importlib.import_module("moco_by_" + who.removeprefix("by ").replace(" ", "_"))
    images = peer_images(setting, folder, peer.transform(setting.size))
    network = peer_network(setting.architecture, setting.stem)
    steps: Iterator[None] = peer.steps(images, network, setting.batch, setting.queue, workers)
    return steps


def peer_network(architecture: str, stem: str) -> Any:
    """Torchvision's ResNet, with the usual surgery for small images."""
    import torchvision
    from torch import nn

    network = torchvision.models.get_model(architecture)
    if stem == "small":
        network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    return network


def peer_images(setting: Setting, folder: Path, transform: Any) -> Any:
    """A torchvision data set: an array as CIFAR10 has it, or ImageFolder."""
    from torchvision.datasets import ImageFolder, VisionDataset

    if not (folder / "images.npy").is_file():
        return ImageFolder(folder, transform)
    arrays = np.load(folder / "images.npy")

    class Arrays(VisionDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return len(arrays)

        def __getitem__(self, index: int) -> tuple[Any, int]:
            return self.transform(Image.fromarray(arrays[index])), 0

    return Arrays(str(folder), transform=transform)


if __name__ == "__main__":
    if "--work" in sys.argv:
        first = sys.argv.index("--work") + 1
        name, folder, who, *rest = sys.argv[first:]
        work(SETTINGS[name], Path(folder), who, rest[0], int(rest[-1]))
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
        parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
        parser.add_argument("--json", type=Path, help="file to add the numbers to")
        sys.exit(main(parser.parse_args()))
