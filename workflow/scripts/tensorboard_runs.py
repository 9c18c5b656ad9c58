"""Write the histories of a study's networks so far for TensorBoard; training is left alone."""

import argparse
from pathlib import Path

from trajectories import cli
from trajectories.status import instances, tensorboard
from trajectories.study import config


def main(arguments: argparse.Namespace) -> None:
    """Write a run for each network that has ended an epoch."""
    settings = config.read(arguments.config)
    results = arguments.results / settings["experiment"]
    folder = arguments.output or Path("tensorboard", settings["experiment"])
    number = tensorboard.write(instances.trained(settings, results), folder)
    cli.log.info("%d networks: look at them with `tensorboard --logdir %s`", number, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_config(parser)
    cli.add_results(parser)
    parser.add_argument("--output", type=Path, help="folder to write (tensorboard/<experiment>)")
    cli.run(main, parser)
