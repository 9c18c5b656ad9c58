"""What the explorer of the report shows: RDMs, paths and curves over training, as one structure.

RDMs are kept in 256 steps from the lowest to the highest dissimilarity of a layer, so that a page
holds all of them, and colours mean the same at all times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.errors import UserError
from trajectories.plotting import palette
from trajectories.rdms import categories
from trajectories.report.explorer import curves as explorer_curves
from trajectories.report.explorer import order as explorer_order
from trajectories.report.explorer import places as explorer_places
from trajectories.report.explorer import rdms as explorer_rdms
from trajectories.report.explorer import size as explorer_size
from trajectories.report.explorer.places import Placed
from trajectories.report.explorer.rdms import Shown
from trajectories.statistics import states
from trajectories.statistics.states import Series

COLOURS = "viridis"
DIFFERENCES = "RdBu_r"


@dataclass(frozen=True)
class Sources:
    """What an explorer is made from.

    Attributes
    ----------
    trajectories : sequence of Path
        `trajectory.h5` of all instances.
    stability, categories : DataFrame
        Tables of all instances.
    path, path_axes : DataFrame
        Tables of `analyses.geometry`.
    definitions : mapping of name to {"within": expression, "between": expression}
        Categories of the configuration.
    measure : str
        `metrics.similarity` of the configuration: what the stability table holds.
    labels : mapping of name to label
        What layers, conditions and categories are called; names without one stay.
    """

    trajectories: Sequence[Path]
    stability: pd.DataFrame
    categories: pd.DataFrame
    path: pd.DataFrame
    path_axes: pd.DataFrame
    definitions: Mapping[str, Mapping[str, str]]
    measure: str
    labels: Mapping[str, str] = field(default_factory=dict)


def build(
    sources: Sources, stimulus: Sequence[str], most_bytes: int = explorer_size.MOST_BYTES
) -> dict[str, Any]:
    """Everything that the explorer shows, as JSON has it.

    Parameters
    ----------
    sources : Sources
    stimulus : sequence of str
        Names of the test images, in the order in which the page has them.
    most_bytes : int
        Of all RDMs in the page.

    Raises
    ------
    UserError
        If a trajectory cannot be read, has other test images, or has an RDM that is not finite.
    """
    n_images = len(stimulus)
    with states.opened(sources.trajectories, most_states=None) as series:
        if series[0].stimulus != tuple(stimulus):
            raise UserError(
                f"{sources.trajectories[0]} has different test images from those of the page: make"
                " it again for these."
            )
        members = {
            name: categories.members(definition["within"], series[0].flags, name)
            for name, definition in sources.definitions.items()
        }
        size = _size(series, n_images, len(members), most_bytes)
        order = explorer_rdms.display_order(members, series[0].flags, n_images)
        images = order[explorer_rdms.spaced(n_images, size.images)]
        places = explorer_rdms.pair_places(images, n_images)
        shown = explorer_rdms.read(series, places, size.checkpoints, size.instances)
        layers = list(dict.fromkeys(each.layer for each in series))
        n_checkpoints = max(len(each.epoch) for each in series)
    scales = [
        explorer_rdms.scale([each for each in shown if each.layer == layer]) for layer in layers
    ]
    placed = explorer_places.of(shown) if size.places else [None] * len(shown)
    for layer, own in zip(layers, scales, strict=True):
        of_layer = [
            places
            for each, places in zip(shown, placed, strict=True)
            if places is not None and each.layer == layer
        ]
        own["extent"] = explorer_places.extent(of_layer) if of_layer else None
    curves = explorer_curves.Curves(
        sources.stability, sources.categories, sources.path, layers, list(members), size.points
    )

    markers = palette.markers(layers)

    def called(name: str) -> str:
        return sources.labels.get(name, name)

    return {
        "images": {"names": [stimulus[place] for place in images], "places": images.tolist()},
        "categories": [
            {
                "name": called(name),
                "colour": colour,
                "members": members[name][images].astype(int).tolist(),
            }
            for name, colour in palette.colours(list(members), "category").items()
        ],
        "layers": [
            {"name": called(layer), "colour": colour, "marker": markers[layer], **each}
            for (layer, colour), each in zip(
                palette.colours(layers, "layer").items(), scales, strict=True
            )
        ],
        "conditions": [
            {**each, "name": called(each["name"])}
            for each in _conditions(shown, placed, layers, scales, curves)
        ],
        "clusters": explorer_order.clustered(shown, layers, called),
        "axes": [float(f"{share:.4g}") for share in sources.path_axes["share"]],
        "colours": explorer_rdms.text(_colours(COLOURS)),
        "differences": explorer_rdms.text(_colours(DIFFERENCES)),
        "measure": sources.measure,
        "left_out": explorer_size.left_out(size, n_images, n_checkpoints),
    }


def _size(
    series: Sequence[Series], n_images: int, n_categories: int, most_bytes: int
) -> explorer_size.Size:
    """How much to show of these series."""
    several = {(each.condition, each.layer) for each in series}
    return explorer_size.fit(
        n_images,
        max(len(each.epoch) for each in series),
        n_means=len(several),
        n_instances=len(series),
        numbers=explorer_curves.numbers(n_categories),
        most_bytes=most_bytes,
    )


def _conditions(
    shown: Sequence[Shown],
    placed: Sequence[Placed | None],
    layers: Sequence[str],
    scales: Sequence[Mapping[str, Any]],
    curves: explorer_curves.Curves,
) -> list[dict[str, Any]]:
    """Conditions with their instances: epochs, RDMs, places of images and curves by layer."""
    instances: dict[str, dict[int | None, list[tuple[Shown, Placed | None]]]] = {}
    for each, places in zip(shown, placed, strict=True):
        instances.setdefault(each.condition, {}).setdefault(each.seed, []).append((each, places))
    scale = dict(zip(layers, scales, strict=True))
    return [
        {
            "name": condition,
            "instances": [
                {
                    "seed": seed,
                    "epoch": own[0][0].epoch.tolist(),
                    **_packed({each.layer: (each, places) for each, places in own}, scale),
                    "curves": curves.of(condition, seed),
                }
                for seed, own in by_seed.items()
            ],
        }
        for condition, by_seed in instances.items()
    ]


def _packed(
    own: Mapping[str, tuple[Shown, Placed | None]], scales: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[Any] | None]:
    """RDMs and places of each layer of an instance, checkpoint after checkpoint.

    Returns
    -------
    dict
        ``rdms``, and ``places`` and what these ``kept`` of the RDM, each a list over layers, with
        None for a layer that the instance lacks; None in the place of the list where no instance
        has places.
    """
    rdms: list[str | None] = []
    places: list[str | None] = []
    kept: list[list[float | None] | None] = []
    for layer, scale in scales.items():
        shown, placed = own.get(layer, (None, None))
        rdms.append(
            explorer_rdms.text(explorer_rdms.steps(shown.rdms, scale["low"], scale["step"]))
            if shown
            else None
        )
        places.append(
            explorer_rdms.text(explorer_places.steps(placed.places, scale["extent"]))
            if placed
            else None
        )
        kept.append(
            [None if np.isnan(each) else round(float(each), 3) for each in placed.kept]
            if placed
            else None
        )
    mapped = any(places)
    return {
        "rdms": rdms,
        "places": places if mapped else None,
        "kept": kept if mapped else None,
    }


def _colours(name: str) -> NDArray[np.uint8]:
    """Red, green and blue (256, 3) from the lowest to the highest value."""
    shades: NDArray[np.uint8] = mpl.colormaps[name](np.arange(256), bytes=True)
    return np.ascontiguousarray(shades[:, :3])
