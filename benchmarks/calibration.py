"""How often intervals cover the truth, and tests are wrong, in simulated studies.

    python benchmarks/calibration.py

Prints tables of rates with their 95% binomial intervals. Exits with 1 if a crossed interval covers
significantly less often than 93%, or a test at 5% errs significantly more often than 7%.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# BLAS reads these when numpy is imported.
os.environ.update({f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")})

import machine
import numpy as np
import scipy
from numpy.typing import NDArray
from rates import broken, covers, errs, rate, show
from scipy import stats

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

import calibration_claims  # noqa: E402
import calibration_conditions  # noqa: E402
import calibration_tails  # noqa: E402

from trajectories.rdms import categories  # noqa: E402
from trajectories.statistics import (  # noqa: E402
    crossed_bootstrap,
    label_permutation,
    resampled_curves,
    resampling,
    times,
)

Array = NDArray[np.float64]


def methods(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """The crossed interval and simpler ones, on means over images of known variance."""
    print("### 95% intervals compared with simpler ones\n")
    print(
        f"Means over {n_images} images; components are the standard deviations of the mean by"
        f" networks, by images, and by both together. {n_studies} studies per row.\n"
    )
    rows = []
    for name, sizes in calibration_claims.COMPONENTS.items():
        for n in (2, 4, 5, 10):
            hits = dict.fromkeys(("crossed", "t", "percentile"), 0)
            for _ in range(n_studies):
                values = means(rng, n, n_images, sizes)
                for method, (low, high) in limits(values, n_images, rng):
                    hits[method] += int(low < 0 < high)
            rows.append(
                [
                    name,
                    str(n),
                    covers(f"crossed interval, {name}, {n} networks", hits["crossed"], n_studies),
                    *(rate(hits[method], n_studies) for method in ("t", "percentile")),
                ]
            )
    head = [
        "variance by", "networks", "crossed (ours)", "t over networks",
        "percentiles, both resampled",
    ]  # fmt: skip
    show(head, rows)


def means(
    rng: np.random.Generator, n: int, n_images: int, sizes: tuple[float, float, float]
) -> Array:
    """Means of true value 0, (n_instances, n_rows)."""
    networks, images, both = sizes
    per_image = images * rng.standard_normal(n_images)
    values = per_image + both * rng.standard_normal((n, n_images))
    values = values * np.sqrt(n_images) + networks * rng.standard_normal((n, 1))
    counts = resampling.stimulus_counts(n_images, 200, int(rng.integers(2**31)))
    resampled: Array = values @ counts.T / n_images
    return resampled


def limits(
    values: Array, n_images: int, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[float, float]]]:
    found = crossed_bootstrap.interval(values, 0.95, n_images)
    yield "crossed", (float(found.low), float(found.high))
    data = values[:, 0]
    half = stats.t.ppf(0.975, len(data) - 1) * data.std(ddof=1) / np.sqrt(len(data))
    yield "t", (data.mean() - half, data.mean() + half)
    drawn = rng.integers(len(data), size=(values.shape[1] - 1, len(data)))
    both = values[drawn, np.arange(1, values.shape[1])[:, None]].mean(axis=1)
    yield "percentile", tuple(np.quantile(both, [0.025, 0.975]))


def pattern(rng: np.random.Generator, image: float, pair: float, n_images: int) -> Array:
    """Dissimilarities, up to a constant, by images and by pairs of them."""
    first, second = np.triu_indices(n_images, 1)
    of_image = image * rng.standard_normal(n_images)
    return of_image[first] + of_image[second] + pair * rng.standard_normal(first.size)


def category_effects(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Coverage for category effects in RDMs, and their gain."""
    print("### Category effects in RDMs\n")
    print(
        f"{n_images} images, a quarter of them in the category. Dissimilarities vary by image (SD"
        " 0.03), by pair (0.05), and by both with the network (0.02, 0.05); the effect varies by"
        f" network (0.01). True effects are known. {n_studies} studies per row.\n"
    )
    member = np.arange(n_images) < n_images // 4
    masks = list(categories.pair_masks(member))
    counts = [resampling.stimulus_counts(n_images, 200, seed) for seed in range(20)]
    rows = []
    for n in (4, 5, 10):
        covered = np.zeros(2, dtype=int)
        errors = 0
        for study in range(n_studies):
            shared = [pattern(rng, 0.03, 0.05, n_images) for _ in range(2)]
            values = np.empty((n, 201, 2))
            for network in range(n):
                rdms = np.array([each + pattern(rng, 0.02, 0.05, n_images) for each in shared])
                within, between = resampled_curves.weighted_means(
                    rdms, masks, counts[study % len(counts)]
                )
                values[network] = between - within + 0.01 * rng.standard_normal(2)
            values[..., 1] -= values[..., 0]
            found = crossed_bootstrap.interval(values, 0.95, int(member.sum()))
            covered += (found.low < 0) & (found.high > 0)
            errors += int(found.p()[0] < 0.05)
        rows.append(
            [
                str(n),
                covers(f"category effect, {n} networks", int(covered[0]), n_studies),
                covers(f"gain of a category effect, {n} networks", int(covered[1]), n_studies),
                errs(f"p of a category effect, {n} networks", errors, n_studies),
            ]
        )
    show(["networks", "effect covered", "gain covered", "p < 0.05 without an effect"], rows)


