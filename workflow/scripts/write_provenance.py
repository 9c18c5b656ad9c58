"""Write with what a run was made, from what, and the checksums of its inputs and results."""

import argparse
import json
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.provenance import checksums, images_used, provenance, trained_with

HERE = Path(__file__).resolve().parent


def main(arguments: argparse.Namespace) -> None:
    """Write the provenance of the run that the arguments describe."""
    try:
        config = json.loads(arguments.config)
    except ValueError as error:
        raise UserError(f"--config is not JSON ({error}): give the whole configuration.") from error
    made_with = provenance.surroundings(HERE)
    made_with["versions"]["snakemake"] = arguments.snakemake
    inputs = {}
    for path in arguments.image_checksums:
        inputs.update(checksums.read(path)["files"])
    inputs.update(checksums.of_files(arguments.run, arguments.recipes))
    needed = ("condition", "seed", "recipe_digest", "trained_with", "files")
    instances = [checksums.read(path, needed) for path in arguments.instance_checksums]
    trained_with.require(arguments.settings, arguments.recipes, instances)
    images_used.require(arguments.run, instances)
    content = provenance.collect(
        config,
        made_with,
        instances=instances,
        stimulus_table=arguments.stimulus_table,
        inputs=inputs,
        results=checksums.of_files(arguments.run, arguments.results),
    )
    # By its name in the config: the workflow's own table lies wherever the workflow does.
    content["stimulus_table"]["path"] = Path(config["stimuli"]["table"]).as_posix()
    checksums.write(arguments.output, content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder results/<experiment>")
    parser.add_argument("--config", required=True, help="complete configuration, as JSON")
    parser.add_argument("--snakemake", required=True, help="version of Snakemake")
    parser.add_argument(
        "--image-checksums", type=Path, nargs="*", required=True, help="of image_checksums.py"
    )
    parser.add_argument(
        "--settings",
        type=json.loads,
        required=True,
        help="recipe of each condition by its name, as the configuration says it, as JSON",
    )
    parser.add_argument("--recipes", type=Path, nargs="+", required=True, help="recipe.json files")
    parser.add_argument(
        "--instance-checksums", type=Path, nargs="+", required=True, help="of instance_checksums.py"
    )
    parser.add_argument(
        "--results", type=Path, nargs="+", required=True, help="tables and figures of all instances"
    )
    parser.add_argument(
        "--stimulus-table", type=Path, required=True, help="table of test images (CSV, .mat)"
    )
    parser.add_argument("--output", type=Path, required=True, help="provenance.json to write")
    cli.run(main, parser)
