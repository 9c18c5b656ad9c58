"""The state dicts in a file, and the paths to them, such as "teacher" or "model.student"."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

# What wrapping a module inside a network adds to names, wherever it stands.
_WRAPPING = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
_DEEPEST = 4
_MOST_NAMED = 8


def plain(name: str) -> str:
    """A name of a weight, without what torch.compile and checkpointing add to it."""
    for part in _WRAPPING:
        name = name.replace(part, "")
    return name


def states(content: Any) -> dict[str, dict[str, Any]]:
    """State dicts in a file: mappings of names to tensors.

    Parameters
    ----------
    content : object
        From `opening.opened`.

    Returns
    -------
    dict of str to dict
        By the path inside the file, keys joined by dots; "" where the file is one. A value that is
        no tensor, but bears a name of a weight, is kept, so that it can be said.
    """
    return _walk(content, "", 0)


def optimisers(content: Any, path: str = "") -> list[str]:
    """Paths of the states of optimisers, whose momenta are no weights."""
    if not isinstance(content, Mapping) or path.count(".") >= _DEEPEST:
        return []
    if _of_an_optimiser(content):
        return [path]
    inside = ((f"{path}.{name}" if path else str(name), each) for name, each in content.items())
    return [found for name, each in inside for found in optimisers(each, name)]


def _of_an_optimiser(content: Mapping[Any, Any]) -> bool:
    """Whether a mapping is what `state_dict` of an optimiser of torch gives."""
    return {"state", "param_groups"} <= set(content)


def within(found: Mapping[str, Any], key: str) -> list[str]:
    """The paths of those state dicts that lie at a path, or below it."""
    return [path for path in found if path == key or path.startswith(f"{key}.")]


def outline(content: Any) -> str:
    """What a file holds at its top, for messages: "epoch, model (300 weights), args"."""
    if not isinstance(content, Mapping):
        return type(content).__name__
    parts = []
    for name, value in list(content.items())[:_MOST_NAMED]:
        weights = sum(isinstance(each, Tensor) for each in _values(value))
        parts.append(f"{name} ({weights} weights)" if weights else str(name))
    return ", ".join(parts) + (", …" if len(content) > _MOST_NAMED else "") or "nothing"


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else []


def _walk(content: Any, path: str, depth: int) -> dict[str, dict[str, Any]]:
    if not isinstance(content, Mapping) or depth > _DEEPEST or _of_an_optimiser(content):
        return {}
    found = {}
    if any(isinstance(value, Tensor) for value in content.values()):
        found[path] = {
            plain(str(name)): value
            for name, value in content.items()
            if isinstance(value, Tensor) or ("." in str(name) and not isinstance(value, Mapping))
        }
    for name, value in content.items():
        found |= _walk(value, f"{path}.{name}" if path else str(name), depth + 1)
    return found
