"""All analyses that a page of results tells of, in the order of a reader's questions."""

from trajectories.findings import (
    category_effects,
    consistency,
    dimension,
    emergence,
    geometry,
    layer_differences,
    model_rdms,
    nearest_neighbour,
    references,
    schedule,
    speed,
)

SUBJECTS = (
    speed.SUBJECT,
    layer_differences.SUBJECT,
    schedule.SUBJECT,
    emergence.SUBJECT,
    category_effects.SUBJECT,
    geometry.SUBJECT,
    consistency.SUBJECT,
    model_rdms.SUBJECT,
    references.SUBJECT,
    dimension.SUBJECT,
    nearest_neighbour.SUBJECT,
)
