"""Promise: names and paths with spaces, quotes, `;` and `$(…)` are used as they are, never run."""

from pathlib import Path

import numpy as np
from PIL import Image
from project import Project

HOSTILE = "a b;$(touch pwned)'\"`touch pwned`&|*#"


def pictures(folder: Path, count: int) -> list[str]:
    """Random pictures with hostile names."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(count)
    names = [f"{number} {HOSTILE}.png" for number in range(count)]
    for name in names:
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(folder / name)
    return names


def test_hostile_names_are_used_as_they_are(fresh: Project) -> None:
    home = fresh.path / HOSTILE
    quoted = [name.replace('"', '""') for name in pictures(home / "test images", 6)]
    rows = [f'"{HOSTILE.replace(chr(34), chr(34) * 2)} {n}","{q}",{n % 2},{int(n < 4)}'
            for n, q in enumerate(quoted)]  # fmt: skip
    (home / "table.csv").write_text("\n".join(["stimulus,file,face,animal", *rows]) + "\n")
    for kind in ("one", "two"):
        pictures(home / "training" / f"{kind} {HOSTILE}", 32)
    fresh.configure(
        {
            "seeds": [1],
            "images": {
                "source": "folder",
                "path": f"{HOSTILE}/training",
                "count": 64,
                "stored_size": 32,
            },
            "stimuli": {"table": f"{HOSTILE}/table.csv", "folder": f"{HOSTILE}/test images"},
            "network": {"architecture": "resnet10_narrow"},
            "training": {"epochs": 2, "segment_epochs": 2},
            "activations": {"layers": ["layer1"]},
            "categories": {"faces": {"within": "face & ( animal|~animal )"}},
        }
    )
    done = fresh.snakemake("--cores", "1")
    assert done.returncode == 0, done.stdout
    assert (fresh.path / "results/tiny/report.html").exists()
    assert not list(fresh.path.rglob("pwned"))


def test_a_target_is_no_command(fresh: Project) -> None:
    for target in (
        "results/tiny/moco/seed-1;touch pwned/history.csv",
        "results/tiny/moco/seed-1/rdms/$(touch pwned)/epochs-0000-0001.h5",
    ):
        done = fresh.snakemake("--cores", "1", target)
        assert done.returncode != 0
        assert "MissingRuleException" in done.stdout
    assert not list(fresh.path.rglob("pwned*"))
