"""Checks of the configuration, and those before the first job: one sentence and the end; no rules."""

import json
import os
import sys
from pathlib import Path

from trajectories.errors import UserError
from trajectories.networks.libraries import own as own_networks
from trajectories.planning import checks, image_checks, packed_checks, slurm, trained_checks
from trajectories.planning.conditions import knn_checks
from trajectories.stimuli import sources
from trajectories.storage import image_record, leftovers
from trajectories.study import command_line, plain_yaml
from trajectories.study.config import imported, resolve

CHECKPOINTS = "checkpoints/epochs-{start}-{stop}"
STATE = "state/epochs-{start}-{stop}.pt"


def checked(raw):
    """The configuration with all defaults, or one sentence and the end.

    Jobs in a process of their own (on a cluster) find it checked already.
    """
    # Where jobs, too, look for networks of the user's own.
    of_study = [raw["interim"]["config"]] if raw.get("interim") else []
    files = [*workflow.configfiles, *of_study]
    places = dict.fromkeys(str(Path(path).resolve().parent) for path in files)
    os.environ[own_networks.FOLDERS] = os.pathsep.join(places)
    try:
        if workflow.is_main_process:
            # As Snakemake has read these files by itself, and taken the last of equal keys.
            for path in workflow.configfiles:
                plain_yaml.check_file(Path(path))
            command_line.check(workflow.config_settings.config or {})
        complete = resolve(raw)
        if workflow.is_main_process:
            told = checks.check(complete, Path(RESULTS), planned_without_stimuli(complete))
            for warning in [*told, *lack_of_room(complete)]:
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
    if config["published"]:
        return  # nothing is learnt from them
    try:
        image_checks.check_lost(config, Path(RESULTS), map(str, workflow.dag_settings.targets))
        image_checks.check_folder(config, Path(RESULTS))
        knn_checks.check_folder(config, Path(RESULTS))
    except UserError as error:
        sys.exit(f"error: {error}")


def require_same_training():
    """What is trained was trained as the config says, and stays: or one sentence and the end."""
    if config["published"]:
        return  # compared when it was published
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
        instances = [segments_of_run(name, seed, used, again, changed) for seed in config["seeds"]]
        try:
            trained_checks.check(
                name, json.loads(recipe_json(name)), Path(recipe), recipe in again, instances
            )
        except UserError as error:
            sys.exit(f"error: {error}")


def require_same_images():
    """Images that are packed and stay are those of the config, and of what was made from them."""
    if config["published"]:
        return  # no network is shown any
    dag = workflow.dag
    again = set() if workflow.touch else {str(path) for job in made_in(dag) for path in job.output}
    used = {str(path) for job in dag.jobs for path in job.output}

    def stays(path):
        return [Path(path)] if path in used - again and Path(path).exists() else []

    folder, table = checks.stimulus_folder(config), stimulus_table()
    try:
        for path in stays(str(placed(experiment("stimuli.h5")))):
            packed_checks.check_test_images(
                path,
                table.stimulus,
                config["image_size"],
                folder,
                sources.checksums(table.files, folder),
            )
            packed_checks.check_shown(image_record.TEST, path, made_of(config["conditions"], stays))
        for name, (images, conditions) in image_sets(config).items():
            for path in stays(str(placed(experiment(name)))):
                packed_checks.check_training_images(path, images, excluded_files(images))
                packed_checks.check_trained_on(path, trained_of(conditions, stays))
                made = made_of(conditions, stays)
                packed_checks.check_shown(image_record.TRAINING, path, made)
        for name in config["conditions"]:
            packed_checks.check_extracted(ways_of_extraction(name), made_of([name], stays))
    except UserError as error:
        sys.exit(f"error: {error}")


def ways_of_extraction(condition):
    """How the activations of a condition are made, as far as all of its segments say it alike."""
    ways = {key: config["activations"][key] for key in ("batchnorm", "tokens", "maps")}
    planned = [part for seed in config["seeds"] for part in instance_segments(condition, seed)]
    shown = {shown_by_diet(part.condition) or "clear" for part in planned}
    return ways | ({"diet": shown.pop()} if len(shown) == 1 else {})


def trained_of(conditions, stays):
    """Checkpoints and state of each segment of their own that some conditions have, and that stays."""
    return [
        (folder, Path(placed(of_segment(STATE, segment, seed))))
        for name in conditions
        if name in trained_conditions()
        for seed in config["seeds"]
        for segment in instance_segments(name, seed)
        if segment.condition == name  # a trunk may have learnt from other images
        for folder in stays(checkpoints_of(seed, segment))
    ]


def made_of(conditions, stays):
    """The trajectories of some conditions that stay."""
    made = [str(placed(path)) for path in every_instance("trajectory.h5", conditions)]
    return [path for each in made for path in stays(each)]


def made_in(dag):
    """The jobs that this run makes."""
    return [job for job in dag.jobs if dag.needrun(job)]


def checkpoints_of(seed, segment):
    """Where the checkpoints of a segment are."""
    return str(placed(of_segment(CHECKPOINTS, segment, seed)))


def segments_of_run(condition, seed, used, again, changed):
    """The segments of an instance that a run uses, without those of its trunk."""
    planned = instance_segments(condition, seed)
    # A branch follows a trunk that is trained again, which is judged for itself.
    of_trunk = [segment for segment in planned if segment.condition != condition]
    changed = changed or any(checkpoints_of(seed, segment) in again for segment in of_trunk)
    return [
        segment_of_run(condition, seed, segment, again, changed)
        for segment in planned
        if segment.condition == condition and checkpoints_of(seed, segment) in used
    ]


def segment_of_run(condition, seed, segment, again, changed):
    """A segment as `trained_checks` sees it, given what the run makes, by its files."""
    path = checkpoints_of(seed, segment)
    state = of_segment(STATE, segment, seed)
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
    if config["interim"]:
        return  # it makes nothing that they make
    try:
        if warning := slurm.refuse_running_jobs(Path.cwd()):
            logger.warning(f"warning: {warning}")
    except UserError as error:
        sys.exit(f"error: {error}")


def remove_leftovers():
    """Remove hidden files that killed jobs were writing: those of living ones stay."""
    if removed := leftovers.remove(Path(RESULTS, config["experiment"])):
        logger.info(f"Removed {len(removed)} unfinished files that killed jobs have left.")


def say_that_nothing_is_lost():
    """What to do after a run that has stopped; its last messages are those of jobs that ended."""
    failed = [part for job in workflow.scheduler.failed for part in getattr(job, "jobs", [job])]
    for job in failed:
        for log in filter(ended_without_reason, job.log):
            logger.warning(
                f"Rule {job.rule.name} has ended without a reason in its log ({log}), as jobs do that"
                " are killed: if memory ran out, give it more (on a cluster by resource mem_mb) or"
                " start fewer jobs at a time (--cores)."
            )
    logger.warning(
        "Nothing that was finished is lost: once the cause of the error is mended, the same command"
        " goes on from there."
        if failed
        else "Interrupted: errors above are of jobs that were stopped. Nothing that was finished is"
        " lost, and the same command goes on from there."
    )


def ended_without_reason(log):
    """Whether a log is there whose end is that of a job that was killed."""
    path = Path(log)
    end = path.read_text(encoding="utf-8", errors="replace")[-3000:] if path.is_file() else "error"
    return "error" not in end and "interrupted" not in end
