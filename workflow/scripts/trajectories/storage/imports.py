"""The files that scripts and modules import from a folder: what their results depend on.

Every start of Snakemake asks this for every rule. Import statements are therefore found in the
text: syntax trees of all modules take half a second of a processor.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FOR_TYPES_ALONE = re.compile(
    r"""^([ \t]*) if [ ] (?:typing\.)?TYPE_CHECKING: [^\n]*\n  # and what is indented more
        (?: \1 [ \t]+ [^\n]* (?:\n|\Z) | [ \t]* \n )*""",
    re.MULTILINE | re.VERBOSE,
)
_IMPORT = re.compile(
    r"""(?:^|[;:]) [ \t]*
        (?: from [ \t]+ (?P<module>[\w.]+) [ \t]+ )?
        import \b [ \t]*
        (?: \( (?P<several>(?:[^)\#]|\#[^\n]*)*) \) | (?P<line>(?:[^\n\\;\#] | \\\n)+) )""",
    re.MULTILINE | re.VERBOSE,
)
_COMMENT = re.compile(r"#[^\n]*")


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


def _named(text: str) -> Iterator[str]:
    """Modules that a text imports, and what it imports from them, by their full names.

    Those of a relative import begin with its dots. Words of a docstring that read like an import
    count, too.
    """
    for statement in _IMPORT.finditer(_FOR_TYPES_ALONE.sub("", text)):
        names = _COMMENT.sub("", statement["several"] or statement["line"] or "")
        for name in names.replace("\\\n", " ").split(","):
            if words := name.split():
                module = statement["module"] or ""
                yield module + "." * (module.strip(".") != "") + words[0]


def _packages(root: Path, file: Path) -> list[Path]:
    """The packages that a file is in, which are imported before it."""
    folders = file.relative_to(root).parents[:-1]
    return [place for folder in folders if (place := root / folder / "__init__.py").is_file()]


@cache
def _imported(root: Path, file: Path) -> frozenset[Path]:
    """What a file imports itself: the modules named, and the packages that they are in."""
    found: set[Path] = set()
    for name in set(_named(file.read_text(encoding="utf-8", errors="replace"))):
        absolute = name.lstrip(".")
        parts = [*_package(root, file, len(name) - len(absolute)), *absolute.split(".")]
        for depth in range(1, len(parts) + 1):
            own = _own(root, "/".join(parts[:depth]))
            if own is None:
                break
            found |= own
    return frozenset(found)


def _package(root: Path, file: Path, dots: int) -> tuple[str, ...]:
    """Where a relative import with so many dots begins; the folder itself for an absolute one."""
    here = file.parent.relative_to(root).parts
    return here[: len(here) + 1 - dots] if dots else ()


@cache
def _own(root: Path, place: str) -> frozenset[Path] | None:
    """The files of a module or package below the folder; None if none has that name."""
    candidates = (root / f"{place}.py", root / place / "__init__.py")
    found = frozenset(filter(Path.is_file, candidates))
    return found if found or (root / place).is_dir() else None
