"""Networks that are published and are not here, as they were trained elsewhere: they stay."""

from collections.abc import Mapping, Set
from pathlib import Path

from trajectories.errors import UserError
from trajectories.publication import parts, whole
from trajectories.study import recipe_comparison
from trajectories.study.config import Config, imported, merged

# What trajectories depend on, besides recipe and test images.
_BLOCKS = ("image_size", "activations")


def published(
    config: Config,
    target: Path,
    settings: Mapping[str, Mapping[str, object]],
    lacking: Mapping[tuple[str, int], str | None],
) -> set[tuple[str, int]]:
    """Networks, by condition and seed, that the study lacks here and that are published.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    target : Path
        Folder of the published study, which need not be there.
    settings : mapping of condition to mapping
        Recipes, as `status.recipes.settings` gives them.
    lacking : mapping of (condition, seed) to str or None
        As `finished.lacking` gives it.

    Raises
    ------
    UserError
        If published files are damaged, or such a network was made with other settings, so that to
        publish the study would lose it.
    """
    if not whole.is_there(target):
        return set()
    former, _ = whole.read(target)
    there = {
        (condition, seed)
        for condition in former["conditions"]
        for seed in former["seeds"]
        if lacking.get((condition, seed), "of no network of this study") is not None
    }
    for condition, seed in sorted(there):
        if why := _of_another_study(config, former, target, settings, condition, seed):
            raise UserError(
                f"{target} has a network that is not here, {condition} seed {seed}, and {why}: move"
                f" {target} away to publish without it"
            )
    return there


def require_kept(kept: Set[tuple[str, int]], short: Config, target: Path) -> None:
    """Refuse to publish a study that leaves out a published network that is not here.

    Parameters
    ----------
    kept : set of (condition, seed)
        As `published` gives it.
    short : dict
        Config of what would be published, as `finished.of_finished` gives it.
    target : Path
        Folder of the published study.

    Raises
    ------
    UserError
        If a seed of such a network is not finished in all conditions that would be published.
    """
    lost = sorted(
        (condition, seed)
        for condition, seed in kept
        if condition not in short["conditions"] or seed not in short["seeds"]
    )
    if lost:
        condition, seed = lost[0]
        raise UserError(
            f"{target} has {condition} seed {seed}, which is not here and would be lost, as seed"
            f" {seed} is not finished in {', '.join(short['conditions'])}: let `make run` finish it"
            " first"
        )


def _of_another_study(
    config: Config,
    former: Config,
    target: Path,
    settings: Mapping[str, Mapping[str, object]],
    condition: str,
    seed: int,
) -> str | None:
    """Why a published network cannot be joined to those of a study, if it cannot."""
    if condition not in config["conditions"] or seed not in config["seeds"]:
        return "the config does not name it"
    trained = recipe_comparison.read(target / condition / parts.RECIPE)
    if found := recipe_comparison.difference(trained, settings[condition]):
        key, theirs, ours = found
        return f"was trained with {key}: {theirs!r}, where the config has {ours!r}"
    for block in _BLOCKS:
        if former[block] != config[block]:
            return f"was made with other `{block}` than the config has"
    if imported(config, condition) is None:
        epochs = merged(config, condition)["training"]["epochs"]
        if merged(former, condition)["training"]["epochs"] != epochs:
            return f"was not trained for {epochs} epochs"
        if config["knn"] and former["knn"] and (why := _otherwise_measured(config, former)):
            return why
    folder = target / condition / f"seed-{seed}"
    for name in parts.of_network(config, condition):
        if not (folder / name).is_file():
            return f"was published without {name}"
    return None


def _otherwise_measured(config: Config, former: Config) -> str | None:
    """Why `knn.csv` cannot be compared, if it cannot. Folders are those of a machine."""
    for key, ours in config["knn"].items():
        if key != "folder" and former["knn"][key] != ours:
            theirs = former["knn"][key]
            return f"was measured with knn.{key}: {theirs!r}, where the config has {ours!r}"
    return None
