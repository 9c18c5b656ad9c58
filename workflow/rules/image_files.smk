"""Files of images: what networks learn from, what is held out, and test images; no rules."""

from pathlib import Path

from trajectories.errors import UserError
from trajectories.images.sources.registry import excludes_stimuli
from trajectories.planning import checks
from trajectories.planning.conditions import extraction
from trajectories.stimuli import expected as expected_stimuli
from trajectories.stimuli.table import read_table
from trajectories.study.config import image_sets


def planned_without_stimuli(config):
    """Whether this is a plan, and the table of test images is not there yet."""
    dry_run = workflow.output_settings.dryrun
    return dry_run and expected_stimuli.lacking(config, Path(RESULTS))


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


def excluded_files(images):
    """Test images that must not be learnt from: those of the set that training images come from."""
    return stimulus_files() if excludes_stimuli(images) else []


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


def images_packed(wildcards):
    """The settings of the training images in the wildcards."""
    sets, name = image_sets(config), f"dataset{wildcards.packed}.h5"
    if name not in sets:
        raise UserError(f"no condition has training images {name}: choose among {', '.join(sets)}")
    return sets[name][0]


def network_stimuli(wildcards):
    """Input function: the test images as the network of the condition sees them."""
    return experiment(extraction.stimuli(config, wildcards.condition))


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
