"""When it is measured how well networks see, and whether it can be: the block `knn`."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from trajectories.errors import UserError
from trajectories.images.sources import registry
from trajectories.study.config import Config, image_sets, imported, merged


def epochs(chosen: Iterable[float], checkpoints: Sequence[float]) -> list[float]:
    """The first checkpoint, the last, and those of the chosen epochs that there are, in order."""
    return sorted({checkpoints[0], checkpoints[-1], *(set(chosen) & set(checkpoints))})


def check(config: Config) -> None:
    """Check the block `knn` against the others.

    Raises
    ------
    UserError
        If there are no held-out images, a folder is named that no source needs, or an epoch has no
        checkpoint in any condition.
    """
    settings = config["knn"]
    trained = [name for name in config["conditions"] if imported(config, name) is None]
    if settings is None or not trained:
        return
    used = [
        images for images, names in image_sets(config).values() if any(n in trained for n in names)
    ]
    folders = [registry.find(images["source"]).held_out_folder for images in used]
    if settings["folder"] is None and any(folders):
        raise UserError(
            "config key `knn.folder` is missing: name a folder of pictures that are not learnt"
            " from, with class folders as in `images.path`; or delete `knn`"
        )
    if settings["folder"] is not None and not all(folders):
        raise UserError(
            f"config key `knn.folder` is {settings['folder']}, but images of"
            f" {used[folders.index(False)]['source']} are held out without it: delete the key"
        )
    for images in used:
        if settings["folder"] is not None and images["path"] is not None:
            one, other = (Path(each).resolve() for each in (settings["folder"], images["path"]))
            if one == other:
                raise UserError(
                    f"config key `knn.folder` is {settings['folder']}, which is learnt from"
                    " (`images.path`): name a folder of other pictures"
                )
    known = {
        float(epoch)
        for name in trained
        for training in [merged(config, name)["training"]]
        for epoch in [*range(training["epochs"] + 1), *training["extra_checkpoints"]]
    }
    for epoch in settings["epochs"]:
        if epoch not in known:
            raise UserError(
                f"config key `knn.epochs` has {epoch:g}, where there is no checkpoint: name whole"
                f" epochs up to {max(known):g}, or some of `training.extra_checkpoints`"
            )


def check_folder(config: Config, results: Path) -> None:
    """Check that the folder of held-out pictures is there, unless they are packed already.

    Raises
    ------
    UserError
        If not.
    """
    folder = (config["knn"] or {}).get("folder")
    packed = any((results / config["experiment"]).glob("held-out*.h5"))
    if folder is not None and not packed and not Path(folder).is_dir():
        raise UserError(f"there is no folder {folder}: correct config key `knn.folder`")
