"""Write the checksums of a segment's checkpoints and state, and what they were trained with."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trajectories import cli
from trajectories.errors import UserError
from trajectories.networks import checkpoints
from trajectories.provenance import checksums, images_used, provenance, whose
from trajectories.storage import image_record
from trajectories.storage.torch_text import text_in


def main(arguments: argparse.Namespace) -> None:
    """Read every checkpoint once, so that only whole ones get a checksum."""
    folder = arguments.checkpoints
    # Without the checksum that lies beside a table: it says what is said here.
    named = (path for path in folder.glob("*") if path.suffix != ".sha256")
    files = sorted(path for path in named if path.is_file() and path.name[0] != ".")
    said = [checkpoints.described(path) for path in files if path.suffix == ".pt"]
    recipes = {each["recipe_digest"] for each in said}
    if len(recipes) != 1:
        raise UserError(
            f"{folder} has checkpoints from {len(recipes)} recipes: delete it and start the"
            " workflow again, which makes this segment again"
        )
    # Checkpoints that were trained before origins were noted know their versions alone.
    known = [{"versions": each["versions"]} for each in said]
    origins = provenance.read_origins(folder / provenance.ORIGIN) or provenance.distinct(known)
    states = [arguments.state] if arguments.state else []
    of_state = [{image_record.TRAINING: text_in(path, image_record.TRAINING)} for path in states]
    for state in states:
        require_its_place(folder, state)
    content = {
        "recipe_digest": recipes.pop(),
        "trained_with": origins,
        **images_used.agreed(str(folder), [*said, *of_state]),
        "files": checksums.of_files(arguments.run, [*files, *states]),
    }
    checksums.write(arguments.output, content)


def require_its_place(folder: Path, state: Path) -> None:
    """Refuse a segment that has another history, or none of the segments beside it continue."""
    history = checkpoints.history_in(state)
    whose.require_history(folder, history)
    recipe, (start, stop) = text_in(state, "recipe_digest"), state.stem.split("-")[1:]

    def beside(pattern: str) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
        for path in state.parent.glob(pattern):
            # Segments of former settings stay where those of the present ones have other names.
            if text_in(path, "recipe_digest") == recipe:
                yield path, checkpoints.history_in(path)

    for former in beside(f"epochs-*-{start}.pt"):
        whose.require_continued(former, (state, history))
    for later in beside(f"epochs-{stop}-*.pt"):
        whose.require_continued((state, history), later)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder results/<experiment>")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of the segment")
    parser.add_argument("--state", type=Path, help="state at its end, if it was trained here")
    parser.add_argument("--output", type=Path, required=True, help="checksums (JSON) to write")
    cli.run(main, parser)
