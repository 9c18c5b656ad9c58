"""RDMs that a branch shares with its trunk, in the trajectory of the branch."""

from dataclasses import replace

from trajectories.errors import UserError
from trajectories.rdms.segment_rdms import SegmentRDMs
from trajectories.storage import image_record
from trajectories.study.recipe import NetworkRecipe


def adopted(segment: SegmentRDMs, recipe: NetworkRecipe, condition: str) -> SegmentRDMs:
    """A segment of a branch, or of its trunk as one of the branch.

    Parameters
    ----------
    segment : SegmentRDMs
    recipe : NetworkRecipe
        That of the branch.
    condition : str
        The branch.

    Raises
    ------
    UserError
        If it was trained neither by the branch nor by its trunk up to where it branches.
    """
    last = float(segment.epoch[-1])
    expected = recipe.digest_at(last)
    if segment.attributes.get("recipe_digest") != expected:
        raise UserError(
            f"The RDMs of {segment.layer} up to epoch {last:g} are of other settings"
            f" than {condition} was trained with: extract the activations again."
        )
    if expected == recipe.digest:
        return segment
    adopted = {**segment.attributes, "condition": condition, "recipe_digest": recipe.digest}
    if recipe.other_images_at(last):
        adopted.pop(image_record.TRAINING, None)
    return replace(segment, attributes=adopted)
