"""What a branch must satisfy: that its trunk has a state there from which it can go on."""

from typing import Any

from trajectories.errors import UserError
from trajectories.study import branches
from trajectories.study.config import Config, images_of, imported, merged, trained_segments
from trajectories.training.objectives.registry import describe

# What the tensors of a state are made by, so that a branch has to keep it.
_KEPT = ("training.objective", "training.fixed_seeds.init")
_KEPT_WITH_QUEUE = ("training.queue", "training.batch_size")


def check(config: Config) -> None:
    """Check each branch against its trunk.

    Raises
    ------
    UserError
        For the first fault, naming the key and the remedy.
    """
    for name in branches.ordered(config["conditions"]):
        origin = config["conditions"][name]["from"]
        if origin is not None:
            _check_state(config, name, **origin)
            _check_settings(config, name, origin["condition"])
            _check_images(config, name, origin["condition"])


def _check_state(config: Config, name: str, condition: str, epoch: int) -> None:
    """Refuse an epoch at which the trunk keeps no state, or after which nothing is left."""
    if imported(config, condition) is not None:
        raise UserError(
            f"config key `conditions.{name}.from.condition` is {condition}, whose checkpoints are"
            " imported and hold no state to go on from: name a condition that is trained here"
        )
    key = f"config key `conditions.{name}.from.epoch` is {epoch}"
    segments = trained_segments(config, condition)
    states = [stop for _, stop in segments]
    first = segments[0][0]
    if epoch <= first:
        trunk = config["conditions"][condition]["from"]["condition"]
        raise UserError(
            f"{key}, but {condition} itself begins after epoch {first} of {trunk}: name {trunk}, or"
            " a later epoch"
        )
    if epoch not in states:
        raise UserError(
            f"{key}, but {condition} keeps states at the ends of its segments alone, at"
            f" {_listed(states)}: write one of these, or choose `segment_epochs` of {condition} so"
            f" that a segment ends at {epoch}, which trains it in other segments"
        )
    epochs = merged(config, name)["training"]["epochs"]
    if epochs <= epoch:
        raise UserError(
            f"{key}, but {name} has {epochs} `training.epochs`, counted from the start, so that it"
            " would train none: raise them, or branch earlier"
        )


def _check_settings(config: Config, name: str, condition: str) -> None:
    """Refuse changes after which the state of the trunk would be of no use."""
    branch, trunk = merged(config, name), merged(config, condition)
    kept = [f"network.{key}" for key in trunk["network"]] + list(_KEPT)
    if trunk["training"]["objective"] == "moco":
        kept += _KEPT_WITH_QUEUE
    for key in kept:
        if (mine := _at(branch, key)) != (theirs := _at(trunk, key)):
            raise UserError(
                f"config key `conditions.{name}.{key}` is {_shown(mine)}, but {condition}, from"
                f" whose state it goes on, has {_shown(theirs)}: keep that, or train {name} from"
                " the start, without `from`"
            )
    if branch["training"]["extra_checkpoints"] != trunk["training"]["extra_checkpoints"]:
        raise UserError(
            f"config key `conditions.{name}.training.extra_checkpoints` is set, but the first epoch"
            f" of {name} is that of {condition}: set the key there"
        )


def _check_images(config: Config, name: str, condition: str) -> None:
    """Refuse other images where the state of the trunk tells their classes apart."""
    mine, theirs = images_of(config, name) or {}, images_of(config, condition) or {}
    objective = merged(config, name)["training"]["objective"]
    if mine == theirs or not describe(objective).labelled:
        return
    key = next(key for key in mine if mine[key] != theirs.get(key))
    raise UserError(
        f"config key `conditions.{name}.images.{key}` is {_shown(mine[key])}, but {condition}, from"
        f" whose state it goes on, learns the classes of its own images ({objective}): delete it,"
        f" or train {name} from the start, without `from`"
    )


def _at(settings: dict[str, Any], key: str) -> Any:
    value: Any = settings
    for step in key.split("."):
        value = value[step]
    return value


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _listed(states: list[int]) -> str:
    """Epochs, without the middle of a long list."""
    shown = [str(state) for state in states]
    if len(shown) == 1:
        return f"epoch {shown[0]}"
    if len(shown) > 6:
        shown = [*shown[:4], "…", shown[-1]]
    return f"epochs {', '.join(shown[:-1])} and {shown[-1]}"
