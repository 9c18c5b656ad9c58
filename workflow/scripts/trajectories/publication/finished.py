"""Which networks of a study are finished, and the config of a study of these alone."""

from collections.abc import Mapping, Set
from copy import deepcopy
from pathlib import Path

from trajectories.errors import UserError
from trajectories.provenance import checksums
from trajectories.publication import labels, parts
from trajectories.rdms import trajectory
from trajectories.study import config as study_config
from trajectories.study import recipe_comparison
from trajectories.study.config import Config, imported, merged


def lacking(config: Config, run: Path) -> dict[tuple[str, int], str | None]:
    """What each network of a study lacks, by condition and seed; None if it is finished.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    run : Path
        Folder of the study's results.

    Raises
    ------
    UserError
        If a file of a network is not the one that was recorded in its checksums, or these are
        damaged.
    """
    return {
        (condition, seed): _lacking(config, run, condition, seed)
        for condition in config["conditions"]
        for seed in config["seeds"]
    }


def _lacking(config: Config, run: Path, condition: str, seed: int) -> str | None:
    folder = run / condition / f"seed-{seed}"
    names = parts.of_network(config, condition)
    for name in [*names, parts.CHECKSUMS]:
        if not (folder / name).is_file():
            return f"{folder / name}"
    recorded = checksums.read(folder / parts.CHECKSUMS)["files"]
    if not isinstance(recorded, dict):
        raise UserError(
            f"{folder / parts.CHECKSUMS} is damaged (`files` is {recorded!r}, without checksums):"
            " delete it and start the workflow again"
        )
    # A network that was trained here later, in the same folder, has checksums without that file.
    if (folder / parts.UNPACKED).relative_to(run).as_posix() in recorded:
        return f"network that was trained here in {folder}, but one that was unpacked"
    for name in names:
        path = folder / name
        if recorded.get(path.relative_to(run).as_posix()) != checksums.sha256(path):
            raise UserError(
                f"{path} is not the file whose checksum is in {folder / parts.CHECKSUMS}: start the"
                " workflow again, which makes that anew"
            )
    if imported(config, condition) is None:
        wanted = merged(config, condition)["training"]["epochs"]
        with trajectory.opened(folder / parts.TRAJECTORY) as found:
            if found.epoch[-1] != wanted:
                return f"epoch {wanted} in {folder / parts.TRAJECTORY}"
    return None


def require_recipes(
    config: Config,
    run: Path,
    settings: Mapping[str, Mapping[str, object]],
    elsewhere: Set[str] = frozenset(),
) -> None:
    """Refuse a config with other settings than those that networks were trained with.

    Parameters
    ----------
    config : dict
        Of finished networks.
    run : Path
    settings : mapping of condition to mapping
        Recipes, as `status.recipes.settings` gives them.
    elsewhere : set of str
        Conditions that need no recipe here, as all their networks were trained elsewhere.

    Raises
    ------
    UserError
        Naming the recipe, and the key in which it differs, if it is there.
    """
    for condition in config["conditions"]:
        path = run / condition / parts.RECIPE
        if condition in elsewhere:
            continue
        if not path.is_file():
            raise UserError(f"there is no {path}: start the workflow again, which makes it")
        if found := recipe_comparison.difference(recipe_comparison.read(path), settings[condition]):
            key, trained, wanted = found
            raise UserError(
                f"{path} has {key}: {trained!r}, but the config {wanted!r}: name the config that"
                " the networks were trained with"
            )


def of_finished(config: Config, lacking: Mapping[tuple[str, int], str | None]) -> Config:
    """The config of a study of finished networks: each condition that stays has all seeds that do.

    Conditions of which no network is finished are left out, with their branches; then seeds that
    are not finished in every other condition.

    Raises
    ------
    UserError
        If nothing is left, or conditions that are left out belong to those that stay.
    """
    done = {network for network, lacks in lacking.items() if lacks is None}
    conditions = config["conditions"]
    left_out: set[str] = set()
    while True:
        more = {
            name
            for name, settings in conditions.items()
            if name not in left_out
            and (
                not any((name, seed) in done for seed in config["seeds"])
                or (settings["from"] is not None and settings["from"]["condition"] in left_out)
            )
        }
        if not more:
            break
        left_out |= more
    kept = [name for name in conditions if name not in left_out]
    seeds = [seed for seed in config["seeds"] if all((name, seed) in done for name in kept)]
    if not kept or not seeds:
        first = next(lacks for lacks in lacking.values() if lacks is not None)
        raise UserError(
            f"no seed of {config['experiment']} is finished in all its conditions, as there is no"
            f" {first}: let `make run` finish it first"
        )
    short = deepcopy(config)
    short["seeds"] = seeds
    for name in left_out:
        del short["conditions"][name]
    short["labels"] = labels.without(short, left_out)
    resolved = study_config.resolve(short)
    if list(resolved["conditions"]) != kept:
        raise UserError(
            f"no network of {', '.join(sorted(left_out))} is finished, and `sweeps` need them: let"
            " `make run` finish them first"
        )
    return resolved
