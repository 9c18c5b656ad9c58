"""Rates in simulated studies: their intervals, the bounds they must keep, and tables of them."""

from scipy import stats

LEAST_COVERED, MOST_ERRORS = 0.93, 0.07
broken: list[str] = []


def rate(hits: int, n: int) -> str:
    """A share in percent with its exact 95% interval."""
    found = stats.binomtest(hits, n).proportion_ci(0.95)
    return f"{hits / n:.1%} ({found.low:.1%} to {found.high:.1%})"


def covers(what: str, hits: int, n: int) -> str:
    """A rate of coverage, compared with its bound."""
    if stats.binomtest(hits, n).proportion_ci(0.95).high < LEAST_COVERED:
        broken.append(what)
    return rate(hits, n)


def errs(what: str, hits: int, n: int) -> str:
    """A rate of errors of a test at 5%, compared with its bound."""
    if stats.binomtest(hits, n).proportion_ci(0.95).low > MOST_ERRORS:
        broken.append(what)
    return rate(hits, n)


def show(head: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(row)} |")
    print(flush=True)
