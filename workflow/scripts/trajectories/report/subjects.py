"""All analyses that a page of results tells of, in the order of a reader's questions."""

from trajectories.analyses.category_effects import findings as category_effects
from trajectories.analyses.consistency import findings as consistency
from trajectories.analyses.dimension import findings as dimension
from trajectories.analyses.emergence import findings as emergence
from trajectories.analyses.geometry import findings as geometry
from trajectories.analyses.layer_differences import findings as layer_differences
from trajectories.analyses.model_rdms import findings as model_rdms
from trajectories.analyses.nearest_neighbour import findings as nearest_neighbour
from trajectories.analyses.references import findings as references
from trajectories.analyses.schedule import findings as schedule
from trajectories.analyses.speed import findings as speed

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
