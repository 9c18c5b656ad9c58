"""Files of the analyses, as they are declared in the package; no rules."""

import json
from functools import cache

from trajectories.analyses import declaration, registry
from trajectories.study.config import condition_settings

ANALYSES = registry.analyses()


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
    """What an analysis or a figure of one reads beside tables, with files that its settings name."""
    named = {"references": reference_files()} if "references" in part.settings.values() else {}
    return {name: study_files()[name] for name in part.reads} | named


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
    ] + [path for suffix in ("pdf", "png", "txt") for path in input_figure(suffix)]


def input_figure(suffix):
    """The strip of images in each condition, or nothing where none is trained with a diet.

    Nor where pictures are not published.
    """
    shown = "diets" in planned() and packed_stimuli()
    return [experiment(f"figures/inputs.{suffix}")] if shown else []


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
