"""Speed: when layers have come how far to their final RDM, and change from epoch to epoch."""

from trajectories.analyses.declaration import Analysis, Figure, Findings

SPEED = (
    "condition", "seed", "layer", "t50", "t90", "tau", "amplitude", "plateau", "fit_r2",
)  # fmt: skip
SUMMARY = (
    "condition", "layer", "other_layer", "statistic", "estimate", "low", "high", "earliest",
    "latest", "n_seeds",
)  # fmt: skip
PROGRESS = ("condition", "layer", "epoch", "progress", "low", "high", "fit", "n_seeds")
CHANGE = ("condition", "layer", "epoch", "next_epoch", "log10_change", "low", "high", "n_seeds")
TEXT = ("condition", "layer", "other_layer", "statistic")
LEVELS = {"t50": 0.5, "t90": 0.9}
TIMES = (*LEVELS, "tau")

TABLES = {
    "speed": SPEED,
    "speed_summary": SUMMARY,
    "speed_progress": PROGRESS,
    "speed_change": CHANGE,
}
CONFIDENCE = {"confidence": "statistics.confidence"}

ANALYSIS = Analysis(
    question="Which layer is first?",
    docs="speed.md",
    reads=("resamples", "recipes"),
    settings=CONFIDENCE,
    tables=TABLES,
    text=TEXT,
    figures={"speed": Figure("Speed and schedule", tuple(TABLES), CONFIDENCE)},
    findings=Findings(("speed_summary",)),
)
