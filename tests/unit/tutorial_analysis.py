"""The analysis of docs/tutorial.md, and how it comes into a copy of the project; no tests."""

import re
from pathlib import Path

HOME = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"```(\w+)\n(.*?)```", (HOME / "docs/tutorial.md").read_text(encoding="utf-8"), re.DOTALL
)
# The files that blocks name in their first line.
FILES = {
    name[1]: text
    for _, text in BLOCKS
    if (name := re.match(r"(?:#|\.\.) (workflow/\S+)\n", text)) is not None
}
REGISTRY = "workflow/scripts/trajectories/analyses/registry.py"
PROFILE = "profiles/slurm/config.yaml"


def add(project: Path) -> None:
    """Add the folder, the word in the registry, and the rules in the groups of the profile."""
    for name, text in FILES.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    [word] = [text for kind, text in BLOCKS if kind == "diff"]
    insert(project / REGISTRY, word.removeprefix("+"), before=")\n\n\ndef analyses")
    [rules] = [text for kind, text in BLOCKS if kind == "yaml"]
    insert(project / PROFILE, rules, before="  provenance: summary\n")


def insert(path: Path, text: str, before: str) -> None:
    """Write a text into a file, where one place is meant."""
    whole = path.read_text(encoding="utf-8")
    assert whole.count(before) == 1
    path.write_text(whole.replace(before, text + before), encoding="utf-8")
