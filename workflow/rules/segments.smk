"""What the segments of an instance are made from, and when that trains again; no rules."""

import json
from functools import cache
from pathlib import Path

from trajectories.planning import trained_checks
from trajectories.planning.conditions import knn_checks
from trajectories.study.recipe import recipe_digest


def knn_epochs(wildcards):
    """Epochs at which it is measured how well a network sees."""
    planned = instance_segments(wildcards.condition, wildcards.seed)
    every = [epoch for segment in planned for epoch in segment.epochs]
    return [f"{epoch:g}" for epoch in knn_checks.epochs(config["knn"]["epochs"], every)]


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
