"""Running a benchmark, small, and checking what it tells; no tests."""

import json
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[2]


def tells_all(folder: Path, command: str, told: list[str]) -> None:
    """Run a benchmark with small sizes; the words are in its tables, its bounds in its JSON."""
    script, *flags = command.split()
    output = folder / "benchmarks.json"
    done = subprocess.run(
        [sys.executable, f"benchmarks/{script}.py", *flags, "--json", str(output)],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr  # 1: so small, bounds may be missed
    assert all(word in done.stdout for word in told), done.stdout + done.stderr
    found = json.loads(output.read_text())[script]
    missed = [name for name, bound in found["bounds"].items() if not bound["kept"]]
    assert done.returncode == bool(missed)
    assert done.stdout.count("MISSED") == len(missed)
