"""Backbone weights from checkpoints written by other code."""

import pickle
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from trajectories.errors import UserError
from trajectories.networks import catalogue
from trajectories.networks.backbone import build_backbone, to_cpu
from trajectories.networks.checkpoints import DAMAGE, verify_archive, verify_sizes

# Keys under which training code keeps the state dict of its model.
_WRAPPERS = ("state_dict", "model", "model_state_dict", "backbone")
_MOST_NAMED = 10


@dataclass(frozen=True)
class Expected:
    """What a file must hold for a network.

    Attributes
    ----------
    architecture : str
    classifier : str
        The module of a whole network that is left out.
    weights : dict of str to Tensor
        Names, shapes and number formats of the backbone's weights, as a state dict.
    """

    architecture: str
    classifier: str
    weights: dict[str, Tensor]

    @classmethod
    def of(cls, architecture: str, stem: str) -> Self:
        """What a file must hold for this network."""
        weights = build_backbone(architecture, stem).state_dict()
        return cls(architecture, catalogue.find(architecture).classifier, weights)

    @property
    def landmarks(self) -> list[str]:
        """Names by which a network is found in a file: the weights of its first convolutions."""
        return [name for name, weight in self.weights.items() if weight.ndim == 4][:2]


def read(
    path: Path, expected: Expected, prefix: str | None = None
) -> tuple[dict[str, Tensor], float | None]:
    """Weights of the backbone in a file that `torch.save` wrote.

    The file holds a state dict, or a mapping with one under "state_dict", "model",
    "model_state_dict" or "backbone". Only tensors and plain values are loaded, never code.

    Parameters
    ----------
    path : Path
    expected : Expected
    prefix : str, optional
        What stands before the network's names; by default `find_prefix` finds it.

    Returns
    -------
    weights : dict of str to Tensor
        Named as in torchvision, without the classifier, in float32.
    epoch : float or None
        What the file records under "epoch".

    Raises
    ------
    UserError
        If the file cannot be read so, or its weights are not finite or not those of the network.
    """
    content = _load(path)
    state = _state_dict(content, path)
    if prefix is None:
        prefix = find_prefix(state, expected, path)
    elif f"{prefix}{expected.landmarks[0]}" not in state:
        raise UserError(
            f"{path} has no `{prefix}{expected.landmarks[0]}`: set `prefix` of the condition's"
            f" `checkpoints` to {_alternatives(prefixes(state, expected))}"
        )
    weights = {
        name.removeprefix(prefix): tensor
        for name, tensor in state.items()
        if name.startswith(prefix) and not name.startswith(f"{prefix}{expected.classifier}.")
    }
    for name, tensor in expected.weights.items():
        if name.endswith("num_batches_tracked"):  # files from before PyTorch 0.4.1 lack it
            weights.setdefault(name, torch.zeros_like(tensor))
    _require_same(weights, expected.weights, path)
    converted = to_cpu(
        {name: weights[name].to(like.dtype) for name, like in expected.weights.items()}
    )
    for name, tensor in converted.items():
        if not tensor.isfinite().all():
            raise UserError(
                f"{path} has weights in {prefix}{name} that are not finite: training diverged"
                " there, so leave the file out"
            )
    return converted, _epoch(content)


def prefixes(names: Collection[str], expected: Expected) -> list[str]:
    """What stands before the names of the network, for each one of its kind in a state dict."""
    first, second = expected.landmarks
    found = [name.removesuffix(first) for name in names if name.endswith(first)]
    return [prefix for prefix in found if f"{prefix}{second}" in names]


def find_prefix(names: Collection[str], expected: Expected, path: Path) -> str:
    """The prefix of the one network, or of the query encoder beside a key encoder.

    Parameters
    ----------
    names : collection of str
        Keys of a state dict, such as "module.encoder_q.conv1.weight".
    expected : Expected
    path : Path
        Where it comes from, for messages.

    Raises
    ------
    UserError
        If there is no such network, or more than one.
    """
    found = prefixes(names, expected)
    if any("encoder_q." in prefix for prefix in found):
        found = [prefix for prefix in found if "encoder_k." not in prefix]
    if not found:
        some = ", ".join(list(names)[:3]) or "nothing"
        raise UserError(
            f"{path} has no weights named as in torchvision's {expected.architecture}"
            f" ({', '.join(f'`{name}`' for name in expected.landmarks)}), but {some}: rename them"
            " when saving them"
        )
    if len(found) > 1:
        raise UserError(
            f"{path} contains {len(found)} networks: set `prefix` of the condition's `checkpoints`"
            f" to {_alternatives(found)}"
        )
    return found[0]


def _alternatives(found: list[str]) -> str:
    return " or ".join(f'"{prefix}"' for prefix in found) or "null"


def _load(path: Path) -> Any:
    try:
        if zipfile.is_zipfile(path):
            verify_archive(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
        verify_sizes(content)
        return content
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing: put it back, or start the workflow again") from error
    except DAMAGE as error:
        stranger = re.search(r"GLOBAL (\w[\w.]*\w)", str(error))
        if isinstance(error, pickle.UnpicklingError) and stranger:
            raise UserError(
                f"{path} contains {stranger[1]} besides its weights, which is not loaded, as it"
                " could run code: save the state dict alone, by"
                ' torch.save({"state_dict": model.state_dict()}, …)'
            ) from error
        raise UserError(
            f"{path} is damaged, or not a file of weights written by torch.save: copy it again, or"
            " leave it out"
        ) from error


def _state_dict(content: Any, path: Path) -> dict[str, Any]:
    if isinstance(content, Mapping):
        wrapped = (content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping))
        state = next(wrapped, content)
        return {str(name): value for name, value in state.items()}
    raise UserError(
        f"{path} contains {type(content).__name__}, not a state dict: save one, by"
        " torch.save(model.state_dict(), …)"
    )


def _require_same(weights: Mapping[str, Any], expected: Mapping[str, Tensor], path: Path) -> None:
    """Refuse weights that are not, in names and shapes, those of the network."""
    faults = [f"lacks {name}" for name in expected if name not in weights]
    for name, value in weights.items():
        if name not in expected:
            faults.append(f"has {name}, which the network does not have")
        elif not isinstance(value, Tensor):
            faults.append(f"has no tensor in {name}")
        elif value.shape != expected[name].shape:
            shape, wanted = tuple(value.shape), tuple(expected[name].shape)
            faults.append(f"has {name} of shape {shape} instead of {wanted}")
    if faults:
        more = len(faults) - _MOST_NAMED
        rest = f"; and {more} more" if more > 0 else ""
        raise UserError(
            f"{path} does not match the network: it {'; it '.join(faults[:_MOST_NAMED])}{rest}: set"
            " `network.architecture` and `network.stem` of the condition to those of the"
            " checkpoints"
        )


def _epoch(content: Mapping[str, Any]) -> float | None:
    epoch = content.get("epoch")
    if isinstance(epoch, int | float) and not isinstance(epoch, bool):
        return float(epoch)
    return None
