"""The schedule's share: RDM change per epoch, per learning rate and per weight displacement."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

SCHEDULE = (
    "condition", "layer", "epoch", "next_epoch", "measure", "value", "low", "high", "n_seeds",
)  # fmt: skip
SUMMARY = ("condition", "layer", "statistic", "estimate", "low", "high", "n_seeds")
TEXT = ("condition", "layer", "measure", "statistic")

TABLES = {"schedule": SCHEDULE, "schedule_summary": SUMMARY}
CONFIDENCE = {"confidence": "statistics.confidence"}

ANALYSIS = Analysis(
    question="Does learning settle, or only the learning rate?",
    docs="schedule.md",
    reads=("resamples", "recipes", "displacements", "histories"),
    settings=CONFIDENCE,
    tables=TABLES,
    text=TEXT,
    figures={"schedule": Figure("Speed and schedule", tuple(TABLES), CONFIDENCE)},
    findings=Findings(("schedule_summary",)),
)
