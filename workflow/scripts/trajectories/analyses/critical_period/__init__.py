"""Critical period: what a window of another diet leaves behind, by when it begins."""

from trajectories.analyses.declaration import Analysis, Config, Figure, Findings, Recipes

PERIOD = (
    "sweep", "member", "undisturbed", "layer", "clock", "measure", "target", "onset", "window_end",
    "epoch", "since_window", "value", "low", "high", "baseline", "difference", "difference_low",
    "difference_high", "p", "q", "detectable", "n_seeds",
)  # fmt: skip
CONTRASTS = (
    "sweep", "undisturbed", "layer", "clock", "measure", "target", "first_onset", "last_onset",
    "difference", "low", "high", "p", "detectable", "n_seeds",
)  # fmt: skip
TEXT = ("sweep", "member", "undisturbed", "layer", "clock", "measure", "target")
CLOCKS = {"end": "at the end of training", "after": "equally long after the window"}

CONFIDENCE = {"confidence": "statistics.confidence"}
TABLES = {"critical_period": PERIOD, "critical_period_contrasts": CONTRASTS}


def has_sweeps(config: Config, recipes: Recipes) -> bool:
    """Whether conditions differ in when a window begins."""
    return bool(config["sweeps"])


ANALYSIS = Analysis(
    question="When does a window of another diet leave the most behind?",
    docs="critical_period.md",
    reads=("trajectories", "resamples", "recipes"),
    settings={
        "sweeps": "sweeps",
        "conditions": "conditions",
        "schedule_epochs": "training.schedule_epochs",
        "definitions": "categories",
        **CONFIDENCE,
        "resamples_drawn": "statistics.resamples",
        "seed": "statistics.seed",
    },
    tables=TABLES,
    text=TEXT,
    figures={"critical_period": Figure("Conditions", ("critical_period",), CONFIDENCE)},
    findings=Findings(tuple(TABLES), CONFIDENCE),
    when=has_sweeps,
)
