"""The processes of `extraction.py`: what they read, and a round of each way to extract.

A process of ours runs the job that the workflow runs, `extract.py`, with its parts timed.
"""

import argparse
import importlib
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts"), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import rounds  # noqa: E402

ONE_PASS = "one pass"
PARTS = ("read and check", "load weights", "forward", "transpose", "check and write", "once a job")


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


def work(folder: Path, network: str, layers: list[str], who: str, tokens: str, number: int) -> None:
    """In a process of its own: once to warm up, then on each request."""
    import torch

    if who == "hooks":
        one_round = by_hooks(folder, network, layers)
    else:
        torch.set_num_threads(1)
        jobs = {ONE_PASS: layers} if "together" in who else {layer: [layer] for layer in layers}
        if who.startswith("bare"):
            one_round = bare(folder, network, jobs)
        else:
            one_round = ours(folder, jobs, tokens, f"{who}-{tokens}-{number}")
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
        began = time.process_time()
        extract_by_hooks.extract(paths, images, layers, output, network)
        seconds = time.process_time() - began
        output.unlink()
        return {"images": len(images) * len(paths), "seconds": seconds}

    return one_round


def bare(
    folder: Path, network: str, jobs: Mapping[str, list[str]]
) -> Callable[[], dict[str, float]]:
    """Our networks, up to the layers, on our batches; nothing is loaded, kept or written."""
    import torch

    from trajectories.networks import memory
    from trajectories.networks.activations import Responses
    from trajectories.networks.backbone import build_backbone, memory_format

    memory.keep_freed()
    images = torch.load(folder / "images.pt", weights_only=True)
    count = len(list((folder / "checkpoints").glob("*.pt")))
    device = torch.device("cpu")
    networks = {
        job: Responses(
            build_backbone(network, "imagenet", images.shape[-1]),
            layers,
            device,
            memory_format=memory_format(network),
        )
        for job, layers in jobs.items()
    }

    @torch.no_grad()
    def one_round() -> dict[str, float]:
        spent = {}
        for job, responses in networks.items():
            began = time.process_time()
            for _, part in itertools.product(range(count), images.split(responses.at_once)):
                responses.network(part)
            spent[f"{job} seconds"] = time.process_time() - began
        return {"images": len(images) * count, "seconds": sum(spent.values()), **spent}

    return one_round


def ours(
    folder: Path, jobs: Mapping[str, list[str]], tokens: str, name: str
) -> Callable[[], dict[str, float]]:
    """The script that the workflow runs, once for the layers of each job, its parts timed."""
    from trajectories.networks import activations

    script: Any = importlib.import_module("extract")
    start_up = time.process_time()  # all that the process did so far is to import
    count = len(list((folder / "checkpoints").glob("*.pt")))
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
        for job, layers in jobs.items():
            spent.clear()
            outputs = [folder / f"{name}-{layer}.h5" for layer in layers]
            began = time.process_time()
            script.main(job_arguments(folder, layers, outputs, count, tokens))
            seconds = time.process_time() - began
            spent["forward"] -= spent["transpose"]  # which the hooks do within it
            spent["once a job"] = seconds - sum(spent.values())  # type: ignore[assignment]
            found |= {f"{job} {part}": float(spent[part]) for part in PARTS}
            found[f"{job} seconds"] = seconds
            for output in outputs:
                output.unlink()
        whole = sum(found[f"{job} seconds"] for job in jobs)
        return {"images": images * count, "seconds": whole, "start-up": start_up, **found}

    return one_round


def job_arguments(
    folder: Path, layers: list[str], outputs: list[Path], checkpoints: int, tokens: str = "all"
) -> argparse.Namespace:
    """What the workflow's rule gives to `extract.py`, for what `prepare` made."""
    from trajectories.images.inputs import IMAGENET_MEAN, IMAGENET_SD

    return argparse.Namespace(
        recipe=folder / "recipe.json",
        checkpoints=folder / "checkpoints",
        epochs=[float(epoch) for epoch in range(checkpoints)],
        stimuli=folder / "stimuli.h5",
        layer=layers,
        module=None,
        tokens=tokens,
        maps="all",
        mean=IMAGENET_MEAN,
        sd=IMAGENET_SD,
        batchnorm="running",
        diet="clear",
        condition="moco",
        seed=1,
        output=outputs,
        device="cpu",
        threads=1,
    )


if __name__ == "__main__":
    folder, network, layers = json.loads(sys.argv[1])
    who, tokens, number = sys.argv[2:]
    work(Path(folder), network, layers, who, tokens, int(number))
