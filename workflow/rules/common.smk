"""Names and helpers shared by all stages; no rules."""

import json
import re
import shlex
from functools import cache
from importlib.metadata import version
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images.sources.registry import excludes_stimuli
from trajectories.networks import catalogue
from trajectories.planning import checks, trained_checks, traits
from trajectories.planning.conditions import extraction, knn_checks, layers
from trajectories.planning.conditions.condition import Condition
from trajectories.rdms import reference_rdms
from trajectories.stimuli import expected as expected_stimuli
from trajectories.stimuli.table import located, read_table
from trajectories.storage import imports
from trajectories.study import segments
from trajectories.study.config import (
    condition_settings,
    image_sets,
    imported,
    merged,
)
from trajectories.study.recipe import recipe_digest
from trajectories.status.interim.stamp import stamp


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


def planned_without_stimuli(config):
    """Whether this is a plan, and the table of test images is not there yet."""
    dry_run = workflow.output_settings.dryrun
    return dry_run and expected_stimuli.lacking(config, Path(RESULTS))


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


def stimulus_table():
    """The table of test images."""
    if planned_without_stimuli(config):
        return expected_stimuli.table()
    return read_table(Path(config["stimuli"]["table"]))


def stimulus_files():
    """The files of the test images, in the order of the table."""
    return list(stimulus_table().files)


def stimulus_paths():
    """Paths of the test images, or none where a package ships them."""
    folder = checks.stimulus_folder(config)
    if folder in ("openmoji", config["stimuli"]["table"]):
        return there(given(file) for file in [folder] if file != "openmoji")
    return [given(f"{folder}/{file}") for file in stimulus_files()]


def reference_files():
    """The files of the RDMs that checkpoints are compared with."""
    named = [reference_rdms.files(settings) for settings in config["references"].values()]
    return there(given(file) for file in dict.fromkeys(sum(named, [])))


def references_json():
    """The RDMs that checkpoints are compared with, as one line of JSON, without what their age is."""
    return json.dumps(
        {
            name: {key: value for key, value in settings.items() if key != "age"}
            for name, settings in config["references"].items()
        }
    )


def excluded_files(images):
    """Test images that must not be learnt from: those of the set that training images come from."""
    return stimulus_files() if excludes_stimuli(images) else []


def recipe_json(condition):
    """All settings of a condition that determine trained weights, as one line of JSON.

    With the images that must not be learnt from: without them it is another training set.
    """
    return json.dumps(condition_settings(config, condition, excluded_files), sort_keys=True)


def recipes_json():
    """The recipes of all conditions, by their names, as one line of JSON."""
    return json.dumps({name: json.loads(recipe_json(name)) for name in config["conditions"]})


def training_images(conditions=None):
    """The training images of some conditions or all, without those that need none.

    A published study needs none at all.
    """
    if config["published"]:
        return []
    names = set(config["conditions"] if conditions is None else conditions)
    return [experiment(name) for name, (_, by) in image_sets(config).items() if names & set(by)]


def held_out_images(conditions):
    """The images that are not learnt from, beside the training images of some conditions."""
    return [
        str(Path(path).with_name(Path(path).name.replace("dataset", "held-out")))
        for path in training_images(conditions)
    ]


def knn_epochs(wildcards):
    """Epochs at which it is measured how well a network sees."""
    planned = instance_segments(wildcards.condition, wildcards.seed)
    every = [epoch for segment in planned for epoch in segment.epochs]
    return [f"{epoch:g}" for epoch in knn_checks.epochs(config["knn"]["epochs"], every)]


def images_packed(wildcards):
    """The settings of the training images in the wildcards."""
    sets, name = image_sets(config), f"dataset{wildcards.packed}.h5"
    if name not in sets:
        raise UserError(f"no condition has training images {name}: choose among {', '.join(sets)}")
    return sets[name][0]


def not_compared(paths, wildcards):
    """Inputs of training whose dates and makers train nothing again: ancient, as a rule.

    Where the user forces training, they are not: when one is to be made again, Snakemake looks at no
    other reason of the jobs after it, not even at that one.
    """
    made = {
        str(placed(instance(path).format(**wildcards)))
        for path in ("checkpoints/epochs-{start}-{stop}", "state/epochs-{start}-{stop}.pt")
    }
    # By a file, or by the name of the rule, which a module may have changed.
    forced = any(
        name in made
        or (workflow.is_rule(name) and any(map(workflow.get_rule(name).is_producer, made)))
        for name in workflow.dag_settings.forcerun
    )
    return paths if forced else ancient(paths)


@cache
def digest_of_recipe(condition):
    """What states and checkpoints of a condition are to say that they were trained with."""
    return recipe_digest(json.loads(recipe_json(condition)))


