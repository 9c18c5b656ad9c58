"""Training killed with `kill -9` at random moments and restarted produces the same bits.

    python benchmarks/kills.py [--kills 20] [--seed 0] [--output kills.json] [--figure kills.png]

A small network is trained once undisturbed, then once for each kill: a job is killed at a moment
drawn at random (so long after a step, from before the first to after the last), and a second job
resumes. All checkpoints are compared byte by byte, and the state to the last bit. Exits with 1
if they differ.
"""

import argparse
import hashlib
import json
import mmap
import os
import runpy
import shutil
import signal
import sys
import tempfile
import time
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import numpy as np  # noqa: E402
import torch  # noqa: E402
import yaml  # noqa: E402

from trajectories.images import dataset  # noqa: E402
from trajectories.study.config import condition_settings, resolve  # noqa: E402
from trajectories.training.objectives.moco import MoCo  # noqa: E402

SCRIPT = REPOSITORY / "workflow" / "scripts" / "train.py"
EPOCHS, STEPS = 4, 4  # steps an epoch
BATCH, SIDE = 8, 24


def main(arguments: argparse.Namespace) -> None:
    """Kill, compare, report."""
    if arguments.record:
        result = json.loads(arguments.record.read_text(encoding="utf-8"))
    else:
        with tempfile.TemporaryDirectory() as folder:
            result = study(Path(folder), arguments.kills, arguments.seed)
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.figure:
        draw(arguments.figure, result)
    same = sum(run["digest"] == result["undisturbed"] for run in result["runs"])
    print(f"{len(result['runs'])} jobs were killed before their end")
    print(f"{same} of these runs ended in the bits of the undisturbed one")
    sys.exit(same != len(result["runs"]))


