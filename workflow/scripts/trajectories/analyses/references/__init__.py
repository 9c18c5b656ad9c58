"""References: similarity to the RDMs of brains or behaviour, where the config names some."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Findings, Recipes
from trajectories.storage.columns import REFERENCE_SUBJECTS, REFERENCES, summarised

CEILINGS = ("reference", "n_subjects", "lower", "upper")


def names_references(config: Config, recipes: Recipes) -> bool:
    """Whether the config names references."""
    return bool(config["references"])


ANALYSIS = Analysis(
    question="Do layers become more similar to brains?",
    docs="references.md",
    tables={
        "references": REFERENCES,
        "references_summary": summarised(REFERENCES),
        "reference_subjects": REFERENCE_SUBJECTS,
        "reference_subjects_summary": summarised(REFERENCE_SUBJECTS),
        "reference_ceilings": CEILINGS,
    },
    figures={
        "references": Figure(
            "Brains and behaviour",
            ("references_summary", "reference_ceilings"),
            {"measure": "metrics.similarity", "first_epoch": "figures.first_epoch"},
        )
    },
    findings=Findings(("references", "reference_ceilings")),
    when=names_references,
)