def recipe_of_segment(wildcards):
    """Input function: the recipe of a segment, ancient where the segment was trained by it.

    Then it may have a new date, of which Snakemake cannot always tell that it is all that is new.
    """
    path = experiment(f"{wildcards.condition}/recipe.json")
    files = [
        Path(placed(instance(name).format(**wildcards)))
        for name in ("checkpoints/epochs-{start}-{stop}", "state/epochs-{start}-{stop}.pt")
    ]
    segment = trained_checks.Segment(*files, again=False, wanted=False)
    trained = segment.digests() == {digest_of_recipe(wildcards.condition)}
    return not_compared(path, wildcards) if trained else path


def images_of_segment(wildcards):
    """Input function: the images of a segment, not compared where its checkpoints exist.

    Where they do not, images that are packed again must not stand between: Snakemake passes over
    jobs behind an ancient file that it makes again, also if what they make is missing.
    """
    images = training_images([wildcards.condition])
    exists = Path(
        placed(instance("checkpoints/epochs-{start}-{stop}").format(**wildcards))
    ).exists()
    return not_compared(images, wildcards) if exists else images


def previous_state(wildcards):
    """Input function: the state a segment starts from, unless it is the first."""
    put_back_dates()
    for segment in instance_segments(wildcards.condition, wildcards.seed):
        if segment.stop == int(wildcards.start):
            return [of_segment("state/epochs-{start}-{stop}.pt", segment, wildcards.seed)]
    return []


def branch_recipe(wildcards):
    """Input function: the recipe of a branch, which says whose its first segments are."""
    branch = config["conditions"][wildcards.condition]["from"] is not None
    return [experiment("{condition}/recipe.json").format(**wildcards)] if branch else []


def segment_state(wildcards):
    """Input function: the state at the end of a segment, if it is trained here."""
    trained = wildcards.condition in conditions_to_train()
    return [instance("state/epochs-{start}-{stop}.pt").format(**wildcards)] if trained else []


def segment_epochs(wildcards):
    """Param function: the epochs whose checkpoints a segment holds."""
    return list(this_segment(wildcards).epochs)


def instance_epochs(wildcards):
    """Param function: the epochs of all checkpoints of the instance in the wildcards."""
    planned = instance_segments(wildcards.condition, wildcards.seed)
    return [epoch for segment in planned for epoch in segment.epochs]


def shown_by_diet(*conditions):
    """How images are shown to the networks of conditions, or None if they are shown as they are."""
    trained = [name for name in conditions if name not in imported_conditions()]
    fed = any(merged(config, name)["training"]["diet"] is not None for name in trained)
    return (
        config["activations"]["diet"] if fed and config["activations"]["diet"] != "clear" else None
    )


def some_epochs(wildcards):
    """A few of the epochs of a condition, evenly spaced, by whose they are: its trunks' or its own."""
    planned = instance_segments(wildcards.condition, config["seeds"][0])
    known = [(part.condition, epoch) for part in planned for epoch in part.epochs]
    last, found = len(known) - 1, {}
    for place in sorted({round(last * part / 4) for part in range(5)}):
        name, epoch = known[place]
        found.setdefault(name, []).append(epoch)
    return found


def segment_files(wildcards):
    """Input function: the user's own checkpoints of a segment."""
    return [given(str(path)) for path in this_segment(wildcards).files]


def places_in_files(wildcards):
    """Words for a command: where in files of the user's own the weights are."""
    settings = imported(config, wildcards.condition)
    words = []
    for key in ("key", "prefix"):
        if settings[key] is not None:
            words += [f"--{key}", settings[key]]
    if settings["leave_out"]:
        words += ["--leave-out", *settings["leave_out"]]
    if settings["table"] or settings["epoch_key"] or settings["epoch_scale"] != 1:
        words.append("--epochs-as-given")
    return words


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


def network_stimuli(wildcards):
    """Input function: the test images as the network of the condition sees them."""
    return experiment(extraction.stimuli(config, wildcards.condition))


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


def network_words(group):
    """Function: further words for the extraction of a group of layers."""
    chosen = extracted_layers(group)
    return lambda wildcards: extraction.flags(config, wildcards.condition, chosen(wildcards))


def joined(words):
    """Param function: words of a command, quoted."""
    return lambda wildcards: shlex.join(words(wildcards))


def layer_modules(wildcards):
    """The modules that layers are, or None where these are no roles."""
    return extraction.modules(config, wildcards.condition, layers.names(config)) or None


def packed_stimuli():
    """The packed test images, first as the networks of the config see them.

    Of a published study those that it brings, which may be none.
    """
    if config["published"]:
        return [experiment("stimuli.h5")] if config["published"]["pictures"] else []
    return [experiment(name) for name in extraction.every_stimuli(config)]


def image_checksums():
    """The checksums of training images, where there are any, held-out ones and test images."""
    images = [*training_images(), *packed_stimuli()]
    if config["knn"]:
        images += held_out_images(trained_conditions())
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


def stamped(flags):
    """Param function: the same flags and, in an interim look, the one for its watermark."""
    if stamp(config) is None:
        return flags
    return lambda wildcards, input: f"{flags(wildcards, input)} {flag('--stamp', stamp(config))}"


def report_config():
    """All settings that the report tells, as one line of JSON."""
    return json.dumps({key: config[key] for key in config if key not in ("compute", "notify")})
