"""Write what the control of a constant learning rate shows into docs/analyses/schedule.md.

    make run CONFIG=config/constant_rate.yaml
    python benchmarks/constant_rate.py [--check]

Takes the tables of that run, and draws docs/figures/schedule_constant_rate.png of them. Exits with
1 if the run contradicts what the page says about it; with `--check`, also if its numbers are
not those of the page, and then writes nothing.
"""

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from trajectories.analyses import schedule  # noqa: E402
from trajectories.analyses.schedule import figure as figure_schedule  # noqa: E402
from trajectories.plotting import style  # noqa: E402
from trajectories.storage import tables  # noqa: E402

PAGE = REPOSITORY / "docs" / "analyses" / "schedule.md"
FIGURE = REPOSITORY / "docs" / "figures" / "schedule_constant_rate.png"
BEGIN = "<!-- table: written by benchmarks/constant_rate.py from the tables of a run -->\n"
END = "<!-- end of table -->\n"
COSINE, CONSTANT = "moco", "constant_rate"
FALLS = {
    "fall_change": "change, first step / last quarter",
    "fall_displacement": "displacement of the weights, same ratio",
    "fall_change_per_displacement": "change per unit of displacement, same ratio",
    "fall_change_per_rate": "change per unit of learning rate, same ratio",
}
PACKAGES = ("python", "torch", "numpy")
# Small enough for a page.
DPI = 160


class Limits(NamedTuple):
    """An estimate and its interval."""

    estimate: float
    low: float
    high: float


Falls = dict[tuple[str, str, str], Limits]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--results", type=Path, default=REPOSITORY / "results" / "constant_rate",
        help="the finished run (default: results/constant_rate)",
    )  # fmt: skip
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    steps, summary = read(arguments.results)
    falls = limits(summary)
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    made_with = json.loads((arguments.results / "provenance.json").read_text("utf-8"))["made_with"]
    page = f"{before}{BEGIN}\n{told(steps, falls, made_with)}\n{END}{rest.partition(END)[2]}"
    wrong = [statement for statement, holds in statements(steps, falls).items() if not holds]
    if not arguments.check:
        PAGE.write_text(page, encoding="utf-8")
        with style.paper():
            figure_schedule.draw(steps, summary, 0.95).savefig(
                FIGURE, dpi=DPI, metadata={"Software": None}
            )
    elif page != PAGE.read_text("utf-8"):
        wrong.append("the numbers of the page are those of the run")
    for statement in wrong:
        print(f"BROKEN: {statement}")
    print(f"{PAGE.relative_to(REPOSITORY)}: {'BROKEN' if wrong else 'borne out'}")
    return 1 if wrong else 0


