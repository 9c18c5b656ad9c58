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
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path[:0] = [str(REPOSITORY / "workflow" / "scripts"), str(Path(__file__).parent)]

import machine  # noqa: E402
import numpy as np  # noqa: E402
import outcome  # noqa: E402
import rounds  # noqa: E402
from extraction_jobs import ONE_PASS, PARTS, prepare  # noqa: E402

CORES = machine.cores()
THINGSVISION = REPOSITORY / ".venv-thingsvision" / "bin" / "python"
LAYERS = {
    "resnet50": ("layer1", "layer4"),
    "vit_b_16": tuple(f"encoder.layers.encoder_layer_{place}" for place in (2, 5, 8, 11)),
}
TOKENS = {"vit_b_16": ("cls", "mean")}
LEAST_SHARE = 0.85
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
    command = [str(Path(__file__).with_name("extraction_jobs.py")), options]

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


if __name__ == "__main__":
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
