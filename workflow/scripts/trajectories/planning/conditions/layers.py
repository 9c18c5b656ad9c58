"""The layers of a study, and the module of each network that they are.

A config lists modules by their names, or gives roles, which are different modules in different
networks.
"""

from typing import Any

from trajectories.errors import UserError

Config = dict[str, Any]


def names(config: Config) -> list[str]:
    """Names of the layers: modules, or roles."""
    return list(config["activations"]["layers"])


def module(config: Config, condition: str, architecture: str, layer: str) -> str:
    """The module of a condition's network that a layer is.

    Parameters
    ----------
    config : dict
        As `config.resolve` gives it.
    condition, architecture : str
        The condition and its network, either of which may stand in a role; the condition counts.
    layer : str
        Of `names`.

    Raises
    ------
    UserError
        If a role names none for this network.
    """
    layers = config["activations"]["layers"]
    if isinstance(layers, list):
        return layer
    role: str | dict[str, str] = layers[layer]
    if isinstance(role, str):
        return role
    for key in (condition, architecture):
        if key in role:
            return role[key]
    raise UserError(
        f"config key `activations.layers.{layer}` names no module of {architecture}, the network of"
        f" the condition {condition}: add a line such as `{architecture}: <name of the module>`"
        " (`make layers` lists them)"
    )


def together(config: Config) -> list[str]:
    """The layers that are extracted in one job.

    Raises
    ------
    UserError
        If one is no layer.
    """
    chosen: list[str] = config["activations"]["together"]
    known = names(config)
    for layer in chosen:
        if layer not in known:
            raise UserError(
                f"config key `activations.together` has {layer}, which is not among"
                f" `activations.layers`: choose among {', '.join(known)}"
            )
    return chosen
