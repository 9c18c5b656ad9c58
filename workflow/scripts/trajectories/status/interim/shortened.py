"""The config of an interim look."""

from copy import deepcopy

from trajectories.study.config import Config, imported, merged


def trained(config: Config) -> list[str]:
    """The conditions of a study whose networks it trains."""
    return [each for each in config["conditions"] if imported(config, each) is None]


def name(study: str, epoch: int) -> str:
    """Name of the experiment that looks at a study at an epoch."""
    return f"{study}-interim-{epoch:04d}"


def shortened(config: Config, epoch: int, seeds: list[int], file: str) -> Config:
    """The config of an interim look.

    Parameters
    ----------
    config : dict
        Of the whole study, as `config.resolve` gives it.
    epoch : int
        Where networks are cut off. Those that are trained for fewer epochs stay whole, branches
        that begin later, or there, are left out.
    seeds : list of int
        Those whose networks are looked at.
    file : str
        Path of the study's config, beside which networks of the user's own are looked for.

    Returns
    -------
    dict
        Which resolves to itself.
    """
    short = deepcopy(config)
    full = {each: merged(config, each)["training"]["epochs"] for each in trained(config)}
    short["training"]["epochs"] = epoch
    for each in config["conditions"]:
        if each not in full:
            continue
        if not _begun(config, each, epoch):
            del short["conditions"][each]
            continue
        changes = short["conditions"][each]["training"]
        changes.pop("epochs", None)
        if full[each] < epoch:
            changes["epochs"] = full[each]
    short["seeds"] = [seed for seed in config["seeds"] if seed in seeds]
    short["figures"]["first_epoch"] = min(config["figures"]["first_epoch"], float(epoch - 1))
    short["experiment"] = name(config["experiment"], epoch)
    short["interim"] = {
        "study": config["experiment"],
        "config": file,
        "epoch": epoch,
        "epochs": max(full.values()),
        "networks": len(short["seeds"]) * len(trained(short)),
        "of_networks": len(config["seeds"]) * len(full),
    }
    return short


def _begun(config: Config, condition: str, epoch: int) -> bool:
    """Whether a condition has epochs of its own by then."""
    origin = config["conditions"][condition]["from"]
    return origin is None or bool(origin["epoch"] < epoch)
