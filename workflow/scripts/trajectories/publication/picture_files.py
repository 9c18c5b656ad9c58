"""Pictures of a published study: those that are wanted, and those that were published before."""

import shutil
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.publication import parts
from trajectories.storage import image_record
from trajectories.study import recipe_comparison
from trajectories.study.config import Config


def write(folder: Path, short: Config, run: Path, target: Path, wanted: bool) -> None:
    """Put pictures beside the networks that are in a folder already.

    What was published before stays, if it is of these networks: another machine may have it alone.

    Parameters
    ----------
    folder : Path
        Of the study that is being written, with networks and recipes.
    short : dict
        Config of the networks that are published.
    run, target : Path
        Folders of the study's results, and of the published study, which need not be there.
    wanted : bool
        Whether to publish the pictures that are here.

    Raises
    ------
    UserError
        If pictures of test images are wanted, and are neither here nor published.
    """
    names = [parts.PICTURES, *(f"{name}/{parts.INPUTS}" for name in short["conditions"])]
    for name in names:
        if wanted and (run / name).is_file():
            shutil.copyfile(run / name, folder / name)
        elif (target / name).is_file():
            if _of_these_networks(target / name, folder, name):
                shutil.copyfile(target / name, folder / name)
            else:
                cli.log.warning(
                    "warning: %s is of other images than the networks, and is published no longer",
                    target / name,
                )
    if wanted and not (folder / parts.PICTURES).is_file():
        raise UserError(f"there is no {run / parts.PICTURES}: publish without pictures")


def _of_these_networks(path: Path, folder: Path, name: str) -> bool:
    if name == parts.PICTURES:
        network = next(folder.glob(f"*/*/{parts.TRAJECTORY}"))
        shown = image_record.recorded(network).get(image_record.TEST)
        return image_record.same(image_record.content(path), shown)
    recipe = recipe_comparison.read(folder / Path(name).with_name(parts.RECIPE))
    former = recipe_comparison.read(path.with_name(parts.RECIPE))
    return recipe_comparison.difference(recipe, former) is None
