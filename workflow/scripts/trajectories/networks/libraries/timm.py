"""Networks of timm (PyTorch Image Models), which is installed only where it is used."""

import difflib
import math
from typing import Any

from trajectories.errors import UserError
from trajectories.networks.libraries.library import Built, Library

PREFIX = "timm:"


def build(architecture: str, size: int | None) -> Built:
    """Build an untrained network of timm without its classifier."""
    timm = _library()
    from timm.data.config import resolve_data_config

    name = architecture.removeprefix(PREFIX)
    # Names of another form would be looked up on a server.
    plain = all(part.isidentifier() for part in name.replace("-", "_").split("."))
    if not (plain and timm.is_model(name)):
        close = difflib.get_close_matches(name, timm.list_models(), 3)
        hint = f"did you mean {' or '.join(close)}?" if close else "see timm.list_models()"
        raise UserError(f"timm {timm.__version__} has no network {name}: {hint}")
    options: dict[str, Any] = {}
    described = timm.get_pretrained_cfg(name).to_dict()
    if size is not None and described.get("fixed_input_size"):
        options = {"img_size": size}
    network = timm.create_model(name, pretrained=False, num_classes=0, **options)
    data: dict[str, Any] = resolve_data_config(pretrained_cfg=described)  # type: ignore[no-untyped-call,unused-ignore]
    own = int(data["input_size"][-1])
    # As timm itself rounds.
    cropped = data["crop_mode"] == "center"
    preprocessing = {
        "size": own,
        "resize": math.floor(own / data["crop_pct"]) if cropped else "whole",
        "interpolation": data["interpolation"],
        "mean": tuple(data["mean"]),
        "sd": tuple(data["std"]),
    }
    heads = described.get("classifier") or ()
    return Built(network, (heads,) if isinstance(heads, str) else tuple(heads), preprocessing)


def _library() -> Any:
    try:
        import timm
    except ImportError as error:
        raise UserError(
            "timm is not installed, or cannot be imported"
            f" ({error}): install it in the environment of the workflow, by `pip install timm`"
        ) from error
    return timm


LIBRARY = Library(
    title="timm",
    packages=("torch", "torchvision", "timm"),
    has=lambda architecture: architecture.startswith(PREFIX),
    files=lambda architecture: [],
    build=build,
)
