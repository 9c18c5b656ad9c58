"""Figure of the schedule's role: RDM change per epoch, learning rate and weight displacement."""

import pandas as pd
from matplotlib.figure import Figure

from trajectories.plotting import curves as figure_curves
from trajectories.plotting.curves import Quantity
from trajectories.plotting.figure_data import counted

TITLE = "Settling: learning, or the schedule?"
LABELS = {
    "change": "RDM change\nper epoch (rad)",
    "displacement": "Weight displacement\nper epoch (relative)",
    "change_per_rate": "RDM change per unit\nof learning rate (rad)",
    "change_per_displacement": "RDM change per unit\nof displacement (rad)",
}


def draw(schedule: pd.DataFrame, summary: pd.DataFrame, confidence: float) -> Figure:
    """Draw a row of panels for each measure, a column for each condition.

    Parameters
    ----------
    schedule, summary : DataFrame
        With the columns of `schedule.SCHEDULE` and `SUMMARY`, of which the caption tells.
    confidence : float
        Of the intervals in them.
    """
    quantities = [
        Quantity(label, _of(schedule, measure), log=True, lacking="learning rate not known")
        for measure, label in LABELS.items()
        if (schedule["measure"] == measure).any()
    ]
    shown = f"Mean and {confidence:.0%} interval, {counted(schedule)}"
    return figure_curves.draw(quantities, title=shown, row_height=33)


def caption(schedule: pd.DataFrame, summary: pd.DataFrame, confidence: float) -> str:
    """Say what `draw` shows, and what the falls of its curves are."""
    rate = (
        " per unit of learning rate summed over the epochs, and"
        if (schedule["measure"] == "change_per_rate").any()
        else ""
    )
    return (
        "From top to bottom: angle between the RDMs of consecutive epochs, arccos of their"
        " similarity, per epoch; displacement of the weights, ‖w(t + 1) − w(t)‖ / ‖w(t)‖, of all"
        f" that the layer depends on; and that angle{rate} per unit of displacement. A curve of"
        " angles that is flat there is proportional to what it is divided by. Log scales; a step is"
        " drawn at the later of its epochs. Lines, geometric mean over network instances; bands,"
        f" {confidence:.0%} intervals over network instances and test images;"
        f" {counted(schedule)}.{_falls(summary)}"
    )


def _of(schedule: pd.DataFrame, measure: str) -> pd.DataFrame:
    chosen = schedule[schedule["measure"] == measure]
    return chosen.drop(columns="epoch").rename(columns={"next_epoch": "epoch", "value": "mean"})


def _falls(summary: pd.DataFrame) -> str:
    """Falls of each layer in a sentence."""
    names = {
        "fall_change": "change per epoch",
        "fall_change_per_rate": "per learning rate",
        "fall_change_per_displacement": "per displacement",
    }
    told = []
    for (condition, layer), part in summary.groupby(["condition", "layer"], sort=False):
        of = part.set_index("statistic")["estimate"].dropna()
        values = [f"{name} {of[key]:.2g}" for key, name in names.items() if key in of]
        if not values:
            continue
        where = f"{condition}, {layer}" if summary["condition"].nunique() > 1 else str(layer)
        told.append(f"{where}: {', '.join(values)}")
    if not told:
        return ""
    return f" Ratio of the first step to the last quarter of steps: {'; '.join(told)}."
