"""A small config that is right in all, with its files; no tests."""

from pathlib import Path
from typing import Any

from PIL import Image

TABLE = """\
stimulus,file,face,animal
dog_face,a.png,1,1
cat_face,b.png,1,1
dog,c.png,0,1
chair,d.png,0,0
"""


def right_config(folder: Path) -> dict[str, Any]:
    """A small config that is right in all, with its files."""
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    for turn, name in enumerate("abcd"):
        Image.linear_gradient("L").rotate(90 * turn).save(folder / f"{name}.png")
    return {
        "experiment": "study",
        "seeds": [1, 2],
        "image_size": 32,
        "images": {"source": "openmoji", "count": 512, "stored_size": 40},
        "stimuli": {"table": str(folder / "table.csv"), "folder": str(folder)},
        "network": {"architecture": "resnet18", "stem": "small"},
        "training": {
            "epochs": 4,
            "schedule_epochs": 4,
            "segment_epochs": 2,
            "batch_size": 32,
            "bn_groups": 2,
            "queue": 128,
        },
        "categories": {"faces": {"within": "face"}},
    }
