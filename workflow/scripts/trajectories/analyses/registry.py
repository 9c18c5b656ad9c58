"""All analyses, in the order of tables, reports and pages: a new one is a word here."""

from trajectories.analyses import declaration
from trajectories.analyses.declaration import Analysis

NAMES = (
    "stability",
    "categories",
    "diagnostics",
    "diets",
    "geometry",
    "consistency",
    "variance_split",
    "model_rdms",
    "dimension",
    "nearest_neighbour",
    "references",
    "ages",
    "category_effects",
    "claims",
    "layer_differences",
    "emergence",
    "speed",
    "schedule",
    "conditions",
    "alignment",
    "critical_period",
)


def analyses() -> dict[str, Analysis]:
    """The declaration of each."""
    return {name: declaration.load(name) for name in NAMES}
