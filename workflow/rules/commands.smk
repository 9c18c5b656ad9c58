"""Words of commands: flags with quoted values, settings as JSON, and what Snakemake's report shows.

No rules.
"""

import json
import shlex

from trajectories.planning.conditions import extraction
from trajectories.status.interim.stamp import stamp
from trajectories.study.config import condition_settings, imported


def references_json():
    """The RDMs that checkpoints are compared with, as one line of JSON, without what their age is."""
    return json.dumps(
        {
            name: {key: value for key, value in settings.items() if key != "age"}
            for name, settings in config["references"].items()
        }
    )


def recipe_json(condition):
    """All settings of a condition that determine trained weights, as one line of JSON.

    With the images that must not be learnt from: without them it is another training set.
    """
    return json.dumps(condition_settings(config, condition, excluded_files), sort_keys=True)


def recipes_json():
    """The recipes of all conditions, by their names, as one line of JSON."""
    return json.dumps({name: json.loads(recipe_json(name)) for name in config["conditions"]})


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


def network_words(group):
    """Function: further words for the extraction of a group of layers."""
    chosen = extracted_layers(group)
    return lambda wildcards: extraction.flags(config, wildcards.condition, chosen(wildcards))


def joined(words):
    """Param function: words of a command, quoted."""
    return lambda wildcards: shlex.join(words(wildcards))


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
