"""Images per second of extraction at 224 px; hand-written hooks and thingsvision.

    python benchmarks/extraction.py
    python benchmarks/extraction.py --network vit_b_16

All record the activations of the same layers for 96 images at several checkpoints, and write them
to files: layer1 and layer4 of ResNet-50, four encoder layers of ViT-B/16. Ours is the job that the
workflow runs, one a core with one thread: a layer at a time, or all in one pass, as with
`activations.together`; of a network with tokens also the class token or the mean alone. The bare
forward pass is that of the same networks, run the same way, up to the same layers, with nothing
kept. The peers record all layers in one pass, as their users would, one process with all cores.
Then: where our time goes besides the forward pass, and what the start of a job costs, once per
segment. thingsvision is skipped if its environment is missing (`make bench`).

Bounds are on core seconds, which unlike wall time hardly depend on what else the machine is doing.
"""

import argparse
import importlib
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts"), str(Path(__file__).parent)]

import machine  # noqa: E402
import numpy as np  # noqa: E402
import outcome  # noqa: E402
import rounds  # noqa: E402

CORES = machine.cores()
THINGSVISION = REPOSITORY / ".venv-thingsvision" / "bin" / "python"
LAYERS = {
    "resnet50": ("layer1", "layer4"),
    "vit_b_16": tuple(f"encoder.layers.encoder_layer_{place}" for place in (2, 5, 8, 11)),
}
TOKENS = {"vit_b_16": ("cls", "mean")}
LEAST_SHARE = 0.85
ONE_PASS = "one pass"
WAYS = (
    "bare forward",
    "ours",
    "bare, one pass",
    "ours, one pass",
    "ours, one pass, cls",
    "ours, one pass, mean",
    "hooks by hand",
    "thingsvision",
)
PARTS = ("read and check", "load weights", "forward", "transpose", "check and write", "once a job")


def main(arguments: argparse.Namespace) -> int:
    """Print tables; the exit status is 1 if the bound is not met."""
    import torch

    print(f"{machine.describe(torch.device('cpu'))}; cores: {CORES}")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, ExitStack() as stack:
        prepare(Path(folder), arguments)
        chosen = [each for each in ways(folder, arguments) if each.name in arguments.ways]
        alternatives = [stack.enter_context(each) for each in chosen]
        rounds.measure(alternatives, arguments.rounds)
    found = {each.name: each for each in alternatives}
    print(
        f"\n{arguments.network} at {arguments.size} px, {arguments.images} images,"
        f" {arguments.checkpoints} checkpoints a process; {len(arguments.layers)} layers:"
        f" {', '.join(arguments.layers)}\nimages of a checkpoint per second, all layers, median"
        f" (least – most) of {arguments.rounds} rounds; core milliseconds an image"
    )
    for name, each in found.items():
        rates = speeds(each)
        print(
            f"{name:<22}{np.median(rates):>8.1f} ({min(rates):.1f} – {max(rates):.1f})"
            f"{1000 * core_seconds(each):>9.1f}"
        )
    print_parts(found, arguments)
    return conclude(found, arguments)


def speeds(way: rounds.Alternative) -> list[float]:
    """Images of a checkpoint per second of wall time, in each round."""
    return [result["images"] / result["wall_seconds"] for result in way.results]


def core_seconds(way: rounds.Alternative) -> float:
    """Core seconds an image of a checkpoint, median over rounds."""
    return float(np.median([result["seconds"] / result["images"] for result in way.results]))


