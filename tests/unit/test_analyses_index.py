"""docs/analyses/README.md lists the analyses of the registry, docs/results.md the files they make.

Links and pictures of all pages lead somewhere: to a file and, where they name one, to a heading in
it. docs/README.md lists all pages.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

import pytest
from analysis_parts import ANALYSES

HOME = Path(__file__).parents[2]
PAGES = HOME / "docs" / "analyses"
INDEX = PAGES / "README.md"
DOCUMENTS = [
    *(HOME / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md")),
    *sorted((HOME / "docs").rglob("*.md")),
]


def rows() -> list[list[str]]:
    lines = INDEX.read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def links(text: str) -> list[str]:
    """Targets of links to files, without those in code."""
    outside_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", outside_code)
    found = [link or picture for link, picture in found]
    return [target for target in found if not target.startswith("https://")]


def listed(names: Iterable[str]) -> str:
    """Names as a cell holds them."""
    return ", ".join(f"`{name}`" for name in names)


def anchors(path: Path) -> set[str]:
    """Headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_rows_are_the_analyses_of_the_registry_in_its_order() -> None:
    found = [
        (question, links(page), tables, figures) for question, page, tables, figures, _ in rows()
    ]
    assert found == [
        (each.question, [each.docs], listed(each.tables), listed(each.figures))
        for each in ANALYSES.values()
    ]
    assert all(each.question.endswith("?") for each in ANALYSES.values())


def test_each_page_is_of_an_analysis_or_of_the_explorer() -> None:
    described = {each.docs.partition("#")[0] for each in ANALYSES.values()} | {"explorer.md"}
    assert described == {page.name for page in PAGES.glob("*.md") if page != INDEX}


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(HOME)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page.read_text("utf-8")):
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        assert file.is_file(), target
        assert not heading or heading in anchors(file), target


@pytest.mark.parametrize("name", ANALYSES)
def test_a_page_tells_of_files_and_of_what_they_do_not_show(name: str) -> None:
    analysis = ANALYSES[name]
    told = (PAGES / analysis.docs.partition("#")[0]).read_text("utf-8")
    assert re.search(r"What (it|this|they) do(es)? not show", told)
    for each in (*analysis.tables, *analysis.figures):
        assert re.search(rf"\b{each}\b", told), each


def test_the_index_of_the_documentation_lists_all_pages() -> None:
    pages = {page.resolve() for page in DOCUMENTS if page.parent == HOME / "docs"}
    index = HOME / "docs" / "README.md"
    listed = {(index.parent / each).resolve() for each in links(index.read_text("utf-8"))}
    assert pages - {index} <= listed


def test_the_page_on_results_lists_all_files_of_results() -> None:
    text = (HOME / "docs" / "results.md").read_text("utf-8")
    patterns = [
        pattern
        for code in re.findall(r"`([^`\n]+)`", text)
        for pattern in expanded(code)
        if "/" in pattern or "." in pattern
    ]
    for name, analysis in ANALYSES.items():
        tables = [f"tables/{table}.csv" for table in analysis.tables]
        figures = [f"figures/{figure}.png" for figure in analysis.figures]
        for file in (*tables, *analysis.files, *figures):
            listed = any(fnmatch(file, pattern) for pattern in patterns)
            assert listed, f"{name}: {file}"


def expanded(pattern: str) -> list[str]:
    """Paths that a pattern with braces, as of a shell, stands for; names in <> are any."""
    whole = re.sub(r"<\w+>", "*", pattern)
    if (braces := re.search(r"\{([^{}]*)\}", whole)) is None:
        return [whole]
    before, after = whole[: braces.start()], whole[braces.end() :]
    return [path for each in braces[1].split(",") for path in expanded(before + each + after)]
