"""Errors of a test over networks and images, far in its tails; part of `calibration.py`."""

import numpy as np
from rates import broken, rate, show
from scipy import stats

from trajectories.statistics.crossed_bootstrap import TwoVariances

LEVELS = (0.05, 0.05 / 3)
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)
"""Of the variance of the mean that is by images."""


def tails(n_studies: int, n_images: int, rng: np.random.Generator) -> None:
    """Errors of our quantile beside those of one t with Satterthwaite's degrees of freedom."""
    n_studies *= 100
    print("### Errors with two estimated variances\n")
    print(
        "A normal mean without any difference; the variance by networks estimated with n − 1, that"
        f" by images with {n_images - 1} degrees of freedom; tests at 5% and, as three statements"
        f" that are corrected together need, at 1.7%. {n_studies:,} studies per row.\n"
    )
    rows = []
    for n in (4, 5, 10):
        for share in SHARES:
            error = np.abs(rng.standard_normal(n_studies))
            networks = (1 - share) * rng.chisquare(n - 1, n_studies) / (n - 1)
            images = share * rng.chisquare(n_images - 1, n_studies) / (n_images - 1)
            variance = networks + images
            t = error / np.sqrt(variance)
            df = (np.asarray(n - 1.0), np.asarray(n_images - 1.0))
            ours = TwoVariances(networks / variance, df)
            one = variance**2 / (networks**2 / df[0] + images**2 / df[1])
            cells = []
            for level in LEVELS:
                hits = int((t > ours.quantile(1 - level / 2)).sum())
                if stats.binomtest(hits, n_studies, level, "greater").pvalue < 1e-4:
                    broken.append(f"errors at {level:.1%}, {n} networks, {share:.0%} by images")
                theirs = int((t > stats.t.ppf(1 - level / 2, one)).sum())
                cells += [rate(hits, n_studies), rate(theirs, n_studies)]
            rows.append([str(n), f"{share:.0%}", *cells])
    head = ["networks", "by images"]
    for level in LEVELS:
        head += [f"at {level:.1%} (ours)", f"at {level:.1%}, Satterthwaite"]
    show(head, rows)
