"""The benchmark of training speed runs, small, where there is no GPU to measure."""

import re
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[2]
SMALL = (
    "--device cpu --architecture resnet10_narrow --image-size 32 --stored-size 32 --batch-size 16"
    " --bn-groups 2 --queue 32 --steps 1 --warm-up 1 --workers 1 --threads 1"
)


def test_the_speed_of_training_is_measured_in_both_precisions() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu.py", *SMALL.split()],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    # Without a GPU nothing is bound.
    assert done.returncode == 0, done.stderr
    rates = dict(re.findall(r"^(fp32|bf16) +(.*)$", done.stdout, re.MULTILINE))
    assert list(rates) == ["fp32", "bf16"]
    for row in rates.values():
        bare, whole, augmentation, share = (
            float(cell.rstrip("%").replace(",", "")) for cell in row.split()
        )
        assert min(bare, whole, augmentation) > 0
        assert abs(share - 100 * (1 - whole / bare)) < 1
