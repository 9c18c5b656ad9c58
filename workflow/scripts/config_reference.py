"""Write config/README.md, the reference of all config keys, from the schema."""

import argparse
import json
from itertools import groupby
from pathlib import Path

from trajectories import cli
from trajectories.errors import UserError
from trajectories.storage.files import atomic
from trajectories.study import schema

INTRODUCTION = """\
# Config

<!-- Made from workflow/schemas/config.schema.yaml by workflow/scripts/config_reference.py. -->

A config is a YAML file that says which networks learn from which images, and what is measured.
It is checked before the first job: an unknown key, a wrong type or a value that cannot work ends
the run with one sentence, and nothing is overwritten.

## Your own config

Start a new file, `config/mine.yaml` say, with the keys that have no default, and add those whose
default you want to change. Where MoCo v2 has a published value, the default is that value, not the
one in `config/config.yaml`. A small study, for instance:

```yaml
experiment: mine
seeds: [1, 2, 3]
image_size: 32
images: {source: openmoji, count: 4096, stored_size: 40}
stimuli: {table: config/stimuli/openmoji96.csv, folder: openmoji}
network: {architecture: resnet18}
training: {epochs: 40, schedule_epochs: 40, batch_size: 64, bn_groups: 2, queue: 512}
activations: {layers: [layer1, layer2, layer4]}
```

See what would run, then run it:

```bash
snakemake --configfile config/mine.yaml --cores all --dry-run
snakemake --configfile config/mine.yaml --cores all
```

- Each config has its own `experiment`, so that no config overwrites the results of another.
- A condition can change any key of `network` and `training`; keys it leaves out keep the values
  above:

  ```yaml
  conditions:
    moco: {}
    cold: {training: {temperature: 0.07, augmentation: {flip: 0}}}
  ```

- A condition can go on from another one, with `from`: see
  [docs/branching.md](../docs/branching.md).
- YAML reads `1e-4` as text: write `1.0e-4`. Names such as `no`, `on` or `2024` need quotes.
- Snakemake takes every word after `--configfile` for a file, up to the next option: name targets
  first (`snakemake checkpoints --configfile config/mine.yaml --cores all`). `--config` is for
  single values; lists of numbers belong in a file, which can be a second one behind the first.

## Your own checkpoints

Networks that you have already trained, with whatever code, need no training here: a condition names
their checkpoints, and everything after that is the same. A complete config, for ten ResNet-50s
trained with the public MoCo code:

```yaml
experiment: published
seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
stimuli: {table: my-images.csv, folder: my-images}
conditions:
  moco:
    network: {architecture: resnet50}
    checkpoints:
      folder: /data/moco/seed-{seed}
      pattern: checkpoint_{epoch}.pth.tar
      epoch_offset: 1
figures: {first_epoch: 1}
```

- `{epoch}` is the number in a file name, whole or decimal, with or without leading zeros; `{seed}`
  is one of `seeds`; `*` is anything within a name, as in `epoch={epoch}-step=*.ckpt`.
- `epoch_offset` is added to that number. The public MoCo code writes `checkpoint_0000.pth.tar`
  after its first epoch, so here it is 1. If a file itself says that it is from another epoch, the
  job warns.
- Files may be of almost any code: a state dict of `torch.save` or safetensors, at any place in the
  file and behind any prefix. Where there is more than one network, `key` or `prefix` says which.
  [docs/checkpoints.md](../docs/checkpoints.md) lists layouts, and says how epochs are told by files
  or tables and in other units than epochs.
- All names and shapes must be those of `network`, which may be any network of torchvision or timm,
  or one that you build: see [docs/networks.md](../docs/networks.md). Heads are left out.
- Only tensors and plain values are loaded; other objects in a file are passed over, as loading them
  could run code.
- Weights are copied into `results/`, as float32, in segments of `training.segment_epochs`. A file
  that is added or changed later reruns its own segment, and everything after it. Keep the files
  where they are: a condition whose files are gone is refused.
- `images` is needed only if some condition is trained, or if `activations.batchnorm` is
  `recalibrated`.
- Stability compares each whole epoch with the next one available. If networks were saved every
  tenth epoch, a step is ten epochs. If there are fewer than two whole epochs, it compares all
  checkpoints.

## All keys

For each key, the table says what a change reruns, and so what it leaves alone.
"""

