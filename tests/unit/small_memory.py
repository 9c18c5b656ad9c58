"""Trains an epoch with processes that load batches, as a script of the project does; no tests.

`python small_memory.py [unchecked]`, the latter without looking for room first.
"""

import argparse
import sys

from training_cases import epochs, make_trainer

from trajectories import cli


def main(_: argparse.Namespace) -> None:
    # Each batch is 8 images of 24 x 24 pixels: 14 kB.
    trainer = make_trainer(workers=2, probe_images=0)
    if not unchecked:
        trainer.require_room()
    epochs(trainer, 1)


if __name__ == "__main__":
    unchecked = "unchecked" in sys.argv
    sys.argv = sys.argv[:1]
    cli.run(main, argparse.ArgumentParser())