def layers(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Times of two layers whose RDMs turn from one pattern to another."""
    print("### Times and change of two layers\n")
    print(
        f"{n_images} images, 16 checkpoints; time constants differ between networks (SD of the"
        " logarithm 0.15) and RDMs as above. The truth is the mean over 2,000 networks, each with"
        f" 100 images of its own. {n_studies} studies per row.\n"
    )
    rows = []
    for name, taus in (("alike", (3.0, 3.0)), ("late is slower", (2.0, 4.0))):
        truth = np.zeros(2 + 15)
        if taus[0] != taus[1]:
            every = [layer_statistics(rng, taus, 1, 100, None) for _ in range(2000)]
            truth = np.mean(every, axis=0)
        for n in (4, 5, 10):
            covered, errors, family = np.zeros(2, dtype=int), np.zeros(2, dtype=int), 0
            for _ in range(n_studies):
                counts = resampling.stimulus_counts(n_images, 200, int(rng.integers(2**31)))
                values = layer_statistics(rng, taus, n, n_images, counts)
                found = crossed_bootstrap.interval(values, 0.95, n_images)
                inside = (found.low < truth) & (found.high > truth)
                covered += inside[[0, 1]]
                p = found.p()
                errors += p[[0, 1]] < 0.05
                family += int(crossed_bootstrap.corrected(p[2:]).min() < 0.05)
            row = [name, str(n)]
            for place, what in enumerate(("time", "change")):
                row.append(covers(f"{what}, {name}, {n} networks", int(covered[place]), n_studies))
            if taus[0] == taus[1]:
                row += [
                    errs(f"p of {what}, {n} networks", int(errors[place]), n_studies)
                    for place, what in enumerate(("time", "change"))
                ]
                row.append(errs(f"q over epochs, {n} networks", family, n_studies))
            else:
                row += ["–"] * 3
            rows.append(row)
    head = [
        "layers", "networks", "difference of 90% times covered", "log ratio of change covered",
        "p < 0.05, times", "p < 0.05, change", "least q over epochs < 0.05",
    ]  # fmt: skip
    show(head, rows)


def layer_statistics(
    rng: np.random.Generator,
    taus: tuple[float, float],
    n: int,
    n_images: int,
    counts: NDArray[np.int64] | None,
) -> Array:
    """Differences of two layers: 90% time, mean log change, log change at each step.

    Shape (n, n_rows, 2 + n_steps); without counts that of the data of one network.
    """
    epoch = np.arange(16.0)
    rows = np.ones((1, n_images), dtype=np.int64) if counts is None else counts
    compared = np.array(
        [(at, 15) for at in range(16)] + [(at, at + 1) for at in range(15)], dtype=np.intp
    )
    rdms = []
    for tau in taus:
        shared = [pattern(rng, 0.03, 0.05, n_images) for _ in range(2)]
        for _ in range(n):
            first, last = (each + pattern(rng, 0.02, 0.05, n_images) for each in shared)
            constant = tau * np.exp(0.15 * rng.standard_normal())
            share = 1 - np.exp(-epoch / constant)
            rdms.append(0.8 + first + (share / share[-1])[:, None] * (last - first))
    # Together, as weights are the same for all.
    every = np.concatenate([compared + 16 * place for place in range(len(rdms))])
    similarity = resampled_curves.weighted_similarity(np.concatenate(rdms), every, rows)
    found = []
    for of_network in np.split(similarity, len(rdms), axis=1):
        final, change = of_network[:, :16], np.log10(1 - of_network[:, 16:])
        progress = (final - final[:, :1]) / (1 - final[:, :1])
        time_90 = times.crossing(progress, epoch, 0.9)
        found.append(np.column_stack([time_90, change.mean(axis=1), change]))
    early, late = np.split(np.array(found), 2)
    difference: Array = late - early
    return difference[0, 0] if counts is None else difference


def labels(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Errors of the permutation of labels over 20 epochs, correlated as in learning."""
    print("### Permutation of labels\n")
    print(
        f"{n_images} images, a quarter of them in the category, 20 epochs, without an effect; 199"
        f" permutations. {n_studies} studies.\n"
    )
    flags = {"face": np.arange(n_images) < n_images // 4}
    permuted = [
        label_permutation.permuted_labels({"within": "face"}, flags, 199, seed)
        for seed in range(20)
    ]
    single = family = discovery = 0
    for study in range(n_studies):
        rdm = pattern(rng, 0.03, 0.05, n_images)
        rdms = []
        for _ in range(20):
            rdm = rdm + pattern(rng, 0.01, 0.02, n_images)
            rdms.append(rdm)
        effects = label_permutation.effects(np.array(rdms), *permuted[study % len(permuted)])
        tested = label_permutation.tested(effects)
        single += int(tested.p[-1] <= 0.05)
        family += int(tested.p_max.min() <= 0.05)
        discovery += int(tested.q.min() <= 0.05)
    show(
        ["one epoch, p ≤ 0.05", "any of 20 epochs, p_max ≤ 0.05", "any of 20 epochs, q ≤ 0.05"],
        [
            [
                errs("p of permuted labels", single, n_studies),
                errs("p_max of permuted labels", family, n_studies),
                errs("q of permuted labels", discovery, n_studies),
            ]
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=1000, help="a row (default: %(default)s)")
    parser.add_argument("--images", type=int, default=92, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--only", nargs="*", default=[], help="parts to run, such as conditions (default: all)"
    )
    arguments = parser.parse_args()
    start = time.perf_counter()
    print(
        f"{machine.processor()}, 1 thread; Python {platform.python_version()},"
        f" numpy {np.__version__}, scipy {scipy.__version__}\n"
    )
    parts = (
        methods, category_effects, layers, labels, *calibration_conditions.PARTS,
        *calibration_claims.PARTS, calibration_tails.tails, calibration_conditions.condition_times,
    )  # fmt: skip
    # What is drawn depends on the place: new parts come last.
    for place, part in enumerate(parts):
        if not arguments.only or part.__name__ in arguments.only:
            rng = np.random.default_rng([arguments.seed, place])
            part(arguments.studies, arguments.images, rng)
    for what in broken:
        print(f"BROKEN: {what}")
    print(f"bounds: {'BROKEN' if broken else 'kept'}; {time.perf_counter() - start:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
