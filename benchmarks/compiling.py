"""Does torch.compile pay? Training steps as they are beside compiled ones, and the start it costs.

    python benchmarks/compiling.py
    python benchmarks/compiling.py --networks resnet18 --sizes 64 --precisions bf16

The bare step (views in memory), one process and one thread each, in turn. `compiled` gives the
encoders to torch.compile, which needs a C++ compiler and fuses what lies between convolutions:
batch normalisation, ReLU and the sum with the shortcut, forward and backward. Its start is
measured twice, with an empty cache and with what the first left there, as the second network of a
study finds it.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import machine
import outcome
import rounds

WAYS = ("eager", "compiled")
BATCH, STEM, QUEUE = 64, "imagenet", 256
STEPS = 4


def main(arguments: argparse.Namespace) -> int:
    """Print a line for each network, size and precision."""
    import torch

    print(machine.describe(torch.device("cpu")))
    print(f"images a core second, bare step, batch {BATCH}, median of {arguments.rounds} rounds")
    print(
        f"{'':<34}{'eager':>8}{'compiled':>10}{'ratio':>7}{'start, s':>10}{'again, s':>10}"
        f"{'pays after':>16}"
    )
    found = {}
    for network in arguments.networks:
        for size in arguments.sizes:
            for precision in arguments.precisions:
                name = f"{network}, {size} px, {precision}"
                found[name] = compare(network, size, precision, arguments.rounds)
                print(line(name, found[name]), flush=True)
    return outcome.conclude("compiling", {"found": found}, [], arguments.json)


def compare(network: str, size: int, precision: str, n_rounds: int) -> dict[str, float]:
    """Images a core second in both ways, and seconds that compiling takes at the start."""
    command = [__file__, "--work", network, str(size), precision]
    with tempfile.TemporaryDirectory() as cache:
        rounds.ENVIRONMENT["TORCHINDUCTOR_CACHE_DIR"] = cache
        starts = {}
        for which in ("start", "again"):
            ways = [rounds.Alternative(way, [*command, way], 1, 1) for way in WAYS]
            with ways[0], ways[1]:
                rounds.measure(ways, 1 if which == "start" else n_rounds)
            starts[which] = ways[1].median("start_seconds") - ways[0].median("start_seconds")
    eager, compiled = (each.median("images") / each.median("core_seconds") for each in ways)
    return {"eager": eager, "compiled": compiled, "ratio": compiled / eager, **starts}


def line(name: str, found: dict[str, float]) -> str:
    """A line of the table; after how many images of training the first start has paid."""
    saved = 1 / found["eager"] - 1 / found["compiled"]
    pays = f"{found['start'] / saved:,.0f} images" if saved > 0 else "never"
    return (
        f"{name:<34}{found['eager']:>8.1f}{found['compiled']:>10.1f}{found['ratio']:>7.2f}"
        f"{found['start']:>10.1f}{found['again']:>10.1f}{pays:>16}"
    )


def work(network: str, size: int, precision: str, way: str) -> None:
    """In a process of its own: warm up, then one round per request."""
    began = time.process_time()
    import data
    import made_images
    import ours
    import torch

    from trajectories.training.trainer import Trainer

    torch.set_num_threads(1)
    recipe = ours.recipe(
        architecture=network,
        stem=STEM,
        image_size=size,
        batch_size=BATCH,
        queue=QUEUE,
        precision=precision,
    )
    trainer = Trainer(recipe, 1, made_images.small(BATCH, size), None, torch.device("cpu"))
    if way == "compiled":
        for encoder in trainer.model.children():
            encoder.compile()
    steps = ours.bare_steps(trainer, data.first_batch(trainer))
    for _ in range(2):
        next(steps)
    start = children_and_own() - began

    def one_round() -> dict[str, float]:
        began = time.process_time()
        for _ in range(STEPS):
            next(steps)
        core_seconds = time.process_time() - began
        return {"images": STEPS * BATCH, "core_seconds": core_seconds, "start_seconds": start}

    rounds.serve(one_round)


def children_and_own() -> float:
    """Core seconds of this process and of those that it started, such as the compiler."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    if "--work" in sys.argv:
        network, size, precision, way, _ = sys.argv[sys.argv.index("--work") + 1 :]
        work(network, int(size), precision, way)
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--networks", nargs="+", default=["resnet10_narrow", "resnet18"])
        parser.add_argument("--sizes", nargs="+", type=int, default=[32, 64])
        parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
        parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
        parser.add_argument("--json", type=Path, help="file to add the numbers to")
        sys.exit(main(parser.parse_args()))
