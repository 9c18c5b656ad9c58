"""Names and helpers shared by all stages; no rules."""

import json
import re
import shlex
from functools import cache
from importlib.metadata import version
from pathlib import Path

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.planning import traits
from trajectories.planning.conditions import extraction, layers
from trajectories.planning.conditions.condition import Condition
from trajectories.rdms import reference_rdms
from trajectories.stimuli.table import located
from trajectories.storage import imports
from trajectories.study import segments
from trajectories.study.config import imported, merged


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


def conditions_to_train():
    """Those whose networks may be trained in this run: an interim look trains none.

    Nor does a study that is given, as it was published.
    """
    return [] if config["interim"] or config["published"] else trained_conditions()


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
        span = (segment.start, segment.stop) == (int(wildcards.start), int(wildcards.stop))
        if span and segment.condition == wildcards.condition:
            return segment
    raise UserError(
        f"{wildcards.condition} seed {wildcards.seed} has no segment"
        f" epochs-{wildcards.start}-{wildcards.stop}: choose among"
        f" {', '.join(segment.name for segment in planned)}"
    )


def of_segment(path, segment, seed):
    """That path of a segment, in the folder of the condition whose it is."""
    return instance(path).format(
        condition=segment.condition,
        seed=seed,
        start=f"{segment.start:04d}",
        stop=f"{segment.stop:04d}",
    )


def every_segment(path):
    """That path of every segment of every instance, once where instances share it.

    A published study has no files of segments.
    """
    if config["published"]:
        return []
    found = [
        of_segment(path, segment, seed)
        for condition in config["conditions"]
        for seed in config["seeds"]
        for segment in instance_segments(condition, seed)
    ]
    return list(dict.fromkeys(found))


def segments_of(path):
    """Input function: that path of every segment of the instance in the wildcards."""

    def files(wildcards):
        put_back_dates()
        return [
            of_segment(path, segment, wildcards.seed)
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
    is read anew only if something else asks for it. None, if a plan has to do without.
    """
    if planned_without_stimuli(config) and not located(Path(path)).exists():
        return []
    if located(Path(path)) != Path(path):
        return own(path, compared)
    return local(path) if compared else ancient(local(path))


def there(inputs):
    """Inputs but for those that a plan has to do without."""
    return [each for each in inputs if each]


def reference_files():
    """The files of the RDMs that checkpoints are compared with."""
    named = [reference_rdms.files(settings) for settings in config["references"].values()]
    return there(given(file) for file in dict.fromkeys(sum(named, [])))


def shown_by_diet(*conditions):
    """How images are shown to the networks of conditions, or None if they are shown as they are."""
    trained = [name for name in conditions if name not in imported_conditions()]
    fed = any(merged(config, name)["training"]["diet"] is not None for name in trained)
    return (
        config["activations"]["diet"] if fed and config["activations"]["diet"] != "clear" else None
    )


def kept_if_asked(path):
    """Activations are large: temporary, unless the configuration keeps them."""
    return path if config["activations"]["keep"] else temp(path)


def layers_and_segments_of(path):
    """Input function: that path of every layer and segment of the instance in the wildcards."""

    def files(wildcards):
        return [
            file
            for layer in layers.names(config)
            for file in segments_of(path.replace("{layer}", layer))(wildcards)
        ]

    return files


def instance_results(wildcards):
    """Input function: what there is of an instance beside its segments."""
    history = ["history.csv"] if wildcards.condition in trained_conditions() else []
    history += ["knn.csv"] if history and config["knn"] else []
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


def network_files(wildcards):
    """Input function: files of the user's own that define the network of the condition."""
    architecture = Condition.of(config, wildcards.condition).architecture
    if catalogue.trainable(architecture):
        return []
    files = catalogue.library(architecture).files(architecture)
    here = Path.cwd()
    return [
        given(str(file.relative_to(here) if file.is_relative_to(here) else file)) for file in files
    ]


def extracted_layers(group):
    """Param function: the layers of a group; that in the wildcards, of the group of any one."""
    return lambda wildcards: [layer.format(**wildcards) for layer in group]


def layer_modules(wildcards):
    """The modules that layers are, or None where these are no roles."""
    return extraction.modules(config, wildcards.condition, layers.names(config)) or None
