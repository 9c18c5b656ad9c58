"""Drawings of OpenMoji, each composed on a background, without the families of the test images."""

import dataclasses
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images import glyphs
from trajectories.images.sources.source import Advance, Request, Source, Squares

_HELD_OUT = 1_000_003  # added to the seed of the images that are learnt from


def squares(request: Request, advance: Advance) -> Squares:
    """Compose images of glyphs on varied backgrounds.

    Raises
    ------
    UserError
        If a package is missing, or fewer than two images are wanted.
    """
    from trajectories.images.compose import compose

    families = glyphs.families(glyphs.training_glyphs(request.excluded))
    images, label = compose(
        list(families.values()),
        lambda file: glyphs.render(file, request.side),
        request.count,
        request.side,
        request.seed,
        advance,
    )
    return Squares(images, label, tuple(families))


def held_out(request: Request, advance: Advance) -> Squares:
    """Compose other images of the same families: other glyphs, places and backgrounds.

    Raises
    ------
    UserError
        As `squares`.
    """
    return squares(dataclasses.replace(request, seed=request.seed + _HELD_OUT), advance)


def classes(request: Request) -> int | None:
    """How many families of glyphs are shown; None where the package is missing."""
    try:
        families = glyphs.families(glyphs.training_glyphs(request.excluded))
    except UserError:
        return None
    return min(len(families), request.count // 2)  # see compose.choose


def origin(path: Path | None) -> dict[str, object]:
    """Source, licence, attribution and versions."""
    return {
        "source": f"OpenMoji ({glyphs.WEBSITE}), composed on backgrounds",
        "licence": glyphs.LICENCE,
        "attribution": glyphs.attribution(),
        "versions": glyphs.versions(),
    }


SOURCES = {
    "openmoji": Source(
        folder=None,
        check=lambda path: None,
        squares=squares,
        origin=origin,
        excludes_stimuli=True,
        classes=classes,
        held_out=held_out,
        caveat="These networks are small and learned from drawings. The study demonstrates the"
        " pipeline and is no evidence about brains.",
    )
}
