"""Write the table of docs/reliability.md from docs/reliability.yaml, or check it.

    python benchmarks/reliability.py [--check]

With `--check`, exits with 1 if the page is not what its rows and figures/kills.json say.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parents[1] / "docs"
BEGIN = "<!-- table: written by benchmarks/reliability.py from reliability.yaml -->\n"
END = "<!-- end of table -->\n"


def groups() -> list[dict[str, Any]]:
    """Rows by group, as the file has them."""
    found: list[dict[str, Any]] = yaml.safe_load((DOCS / "reliability.yaml").read_text("utf-8"))
    return found


def counts() -> dict[str, int]:
    """Numbers of the record of random kills."""
    record = json.loads((DOCS / "figures" / "kills.json").read_text("utf-8"))
    runs = record["runs"]
    return {
        "runs": len(runs),
        "same": sum(run["digest"] == record["undisturbed"] for run in runs),
    }


def table() -> str:
    """The table as Markdown."""
    lines = ["| fault | promise | result | test |", "|---|---|---|---|"]
    for group in groups():
        lines.append(f"| **{group['group']}** | | | |")
        for row in group["rows"]:
            tests = "<br>".join(f"[{name(test)}](../{file(test)})" for test in row["tests"])
            result = row["result"].format(**counts())
            lines.append(f"| {row['fault']} | {row['promise']} | {result} | {tests} |")
    return "\n".join(lines) + "\n"


def file(test: str) -> str:
    """File of a test."""
    return test.partition("::")[0]


def name(test: str) -> str:
    """Name of a test in words."""
    return test.partition("::")[2].removeprefix("test_").replace("_", " ")


def page() -> str:
    """The page with the table as it should be."""
    before, _, rest = (DOCS / "reliability.md").read_text("utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def main(arguments: argparse.Namespace) -> None:
    """Write or check."""
    path = DOCS / "reliability.md"
    if arguments.check:
        if path.read_text("utf-8") != page():
            sys.exit(f"error: {path} is out of date: run python benchmarks/reliability.py")
        return
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    main(parser.parse_args())
