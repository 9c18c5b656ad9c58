"""Names and helpers shared by all stages; no rules."""

import json
import re
import shlex
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path


from trajectories.analyses import declaration, registry
from trajectories.errors import UserError
from trajectories.images.sources.registry import excludes_stimuli
from trajectories.planning import checks, image_checks, imports, slurm, traits, trained_checks
from trajectories.rdms import reference_rdms
from trajectories.stimuli.table import located, read_table
from trajectories.study import command_line, plain_yaml, segments
from trajectories.study.config import condition_settings, imported, needs_images, resolve

ANALYSES = registry.analyses()


# What a path may hold in the place of a name, as nothing else has been checked.
wildcard_constraints:
    condition=r"[A-Za-z0-9][A-Za-z0-9_-]*",
    seed=r"\d+",
    start=r"\d+",
    stop=r"\d+",
    layer=r"[\w.]+",
    metric=r"\w+",


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


def analysis_file(name, file):
    """A file in the folder of an analysis, as seen from that of the scripts."""
    return f"trajectories/analyses/{name}/{file}"


@cache
def study_files():
    """Files of all instances, or conditions, by the name by which analyses read them."""
    return {
        "trajectories": every_instance("trajectory.h5"),
        "resamples": every_instance("resamples.h5"),
        "displacements": every_instance("displacement.csv"),
        "histories": every_instance("history.csv", trained_conditions()),
        "recipes": expand(experiment("{condition}/recipe.json"), condition=config["conditions"]),
    }


def read_by(part):
    """What an analysis or a figure of one reads beside tables."""
    return {name: study_files()[name] for name in part.reads}


def settings_json(part):
    """The settings of an analysis or a figure of one, as one line of JSON."""
    return json.dumps(declaration.values(part.settings, config))


def analysis_tables(name):
    """The tables of an analysis, and what else is made with them."""
    analysis = ANALYSES[name]
    return [
        *(experiment(f"tables/{table}.csv") for table in analysis.tables),
        *map(experiment, analysis.files),
    ]


def analysis_figure(name, figure):
    """The files of a figure."""
    suffixes = ("pdf", "png", "txt") if ANALYSES[name].figures[figure].captioned else ("pdf", "png")
    return [experiment(f"figures/{figure}.{suffix}") for suffix in suffixes]


def shown_tables(name):
    """The same, for the rule that makes them, with those that Snakemake's own report shows."""
    caption, found = f"scripts/{analysis_file(name, 'caption.rst')}", analysis_tables(name)
    for place, table in enumerate(ANALYSES[name].tables):
        if category := ANALYSES[name].shown.get(table):
            found[place] = shown(found[place], caption, category, table=table)
    return found


def shown_figure(name, figure):
    """The same, for the rule that makes them, with the picture for Snakemake's own report."""
    declared, found = ANALYSES[name].figures[figure], analysis_figure(name, figure)
    caption = f"scripts/{analysis_file(name, declared.caption)}"
    return [
        shown(path, caption, declared.category, figure=figure) if path.endswith("png") else path
        for path in found
    ]


@cache
def planned():
    """Names of the analyses, and of their figures, that this study has."""
    recipes = {name: condition_settings(config, name) for name in config["conditions"]}
    return {
        name: [each for each in analysis.figures if analysis.has_figure(each, config, recipes)]
        for name, analysis in ANALYSES.items()
        if analysis.when(config, recipes)
    }


def study_tables():
    """Tables of the whole study, and what else is made with them."""
    return [path for name in planned() for path in analysis_tables(name)]


def study_figures():
    """Figures of the whole study."""
    return [
        path
        for name, figures in planned().items()
        for figure in figures
        for path in analysis_figure(name, figure)
    ]


def captioned_figures(suffix):
    """The pictures, or the captions, of the figures that have a caption in a file beside them."""
    return [
        experiment(f"figures/{figure}.{suffix}")
        for name, figures in planned().items()
        for figure in figures
        if ANALYSES[name].figures[figure].captioned
    ]


def training_figure():
    """The picture of training diagnostics, or nothing where no condition is trained."""
    return [experiment(f"figures/{figure}.png") for figure in planned().get("diagnostics", [])]


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
