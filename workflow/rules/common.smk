"""Names and helpers shared by all stages; no rules."""

import json
import shlex
import sys
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))

from trajectories import checks, cost, job_size, slurm
from trajectories.config import checkpoint_epochs, condition_settings, resolve, segments
from trajectories.errors import UserError
from trajectories.stimulus_table import read_table


def checked(raw):
    """The configuration with all defaults, or one sentence and the end.

    Jobs in a process of their own (on a cluster) find it checked already.
    """
    try:
        complete = resolve(raw)
        if workflow.is_main_process:
            for warning in checks.check(complete, Path("results")):
                logger.warning(f"warning: {warning}")
    except UserError as error:
        sys.exit(f"error: {error}")
    return complete


def refuse_running_jobs():
    """Go on, unless an earlier Snakemake was killed and its jobs work on: one sentence, the end."""
    try:
        if warning := slurm.refuse_running_jobs(Path.cwd()):
            logger.warning(f"warning: {warning}")
    except UserError as error:
        sys.exit(f"error: {error}")


def experiment(path):
    """A path of this experiment."""
    return f"results/{config['experiment']}/{path}"


def instance(path):
    """A path of one network instance: a seed of a condition."""
    return experiment(f"{{condition}}/seed-{{seed}}/{path}")


def every_instance(path):
    """That path of every instance."""
    return expand(instance(path), condition=config["conditions"], seed=config["seeds"])


def every_segment(path):
    """That path of every segment of every instance."""
    return [
        instance(path).format(
            condition=condition, seed=seed, start=f"{start:04d}", stop=f"{stop:04d}"
        )
        for condition in config["conditions"]
        for seed in config["seeds"]
        for start, stop in segments(config, condition)
    ]


def segments_of(path):
    """Input function: that path of every segment of the instance in the wildcards."""

    def files(wildcards):
        return [
            instance(path).format(**{**wildcards, "start": f"{start:04d}", "stop": f"{stop:04d}"})
            for start, stop in segments(config, wildcards.condition)
        ]

    return files


def code(script):
    """A script and all of the package that it imports: an edit to any of them is a change."""
    finder = ModuleFinder(path=[str(SCRIPTS)])
    finder.run_script(str(SCRIPTS / script))
    files = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    return sorted(str(file.relative_to(workflow.basedir)) for file in files)


def stimulus_table():
    """The table of test images."""
    return read_table(Path(config["stimuli"]["table"]))


def stimulus_files():
    """The files of the test images, in the order of the table."""
    return list(stimulus_table().files)


def stimulus_paths():
    """Paths of the test images, or none where a package ships them."""
    folder = checks.stimulus_folder(config)
    if folder in ("openmoji", config["stimuli"]["table"]):
        return [file for file in [folder] if file != "openmoji"]
    return [f"{folder}/{file}" for file in stimulus_files()]


def excluded_files():
    """Test images that must not be learnt from: those of the set that training images come from."""
    return stimulus_files() if config["images"]["source"] == "openmoji" else []


def recipe_json(condition):
    """All settings of a condition that determine trained weights, as one line of JSON.

    With the images that must not be learnt from: without them it is another training set.
    """
    settings = condition_settings(config, condition)
    settings["images"] = settings["images"] | {"excluded": excluded_files()}
    return json.dumps(settings, sort_keys=True)


def previous_state(wildcards):
    """Input function: the state a segment starts from, unless it is the first."""
    path = instance("state/epochs-{start}-{stop}.pt")
    for start, stop in segments(config, wildcards.condition):
        if stop == int(wildcards.start):
            return [path.format(**{**wildcards, "start": f"{start:04d}", "stop": f"{stop:04d}"})]
    return []


def segment_epochs(wildcards):
    """Param function: the epochs whose checkpoints a segment holds."""
    extra = condition_settings(config, wildcards.condition)["training"]["extra_checkpoints"]
    return checkpoint_epochs(int(wildcards.start), int(wildcards.stop), extra)


@cache
def n_stimuli():
    """Number of test images."""
    return len(stimulus_table().stimulus)


@cache
def needs(condition):
    """What each segment of a condition takes, by the epoch it starts from."""
    starts = (start for start, _ in segments(config, condition))
    return dict(zip(starts, cost.segment_needs(config, condition, n_stimuli()), strict=True))


def training_size(wildcards):
    """Time and memory of a training job."""
    return job_size.training(config, needs(wildcards.condition)[int(wildcards.start)])


def extraction_size(wildcards):
    """Time and memory of an extraction job."""
    return job_size.extraction(config, wildcards.condition, wildcards.layer, n_stimuli())


def packing_size(wildcards):
    """Time and memory of the job that packs the training images."""
    return job_size.packing(config)


def minutes(size):
    """Resource function: the time a job of that size may take, more at each attempt."""
    return lambda wildcards, attempt: size(wildcards).minutes * attempt


def megabytes(size):
    """Resource function: the memory a job of that size may take, more at each attempt."""
    return lambda wildcards, attempt: size(wildcards).megabytes * attempt


def kept_if_asked(path):
    """Activations are large: temporary, unless the configuration keeps them."""
    return path if config["activations"]["keep"] else temp(path)


def layers_and_segments_of(path):
    """Input function: that path of every layer and segment of the instance in the wildcards."""

    def files(wildcards):
        return [
            instance(path).format(
                **{**wildcards, "start": f"{start:04d}", "stop": f"{stop:04d}", "layer": layer}
            )
            for layer in config["activations"]["layers"]
            for start, stop in segments(config, wildcards.condition)
        ]

    return files


def summaries(metric):
    """The tables of a metric over all instances."""
    return [experiment(f"tables/{metric}.csv"), experiment(f"tables/{metric}_summary.csv")]


def flag(name, value):
    """A command-line flag with its values, or nothing where there is no value."""
    values = value if isinstance(value, (list, tuple)) else [value]
    given = [shlex.quote(str(item)) for item in values if item is not None]
    return " ".join([name, *given]) if given else ""


def figure_layout(figure):
    """The flags of a figure's size and axes."""
    layout = config["figures"][figure]
    return " ".join(flag(f"--{key.replace('_', '-')}", layout[key]) for key in sorted(layout))
