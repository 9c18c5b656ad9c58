"""How large a plan may be, so that a slip of the pen is answered in one sentence, and at once."""

from trajectories.errors import UserError
from trajectories.study.config import Config, imported, merged

# Snakemake takes minutes for so many, and much longer for more.
MOST_JOBS = 100_000
MOST_CHECKPOINTS = 1_000_000


def check(config: Config) -> None:
    """Refuse more jobs than Snakemake can plan in minutes, or more checkpoints than are sensible.

    Conditions with checkpoints of the user's own have as many as there are files.

    Raises
    ------
    UserError
        Naming the numbers, the bound and the keys.
    """
    trained = [name for name in config["conditions"] if imported(config, name) is None]
    n_seeds, n_layers = len(config["seeds"]), len(config["activations"]["layers"])
    jobs, checkpoints = 0, 0
    for name in trained:
        training, origin = merged(config, name)["training"], config["conditions"][name]["from"]
        epochs = max(0, training["epochs"] - (origin["epoch"] if origin else 0))
        segments = -(-epochs // training["segment_epochs"])
        # Training and checksums; extraction and RDMs of each layer.
        jobs += n_seeds * segments * (2 + 2 * n_layers)
        first = 0 if origin else 1 + len(training["extra_checkpoints"])
        checkpoints += n_seeds * (epochs + first)
    for number, most, what, keys in (
        (jobs, MOST_JOBS, "jobs", "give `training.segment_epochs` more epochs, or"),
        (checkpoints, MOST_CHECKPOINTS, "checkpoints", "check `training.epochs`, or"),
    ):
        if number > most:
            raise UserError(
                f"the config plans {number} {what} for {len(trained)} conditions and {n_seeds}"
                f" seeds, and at most {most} can be planned: {keys} plan several experiments with"
                " fewer `seeds` or `conditions` each"
            )
