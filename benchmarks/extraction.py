"""Images per second of extraction with ResNet-50 at 224 px; hand-written hooks and thingsvision.

    python benchmarks/extraction.py
    python benchmarks/extraction.py --network vit_b_16

All record the activations of layer1 and layer4 for 96 images at several checkpoints, and write
them to files. Ours is the job that the workflow runs, one a core with one thread, a layer at a
time, or all in one pass, as with `activations.together`; the bare forward pass is that of the same
networks, run the same way, up to the same layers, with nothing kept. The peers record all layers in
one pass, as their users would, one process with all cores. Then: where our time goes besides the
forward pass, and what the start of a job costs, once per segment. thingsvision is skipped if its
environment is missing (`make bench`).
"""

import argparse
import importlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts"), str(Path(__file__).parent)]

import machine  # noqa: E402
import numpy as np  # noqa: E402
import outcome  # noqa: E402
import rounds  # noqa: E402

CORES = os.cpu_count() or 1
THINGSVISION = REPOSITORY / ".venv-thingsvision" / "bin" / "python"
LAYERS = {
    "resnet50": ("layer1", "layer4"),
    "vit_b_16": ("encoder.layers.encoder_layer_2", "encoder.layers.encoder_layer_11"),
}
LEAST_SHARE = 0.85
PARTS = ("read and check", "load weights", "forward", "transpose", "check and write", "once a job")


def main(arguments: argparse.Namespace) -> int:
    """Print tables; the exit status is 1 if the bound is not met."""
    import torch

    print(machine.describe(torch.device("cpu")))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, ExitStack() as stack:
        prepare(Path(folder), arguments)
        alternatives = [stack.enter_context(each) for each in ways(folder, arguments)]
        rounds.measure(alternatives, arguments.rounds)
    print(
        f"\n{arguments.network} at {arguments.size} px, {arguments.images} images,"
        f" {arguments.checkpoints} checkpoints a process; images of a checkpoint per second, all"
        f" layers, median (least – most) of {arguments.rounds} rounds"
    )
    rates = {
        each.name: [result["images"] / result["wall_seconds"] for result in each.results]
        for each in alternatives
    }
    bare = float(np.median(rates["bare forward"]))
    for name, found in rates.items():
        middle = float(np.median(found))
        print(
            f"{name:<16}{middle:>8.1f} ({min(found):.1f} – {max(found):.1f}){middle / bare:>9.0%}"
        )
    return conclude(alternatives, rates, arguments)


def conclude(
    alternatives: list[rounds.Alternative],
    rates: dict[str, list[float]],
    arguments: argparse.Namespace,
) -> int:
    """Where the time goes, and the exit status."""
    bare, own = alternatives[:2]
    passes = CORES * arguments.checkpoints
    names = "".join(f"{layer[-10:]:>12}" for layer in arguments.layers)
    print(f"\nOurs, core seconds a checkpoint\n{'':<18}{names}")
    for part in PARTS:
        cells = (own.median(f"{layer} {part}") / passes for layer in arguments.layers)
        print(f"{part:<18}{''.join(f'{cell:>12.3f}' for cell in cells)}")
    alone = (bare.median(f"{layer} seconds") / passes for layer in arguments.layers)
    print(f"{'bare forward':<18}{''.join(f'{cell:>12.3f}' for cell in alone)}")
    shares = {
        layer: bare.median(f"{layer} seconds") / own.median(f"{layer} seconds")
        for layer in arguments.layers
    }
    for layer, share in shares.items():
        print(f"{layer}: bare forward pass is {share:.0%} of the extraction")
    sums = [
        sum(each.median(f"{layer} seconds") for layer in arguments.layers) for each in (bare, own)
    ]
    print(f"all layers: {sums[0] / sums[1]:.0%}, in core seconds")
    start = own.median("start-up") / CORES
    print(f"start of a job, once a segment: {start:.1f} core seconds")
    share = float(np.median(rates["ours"]) / np.median(rates["bare forward"]))
    peers = [rates[each.name] for each in alternatives[3:]]
    faster = float(np.median(rates["ours, one pass"]) / max(map(np.median, peers)))
    bounds = [
        outcome.Bound("share of the bare forward pass", share, LEAST_SHARE, least=True),
        outcome.Bound("speed beside the faster peer", faster, 1, least=True, unit=" ×"),
    ]
    numbers = {"images_per_second": rates, "rounds_of_ours": own.results, "layers": shares}
    name = "extraction_vit" if arguments.network == "vit_b_16" else "extraction"
    return outcome.conclude(name, numbers, bounds, arguments.json)


