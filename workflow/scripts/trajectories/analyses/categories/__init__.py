"""Categories: dissimilarity within and between them over training (Figure 2 of the paper)."""

from trajectories.analyses.declaration import Analysis, Figure
from trajectories.storage.columns import CATEGORIES, summarised

ANALYSIS = Analysis(
    question="How dissimilar are images within a category, and to those it is compared with?",
    docs="paper.md",
    tables={"categories": CATEGORIES, "categories_summary": summarised(CATEGORIES)},
    figures={
        "figure2_categories": Figure(
            "Figures of the paper",
            ("categories_summary", "categories"),
            {
                "first_epoch": "figures.first_epoch",
                "width": "figures.categories.width",
                "height": "figures.categories.height",
                "y_limits": "figures.categories.y_limits",
            },
            rule="figure2_categories",
            captioned=False,
        )
    },
)
