"""Backbone weights from checkpoints written by other code."""

from collections.abc import Collection, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trajectories.errors import UserError
from trajectories.networks import catalogue, sensible_weights
from trajectories.networks.backbone import to_cpu
from trajectories.networks.files import families, matching, opening, states
from trajectories.networks.files.matching import Expected, Match

_MOST_NAMED = 10


def read(
    path: Path,
    expected: Expected,
    prefix: str | None = None,
    *,
    key: str | None = None,
    leave_out: Collection[str] = (),
) -> tuple[dict[str, Tensor], float | None, str]:
    """Weights of the backbone in a file that `torch.save` or safetensors wrote.

    The file holds a state dict, or mappings with one at any path. Only tensors and plain values are
    loaded, never code (`files.opening`).

    Parameters
    ----------
    path : Path
    expected : Expected
    prefix : str, optional
        What stands before the network's names; by default it is found, if it is the only one.
    key : str, optional
        Path of the state dict inside the file, such as "teacher"; found likewise.
    leave_out : collection of str
        Modules beside the network that are not read, named as behind the prefix. Those of
        `families.BESIDE` need not be named.

    Returns
    -------
    weights : dict of str to Tensor
        Named as the network names them, without the classifier, in its number formats.
    epoch : float or None
        What the file records under "epoch".
    note : str
        Where the weights were found and what was left out, in one sentence.

    Raises
    ------
    UserError
        If the file cannot be read so, or its weights are not those of the network, or no training
        leaves such values (`sensible_weights`).
    """
    content = opening.opened(path)
    found = states.states(content)
    if not isinstance(content, Mapping) or not found:
        raise UserError(_no_state(content, path))
    match = matching.match(found, expected, path, key=key, prefix=prefix)
    weights, beside = _split(found[match.key], match, expected, leave_out, path)
    for name, tensor in expected.weights.items():
        if name.endswith("num_batches_tracked"):  # files from before PyTorch 0.4.1 lack it
            weights.setdefault(name, torch.zeros_like(tensor))
    _require_same(weights, expected, path)
    used = {name: weights[name] for name in expected.weights}
    _require_sensible(used, match.prefix, path)
    converted = to_cpu({name: used[name].to(like.dtype) for name, like in expected.weights.items()})
    _require_sensible(converted, match.prefix, path)  # float64 may exceed float32
    others = [*(each for each in found if each != match.key), *states.optimisers(content)]
    return converted, _epoch(content), _note(match, [*beside, *others], opening.skipped(content))


def _split(
    state: Mapping[str, Any],
    match: Match,
    expected: Expected,
    leave_out: Collection[str],
    path: Path,
) -> tuple[dict[str, Any], list[str]]:
    """Weights behind the prefix by the network's names, and the modules beside it."""
    there = expected.numbered if match.numbered else expected.in_file
    renamed = {there(name): name for name in expected.weights}
    surplus = {module.removeprefix(match.prefix) for module in leave_out}
    weights: dict[str, Any] = {}
    beside: dict[str, None] = {}
    used: set[str] = set()
    for name, value in state.items():
        own = name.removeprefix(match.prefix)
        inside = name.startswith(match.prefix)
        named = renamed.get(own, own)
        module = _of(own, (*expected.heads, *surplus)) if inside else None
        top = own.partition(".")[0]
        used |= {each for each in surplus if _of(own, (each,)) or _of(name, (each,))}
        if inside and named in expected.weights and module not in surplus:
            weights[named] = value
        elif not inside or module is not None or top in families.BESIDE or _of(name, surplus):
            beside[module or (top if inside else _outside(name, match.prefix))] = None
        else:
            weights[named] = value
    if unknown := surplus - used:
        raise UserError(
            f"{path} has no module {sorted(unknown)[0]}: correct `leave_out` of the condition's"
            f" `checkpoints`; beside the network there are {', '.join(beside) or 'none'}"
        )
    return weights, list(beside)


