"""Words that claims get in simulated studies; the parts of `calibration.py` on verdicts."""

import calibration_words as simulated
import numpy as np
from rates import broken, covers, errs, show

from trajectories.statistics import crossed_bootstrap
from trajectories.statistics.verdicts.statement import UNDECIDED, VERDICTS

COMPONENTS = {
    "networks alone": (1.0, 0.0, 0.0),
    "images alone": (0.0, 1.0, 0.0),
    "interaction alone": (0.0, 0.0, 1.0),
    "all alike": (1.0, 1.0, 1.0),
    "mostly images": (0.3, 1.0, 0.5),
}
"""SDs by networks, images and both."""
TRUTHS = {
    "true": 2.0, "at the margin": 1.0, "small": 0.5, "false": 0.0, "reversed": -1.0,
    "undecidable": 0.5,
}  # fmt: skip
"""What is planted for a margin of 1."""
MIXED = ("false", "false", "at the margin")
"""A claim of which signs and sizes can both be wrong."""


def wrong(what: str, found: list[str], words: tuple[str, ...]) -> str:
    """The rate of wrong words, compared with the bound of errors; a dash where none is wrong."""
    return errs(what, sum(word in words for word in found), len(found)) if words else "–"


def shares(found: list[str]) -> list[str]:
    """How often each word is given."""
    return [f"{found.count(word) / max(len(found), 1):.0%}" for word in VERDICTS]


def claims(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Words for claims of three statements, and how often any of the three is wrong."""
    print("### Words for a claim of three statements\n")
    print(
        f"Means over {n_images} images as above, margin 1; SDs by networks 0.3, by images 0.1, by"
        " both 0.1, all eight times as large where a statement cannot be decided. Shares are of"
        " statements; *wrong* is the share of claims with any wrong word: a sign that is not there,"
        " or a margin that is exceeded or not reached after all. In the last rows, two statements"
        " are false and one is at the margin, so that both can happen. Other images too;"
        f" {n_studies} studies per row.\n"
    )
    rows = []
    cases = [((planted,) * 3, 8 if planted == "undecidable" else 1) for planted in TRUTHS]
    for planted, spread in [*cases, (MIXED, 1)]:
        truths = tuple(TRUTHS[each] for each in planted)
        name = planted[0] if len({*planted}) == 1 else ", ".join(planted)
        for n in (4, 5, 10):
            families = [
                simulated.family(truths, spread, n, n_images, rng) for _ in range(n_studies)
            ]
            found = simulated.words(families)
            bad = [simulated.WRONG[each] for each in planted]
            claim = [
                "wrong" if any(map(tuple.__contains__, bad, words)) else "right" for words in found
            ]
            each = [word for words in found for word in words]
            error = wrong(
                f"words where it is {name}, {n} networks", claim, ("wrong",) if any(bad) else ()
            )
            rows.append([name, str(n), *shares(each), error])
    show(["planted", "networks", *VERDICTS, "wrong"], rows)


def lags(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Words on whether two curves change together, which rise, or dip and rise."""
    n_studies = max(1, n_studies // 4)
    print("### Do within and between change together?\n")
    print(
        "Curves with jitter and images of their own (`calibration_words.courses`); a twentieth of"
        " the training is the time constant of one, and that times the planted ratio of the other."
        " The margin is a ratio of 1.25; at the margin, it is the true ratio."
        f" {n_studies} studies per row.\n"
    )
    rows = []
    ratios = {"equal": 1.0, "almost equal": 1.1, "at the margin": 1.25, "apart": 2.5}
    for epochs in (20, 200):
        epoch = np.linspace(0, epochs, 101)
        for dips in (False, True):
            for planted, ratio in ratios.items():
                taus = (ratio * epochs / 20, epochs / 20)
                truth = simulated.true_lag(taus, epoch, dips)
                margin = float(10**truth) if planted == "at the margin" else 1.25
                for n in (5, 10):
                    covered, timed, found = 0, 0, []
                    for _ in range(n_studies):
                        curves = simulated.courses(taus, n, epoch, dips, rng)
                        asked = simulated.lag(curves, epoch, margin)
                        if asked is None or asked.values is None:
                            found.append(UNDECIDED)
                            continue
                        interval = crossed_bootstrap.interval(asked.values, 0.95, 40)
                        covered += int(interval.low < truth < interval.high)
                        timed += 1
                        found += simulated.words([[asked]])[0]
                    what = f"lag, {planted}, {epochs} epochs, {n} networks"
                    shape = "dip, then rise" if dips else "rise"
                    rows.append(
                        [
                            str(epochs), shape, planted, str(n), covers(what, covered, timed),
                            *shares(found), wrong(what, found, simulated.WRONG_EQUAL[planted]),
                        ]
                    )  # fmt: skip
    head = ["epochs", "curves", "planted", "networks", "ratio covered", *VERDICTS, "wrong"]
    show(head, rows)


def layer_order(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Words on which of two layers reaches 90% of its trajectory first."""
    n_studies = max(1, n_studies // 5)
    print("### Which layer settles first?\n")
    print(
        "RDMs of 40 images turn from one pattern to another; 8 networks, 201 checkpoints, time"
        " constants of the early layer a seventh of the training, of the late one that times the"
        " planted ratio; SD of their logarithms between networks 0.03, or 1 where it cannot be"
        f" decided. Margin: a ratio of 1.5. {n_studies} studies per row.\n"
    )
    rows = []
    planted = {
        "true": (2.5, 0.03), "at the margin": (1.5, 0.03), "small": (1.2, 0.03),
        "false": (1.0, 0.03), "reversed": (0.4, 0.03), "undecidable": (1.5, 1.0),
    }  # fmt: skip
    for epochs in (20, 200):
        epoch = np.linspace(0, epochs, 201)
        for name, (ratio, spread) in planted.items():
            taus = (epochs / 14, ratio * epochs / 14)
            asked = [simulated.layer_lag(taus, spread, 8, epoch, rng) for _ in range(n_studies)]
            found = [word for each in simulated.words([[one] for one in asked]) for word in each]
            error = wrong(f"order, {name}, {epochs} epochs", found, simulated.WRONG[name])
            rows.append([str(epochs), name, *shares(found), error])
    show(["epochs", "planted", *VERDICTS, "wrong"], rows)


def sizes(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Half widths that a pilot predicts for a larger study."""
    print("### The size of a study, predicted from a pilot\n")
    print(
        "Half widths of intervals for 10 networks and 92 images, predicted from a pilot of 5 and"
        f" 46, and those of studies of that size; medians and middle 80%. {n_studies} of each.\n"
    )
    rows = []
    for name, (networks, images, both) in COMPONENTS.items():
        given = (networks, images * np.sqrt(92), both * np.sqrt(92))
        both_widths = np.array([simulated.predicted(rng, given) for _ in range(n_studies)])
        cells = []
        for widths in both_widths.T:
            low, middle, high = np.quantile(widths, [0.1, 0.5, 0.9])
            cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
        ratio = float(np.median(both_widths[:, 0]) / np.median(both_widths[:, 1]))
        if not 0.75 < ratio < 1.33:
            broken.append(f"predicted half width, {name}")
        rows.append([name, *cells, f"{ratio:.2f}"])
    show(["variance by", "predicted", "found", "ratio of the medians"], rows)


PARTS = (claims, lags, layer_order, sizes)
