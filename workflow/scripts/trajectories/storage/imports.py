"""The files that scripts and modules import from a folder: what their results depend on."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

_TYPES_ALONE = ("TYPE_CHECKING", "typing.TYPE_CHECKING")
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Fields of statements that are lists of statements, or of what has a `body`."""


def files(root: Path, *starts: str) -> list[Path]:
    """Scripts, modules, and all below the same folder that they import, wherever in their code.

    Imports under `if TYPE_CHECKING:` are for type checkers alone and do not count.

    Parameters
    ----------
    root : Path
        Folder of the scripts, where their packages lie as well.
    *starts : str
        Scripts in it, and modules that these import by a name which is not in their code.

    Returns
    -------
    list of Path
        Sorted.
    """
    found: set[Path] = set()
    todo = [file for start in starts for file in (root / start, *_packages(root, root / start))]
    while todo:
        file = todo.pop()
        if file not in found:
            found.add(file)
            todo += _imported(root, file)
    return sorted(found)


def _executed(statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Statements and those within them, but for those under `if TYPE_CHECKING:`.

    Imports are statements: expressions, which are most of a syntax tree, need no visit.
    """
    for statement in statements:
        yield statement
        for field in _BLOCKS:
            if field != "body" or not _for_types_alone(statement):
                yield from _executed(getattr(statement, field, ()))


def _for_types_alone(statement: ast.AST) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) in _TYPES_ALONE


def _packages(root: Path, file: Path) -> list[Path]:
    """The packages that a file is in, which are imported before it."""
    folders = file.relative_to(root).parents[:-1]
    return [place for folder in folders if (place := root / folder / "__init__.py").is_file()]


@cache
def _lies_in(root: Path, name: str) -> bool:
    """Whether a module or package of that name is the folder's own."""
    return (root / name).is_dir() or (root / f"{name}.py").is_file()


@cache
def _imported(root: Path, file: Path) -> frozenset[Path]:
    """What a file imports itself: the modules named, and the packages that they are in."""
    names = set()
    for node in _executed(ast.parse(file.read_bytes()).body):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    places = set()
    for name in names:
        parts = name.split(".")
        if not _lies_in(root, parts[0]):
            continue
        places |= {root.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)}
    candidates = {place.with_name(f"{place.name}.py") for place in places}
    candidates |= {place / "__init__.py" for place in places}
    return frozenset(filter(Path.is_file, candidates))
