"""Say how far a study is: epochs, work and time left, and what needs an eye. Changes nothing."""

import argparse
import time
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.status import alarms, cluster, instances, page, text
from trajectories.study import config
from trajectories.study.config import Config

HERE = Path(__file__).resolve().parent


def main(arguments: argparse.Namespace) -> None:
    """Print how the study of the arguments stands, and write the page, once or again and again."""
    settings = config.read(arguments.config)
    if arguments.every is not None and arguments.every < 1:
        raise UserError("--every must be at least 1 second")
    while True:
        standing = of_study(settings, arguments.results / settings["experiment"])
        print("\n".join(text.lines(standing)), flush=True)
        if arguments.html:
            template = HERE.parent / "report" / "status.html.jinja"
            page.write(arguments.html, standing, template, arguments.every)
        if arguments.every is None:
            return
        time.sleep(arguments.every)
        print()


def of_study(settings: Config, results: Path) -> text.Standing:
    """How a study stands now."""
    trained = instances.trained(settings, results)
    wanted = len(settings["conditions"]) * len(settings["seeds"])
    made = sum(
        (results / condition / f"seed-{seed}" / "trajectory.h5").exists()
        for condition in settings["conditions"]
        for seed in settings["seeds"]
    )
    report = "the report is there" if (results / "report.html").exists() else "no report yet"
    return text.Standing(
        name=settings["experiment"],
        instances=trained,
        results=f"{made} of {wanted} trajectories, {report}",
        cluster=cluster.states(Path.cwd()),
        alarms=[*alarms.of_training(trained), *alarms.of_logs(results)],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    cli.add_config(parser)
    cli.add_results(parser)
    parser.add_argument("--html", type=Path, help="also write a page there")
    parser.add_argument("--every", type=int, help="do so every so many seconds, until stopped")
    cli.run(main, parser)