def study(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    """All runs: `undisturbed` digest, `seconds`, `steps`, and what came of each kill.

    Each of `runs` has the moment `drawn` (step, part of the time of one), exit `status` of the
    killed job, `step` that it had reached, `epoch` of the state that it left (-1 for none), and
    `digest` of the result of the second job.
    """
    prepare(folder)
    run(folder, "warm-up")
    began = time.monotonic()
    status, _ = run(folder, "undisturbed")
    seconds = time.monotonic() - began
    if status:
        raise RuntimeError("the undisturbed run failed")
    rng = np.random.default_rng(seed)
    runs: list[dict[str, Any]] = []
    for attempt in range(2 * kills):
        if len(runs) == kills:
            break
        step, part = int(rng.integers(0, EPOCHS * STEPS + 1)), float(rng.uniform())
        name = f"run-{attempt}"
        status, reached = run(folder, name, (step, part * seconds / (EPOCHS * STEPS)))
        if status == 0:
            continue  # it was done before the kill
        left = epoch_left(folder / name)
        remove_outputs(folder / name)
        if run(folder, name)[0]:
            said = said_in(folder / name).read_text(encoding="utf-8")
            raise RuntimeError(f"{name} did not resume after {status, reached, left}:\n{said}")
        runs.append(
            {
                "drawn": [step, round(part, 3)],
                "status": status,
                "step": reached,
                "epoch": left,
                "digest": digest(folder / name),
            }
        )
    runs.sort(key=lambda each: (each["step"], each["drawn"]))
    return {
        "seed": seed,
        "seconds": round(seconds, 3),
        "steps": EPOCHS * STEPS,
        "epochs": EPOCHS,
        "undisturbed": digest(folder / "undisturbed"),
        "runs": runs,
    }


def prepare(folder: Path) -> None:
    """Write the recipe and the images of a small study."""
    config = resolve(yaml.safe_load((REPOSITORY / "config" / "config.yaml").read_text()))
    settings = condition_settings(config, next(iter(config["conditions"])))
    settings["training"] |= {"batch_size": BATCH, "queue": 2 * BATCH, "probe_images": 8}
    settings["training"] |= {"bn_groups": 2, "schedule_epochs": EPOCHS}
    (folder / "recipe.json").write_text(json.dumps(settings), encoding="utf-8")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (STEPS * BATCH, SIDE, SIDE, 3), dtype=np.uint8)
    labels = np.repeat(np.arange(len(images) // 4, dtype=np.int32), 4)
    names = [f"kind {number}" for number in range(len(images) // 4)]
    dataset.write(folder / "dataset.h5", images, labels, names, {})


def run(folder: Path, name: str, moment: tuple[int, float] | None = None) -> tuple[int, int]:
    """Exit status of a training job and the step it reached; killed so many seconds after a step.

    It is a fork of this process, because importing torch takes seconds.
    """
    instance = folder / name
    flags = {
        "--recipe": folder / "recipe.json",
        "--dataset": folder / "dataset.h5",
        "--seed": 1,
        "--start": 0,
        "--stop": EPOCHS,
        "--checkpoints": instance / "checkpoints" / "all",
        "--state": instance / "state" / "all.pt",
        "--unfinished": instance / "unfinished",
        "--device": "cpu",
    }
    steps = mmap.mmap(-1, 8)  # shared with the job
    child = os.fork()
    if child == 0:
        count_steps(steps)
        sys.argv = [str(SCRIPT), *(str(word) for flag in flags.items() for word in flag)]
        with said_in(instance).open("a", encoding="utf-8") as said, redirect_stderr(said):
            try:
                runpy.run_path(str(SCRIPT), run_name="__main__")
            except SystemExit as stop:
                os._exit(int(stop.code or 0))
        os._exit(0)
    if moment is not None:
        step, delay = moment
        while int.from_bytes(steps[:8], "little") < step and not has_ended(child):
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)  # a child that has ended is there until it is waited for
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, int.from_bytes(steps[:8], "little")


def remove_outputs(instance: Path) -> None:
    """What Snakemake does before a job runs again whose end it did not see, though it was done."""
    shutil.rmtree(instance / "checkpoints" / "all", ignore_errors=True)
    (instance / "state" / "all.pt").unlink(missing_ok=True)


def said_in(instance: Path) -> Path:
    """The log of the jobs of an instance, beside its folder."""
    return instance.with_name(f"{instance.name}.log")


def has_ended(child: int) -> bool:
    """Whether a child process has ended; it can still be waited for."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def count_steps(steps: mmap.mmap) -> None:
    """Let each training step of this process add one to `steps`."""
    enqueue = MoCo.enqueue

    def counted(model: MoCo, keys: torch.Tensor) -> None:
        enqueue(model, keys)
        steps[:8] = (int.from_bytes(steps[:8], "little") + 1).to_bytes(8, "little")

    setattr(MoCo, "enqueue", counted)  # noqa: B010 - by name, as types forbid the assignment


def epoch_left(instance: Path) -> int:
    """Epoch of the state that a killed job has left; -1 where it had saved none."""
    states = list(instance.glob("unfinished/*/state.pt"))
    return int(torch.load(states[0], weights_only=True)["epoch"]) if states else -1


def digest(instance: Path) -> str:
    """SHA-256 of all checkpoints and of every tensor of the state."""
    total = hashlib.sha256()
    for path in sorted(instance.glob("checkpoints/all/*.pt")):
        total.update(path.name.encode() + path.read_bytes())
    state = torch.load(instance / "state" / "all.pt", weights_only=True)
    for part in ("model", "momentum"):
        for name, tensor in sorted(state[part].items()):
            total.update(name.encode() + tensor.contiguous().numpy().tobytes())
    total.update(f"{state['epoch']} {state['step']} {state['pointer']}".encode())
    return total.hexdigest()


def draw(path: Path, result: dict[str, Any]) -> None:
    """When the kills fell, what was trained again, and that all results are equal."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.add_subplot()
    per_epoch = result["steps"] // result["epochs"]
    for number, each in enumerate(result["runs"]):
        saved = max(each["epoch"], 0) * per_epoch
        axes.plot([0, each["step"]], [number] * 2, color="0.75", linewidth=1)
        axes.plot([saved, result["steps"]], [number - 0.3] * 2, color="#0072B2", linewidth=1)
        same = each["digest"] == result["undisturbed"]
        axes.plot(each["step"], number, "x", color="#D55E00", markersize=4)
        axes.text(
            result["steps"] + 0.3, number, "same" if same else "OTHER", fontsize=5, va="center"
        )
    for epoch in range(result["epochs"] + 1):
        axes.axvline(epoch * per_epoch, color="0.9", linewidth=0.5, zorder=0)
    axes.set_xlabel(f"training step ({per_epoch} an epoch; lines: a state is saved)", fontsize=7)
    axes.set_ylabel("runs, in the order of their kills", fontsize=7)
    axes.set_yticks([])
    alike = sum(each["digest"] == result["undisturbed"] for each in result["runs"])
    axes.set_title(
        f"Killed at × (grey), gone on from the last state (blue):"
        f" {alike} of {len(result['runs'])} end in the same bits",
        fontsize=7,
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=6)
    figure.savefig(path, dpi=200)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how many (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the moments (default: %(default)s)"
    )
    parser.add_argument("--record", type=Path, help="record of former runs, to draw only")
    parser.add_argument("--output", type=Path, help="record of all runs (JSON) to write")
    parser.add_argument("--figure", type=Path, help="figure (PNG) to write")
    main(parser.parse_args())