def ways(folder: str, arguments: argparse.Namespace) -> list[rounds.Alternative]:
    """All alternatives, ours after the bare forward pass."""
    options = json.dumps([folder, arguments.network, arguments.layers])
    command = [__file__, "--work", options]
    alternatives = [
        rounds.Alternative("bare forward", [*command, "bare"], CORES, 1),
        rounds.Alternative("ours", [*command, "ours"], CORES, 1),
        rounds.Alternative("ours, one pass", [*command, "together"], CORES, 1),
        rounds.Alternative("hooks by hand", [*command, "hooks"]),
    ]
    if has_thingsvision(arguments.thingsvision):
        script = str(Path(__file__).with_name("extract_by_thingsvision.py"))
        command = [script, folder, arguments.network, ",".join(arguments.layers)]
        python = str(arguments.thingsvision)
        alternatives.append(rounds.Alternative("thingsvision", command, python=python))
    else:
        print(f"thingsvision is left out: {arguments.thingsvision} is not there or lacks it.")
    return alternatives


def has_thingsvision(python: Path) -> bool:
    """Whether there is such a Python, and it can use thingsvision."""
    command = [str(python), "-c", "import thingsvision"]
    return python.is_file() and not subprocess.run(command, capture_output=True).returncode


def prepare(folder: Path, arguments: argparse.Namespace) -> None:
    """Recipe, checkpoints and test images as the workflow has them; a tensor for the others."""
    import torch

    from trajectories.images import inputs
    from trajectories.networks import checkpoints
    from trajectories.networks.backbone import build_backbone
    from trajectories.stimuli import packing as stimuli
    from trajectories.study import config
    from trajectories.study.recipe import NetworkRecipe

    settings = config.condition_settings(config.read(REPOSITORY / "config" / "paper.yaml"), "moco")
    settings["network"] = settings["network"] | {"architecture": arguments.network}
    settings["image_size"] = arguments.size
    (folder / "recipe.json").write_text(json.dumps(settings))
    recipe = NetworkRecipe.read(folder / "recipe.json")
    for epoch in range(arguments.checkpoints):
        checkpoints.save_checkpoint(
            folder / "checkpoints" / checkpoints.checkpoint_name(epoch),
            build_backbone(recipe.architecture, recipe.stem, arguments.size).state_dict(),
            epoch=epoch,
            step=epoch,
            seed=1,
            recipe_digest=recipe.digest,
        )
    shape = (arguments.images, arguments.size, arguments.size, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    stimuli.write(folder / "stimuli.h5", [f"image {i}" for i in range(len(pixels))], pixels, {})
    torch.save(inputs.network_input(pixels, arguments.size).clone(), folder / "images.pt")


def work(folder: Path, network: str, layers: list[str], who: str, number: int) -> None:
    """In a process of its own: once to warm up, then on each request."""
    import torch

    if who == "hooks":
        one_round = by_hooks(folder, network, layers)
    else:
        torch.set_num_threads(1)
        jobs = [layers] if who == "together" else [[layer] for layer in layers]
        one_round = (
            bare(folder, network, layers)
            if who == "bare"
            else ours(folder, jobs, f"{who}-{number}")
        )
    one_round()
    rounds.serve(one_round)


def by_hooks(folder: Path, network: str, layers: list[str]) -> Callable[[], dict[str, float]]:
    """A loop with hooks, as written by hand."""
    import extract_by_hooks
    import torch

    images = torch.load(folder / "images.pt", weights_only=True)
    paths = sorted((folder / "checkpoints").glob("*.pt"))

    def one_round() -> dict[str, float]:
        output = folder / "by-hooks.h5"
        extract_by_hooks.extract(paths, images, layers, output, network)
        output.unlink()
        return {"images": len(images) * len(paths)}

    return one_round


def bare(folder: Path, network: str, layers: list[str]) -> Callable[[], dict[str, float]]:
    """Our networks, up to the layers, on our batches; nothing is loaded, kept or written."""
    import torch

    from trajectories.networks.activations import Responses
    from trajectories.networks.backbone import build_backbone, memory_format

    images = torch.load(folder / "images.pt", weights_only=True)
    count = len(list((folder / "checkpoints").glob("*.pt")))
    device = torch.device("cpu")
    networks = {
        layer: Responses(
            build_backbone(network, "imagenet", images.shape[-1]),
            [layer],
            device,
            memory_format=memory_format(network),
        )
        for layer in layers
    }

    @torch.no_grad()
    def one_round() -> dict[str, float]:
        seconds = {}
        for layer, responses in networks.items():
            began = time.process_time()
            for _, part in itertools.product(range(count), images.split(responses.at_once)):
                responses.network(part)
            seconds[f"{layer} seconds"] = time.process_time() - began
        return {"images": len(images) * count, **seconds}

    return one_round


def ours(folder: Path, jobs: list[list[str]], name: str) -> Callable[[], dict[str, float]]:
    """The script that the workflow runs, once for the layers of each job, its parts timed."""
    from trajectories.networks import activations

    script: Any = importlib.import_module("extract")
    start_up = time.process_time()  # all that the process did so far is to import
    paths = sorted((folder / "checkpoints").glob("*.pt"))
    images = len(script.stimuli.load(folder / "stimuli.h5")[0])
    spent: Counter[str] = Counter()

    def timed(part: str, function: Any) -> Any:
        def timing(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            result = function(*arguments, **named)
            spent[part] += time.process_time() - began  # type: ignore[assignment]
            return result

        return timing

    def called(self: Any, *arguments: Any) -> Any:
        if not hasattr(self, "watched"):
            self.watched = True
            self.backbone.load_state_dict = timed("load weights", self.backbone.load_state_dict)
            self.network.forward = timed("forward", self.network.forward)
        return call(self, *arguments)

    call = activations.Responses.__call__
    activations.Responses.__call__ = called  # type: ignore[method-assign,assignment]
    activations._copy = timed("transpose", activations._copy)
    writer: Any = activations.ActivationWriter
    writer.write = timed("check and write", writer.write)
    script.load_checkpoint = timed("read and check", script.load_checkpoint)

    def one_round() -> dict[str, float]:
        found: dict[str, float] = {}
        for layers in jobs:
            spent.clear()
            outputs = [folder / f"{name}-{layer}.h5" for layer in layers]
            began = time.process_time()
            script.main(
                argparse.Namespace(
                    recipe=folder / "recipe.json",
                    checkpoints=folder / "checkpoints",
                    epochs=[float(epoch) for epoch in range(len(paths))],
                    stimuli=folder / "stimuli.h5",
                    layer=layers,
                    module=None,
                    tokens="all",
                    maps="all",
                    mean=script.IMAGENET_MEAN,
                    sd=script.IMAGENET_SD,
                    batchnorm="running",
                    diet="clear",
                    condition="moco",
                    seed=1,
                    output=outputs,
                    device="cpu",
                    threads=1,
                )
            )
            seconds = time.process_time() - began
            spent["forward"] -= spent["transpose"]  # which the hooks do within it
            spent["once a job"] = seconds - sum(spent.values())  # type: ignore[assignment]
            job = " + ".join(layers)
            found |= {f"{job} {part}": float(spent[part]) for part in PARTS}
            found[f"{job} seconds"] = seconds
            for output in outputs:
                output.unlink()
        return {"images": images * len(paths), "start-up": start_up, **found}

    return one_round


if __name__ == "__main__":
    if "--work" in sys.argv:
        first = sys.argv.index("--work") + 1
        folder, network, layers = json.loads(sys.argv[first])
        work(Path(folder), network, layers, sys.argv[first + 1], int(sys.argv[-1]))
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("--network", default="resnet50", help="torchvision network")
        parser.add_argument("--layers", nargs="+", help="of the network")
        parser.add_argument("--size", type=int, default=224, help="side of the images, pixels")
        parser.add_argument("--images", type=int, default=96)
        parser.add_argument("--checkpoints", type=int, default=3, help="in each process")
        parser.add_argument("--rounds", type=int, default=3, help="rounds (default: %(default)s)")
        parser.add_argument("--folder", type=Path, help="disk to write to; default: temporary")
        parser.add_argument(
            "--thingsvision", type=Path, default=THINGSVISION, help="Python that has thingsvision"
        )
        outcome.add_json(parser)
        chosen = parser.parse_args()
        chosen.layers = chosen.layers or list(LAYERS.get(chosen.network, LAYERS["resnet50"]))
        sys.exit(main(chosen))