def _outside(name: str, prefix: str) -> str:
    """The module of a weight outside a prefix: "module.queue" beside "module.encoder_q."."""
    parts, of_prefix = name.split("."), prefix.split(".")
    pairs = zip(parts, of_prefix, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return ".".join(parts[: same + 1])


def _of(name: str, modules: Collection[str]) -> str | None:
    """The module that a weight belongs to, of some; weights may be named themselves."""
    found = (each for each in modules if name == each or name.startswith(f"{each}."))
    return next(found, None)


def _no_state(content: Any, path: Path) -> str:
    kind = type(content).__name__
    if isinstance(content, opening.Skipped):
        return (
            f"{path} contains {kind}, a whole object, which is not loaded, as it could run code:"
            " save its weights alone, by torch.save(model.state_dict(), …)"
        )
    if "" in states.optimisers(content):
        kind = "the state of an optimiser"
    elif isinstance(content, Mapping):
        kind = f"no weights but {states.outline(content)}"
    return (
        f"{path} contains {kind}, not a state dict: save one, by torch.save(model.state_dict(), …)"
    )


def _require_same(weights: Mapping[str, Any], expected: Expected, path: Path) -> None:
    """Refuse weights that are not, in names and shapes, those of the network."""
    wanted = expected.weights
    faults = [f"lacks {expected.in_file(name)}" for name in wanted if name not in weights]
    resized = []
    for name, value in weights.items():
        if name not in wanted:
            faults.append(f"has {name}, which the network does not have")
        elif not isinstance(value, Tensor):
            what = f" but {type(value).__name__}" * isinstance(value, opening.Skipped)
            faults.append(f"has no tensor in {name}{what}")
        elif value.shape != wanted[name].shape:
            shape, right = tuple(value.shape), tuple(wanted[name].shape)
            faults.append(f"has {name} of shape {shape} instead of {right}")
            resized.append(name)
    if faults:
        more = len(faults) - _MOST_NAMED
        rest = f"; and {more} more" if more > 0 else ""
        raise UserError(
            f"{path} does not match the network: it {'; it '.join(faults[:_MOST_NAMED])}{rest}:"
            f" {_mend(weights, expected, faults, resized)}"
        )


def _mend(
    weights: Mapping[str, Any], expected: Expected, faults: list[str], resized: list[str]
) -> str:
    """What to change in the config."""
    if len(resized) == len(faults) and all(_depends_on_size(name) for name in resized):
        return (
            "its networks were built for images of another size, so set"
            " `network.preprocessing.size` of the condition to that"
        )
    surplus = [name for name in weights if name not in expected.weights]
    tops = {name.partition(".")[0] for name in expected.weights}
    extra = dict.fromkeys(name.partition(".")[0] for name in surplus)
    if surplus and len(surplus) == len(faults) and not tops & set(extra):
        return (
            "if they take no part in what the network computes, set `leave_out` of the"
            f" condition's `checkpoints` to [{', '.join(extra)}]"
        )
    if expected.of_the_users:
        return (
            f"let {expected.architecture} build the network that the files are of, or say in"
            " `names_in_files` how they name its weights (docs/checkpoints.md)"
        )
    if catalogue.trainable(expected.architecture):
        return (
            "set `network.architecture` and `network.stem` of the condition to those of the"
            " checkpoints"
        )
    family = families.recognised(weights)
    if family is not None and expected.architecture not in family.advice:
        return f"these are weights of {family.title} of another kind or size: {family.advice}"
    return "set `network.architecture` of the condition to that of the checkpoints"


def _depends_on_size(name: str) -> bool:
    return "pos_embed" in name or "relative_position" in name


def _require_sensible(weights: Mapping[str, Tensor], prefix: str, path: Path) -> None:
    """Refuse weights with values that no training leaves."""
    faults = sensible_weights.faults(weights)
    for name, reason in faults.items():
        more = f", and {len(faults) - 1} other weights are strange" if len(faults) > 1 else ""
        raise UserError(
            f"{path} has weights in {prefix}{name} that {reason}{more}: leave the file out, or save"
            " the weights of the network as they were trained, as float32"
        )


def _note(match: Match, beside: list[str], skipped: list[str]) -> str:
    place = f"under `{match.key}`" if match.key else "in the file itself"
    prefix = f", behind `{match.prefix}`" if match.prefix else ""
    numbered = ", numbered as by nn.Sequential" if match.numbered else ""
    left = f"; left out: {', '.join(dict.fromkeys(beside))}" if beside else ""
    foreign = f"; not loaded: {', '.join(skipped)}" if skipped else ""
    return f"weights {place}{prefix}{numbered}{left}{foreign}"


def _epoch(content: Mapping[str, Any]) -> float | None:
    epoch = content.get("epoch")
    if isinstance(epoch, int | float) and not isinstance(epoch, bool):
        return float(epoch)
    return None
