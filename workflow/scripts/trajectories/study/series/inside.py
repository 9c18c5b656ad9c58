"""A number in a file of weights, read without torch and without running what is in the file.

Pickle is a language of instructions. Those for plain mappings, lists, texts and numbers are
followed here; all others, which call something, leave an unknown value in the place of what they
would make.
"""

import json
import pickletools
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

_UNKNOWN = object()
_MARK = object()
_BEFORE_CONTENT = 3  # pickles of a file of torch before 1.6: its number, version and system
_MOST_HEADER = 100_000_000  # bytes of a header of safetensors, as it allows itself
_METADATA = "__metadata__"

_Value = Any


def number(path: Path, key: str) -> Decimal | None:
    """The number at a path inside a file, such as "epoch" or "trainer.step".

    Parameters
    ----------
    path : Path
        A file of `torch.save` or safetensors; of the latter, the texts in its header are looked at.
    key : str
        Keys joined by dots.

    Returns
    -------
    Decimal or None
        None where there is no such number.

    Raises
    ------
    OSError, ValueError, LookupError, zipfile.BadZipFile
        If the file cannot be read.
    """
    value = _at(_content(path), key)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _at(content: _Value, key: str) -> _Value:
    """The value at a path; a key may itself have dots in it."""
    if not isinstance(content, Mapping):
        return None
    if key in content:
        return content[key]
    for at in (at for at, sign in enumerate(key) if sign == "."):
        if key[:at] in content:
            return _at(content[key[:at]], key[at + 1 :])
    return None


def _content(path: Path) -> _Value:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith("/data.pkl"):
                    with archive.open(name) as file:
                        return _unpickled(file)
        raise ValueError("an archive of something else")
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if file.read(1) == b"{" and length <= _MOST_HEADER:
            file.seek(8)
            return json.loads(file.read(length)).get(_METADATA)
        file.seek(0)
        for _ in range(_BEFORE_CONTENT):
            _unpickled(file)
        return _unpickled(file)


def _unpickled(file: IO[bytes]) -> _Value:
    """What a pickle makes, with `_UNKNOWN` for all that is not plain."""
    stack: list[_Value] = []
    memo: dict[int, _Value] = {}
    argument: Any
    for operation, argument, _ in pickletools.genops(file):
        name = operation.name
        if name == "STOP":
            return stack.pop()
        if name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name == "MARK":
            stack.append(_MARK)
        elif name in _MADE:
            stack.append(_MADE[name]())
        elif name in ("SETITEM", "SETITEMS"):
            items = _popped(stack) if name == "SETITEMS" else [stack.pop(), stack.pop()][::-1]
            if isinstance(stack[-1], dict):
                pairs = zip(items[::2], items[1::2], strict=True)
                stack[-1] |= {each: value for each, value in pairs if isinstance(each, str)}
        elif name == "REDUCE":
            # collections.OrderedDict, as state dicts are, is called without arguments.
            stack[-2:] = [{}] if stack[-1] == () else [_UNKNOWN]
        elif name == "BUILD":
            stack.pop()
        else:
            _follow(operation, argument, stack)
    raise ValueError("the pickle has no end")


_MADE: dict[str, Callable[[], _Value]] = {
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}


def _follow(operation: pickletools.OpcodeInfo, argument: _Value, stack: list[_Value]) -> None:
    """Take from the stack what an instruction takes, and leave what it would leave."""
    before = [each.name for each in operation.stack_before]
    if "mark" in before:
        _popped(stack)
        before = before[: before.index("mark")]
    if before:
        del stack[-len(before) :]
    plain = argument if not before and isinstance(argument, int | float | str) else _UNKNOWN
    reference = operation.name in ("GLOBAL", "PERSID", "EXT1", "EXT2", "EXT4")
    stack.extend(_UNKNOWN if reference else plain for _ in operation.stack_after)


def _popped(stack: list[_Value]) -> list[_Value]:
    """What lies above the last mark, taken off with it."""
    above: list[_Value] = []
    while (value := stack.pop()) is not _MARK:
        above.append(value)
    return above[::-1]