def read(results: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of the run: every step, and the falls."""
    folder = results / "tables"
    steps = tables.read_columns(folder / "schedule.csv", schedule.SCHEDULE, schedule.TEXT)
    summary = tables.read_columns(folder / "schedule_summary.csv", schedule.SUMMARY, schedule.TEXT)
    return steps, summary


def limits(summary: pd.DataFrame) -> Falls:
    """The falls by condition, layer and statistic."""
    keys = summary[["condition", "layer", "statistic"]].itertuples(index=False, name=None)
    values = summary[["estimate", "low", "high"]].to_numpy(np.float64)
    return {key: Limits(*row) for key, row in zip(keys, values, strict=True)}


def told(steps: pd.DataFrame, falls: Falls, made_with: dict[str, Any]) -> str:
    """The table as Markdown, and what it was made with."""
    layers = list(steps["layer"].unique())
    ends = sorted(steps["next_epoch"].unique())
    n = steps["n_seeds"].min()
    lines = ["| | layer | cosine | constant rate |", "|---|---|---|---|"]
    for stop in (ends[0], ends[1], ends[-1]):
        name = f"change (rad), epoch {stop - 1:g} → {stop:g}"
        for layer in layers:
            cells = (shown(at_step(steps, each, layer, stop)) for each in (COSINE, CONSTANT))
            lines.append(f"| {name} | {layer} | {' | '.join(cells)} |")
    for statistic, name in FALLS.items():
        for layer in layers:
            cells = (shown(falls[each, layer, statistic]) for each in (COSINE, CONSTANT))
            lines.append(f"| {name} | {layer} | {' | '.join(cells)} |")
    for layer in layers:
        share = shown(falls[COSINE, layer, "share_of_rate"])
        lines.append(f"| share of the fall due to the rate, by division | {layer} | {share} | |")
    for layer in layers:
        share = f"{1 - remaining(falls, layer):.2g}"
        lines.append(f"| the same, from the control | {layer} | {share} | |")
    versions = ", ".join(f"{name} {made_with['versions'][name]}" for name in PACKAGES)
    return (
        "\n".join(lines) + f"\n\nGeometric means over {n:g} networks, 95% intervals over"
        f" networks and test images.\n{made_with['machine']}; {versions}.\n"
    )


def shown(limits: Limits) -> str:
    """Two digits of each."""
    estimate, low, high = (f"{each:#.2g}".rstrip(".") for each in limits)
    return f"{estimate} ({low} to {high})"


def at_step(
    steps: pd.DataFrame, condition: str, layer: str, stop: float, measure: str = "change"
) -> Limits:
    """A measure in the step that ends at an epoch."""
    identity = ["condition", "layer", "measure", "next_epoch"]
    chosen = (steps[identity] == [condition, layer, measure, stop]).all(axis=1)
    return Limits(*steps.loc[chosen, ["value", "low", "high"]].to_numpy(np.float64)[0])


def remaining(falls: Falls, layer: str) -> float:
    """How much of the fall with the cosine remains at a constant rate, on a log scale."""
    cosine, constant = (falls[each, layer, "fall_change"] for each in (COSINE, CONSTANT))
    return math.log(constant.estimate) / math.log(cosine.estimate)


def statements(steps: pd.DataFrame, falls: Falls) -> dict[str, bool]:
    """What the page says in words, and whether it is true of this run in all layers."""
    layers = list(steps["layer"].unique())
    first, second, *between, last = sorted(steps["next_epoch"].unique())
    middle = between[len(between) // 2]
    found: dict[str, list[bool]] = {}
    for layer in layers:
        cosine, constant = (
            {name: falls[condition, layer, name] for name in (*FALLS, "share_of_rate")}
            for condition in (COSINE, CONSTANT)
        )
        at_first, at_second, at_last = (
            at_step(steps, CONSTANT, layer, stop) for stop in (first, second, last)
        )
        rate_in_the_middle, rate_at_last = (
            at_step(steps, COSINE, layer, stop, "change_per_rate") for stop in (middle, last)
        )
        of_layer = {
            "change falls at a constant rate": constant["fall_change"].low > 1,
            "change falls by more with the cosine": (
                cosine["fall_change"].low > constant["fall_change"].high
            ),
            "about half of the fall with the cosine, on a log scale, remains at a constant rate": (
                0.4 < remaining(falls, layer) < 0.6
            ),
            "about half of the fall, on a log scale, is from the first step to the second": (
                0.4
                < math.log(at_first.estimate / at_second.estimate)
                / math.log(at_first.estimate / at_last.estimate)
                < 0.6
            ),
            "RDMs still move in the last epoch, many times as far as with the cosine": (
                at_last.low > 5 * at_step(steps, COSINE, layer, last).high
            ),
            "weights also come to move less at a constant rate": (
                constant["fall_displacement"].low > 1
            ),
            "change per unit of rate falls less with the cosine than at a constant rate": (
                cosine["fall_change_per_rate"].high < constant["fall_change_per_rate"].low
            ),
            "change per unit of rate rises late with the cosine": (
                rate_at_last.low > rate_in_the_middle.high
            ),
            "division attributes more of the fall to the rate than the control does": (
                cosine["share_of_rate"].low > 1 - remaining(falls, layer)
            ),
            "per unit of displacement, change falls": (
                constant["fall_change_per_displacement"].low > 1
            ),
        }
        for statement, holds in of_layer.items():
            found.setdefault(statement, []).append(bool(holds))
    return {statement: all(holds) for statement, holds in found.items()}


if __name__ == "__main__":
    sys.exit(main())