def print_parts(found: dict[str, rounds.Alternative], arguments: argparse.Namespace) -> None:
    """Where the time of a checkpoint goes."""
    passes = CORES * arguments.checkpoints
    one_by_one = arguments.layers if {"bare forward", "ours"} <= set(found) else []
    jobs = [*one_by_one, ONE_PASS]
    ways = [found["ours"] for _ in one_by_one] + [found["ours, one pass"]]
    bare = [found["bare forward"] for _ in one_by_one] + [found["bare, one pass"]]
    columns = "".join(f"{job[-9:]:>12}" for job in jobs)
    print(f"\nOurs, core seconds a checkpoint\n{'':<18}{columns}")
    for part in PARTS:
        cells = (way.median(f"{job} {part}") / passes for job, way in zip(jobs, ways, strict=True))
        print(f"{part:<18}{''.join(f'{cell:>12.3f}' for cell in cells)}")
    alone = [way.median(f"{job} seconds") / passes for job, way in zip(jobs, bare, strict=True)]
    print(f"{'bare forward':<18}{''.join(f'{cell:>12.3f}' for cell in alone)}")
    whole = [way.median(f"{job} seconds") / passes for job, way in zip(jobs, ways, strict=True)]
    shares = "".join(f"{one / all_:>12.0%}" for one, all_ in zip(alone, whole, strict=True))
    print(f"{'its share':<18}{shares}")
    start = found["ours, one pass"].median("start-up") / CORES
    print(f"start of a job, once a segment: {start:.1f} core seconds")


def conclude(found: dict[str, rounds.Alternative], arguments: argparse.Namespace) -> int:
    """Bounds, and the exit status."""
    bare = {"ours": "bare forward"}
    shares = {
        name: core_seconds(found[bare.get(name, "bare, one pass")]) / core_seconds(way)
        for name, way in found.items()
        if name.startswith("ours")
    }
    bounds = [
        outcome.Bound(f"bare forward pass, of {name},", share, LEAST_SHARE, least=True)
        for name, share in shares.items()
    ]
    ours = core_seconds(found["ours, one pass"])
    bounds += [
        outcome.Bound(
            f"speed beside {peer}", core_seconds(found[peer]) / ours, 1, least=True, unit=" ×"
        )
        for peer in ("hooks by hand", "thingsvision")
        if peer in found
    ]
    numbers = {
        "layers": arguments.layers,
        "images_per_second": {name: speeds(way) for name, way in found.items()},
        "core_seconds_an_image": {name: core_seconds(way) for name, way in found.items()},
        "rounds_of_ours": found["ours, one pass"].results,
    }
    name = "extraction_vit" if arguments.network == "vit_b_16" else "extraction"
    return outcome.conclude(name, numbers, bounds, arguments.json)


def ways(folder: str, arguments: argparse.Namespace) -> list[rounds.Alternative]:
    """All alternatives, ours after the bare forward passes."""
    options = json.dumps([folder, arguments.network, arguments.layers])
    command = [__file__, "--work", options]

    def alternative(name: str, who: str, tokens: str = "all") -> rounds.Alternative:
        return rounds.Alternative(name, [*command, who, tokens], CORES, 1)

    alternatives = [
        alternative("bare forward", "bare"),
        alternative("ours", "ours"),
        alternative("bare, one pass", "bare-together"),
        alternative("ours, one pass", "ours-together"),
        *(
            alternative(f"ours, one pass, {tokens}", "ours-together", tokens)
            for tokens in TOKENS.get(arguments.network, ())
        ),
        rounds.Alternative("hooks by hand", [*command, "hooks", "all"]),
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

    from trajectories.networks.activations import Responses
    from trajectories.networks.backbone import build_backbone, memory_format

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
    if "--work" in sys.argv:
        first = sys.argv.index("--work") + 1
        folder, network, layers = json.loads(sys.argv[first])
        who, tokens, number = sys.argv[first + 1 :]
        work(Path(folder), network, layers, who, tokens, int(number))
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
            "--ways",
            nargs="+",
            default=WAYS,
            choices=WAYS,
            metavar="NAME",
            help="of the table, the one pass among them; each holds a gigabyte or two of memory"
            " for a vision transformer (default: all)",
        )
        parser.add_argument(
            "--thingsvision", type=Path, default=THINGSVISION, help="Python that has thingsvision"
        )
        outcome.add_json(parser)
        chosen = parser.parse_args()
        chosen.layers = chosen.layers or list(LAYERS.get(chosen.network, LAYERS["resnet50"]))
        sys.exit(main(chosen))
