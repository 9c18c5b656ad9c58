"""Write the report of a study: figures, key numbers and settings in one HTML file."""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories import cli
from trajectories.analyses import claims, geometry
from trajectories.errors import UserError
from trajectories.plotting import figure_data
from trajectories.provenance import provenance
from trajectories.rdms import trajectory
from trajectories.report import figures, findings, report
from trajectories.report import study as report_study
from trajectories.report.explorer import content as explorer
from trajectories.stimuli import packing as stimuli
from trajectories.storage import hdf5, tables

HERE = Path(__file__).resolve().parent
NEEDED = ("stability", "categories", "path", "path_axes")


def main(arguments: argparse.Namespace) -> None:
    """Write the report that the arguments describe."""
    try:
        config, traits = json.loads(arguments.config), json.loads(arguments.traits)
    except ValueError as error:
        raise UserError(
            f"--config or --traits is not JSON ({error}): give the whole configuration and what"
            " planning knows of it."
        ) from error
    stimulus, images = read_stimuli(arguments.stimuli, arguments.trajectories)
    files = {path.stem: path for path in arguments.tables}
    lacking = [name for name in NEEDED if name not in files]
    if lacking:
        raise UserError(f"--tables has no {lacking[0]}.csv: give all tables of the study.")
    stability = figure_data.read_table(
        files["stability"], ["correlation"], "stability.csv of all instances"
    )
    categories = figure_data.read_table(
        files["categories"], ["dissimilarity"], "categories.csv of all instances"
    )
    shown = explorer.Sources(
        trajectories=arguments.trajectories,
        stability=stability,
        categories=categories,
        path=tables.read_columns(files["path"], geometry.PATH, geometry.TEXT),
        path_axes=tables.read_columns(files["path_axes"], geometry.PATH_AXES, geometry.TEXT),
        definitions=config["categories"],
        measure=config["metrics"]["similarity"],
        labels=config["labels"],
    )
    study = report_study.Study(
        config=config,
        stability=stability,
        categories=categories,
        history=figure_data.read_histories(arguments.histories) if arguments.histories else None,
        stimulus=stimulus,
        test_images=images,
        credits=credit_lines([*arguments.dataset, *arguments.stimuli]),
        traits=traits,
        claims=tables.read_columns(files["claims"], claims.COLUMNS, claims.TEXT)
        if "claims" in files
        else None,
        findings=findings.of_study(files, figure_data.names(stability, "condition"), config),
        explorer=explorer.build(shown, stimulus) | {"time": config["time"]},
    )
    pictures = figures.Pictures(
        arguments.figure1, arguments.figure2, arguments.figure_training, arguments.figures
    )
    made_with = provenance.read(arguments.provenance)
    if made_with["config"] != config:
        raise UserError(
            f"{arguments.provenance} was written with another configuration than the report is to"
            " state: write it again with --forcerun provenance"
        )
    report.write(arguments.output, study, pictures, made_with, arguments.template)
    cli.log.info("%s: %.1f MB", arguments.output, arguments.output.stat().st_size / 1e6)


def read_stimuli(
    packed: list[Path], trajectories: list[Path]
) -> tuple[tuple[str, ...], NDArray[np.uint8] | None]:
    """Names and pictures of the test images; without a file of them, names alone."""
    if packed:
        return stimuli.load(packed[0])
    with trajectory.opened(trajectories[0]) as first:
        return first.stimulus, None


def credit_lines(paths: list[Path]) -> list[str]:
    """Credits that image files require wherever the images are shown."""
    lines = []
    for path in paths:
        with hdf5.opened(path) as file:
            attributes = hdf5.attributes(file)
        if "attribution" in attributes:
            lines.append(str(attributes["attribution"]))
    return list(dict.fromkeys(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="complete configuration, as JSON")
    parser.add_argument(
        "--traits",
        required=True,
        help="what planning knows of image source, objective and networks, as JSON",
    )
    parser.add_argument(
        "--tables",
        type=Path,
        nargs="+",
        required=True,
        help=f"tables/*.csv of the study: at least {', '.join(NEEDED)}",
    )
    parser.add_argument(
        "--histories",
        type=Path,
        nargs="+",
        help="files named <condition>/seed-<seed>/history.csv, of networks that were trained",
    )
    parser.add_argument("--figure1", type=Path, required=True, help="Figure 1 (PNG)")
    parser.add_argument("--figure2", type=Path, required=True, help="Figure 2 (PNG)")
    parser.add_argument("--figure-training", type=Path, help="training diagnostics (PNG)")
    parser.add_argument(
        "--figures",
        type=Path,
        nargs="+",
        default=[],
        help="further figures (PNG), each with a caption in a file that ends in .txt",
    )
    parser.add_argument(
        "--trajectories",
        type=Path,
        nargs="+",
        required=True,
        help="trajectory.h5 of each network instance",
    )
    parser.add_argument(
        "--stimuli",
        type=Path,
        nargs="*",
        required=True,
        help="test images (HDF5); nothing where pictures are not published",
    )
    parser.add_argument(
        "--dataset",
        type=Path,
        nargs="+",
        default=[],
        help="training images (HDF5), for their credits",
    )
    parser.add_argument("--provenance", type=Path, required=True, help="provenance.json")
    parser.add_argument(
        "--template",
        type=Path,
        default=HERE.parent / "report" / "report.html.jinja",
        help="page to fill (default: the project's)",
    )
    parser.add_argument("--output", type=Path, required=True, help="report (HTML) to write")
    cli.run(main, parser)
