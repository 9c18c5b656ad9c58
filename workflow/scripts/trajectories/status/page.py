"""How a study stands, as a small page that reads well on a phone."""

from datetime import datetime
from pathlib import Path

from trajectories.status import text
from trajectories.status.text import Standing
from trajectories.storage import pages
from trajectories.storage.files import atomic


def write(path: Path, standing: Standing, template: Path, every: int | None = None) -> None:
    """Write the page, or nothing at all.

    Parameters
    ----------
    path : Path
    standing : Standing
    template : Path
        A Jinja template; all values are escaped.
    every : int, optional
        Seconds after which the page loads itself again.

    Raises
    ------
    UserError
        If the template cannot be read.
    """
    page = pages.filled(
        template,
        standing=standing,
        summary=text.summary(standing),
        networks=[
            {
                "name": each.name,
                "share": f"{100 * (1 - each.remaining):.1f}%",
                "epochs": text.epochs(each),
                "words": "; ".join(text.words(each)),
            }
            for each in standing.instances
        ],
        now=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        every=every,
    )
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
