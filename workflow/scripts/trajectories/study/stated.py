"""What a recipe states of the settings: the digest of a recipe is kept when the software learns.

A recipe states each key of `ALWAYS`, and any other only where it is not at its default. So a key
that is added to the schema leaves the recipes of all studies as they were, and what is trained
stays trained. What a recipe does not state is at its default.
"""

from collections.abc import Mapping
from typing import Any

from trajectories.study.schema import Schema, fill

# Frozen: recipes stated these keys at any value before others could be left out, and the digests
# of what has been trained are made of them. A new key is not to be added here.
ALWAYS = frozenset(
    f"{section}.{key}"
    for section, keys in {
        "images": "source path storage count stored_size seed",
        "network": "architecture stem embedding",
        "training": "schedule_epochs extra_checkpoints batch_size bn_groups queue key_momentum"
        " temperature learning_rate sgd_momentum weight_decay precision probe_images augmentation"
        " fixed_seeds",
        "training.augmentation": "crop_scale jitter grayscale blur flip",
        "training.augmentation.jitter": "probability brightness contrast saturation hue",
        "training.augmentation.blur": "probability sigma",
        "training.fixed_seeds": "init order augmentation",
        "checkpoints": "folder pattern epoch_offset prefix",
    }.items()
    for key in keys.split()
)

# Blocks that are one setting: replaced, and compared, as a whole.
WHOLE = frozenset({"diet"})


def stated(value: Any, schema: Schema, path: str) -> Any:
    """What a recipe says of a setting, or of a block of them.

    Parameters
    ----------
    value : object
        With the defaults of missing keys, as `schema.fill` gives it.
    schema : mapping
        Part of the schema that holds for it.
    path : str
        Dotted, from the section of the recipe on, as in `ALWAYS`.
    """
    if isinstance(value, list):
        return [stated(item, schema.get("items", {}), path) for item in value]
    if not isinstance(value, Mapping):
        return value
    parts, defaults = schema.get("properties", {}), fill({}, schema)
    return {
        name: stated(item, parts.get(name, {}), f"{path}.{name}")
        for name, item in value.items()
        if f"{path}.{name}" in ALWAYS or name not in defaults or item != defaults[name]
    }
