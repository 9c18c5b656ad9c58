"""The files that a script imports from the package, directly or not: what its results depend on."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_TYPES_ALONE = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def files(root: Path, script: str) -> list[Path]:
    """A script and all modules below the same folder that it imports, wherever in their code.

    Imports under `if TYPE_CHECKING:` are for type checkers alone and do not count.

    Parameters
    ----------
    root : Path
        Folder of the scripts, where their packages lie as well.
    script : str
        Name of a script in it.

    Returns
    -------
    list of Path
        Sorted.
    """
    found: set[Path] = set()
    todo = [root / script]
    while todo:
        file = todo.pop()
        if file not in found:
            found.add(file)
            todo += _imported(root, file)
    return sorted(found)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """A syntax tree's nodes, but for those under `if TYPE_CHECKING:`."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) in _TYPES_ALONE:
            todo += node.orelse
        else:
            todo += ast.iter_child_nodes(node)


@cache
def _imported(root: Path, file: Path) -> frozenset[Path]:
    """What a file imports itself: the modules named, and the packages that they are in."""
    names = set()
    for node in _executed(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    places = set()
    for name in names:
        parts = name.split(".")
        places |= {root.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)}
    candidates = {place.with_name(f"{place.name}.py") for place in places}
    candidates |= {place / "__init__.py" for place in places}
    return frozenset(filter(Path.is_file, candidates))
