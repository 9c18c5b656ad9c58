"""Names and helpers shared by all stages; no rules."""

import json
import re
import shlex
from functools import cache
from importlib.metadata import version
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images.sources.registry import excludes_stimuli
from trajectories.planning import checks, imports, traits
from trajectories.rdms import reference_rdms
from trajectories.stimuli.table import located, read_table
from trajectories.study import segments
from trajectories.study.config import condition_settings, imported, needs_images


# What a path may hold in the place of a name, as nothing else has been checked.
wildcard_constraints:
    condition=r"[A-Za-z0-9][A-Za-z0-9_-]*",
    seed=r"\d+",
    start=r"\d+",
    stop=r"\d+",
    layer=r"[\w.]+",
    metric=r"\w+",


def experiment(path):
    """A path of this experiment."""
    return f"results/{config['experiment']}/{path}"


def instance(path):
    """A path of one network instance: a seed of a condition."""
    return experiment(f"{{condition}}/seed-{{seed}}/{path}")


def every_instance(path, conditions=None):
    """That path of every instance, or of those of some conditions."""
    names = config["conditions"] if conditions is None else conditions
    return expand(instance(path), condition=names, seed=config["seeds"])


def trained_conditions():
    """The conditions whose networks are trained here."""
    return [name for name in config["conditions"] if imported(config, name) is None]


def imported_conditions():
    """The conditions whose checkpoints are the user's own."""
    return [name for name in config["conditions"] if imported(config, name) is not None]


def one_of(names):
    """A regular expression for these names alone; where there are none, for nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"


@cache
def instance_segments(condition, seed):
    """The segments of an instance; files of the user's own are looked up once."""
    return segments.of_instance(config, condition, int(seed))


def this_segment(wildcards):
    """The segment in the wildcards."""
    planned = instance_segments(wildcards.condition, wildcards.seed)
    for segment in planned:
        if (segment.start, segment.stop) == (int(wildcards.start), int(wildcards.stop)):
            return segment
    raise UserError(
        f"{wildcards.condition} seed {wildcards.seed} has no segment"
        f" epochs-{wildcards.start}-{wildcards.stop}: choose among"
        f" {', '.join(segment.name for segment in planned)}"
    )


def of_segment(path, segment, **wildcards):
    """That path of a segment."""
    return instance(path).format(
        start=f"{segment.start:04d}", stop=f"{segment.stop:04d}", **wildcards
    )


def every_segment(path):
    """That path of every segment of every instance."""
    return [
        of_segment(path, segment, condition=condition, seed=seed)
        for condition in config["conditions"]
        for seed in config["seeds"]
        for segment in instance_segments(condition, seed)
    ]


def segments_of(path):
    """Input function: that path of every segment of the instance in the wildcards."""

    def files(wildcards):
        return [
            of_segment(path, segment, condition=wildcards.condition, seed=wildcards.seed)
            for segment in instance_segments(wildcards.condition, wildcards.seed)
        ]

    return files


def code(script, *modules):
    """A script and all of the package that it imports: an edit to any of them is a change.

    With modules, by their files, that it imports by the name of an analysis.
    """
    files = imports.files(SCRIPTS, script, *modules)
    return [own(name) for name in sorted(str(file.relative_to(ROOT)) for file in files)]


def given(path, compared=True):
    """An input that the configuration names: a file of the user's, which no `prefix:` moves.

    Or a table of the workflow's own, where the user has none of that name. One that is not compared
    is read anew only if something else asks for it.
    """
    if located(Path(path)) != Path(path):
        return own(path, compared)
    return local(path) if compared else ancient(local(path))


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
        return [given(file) for file in [folder] if file != "openmoji"]
    return [given(f"{folder}/{file}") for file in stimulus_files()]


def reference_files():
    """The files of the RDMs that checkpoints are compared with."""
    named = [reference_rdms.files(settings) for settings in config["references"].values()]
    return [given(file) for file in dict.fromkeys(sum(named, []))]


