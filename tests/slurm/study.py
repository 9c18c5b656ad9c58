"""A study that Snakemake runs through the SLURM profile, and what tests do to it; no tests."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from one_node import OneNode, wait
from project import Project, copy_of_project

# One network, one segment: enough epochs to be cut off in several times.
EPOCHS = 8
SMALL: Mapping[str, Any] = {
    "seeds": [1],
    "network": {"architecture": "resnet10_narrow"},
    "training": {"epochs": EPOCHS, "segment_epochs": EPOCHS, "schedule_epochs": EPOCHS},
    "activations": {"layers": ["layer4"]},
}
INSTANCE = Path("results/tiny/moco/seed-1")
SEGMENT = f"epochs-0000-{EPOCHS:04d}"
LONGEST = 100  # minutes, of any job
PROFILE = Path("profiles/slurm/config.yaml")

# So that the tests wait for jobs no longer than must be.
IMPATIENT = (
    "--slurm-init-seconds-before-status-checks=1",
    "--seconds-between-status-checks=1",
)


@dataclass
class Study(Project):
    """A copy of the project, to be run by SLURM."""

    node: OneNode
    runs: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @classmethod
    def new(cls, folder: Path, node: OneNode) -> "Study":
        """A copy in which nothing has run, its profile edited as the test's site needs it."""
        study = cls(copy_of_project(folder).path, node)
        study.configure(SMALL)
        study.edit_profile("status: sacct ", "status: squeue ")
        study.edit_profile("longest: 1440 ", f"longest: {LONGEST} ")
        return study

    def untrained_copy(self, folder: Path, node: OneNode | None = None) -> "Study":
        """A copy that has all results but those of the network, to be run by `node` if given."""
        shutil.copytree(self.path, folder)
        shutil.rmtree(folder / INSTANCE)
        return Study(folder, node or self.node)

    def edit_profile(self, old: str, new: str) -> None:
        """Change the profile as a user would."""
        path = self.path / PROFILE
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return super().command("--profile", str(PROFILE.parent), *IMPATIENT, *arguments)

    def environment(self) -> dict[str, str]:
        ours, theirs = super().environment(), self.node.environment()
        path = f"{self.node.folder}/bin{os.pathsep}{ours['PATH']}"
        return theirs | ours | {"SLURM_CONF": theirs["SLURM_CONF"], "PATH": path}

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start Snakemake and leave it alone; what it says is in `output`."""
        with (self.path / f"run-{len(self.runs)}.out").open("wb") as out:
            run = subprocess.Popen(
                self.command(*arguments),
                cwd=self.path,
                env=self.environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Tests that a shell started in the background ignore interrupts, and so would it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        self.runs.append(run)
        return run

    def output(self, run: "subprocess.Popen[bytes]") -> str:
        """What a Snakemake has said so far."""
        return (self.path / f"run-{self.runs.index(run)}.out").read_text(encoding="utf-8")

    def stop(self) -> None:
        """Kill what is left of the Snakemakes."""
        for run in self.runs:
            if run.poll() is None:
                run.kill()
                run.wait()

    def jobs(self, rule: str = "") -> list[dict[str, str]]:
        """SLURM's records of the jobs of a rule, or of all."""
        records = self.node.jobs(self.path)
        return [record for record in records if record["Comment"].startswith(f"rule_{rule}")]

    def trainings(self) -> list[int]:
        """Process numbers of this study's trainings, stopped ones included."""
        return [
            int(process.name)
            for process in Path("/proc").glob("[0-9]*")
            if is_training(process, self.path)
        ]

    def saved(self) -> int:
        """The last epoch of which the training has saved a state; -1 if there is none."""
        epochs = [-1]
        for state in (self.path / INSTANCE / "unfinished").glob("*/state.pt"):
            for checkpoint in state.parent.glob("checkpoints/epoch-*.pt"):
                if checkpoint.stat().st_mtime_ns <= state.stat().st_mtime_ns:
                    epochs.append(int(float(checkpoint.stem.removeprefix("epoch-"))))
        return max(epochs)

    def freeze_training(self, after: int = 0) -> int:
        """Halt the training once it has saved an epoch later than `after`; gives its process.

        What is halted ends neither too early nor too late for a test, on any machine.
        """
        wait(lambda: self.saved() > after and self.trainings(), "a training to halt", 600)
        (training,) = self.trainings()
        os.kill(training, signal.SIGSTOP)
        assert self.saved() < EPOCHS, "trained to the end before it could be halted"
        return training

    def resumed_after(self) -> int:
        """The epoch after which the present training went on, by its log."""
        log = (self.path / INSTANCE / f"logs/train-{SEGMENT[7:]}.log").read_text(encoding="utf-8")
        found = re.search(r"resuming after epoch (\d+)", log)
        return int(found[1]) if found else 0

    def weights(self) -> dict[str, dict[str, torch.Tensor]]:
        """Weights of each checkpoint by its name."""
        files = sorted((self.path / INSTANCE / "checkpoints" / SEGMENT).glob("*.pt"))
        return {file.name: torch.load(file, weights_only=True)["backbone"] for file in files}


def is_training(process: Path, folder: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        return words[1:2] == [b"workflow/scripts/train.py"] and (
            (process / "cwd").resolve() == folder.resolve()
        )
    except OSError:
        return False


def assert_same_weights(first: Study, second: Study) -> None:
    """All checkpoints of two studies are the same to the last bit, and all are there."""
    one, two = first.weights(), second.weights()
    assert list(one) == list(two) == [f"epoch-{epoch:04d}.000.pt" for epoch in range(EPOCHS + 1)]
    for name, weights in one.items():
        assert weights.keys() == two[name].keys()
        assert all(torch.equal(tensor, two[name][key]) for key, tensor in weights.items()), name
