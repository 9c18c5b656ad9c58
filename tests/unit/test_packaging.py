"""Promise: `pip install .` installs the package whole, and it is used from anywhere."""

import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[2]


def test_installed_package_reads_a_config_elsewhere(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    for part in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        source.mkdir(exist_ok=True)
        shutil.copy2(HOME / part, source)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(HOME / "workflow", source / "workflow", ignore=ignored)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--no-index", "--no-build-isolation", "--target", target, source],
        check=True,
    )  # fmt: skip
    shutil.rmtree(source)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from trajectories.study import config, diets, schema\n"
        "print(schema.PATH)\n"
        "print(diets.FOLDER, diets.preset('catdiet')['published_epochs'])\n"
        "print(config.read(Path(sys.argv[2]))['experiment'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, target, HOME / "config/config.yaml"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    schema, folder, epochs, experiment = done.stdout.split()
    assert Path(folder) == target / "trajectories" / "diets"
    assert epochs == "30"
    assert Path(schema) == target / "trajectories" / "schemas" / "config.schema.yaml"
    assert experiment == "openmoji"
    files = {path.relative_to(HOME / "workflow/scripts")
             for path in (HOME / "workflow/scripts/trajectories").rglob("*.py")}  # fmt: skip
    assert {path.relative_to(target) for path in target.rglob("*.py")} == files
