"""docs/analyses/README.md lists each analysis once, with files that its rules make.

Links of all these pages lead somewhere: to a file and, where they name one, to a heading in it.
"""

import re
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
PAGES = HOME / "docs" / "analyses"
INDEX = PAGES / "README.md"


def rows() -> list[list[str]]:
    lines = INDEX.read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def links(text: str) -> list[str]:
    """Targets of links to files, without those in code."""
    outside_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", outside_code)
    return [target for target in found if not target.startswith("https://")]


def anchors(path: Path) -> set[str]:
    """Headings of a page as links name them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_each_page_has_one_row_and_each_row_a_page() -> None:
    listed = [link for row in rows() for link in links(row[1])]
    assert sorted(listed) == sorted(page.name for page in PAGES.glob("*.md") if page != INDEX)


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page.read_text("utf-8")):
        name, _, heading = target.partition("#")
        file = page.parent / name if name else page
        assert file.is_file(), target
        assert not heading or heading in anchors(file), target


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1])
def test_the_rules_of_a_row_make_its_files(row: list[str]) -> None:
    question, page, tables, figures, rules = row
    assert question.endswith("?")
    [rules_file] = links(rules)
    text = (PAGES / rules_file).read_text("utf-8")
    [described] = links(page)
    told = (PAGES / described).read_text("utf-8")
    for name in re.findall(r"`(\w+)`", tables):
        by_aggregate = f'summaries("{name}")' in text
        assert by_aggregate or f'experiment("tables/{name}.csv")' in text, name
    for name in re.findall(r"`(\w+)`", figures):
        assert f'shown_figure("{name}"' in text, name
    assert re.search(r"What (it|this|they) do(es)? not show", told)
    # All figures of these rules are in the row.
    assert set(re.findall(r'shown_figure\(\s*"(\w+)"', text)) == set(
        re.findall(r"`(\w+)`", figures)
    )
