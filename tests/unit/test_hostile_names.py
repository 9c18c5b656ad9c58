"""No name or path in a config becomes a command: it is refused in a sentence, or quoted."""

import re
from pathlib import Path
from typing import Any

import pytest

from trajectories.errors import UserError
from trajectories.stimuli import table as stimulus_table
from trajectories.study import schema
from trajectories.study.config import resolve

HOME = Path(__file__).parents[2]

COMMANDS = ["x y", "x;touch pwned", "$(touch pwned)", "`touch pwned`", "a'b", 'a"b', "a&b", "a\nb"]


@pytest.mark.parametrize("text", [*COMMANDS, "tiny\n", "-tiny", "../up", "a/b", ""])
@pytest.mark.parametrize("key", ["experiment", "conditions", "categories", "device"])
def test_names_that_become_part_of_paths_are_plain(key: str, text: str) -> None:
    raw: dict[str, Any] = {
        "experiment": "tiny",
        "seeds": [1],
        "images": {"source": "openmoji", "count": 96},
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
    }
    resolve(raw)
    block = {"conditions": {text: {}}, "categories": {text: {"within": "face"}}}
    changes = {"experiment": text} | ({} if key == "experiment" else {"experiment": "tiny"})
    changes |= {key: block[key]} if key in block else {}
    changes |= {"compute": {"device": text}} if key == "device" else {}
    with pytest.raises(UserError) as caught:
        resolve({**raw, **changes})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["-x", "a\nb", "a\n", "\n", "a\tb", "a\x00b", "a\x7f", "a{b}c"])
@pytest.mark.parametrize("key", ["images.path", "stimuli.table", "stimuli.folder"])
def test_paths_that_no_command_line_can_hold_are_refused(key: str, text: str) -> None:
    raw: dict[str, Any] = {
        "experiment": "tiny",
        "seeds": [1],
        "images": {"source": "folder", "count": 96, "path": "pictures"},
        "stimuli": {"table": "table.csv", "folder": "pictures"},
    }
    resolve(raw)
    section, name = key.split(".")
    raw[section][name] = text
    with pytest.raises(UserError, match=rf"config key `{key}` is .* but must be a path") as caught:
        resolve(raw)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["a\nb.png", "a\tb.png", "a{seed}.png"])
def test_file_names_that_no_rule_can_hold_are_refused(tmp_path, name: str) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f'stimulus,file,face\na,"{name}",1\nb,b.png,1\nc,c.png,0\n')
    with pytest.raises(UserError, match=r"table\.csv has the file .*: rename it") as caught:
        stimulus_table.read_table(table)
    assert len(str(caught.value).splitlines()) == 1


# Commands of the rules

# Without quotes: numbers and words of a fixed list, by the key that they come from ...
FROM_CONFIG = {
    "params.batchnorm": "activations.batchnorm",
    "params.images[count]": "images.count",
    "params.images[seed]": "images.seed",
    "params.images[storage]": "images.storage",
    "params.k": "knn.k",
    "params.measure": "metrics.similarity",
    "params.most": "knn.images",
    "params.recalibration": "activations.recalibration_images",
    "params.resamples": "statistics.resamples",
    "params.seed": "statistics.seed",
    "params.temperature": "knn.temperature",
    "resources.workers": "compute.workers",
    "threads": "compute.threads",
}
# ... numbers that code computes ...
NUMBERS = {
    "params.epochs": {"knn_epochs", "segment_epochs", "some_epochs"},
    "params.instance_epochs": {"instance_epochs"},
    "params.size": {
        'config["image_size"]',
        'lambda wildcards: images_packed(wildcards)["stored_size"] or config["image_size"]',
    },
}
# ... parts of paths that a constraint keeps to digits ...
DIGITS = {"wildcards.seed", "wildcards.start", "wildcards.stop"}


def commands() -> list[tuple[str, str]]:
    """Each rule's text and its shell command."""
    rules = []
    for path in sorted((HOME / "workflow/rules").glob("*.smk")):
        for rule in re.split(r"^ *rule\b", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            head, _, command = rule.partition("    shell:\n")
            rules.append((head, "".join(re.findall(r'^ +"(.*)"$', command, flags=re.M))))
    return rules


@pytest.mark.parametrize(("rule", "command"), commands(), ids=lambda text: text.partition(":")[0])
def test_what_a_command_takes_is_quoted_or_no_text(rule: str, command: str) -> None:
    assert command.startswith("python workflow/scripts/")
    properties = {key.path: key.schema for key in schema.keys(schema.load())}
    for name in re.findall(r"\{([^}]*)\}", command):
        if name.endswith(":q") or name in DIGITS:
            continue
        if name in FROM_CONFIG:
            value = properties[FROM_CONFIG[name]]
            assert "enum" in value or set(schema.kinds(value)) <= {"integer", "number"}
            continue
        _, _, parameters = rule.partition("    params:\n")
        key = name.removeprefix("params.")
        assignment = re.search(rf"^ +{key}=(.*?),$", parameters, re.M | re.S)
        assert assignment is not None, name
        # ... and what `flag` or `joined` has quoted.
        made_of_flags = re.search(r"\bflag\(|\bflags_of\(|\bjoined\(", assignment[1])
        assert made_of_flags or assignment[1] in NUMBERS.get(name, ()), name


def test_there_are_commands_to_check() -> None:
    assert len(commands()) >= 12
    used = set(re.findall(r"\{([^}:]*)\}", "".join(command for _, command in commands())))
    assert set(FROM_CONFIG) | set(NUMBERS) | DIGITS <= used
    common, words = (
        (HOME / "workflow/rules" / name).read_text(encoding="utf-8")
        for name in ("common.smk", "commands.smk")
    )
    for name in DIGITS:
        assert f'    {name.removeprefix("wildcards.")}=r"\\d+",' in common
    assert 'return lambda wildcards, input: " ".join(flag(f"--{name}"' in words
    assert "return lambda wildcards: shlex.join(words(wildcards))" in words
    assert "given = [shlex.quote(str(item)) for item in values if item is not None]" in words