_TYPES = {
    "object": "block",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "null": "`null`",
}
_BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
}


def reference() -> str:
    """The whole of config/README.md."""
    sections = [INTRODUCTION]
    for name, group in groupby(schema.keys(schema.load()), key=_section):
        members = list(group)
        if name:
            # The first of a section is the block itself: it heads the table.
            block, *members = members
            sections.append(f"### {name}\n\n{block.schema['description']}\n")
            if "default" in block.schema:
                sections.append(f"Default: {_code(block.schema['default'])}.\n")
        members = [member for member in members if not _is_block(member.schema)]
        reruns = {member.reruns for member in members}
        rows = [_row(member) for member in members]
        if len(reruns) == 1:
            sections.append(f"A change reruns {reruns.pop()}.\n")
            rows = [row[:-1] for row in rows]
        sections.append(_table(rows))
    return "\n".join(sections)


def _is_block(part: schema.Schema) -> bool:
    """Whether its keys say all of it."""
    return "properties" in part and "string" not in schema.kinds(part)


def _section(key: schema.Key) -> str:
    """Top-level block that a key belongs to, empty for single keys at the top."""
    top = key.path.partition(".")[0]
    return top if "object" in schema.kinds(schema.load()["properties"][top]) else ""


def _row(key: schema.Key) -> list[str]:
    default = "required" if key.required else ""
    if "default" in key.schema:
        default = _code(key.schema["default"])
    meaning = str(key.schema["description"])
    if "x-objectives" in key.schema:
        meaning += f" Only for {' and '.join(map(_code, key.schema['x-objectives']))}."
    return [f"`{key.path}`", _type(key.schema), default, meaning, key.reruns]


def _table(rows: list[list[str]]) -> str:
    header = ["key", "type", "default", "meaning", "a change reruns"][: len(rows[0])]
    lines = [header, ["---"] * len(header), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in cells] for cells in lines)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in escaped)


def _type(part: schema.Schema, many: bool = False) -> str:
    """Type and limits of a value, or of many, in words."""
    if "enum" in part:
        return ", ".join(_code(choice) for choice in part["enum"])
    return " or ".join(_kind(part, kind, many) for kind in schema.kinds(part))


def _kind(part: schema.Schema, kind: str, many: bool) -> str:
    if kind == "array" and "items" not in part:
        return "list"
    if kind == "array":
        least, most = part.get("minItems"), part.get("maxItems")
        number = f"{least} " if least == most is not None else ""
        return f"list of {number}{_type(part['items'], many=True)}"
    limits = [text.format(part[bound]) for bound, text in _BOUNDS.items() if bound in part]
    plural = "s" if many and kind != "string" else ""
    bounds = f" {' and '.join(limits)}" if limits and kind != "null" else ""
    return f"{_TYPES[kind]}{plural}{bounds}"


def _code(value: object) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def main(arguments: argparse.Namespace) -> None:
    """Write the reference, or compare it to the one that exists."""
    text = reference()
    if not arguments.check:
        with atomic(arguments.output) as temporary:
            temporary.write_text(text, encoding="utf-8")
    elif not arguments.output.is_file() or arguments.output.read_text(encoding="utf-8") != text:
        raise UserError(
            f"{arguments.output} is out of date: run `python workflow/scripts/config_reference.py`"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    home = Path(__file__).resolve().parents[2]
    parser.add_argument("--output", type=Path, default=home / "config" / "README.md")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    cli.run(main, parser)
