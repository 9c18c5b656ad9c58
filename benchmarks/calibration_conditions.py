"""Error rates and coverage of comparisons of conditions; the parts of `calibration.py` on them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rates import broken, covers, errs, rate, show

from trajectories.analyses.alignment import ANOTHER, SAME
from trajectories.analyses.alignment import table as alignment_table
from trajectories.analyses.conditions import measures
from trajectories.analyses.conditions import table as conditions_table
from trajectories.analyses.critical_period import outcomes, windows
from trajectories.analyses.critical_period import table as critical_period_table
from trajectories.rdms.trajectory import Trajectory
from trajectories.statistics import condition_curves, resampled_curves, resampling
from trajectories.statistics.states import Series
from trajectories.statistics.verdicts.statement import UNDECIDED, Rules

Array = NDArray[np.float64]

EPOCH = np.array([0.0, 1, 2, 4, 8, 16])
FACES = {"faces": {"within": "face", "between": "~face"}}
LAYER = "layer"
EFFECT, PLANTED = 0.1, 0.06
NETWORKS = (4, 5, 10)
CURVES = ("log10_change", "progress", "gain", "nearest_neighbour", "dimension")


@dataclass(frozen=True)
class Plan:
    """What is planted in a condition.

    Attributes
    ----------
    effect : between − within at the end
    pace : of time
    away : from 0, the end that others have, to 1, another
    """

    effect: float = EFFECT
    pace: float = 1.0
    away: float = 0.0


def simulated(
    rng: np.random.Generator, plans: dict[str, Plan], n: int, n_images: int, epoch: Array = EPOCH
) -> list[Trajectory]:
    """Networks of all conditions, whose RDMs turn from one pattern to another.

    Networks of a seed begin alike. At the end RDMs vary by network and by condition and network,
    by image and by pair; time constants vary by network and by both (SD of the logarithm 0.1).
    """
    first, second = np.triu_indices(n_images, 1)
    face = np.arange(n_images) < n_images // 4

    def pattern(size: float = 1.0) -> Array:
        image = 0.03 * rng.standard_normal(n_images)
        pair: Array = image[first] + image[second] + 0.05 * rng.standard_normal(first.size)
        return size * pair

    separate = 0.5 * (face[first] != face[second]) - 0.5 * (face[first] & face[second])
    start, end, elsewhere = (pattern() for _ in range(3))
    own_start, own_end = ([pattern(size) for _ in range(n)] for size in (0.4, 0.3))
    own_pace = rng.standard_normal(n)
    found = []
    for name, plan in plans.items():
        ends = np.sqrt(1 - plan.away**2) * end + plan.away * elsewhere
        for seed in range(n):
            pace = plan.pace * np.exp(0.1 * (own_pace[seed] + rng.standard_normal()))
            share = (1 - np.exp(-pace * epoch / 4))[:, None]
            begins = start + own_start[seed]
            rdms = begins + share * (ends + own_end[seed] + pattern(0.3) - begins)
            effect = plan.effect + 0.01 * rng.standard_normal()
            rdms = 0.8 + rdms + effect * share * separate
            rdms[1:] += [pattern(0.05) for _ in epoch[1:]]
            found.append(
                Trajectory(
                    {LAYER: rdms}, epoch, tuple(map(str, range(n_images))), {"face": face},
                    {"condition": name, "seed": seed},
                )
            )  # fmt: skip
    return found


def series_of(trajectories: list[Trajectory]) -> list[Series]:
    return [
        Series(
            str(each.attributes["condition"]), int(each.attributes["seed"]), LAYER, each.epoch,
            each.rdms[LAYER], np.arange(len(each.epoch)), each.stimulus, each.flags,
        )
        for each in trajectories
    ]  # fmt: skip


def studies(
    rng: np.random.Generator,
    plans: dict[str, Plan],
    n: int,
    n_images: int,
    n_studies: int,
    epoch: Array = EPOCH,
) -> Iterator[tuple[list[Trajectory], NDArray[np.int64]]]:
    for _ in range(n_studies):
        counts = resampling.stimulus_counts(n_images, 200, int(rng.integers(2**31)))
        yield simulated(rng, plans, n, n_images, epoch), counts


def curves_of(
    trajectories: list[Trajectory], counts: NDArray[np.int64]
) -> list[condition_curves.ConditionCurves]:
    return condition_curves.by_condition(
        [resampled_curves.resample(each, FACES, counts) for each in trajectories]
    )


def conditions(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Differences between two conditions, over epochs and of times."""
    n_studies //= 4
    print("### Differences between conditions\n")
    print(
        f"Two conditions of the same seeds, {n_images} images, 6 checkpoints. RDMs vary by image"
        " (SD 0.03) and by pair (0.05), networks by 0.3 to 0.4 of that; the effect of a category by"
        f" network and condition (0.01). Alike, or with an effect that is larger by {PLANTED:g} at"
        f" the end. {n_studies} studies per row; p of a single epoch, the last but one.\n"
    )
    names = CURVES
    rows, planted = [], []
    for n in NETWORKS:
        wrong: Counter[str] = Counter()
        for found in _differences(rng, n, n_images, n_studies, EFFECT):
            for name in names:
                part = found[found["measure"] == name]
                wrong[name] += int(part["p"].iloc[-2] < 0.05)
                wrong["q"] += int(part["q"].min() < 0.05) if name == "gain" else 0
        rows.append(
            [
                str(n),
                *(
                    errs(f"p of {name} of conditions, {n} networks", wrong[name], n_studies)
                    for name in names
                ),
                errs(f"q of gain of conditions, {n} networks", wrong["q"], n_studies),
            ]
        )
        hits = found_them = 0
        truth = PLANTED * (1 - np.exp(-EPOCH[-1] / 4))
        for found in _differences(rng, n, n_images, n_studies, EFFECT + PLANTED):
            last = found[found["measure"] == "gain"].iloc[-1]
            hits += int(last["low"] < truth < last["high"])
            found_them += int(last["p"] < 0.05)
        planted.append(
            [
                str(n),
                covers(f"difference of gain, {n} networks", hits, n_studies),
                rate(found_them, n_studies),
            ]
        )
    head = [f"p < 0.05, {name}" for name in names]
    show(["networks", *head, "least q of gain < 0.05"], rows)
    show(["networks", f"difference of gain of {PLANTED:g} covered", "found (p < 0.05)"], planted)


