"""What a MATLAB file claims to hold, checked before it is read.

A `.mat` file of some kilobytes can unpack to gigabytes, or claim arrays of any size. Here its
elements are counted without being kept: MATLAB level 5 MAT-file format, chapter 1 of "MAT-File
Format" (MathWorks).
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_HEADER, _TAG = 128, 8  # bytes
_MATRIX, _COMPRESSED = 14, 15
_PLAIN = {1, 2, 4, *range(6, 16)}  # cell, struct, char and numeric arrays; no object, no function
_DEEPEST = 8
# Kinds of data that the format knows; scipy crashes on others.
_KNOWN = {*range(1, 8), 9, *range(12, 19)}


def check(path: Path, most: int) -> None:
    """Refuse a file that holds, or claims to hold, more than it should.

    Parameters
    ----------
    path : Path
    most : int
        Bytes that the file may have, and those that it may unpack to.

    Raises
    ------
    ValueError
        If it is larger, unpacks to more, claims an array of more elements than it has bytes for,
        has objects, functions or data of no known kind, or is not a MAT-file of level 5.
    """
    if path.stat().st_size > most:
        raise ValueError(f"it has more than {most} bytes")
    content = path.read_bytes()
    order = {b"IM": "<", b"MI": ">"}.get(content[_HEADER - 2 : _HEADER])
    if order is None:
        raise ValueError("it is not a MAT-file of level 5")
    left = most
    for kind, data in _elements(content[_HEADER:], order):
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj().decompress(data, left + 1)
            left -= len(unpacked)
            if left < 0:
                raise ValueError(f"it unpacks to more than {most} bytes")
            for inner, array in _elements(unpacked, order):
                _check_array(inner, array, order)
        else:
            _check_array(kind, data, order)


def _elements(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Kind and data of each element."""
    place = 0
    while place + _TAG <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, place)
        if kind >> 16:  # a small element: size, kind and data in eight bytes
            kind, size, start, after = kind & 0xFFFF, kind >> 16, place + 4, place + _TAG
        else:
            start = place + _TAG
            after = start + size + (0 if kind == _COMPRESSED else -size % 8)
        if start + size > len(content):
            raise ValueError("it is truncated")
        if kind not in _KNOWN:
            raise ValueError(f"it has data of the unknown kind {kind}")
        yield kind, content[start : start + size]
        place = after


def _check_array(kind: int, data: bytes, order: str, depth: int = 0) -> None:
    if kind != _MATRIX or not data:
        return
    if depth > _DEEPEST:
        raise ValueError("its arrays are nested too deeply")
    (_, flags), (_, dimensions), *parts = _elements(data, order)
    if flags[0 if order == "<" else 3] not in _PLAIN:
        raise ValueError("it contains an object, a function or a sparse array")
    elements = 1
    for size in struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions):
        elements *= size
    if not 0 <= elements <= len(data):
        raise ValueError(f"it claims an array of {elements} elements in {len(data)} bytes")
    for inner, part in parts:
        _check_array(inner, part, order, depth + 1)
