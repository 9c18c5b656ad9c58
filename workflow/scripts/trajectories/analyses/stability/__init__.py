"""Stability: how similar the RDMs of consecutive epochs are (Figure 1 of the paper)."""

from trajectories.analyses.declaration import Analysis, Figure
from trajectories.storage.columns import STABILITY, summarised

ANALYSIS = Analysis(
    question="How much does the representation change from one epoch to the next?",
    docs="paper.md",
    tables={"stability": STABILITY, "stability_summary": summarised(STABILITY)},
    figures={
        "figure1_stability": Figure(
            "Figures of the paper",
            ("stability_summary", "stability"),
            {
                "measure": "metrics.similarity",
                "first_epoch": "figures.first_epoch",
                "width": "figures.stability.width",
                "height": "figures.stability.height",
                "y_limits": "figures.stability.y_limits",
            },
            rule="figure1_stability",
            captioned=False,
        )
    },
)
