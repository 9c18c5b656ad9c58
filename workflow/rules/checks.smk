"""Checks of the configuration, and those before the first job: one sentence and the end; no rules."""

import json
import sys
from pathlib import Path

from trajectories.errors import UserError
from trajectories.planning import checks, image_checks, slurm, trained_checks
from trajectories.study import command_line, plain_yaml
from trajectories.study.config import imported, resolve


def checked(raw):
    """The configuration with all defaults, or one sentence and the end.

    Jobs in a process of their own (on a cluster) find it checked already.
    """
    try:
        if workflow.is_main_process:
            # As Snakemake has read these files by itself, and taken the last of equal keys.
            for path in workflow.configfiles:
                plain_yaml.check_file(Path(path))
            command_line.check(workflow.config_settings.config or {})
        complete = resolve(raw)
        if workflow.is_main_process:
            for warning in [*checks.check(complete, Path(RESULTS)), *lack_of_room(complete)]:
                logger.warning(f"warning: {warning}")
    except UserError as error:
        sys.exit(f"error: {error}")
    return complete


def lack_of_room(complete):
    """What the disk lacks, in a sentence, or nothing: a plan needs no room."""
    try:
        checks.check_room(complete, Path(RESULTS))
    except UserError as error:
        return [error]
    return []


def require_room():
    """The disk has room for what is to be made, or one sentence and the end."""
    for error in lack_of_room(config):
        sys.exit(f"error: {error}")


def require_training_images():
    """The training images are there, packed or to be packed, or one sentence and the end."""
    try:
        image_checks.check_lost(config, Path(RESULTS), map(str, workflow.dag_settings.targets))
        image_checks.check_folder(config, Path(RESULTS))
    except UserError as error:
        sys.exit(f"error: {error}")


def require_same_training():
    """What is trained was trained as the config says, and stays: or one sentence and the end."""
    dag = workflow.dag
    again = (
        {} if workflow.touch else {str(path): job for job in made_in(dag) for path in job.output}
    )
    used = {str(path) for job in dag.jobs for path in job.output}
    for name in config["conditions"]:
        recipe = str(placed(experiment(f"{name}/recipe.json")))
        if recipe not in used:
            continue
        changed = recipe in again and bool(dag.reason(again[recipe]).params_changed)
        instances = [
            [
                segment_of_run(name, seed, segment, again, changed)
                for segment in instance_segments(name, seed)
                if checkpoints_of(name, seed, segment) in used
            ]
            for seed in config["seeds"]
        ]
        try:
            trained_checks.check(
                name, json.loads(recipe_json(name)), Path(recipe), recipe in again, instances
            )
        except UserError as error:
            sys.exit(f"error: {error}")


def made_in(dag):
    """The jobs that this run makes."""
    return [job for job in dag.jobs if dag.needrun(job)]


def checkpoints_of(condition, seed, segment):
    """Where the checkpoints of a segment are."""
    path = of_segment("checkpoints/epochs-{start}-{stop}", segment, condition=condition, seed=seed)
    return str(placed(path))


def segment_of_run(condition, seed, segment, again, changed):
    """A segment as `trained_checks` sees it, given what the run makes, by its files."""
    path = checkpoints_of(condition, seed, segment)
    state = of_segment("state/epochs-{start}-{stop}.pt", segment, condition=condition, seed=seed)
    trained = imported(config, condition) is None
    reason = workflow.dag.reason(again[path]) if path in again else None
    return trained_checks.Segment(
        checkpoints=Path(path),
        state=Path(placed(state)) if trained else None,
        again=path in again,
        wanted=reason is not None
        and (changed or not trained or bool(reason.forced or reason.incomplete_output)),
    )


def refuse_running_jobs():
    """Go on, unless an earlier Snakemake was killed and its jobs work on: one sentence, the end."""
    try:
        if warning := slurm.refuse_running_jobs(Path.cwd()):
            logger.warning(f"warning: {warning}")
    except UserError as error:
        sys.exit(f"error: {error}")