def _differences(
    rng: np.random.Generator, n: int, n_images: int, n_studies: int, effect: float
) -> Iterator[pd.DataFrame]:
    plans = {"one": Plan(), "other": Plan(effect=effect)}
    for trajectories, counts in studies(rng, plans, n, n_images, n_studies):
        [pair] = condition_curves.pairs(curves_of(trajectories, counts))
        computed = measures.of_states(series_of(trajectories), FACES, [], "pearson", counts)
        yield conditions_table.differences(*pair, {LAYER: computed}, 0.95)


def condition_times(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Words for the times of two conditions of the same pace, and of a third of it."""
    n_studies //= 4
    epoch = np.arange(17.0)
    print("### Times of conditions\n")
    print(
        f"As above, {len(epoch)} checkpoints: when the index of a category changes, in a condition"
        " of the same pace, and in one of a third of it. *Timed* are studies in which both have a"
        f" time; other shares are of these. {n_studies} studies per row.\n"
    )
    rows = []
    for name, pace, right in (("the same pace", 1.0, "simultaneous"), ("a third", 1 / 3, "later")):
        for n in NETWORKS:
            found: Counter[str] = Counter()
            pair = {"one": Plan(), "other": Plan(pace=pace)}
            for trajectories, counts in studies(rng, pair, n, n_images, n_studies, epoch):
                [both] = condition_curves.pairs(curves_of(trajectories, counts))
                row = conditions_table.compared_times(*both, Rules()).iloc[0]
                timed = bool(np.isfinite(row["ratio"]))
                found["timed"] += int(timed)
                found["excluded"] += int(timed and (row["low"] > 1 or row["high"] < 1))
                found[row["verdict"]] += int(timed)
            n_timed = max(1, found["timed"])
            wrong = found["earlier"] + found["later" if right == "simultaneous" else "simultaneous"]
            rows.append(
                [
                    name,
                    str(n),
                    rate(found["timed"], n_studies),
                    errs(f"interval of times, {n} networks", found["excluded"], n_timed)
                    if pace == 1
                    else rate(found["excluded"], n_timed),
                    *(rate(found[word], n_timed) for word in (right, UNDECIDED)),
                    errs(f"times of {name}, {n} networks", wrong, n_timed),
                ]
            )
            if found["timed"] < n_studies / 2:
                broken.append(f"times of {name}, {n} networks: too few of them")
    show(
        ["pace", "networks", "timed", "interval without 1", "right word", "undecided",
         "wrong word"],
        rows,
    )  # fmt: skip


def alignment(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Lags and shortfalls of a condition on the path of another, and verdicts."""
    n_studies //= 4
    epoch = np.arange(13.0)
    print("### Alignment of conditions\n")
    print(
        f"As above, {len(epoch)} checkpoints: a condition that is alike, one of half the pace, and"
        " one that ends elsewhere (correlation of the ends 0.5). The true lag is the mean over"
        f" epochs t of t/2. {n_studies} studies per row.\n"
    )
    plans = {"alike": Plan(), "half the pace": Plan(pace=0.5), "elsewhere": Plan(away=0.87)}
    rows = []
    for name, plan in plans.items():
        for n in NETWORKS:
            hits: Counter[str] = Counter()
            pair = {"one": Plan(), "other": plan}
            for trajectories, counts in studies(rng, pair, n, n_images, n_studies, epoch):
                *_, paths = alignment_table.tables(series_of(trajectories), 0.95, counts)
                row = paths[paths["condition"] == "other"].iloc[0]
                hits[row["verdict"]] += 1
                hits["shortfall"] += int(row["low"] > 0 or row["high"] < 0)
                lag = (epoch[1:] / 2).mean() if name == "half the pace" else 0.0
                hits["lag"] += int(row["lag_low"] <= lag <= row["lag_high"])
            what = f"{name}, {n} networks"
            wrong = {"alike": ANOTHER, "half the pace": ANOTHER, "elsewhere": SAME}[name]
            rows.append(
                [
                    name,
                    str(n),
                    errs(f"shortfall, {what}", hits["shortfall"], n_studies)
                    if name == "alike"
                    else rate(hits["shortfall"], n_studies),
                    rate(hits["lag"], n_studies)
                    if name == "elsewhere"
                    else covers(f"lag, {what}", hits["lag"], n_studies),
                    *(rate(hits[verdict], n_studies) for verdict in (SAME, ANOTHER)),
                    errs(f"wrong path, {what}", hits[wrong], n_studies),
                ]
            )
    show(
        ["condition", "networks", "shortfall beyond its interval", "lag covered", SAME, ANOTHER,
         "wrong verdict"],
        rows,
    )  # fmt: skip


def critical_period(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Outcomes of a sweep whose windows change nothing, or leave a smaller effect."""
    n_studies //= 4
    print("### Critical period\n")
    print(
        "Three onsets and an undisturbed condition, as above: all alike, and with an effect that is"
        f" smaller by {PLANTED:g} after the first onset. {n_studies} studies per row.\n"
    )
    onsets = (0.0, 4, 8)
    members = [windows.Window(f"onset {onset:g}", onset, onset + 2) for onset in onsets]
    truth = -PLANTED * (1 - np.exp(-EPOCH[-1] / 4))
    rows = []
    for name, effect in (("alike", EFFECT), ("the first leaves less", EFFECT - PLANTED)):
        for n in NETWORKS:
            hits: Counter[str] = Counter()
            plans = {"none": Plan()} | {each.condition: Plan() for each in members}
            plans[members[0].condition] = Plan(effect=effect)
            for trajectories, counts in studies(rng, plans, n, n_images, n_studies):
                groups: dict[str, dict[int, Series]] = {}
                for each in series_of(trajectories):
                    groups.setdefault(each.condition, {})[each.seed] = each
                curves = {each.condition: each for each in curves_of(trajectories, counts)}
                study = outcomes.Study(LAYER, groups, curves, FACES, counts)
                period, contrasts = critical_period_table.tables(
                    study, "sweep", members, "none", 0.95
                )
                end = period[(period["clock"] == "end") & (period["measure"] == "gain")]
                of_gain = contrasts[(contrasts["measure"] == "gain")].iloc[0]
                alike = contrasts[contrasts["measure"] == "similarity"].iloc[0]
                expected = 0 if name == "alike" else truth
                hits["difference"] += int(
                    end["difference_low"].iloc[0] < expected < end["difference_high"].iloc[0]
                )
                hits["contrast"] += int(of_gain["low"] < expected < of_gain["high"])
                hits["q"] += int(end["q"].min() < 0.05)
                hits["similarity"] += int(alike["p"] < 0.05)
            what = f"{name}, {n} networks"
            null = name == "alike"
            rows.append(
                [
                    name,
                    str(n),
                    covers(f"difference of an onset, {what}", hits["difference"], n_studies),
                    covers(f"first less last onset, {what}", hits["contrast"], n_studies),
                    errs(f"q over onsets, {what}", hits["q"], n_studies)
                    if null
                    else rate(hits["q"], n_studies),
                    errs(f"similarity by onset, {what}", hits["similarity"], n_studies)
                    if null
                    else rate(hits["similarity"], n_studies),
                ]
            )
    show(
        ["sweep", "networks", "gain, first onset less undisturbed, covered",
         "gain, first less last onset, covered", "least q of gain over onsets < 0.05",
         "similarity, first less last onset, p < 0.05"],
        rows,
    )  # fmt: skip


PARTS = (conditions, alignment, critical_period)