def excluded_files():
    """Test images that must not be learnt from: those of the set that training images come from."""
    return stimulus_files() if excludes_stimuli(config["images"]) else []


def recipe_json(condition):
    """All settings of a condition that determine trained weights, as one line of JSON.

    With the images that must not be learnt from: without them it is another training set.
    """
    settings = condition_settings(config, condition)
    if "images" in settings:
        settings["images"] = settings["images"] | {"excluded": excluded_files()}
    return json.dumps(settings, sort_keys=True)


def recipes_json():
    """The recipes of all conditions, by their names, as one line of JSON."""
    return json.dumps({name: json.loads(recipe_json(name)) for name in config["conditions"]})


def training_images(conditions=None):
    """The training images, or nothing where none of the conditions needs them."""
    names = config["conditions"] if conditions is None else conditions
    needed = any(needs_images(config, name) for name in names)
    return [experiment("dataset.h5")] if needed else []


def previous_state(wildcards):
    """Input function: the state a segment starts from, unless it is the first."""
    for segment in instance_segments(wildcards.condition, wildcards.seed):
        if segment.stop == int(wildcards.start):
            where = {"condition": wildcards.condition, "seed": wildcards.seed}
            return [of_segment("state/epochs-{start}-{stop}.pt", segment, **where)]
    return []


def segment_state(wildcards):
    """Input function: the state at the end of a segment, if it is trained here."""
    trained = wildcards.condition in trained_conditions()
    return [instance("state/epochs-{start}-{stop}.pt").format(**wildcards)] if trained else []


def segment_epochs(wildcards):
    """Param function: the epochs whose checkpoints a segment holds."""
    return list(this_segment(wildcards).epochs)


def instance_epochs(wildcards):
    """Param function: the epochs of all checkpoints of the instance in the wildcards."""
    planned = instance_segments(wildcards.condition, wildcards.seed)
    return [epoch for segment in planned for epoch in segment.epochs]


def segment_files(wildcards):
    """Input function: the user's own checkpoints of a segment."""
    return [given(str(path)) for path in this_segment(wildcards).files]


def kept_if_asked(path):
    """Activations are large: temporary, unless the configuration keeps them."""
    return path if config["activations"]["keep"] else temp(path)


def layers_and_segments_of(path):
    """Input function: that path of every layer and segment of the instance in the wildcards."""

    def files(wildcards):
        return [
            file
            for layer in config["activations"]["layers"]
            for file in segments_of(path.replace("{layer}", layer))(wildcards)
        ]

    return files


def instance_results(wildcards):
    """Input function: what there is of an instance beside its segments."""
    history = ["history.csv"] if wildcards.condition in trained_conditions() else []
    compared = ["references.csv", "reference_subjects.csv"] if config["references"] else []
    names = [
        "trajectory.h5",
        "resamples.h5",
        "displacement.csv",
        "stability.csv",
        "categories.csv",
        *compared,
        *history,
    ]
    return [instance(name).format(**wildcards) for name in names]


def image_checksums():
    """The checksums of training images, where there are any, and test images."""
    images = [*training_images(), experiment("stimuli.h5")]
    return [experiment(f"checksums/{Path(path).stem}.json") for path in images]


def shown(path, caption, category, **labels):
    """A result that Snakemake's own report shows, with the file of its caption in workflow/."""
    return report(path, caption=f"../{caption}", category=category, labels=labels)


def flag(name, value):
    """A command-line flag with its values, or nothing where there is no value."""
    values = value if isinstance(value, (list, tuple)) else [value]
    given = [shlex.quote(str(item)) for item in values if item is not None]
    return " ".join([name, *given]) if given else ""


def flags_of(*inputs):
    """Param function: a flag for each of these inputs, by its name, with its files."""
    return lambda wildcards, input: " ".join(flag(f"--{name}", input.get(name)) for name in inputs)


def report_config():
    """All settings that the report tells, as one line of JSON."""
    return json.dumps({key: config[key] for key in config if key != "compute"})
