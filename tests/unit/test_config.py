"""A config is completed with the published defaults, and each mistake in it gets one sentence.

The reference of all keys, `config/README.md`, says what the schema says.
"""

import copy
import hashlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from trajectories.errors import UserError
from trajectories.study import config, schema
from trajectories.study.recipe import recipe_digest

ROOT = Path(__file__).parents[2]

MINIMAL: dict[str, Any] = {
    "experiment": "study",
    "seeds": [1, 2],
    "images": {"source": "openmoji", "count": 4096},
    "stimuli": {"table": "table.csv", "folder": "openmoji"},
}

# He et al. (2020) and Chen et al. (2020); written here again, not read from the schema.
PUBLISHED = {
    "epochs": 200,
    "schedule_epochs": 200,
    "batch_size": 256,
    "bn_groups": 8,
    "queue": 65536,
    "key_momentum": 0.999,
    "temperature": 0.2,
    "learning_rate": 0.03,
    "sgd_momentum": 0.9,
    "weight_decay": 1e-4,
}


def with_value(path: str, value: object) -> dict[str, Any]:
    """A valid config with one value set (or, given `...`, one key taken out)."""
    raw = copy.deepcopy(MINIMAL)
    *blocks, leaf = path.split(".")
    block = raw
    for name in blocks:
        block = block.setdefault(name, {})
    if value is ...:
        del block[leaf]
    else:
        block[leaf] = value
    return raw


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        config.resolve(raw)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_schema_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(schema.load())


def test_missing_keys_take_the_published_values() -> None:
    resolved = config.resolve(MINIMAL)
    assert {key: resolved["training"][key] for key in PUBLISHED} == PUBLISHED
    assert resolved["network"]["architecture"] == "resnet50"
    assert resolved["training"]["augmentation"]["jitter"]["hue"] == 0.1
    assert resolved["image_size"] == 224
    assert list(resolved["conditions"]) == ["moco"]


def test_given_values_win_and_the_raw_config_stays_as_it_is() -> None:
    raw = with_value("training.augmentation.blur.sigma", [0.5, 1.5])
    before = copy.deepcopy(raw)
    resolved = config.resolve(raw)
    assert resolved["training"]["augmentation"]["blur"] == {"probability": 0.5, "sigma": [0.5, 1.5]}
    assert raw == before


def test_a_resolved_config_resolves_to_itself() -> None:
    raw = with_value("conditions", {"a": {"training": {"epochs": 3}}, "b": None})
    resolved = config.resolve(raw)
    assert config.resolve(resolved) == resolved


def test_an_empty_block_counts_as_one_without_keys() -> None:
    raw = MINIMAL | yaml.safe_load("training:\nconditions:\n  moco:\n")
    assert config.resolve(raw) == config.resolve(MINIMAL)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        # Unknown keys, with the one that was meant.
        ("training.batchsize", 64, ["`training.batchsize`", "unknown", "`training.batch_size`"]),
        ("epochs", 3, ["`epochs`", "unknown", "`training.epochs`"]),
        ("training.augmentation.jitter.hu", 0, ["`training.augmentation.jitter.hue`"]),
        ("zebra", 1, ["`zebra`", "unknown", "experiment", "compute"]),
        # Missing.
        ("seeds", ..., ["`seeds`", "missing", "network instances"]),
        ("images.count", ..., ["`images.count`", "missing", "number of training images"]),
        # Wrong types, with what to write.
        ("training.weight_decay", "1e-4", ["`training.weight_decay`", "1e-4", "1.0e-4"]),
        ("training.weight_decay", "5e4", ["write 5.0e+4"]),
        ("training.epochs", "ten", ["`training.epochs`", '"ten"', "whole number"]),
        ("training.epochs", "10", ["write 10 without quotes"]),
        ("training.epochs", 2.5, ["2.5", "whole number"]),
        ("training.epochs", True, ["true", "whole number"]),
        ("training.epochs", None, ["empty", "default"]),
        ("training", [1], ["`training`", "a list", "a block of keys"]),
        ("experiment", 2024, ["`experiment`", "2024", 'quotes, "2024"']),
        ("seeds", 3, ["`seeds`", "a list", "[3]"]),
        ("activations.keep", "yes please", ["true or false"]),
        # Values.
        ("experiment", "a b/c", ["a b/c", "letters, digits"]),
        ("seeds", [1, 2, 1], ["`seeds`", "1 twice"]),
        ("seeds", [1, -1], ["`seeds[1]`", "at least 0"]),
        ("seeds", [], ["`seeds`", "empty"]),
        ("training.temperature", 0, ["`training.temperature`", "more than 0"]),
        ("training.temperature", float("nan"), ["`training.temperature`", "nan", "finite"]),
        ("training.sgd_momentum", 1.0, ["less than 1"]),
        ("training.augmentation.crop_scale", [0.5], ["1 values", "must have 2"]),
        ("training.extra_checkpoints", [1.5], ["`training.extra_checkpoints[0]`", "less than 1"]),
        ("compute.device", "gpu", ["`compute.device`", "gpu", "cuda"]),
        # Names and what they hold.
        ("conditions", {"a/b": {}}, ['"a/b"', "`conditions`", "letters, digits"]),
        ("conditions", {"tables": {}}, ['"tables"', "`conditions`", "folders"]),
        ("conditions", {}, ["`conditions`", "empty"]),
        ("conditions", {7: {}}, ["`7`", "`conditions`", "quotes"]),
        ("conditions.a.stimuli", {}, ["`conditions.a.stimuli`", "unknown", "network, training"]),
        ("conditions.a.images.store_size", 8, ["`conditions.a.images.store_size`", "stored_size"]),
        ("conditions.a.temperature", 1, ["did you mean `conditions.a.training.temperature`?"]),
        ("conditions.a.training.batch", 1, ["`conditions.a.training.batch_size`"]),
        ("conditions.a.training.epochs", "3", ["`conditions.a.training.epochs`", "without quotes"]),
        ("conditions.a.network.stem", "big", ["`conditions.a.network.stem`", "small"]),
        ("categories", {"faces": {}}, ["`categories.faces.within`", "missing"]),
    ],
)
def test_each_mistake_gets_one_sentence(path: str, value: object, said: list[str]) -> None:
    message = refusal(with_value(path, value))
    for words in said:
        assert words in message


def test_a_misspelt_key_is_named_before_the_key_that_it_leaves_missing() -> None:
    raw = with_value("seeds", ...) | {"seed": [1]}
    assert "did you mean `seeds`?" in refusal(raw)


def test_every_block_of_the_schema_refuses_unknown_keys() -> None:
    blocks = [key for key in schema.keys(schema.load()) if "properties" in key.schema]
    assert len(blocks) > 10
    assert all(block.schema["additionalProperties"] is False for block in blocks)


def test_conditions_change_network_and_training_alone() -> None:
    raw = with_value("training.augmentation.flip", 0.25)
    raw["conditions"] = {
        "plain": None,
        "changed": {
            "network": {"stem": "small"},
            "training": {"temperature": 1, "augmentation": {"jitter": {"hue": 0}}},
        },
    }
    resolved = config.resolve(raw)
    plain, changed = (config.condition_settings(resolved, c) for c in ("plain", "changed"))
    assert plain["network"]["stem"] == "imagenet"
    assert changed["network"] == plain["network"] | {"stem": "small"}
    assert changed["training"]["augmentation"]["jitter"] == {
        "probability": 0.8,
        "brightness": 0.4,
        "contrast": 0.4,
        "saturation": 0.4,
        "hue": 0.0,
    }
    assert changed["training"]["augmentation"]["flip"] == 0.25
    assert isinstance(changed["training"]["temperature"], float)
    assert plain["training"]["temperature"] == 0.2
    with pytest.raises(UserError, match="choose among plain, changed"):
        config.condition_settings(resolved, "other")


def digest(raw: dict[str, Any]) -> str:
    return recipe_digest(config.condition_settings(config.resolve(raw), "moco"))


def test_the_digest_is_sha256_of_canonical_json() -> None:
    expected = hashlib.sha256(b'{"a":[1,0.5,null],"b":"x"}').hexdigest()
    assert recipe_digest({"b": "x", "a": [1, 0.5, None]}) == expected


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training.learning_rate", 0.031),
        ("training.schedule_epochs", 400),
        ("training.fixed_seeds.order", 0),
        ("network.stem", "small"),
        ("images.seed", 1),
        ("image_size", 128),
        ("conditions.moco.training.precision", "bf16"),
    ],
)
def test_the_recipe_tells_what_changes_the_weights(path: str, value: object) -> None:
    assert digest(with_value(path, value)) != digest(MINIMAL)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("experiment", "other"),
        ("seeds", [5]),
        ("training.epochs", 7),
        ("training.segment_epochs", 7),
        ("training.weight_decay", 0.0001),
        ("compute.workers", 3),
        ("compute.gpus_per_seed", 2),
        ("activations.layers", ["layer2"]),
        ("conditions", {"moco": {}, "another": {"training": {"queue": 512}}}),
    ],
)
def test_the_recipe_stays_when_the_weights_do(path: str, value: object) -> None:
    assert digest(with_value(path, value)) == digest(MINIMAL)


def test_whole_and_decimal_numbers_are_one_recipe() -> None:
    assert digest(with_value("training.temperature", 1)) == digest(
        with_value("training.temperature", 1.0)
    )


def test_segments_cover_all_epochs_and_stay_when_epochs_are_added() -> None:
    raw = with_value("training.segment_epochs", 8)
    raw["training"]["epochs"] = 20
    raw["conditions"] = {"moco": {}, "short": {"training": {"epochs": 5}}}
    resolved = config.resolve(raw)
    assert config.trained_segments(resolved, "moco") == [(0, 8), (8, 16), (16, 20)]
    assert config.trained_segments(resolved, "short") == [(0, 5)]
    raw["training"]["epochs"] = 30
    assert config.trained_segments(config.resolve(raw), "moco")[:2] == [(0, 8), (8, 16)]


def test_segments_share_no_checkpoint_and_leave_none_out() -> None:
    found = [
        config.checkpoint_epochs(start, stop, [0.5, 0.1])
        for start, stop in [(0, 2), (2, 4), (4, 5)]
    ]
    assert found == [[0, 0.1, 0.5, 1, 2], [3, 4], [5]]


def test_names_of_segments_sort_by_time() -> None:
    names = [config.segment_name(start, start + 5) for start in range(0, 200, 5)]
    assert names == sorted(set(names))


def test_categories_are_compared_with_all_others_unless_told() -> None:
    raw = with_value(
        "categories", {"a": {"within": "face | body"}, "b": {"within": "x", "between": "y"}}
    )
    found = config.resolve(raw)["categories"]
    assert found["a"]["between"] == "~(face | body)"
    assert found["b"]["between"] == "y"


def test_the_shipped_config_names_every_key_it_could() -> None:
    raw = yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))
    config.resolve(raw)
    of_commands = {"interim", "published"}  # which users do not write
    assert set(raw) == set(schema.load()["properties"]) - of_commands


def test_the_examples_in_the_reference_are_valid() -> None:
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(experiment: .*?)```", text, re.DOTALL)
    small, own = (config.resolve(yaml.safe_load(example)) for example in examples)
    assert small["seeds"] == [1, 2, 3]
    assert own["conditions"]["moco"]["checkpoints"]["epoch_offset"] == 1


def reference(*arguments: str) -> "subprocess.CompletedProcess[str]":
    script = ROOT / "workflow" / "scripts" / "config_reference.py"
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_reference_is_up_to_date() -> None:
    assert reference("--check").returncode == 0


def test_an_outdated_reference_is_refused(tmp_path: Path) -> None:
    copied = tmp_path / "README.md"
    assert reference("--output", str(copied)).returncode == 0
    copied.write_text(copied.read_text(encoding="utf-8").replace("0.999", "0.99"), encoding="utf-8")
    checked = reference("--check", "--output", str(copied))
    assert checked.returncode == 1
    assert "out of date" in checked.stderr


def test_the_reference_has_every_key_with_its_default() -> None:
    text = (ROOT / "config" / "README.md").read_text(encoding="utf-8")
    leaves = [key for key in schema.keys(schema.load()) if "object" not in schema.kinds(key.schema)]
    assert len(leaves) > 50
    for key in leaves:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{key.path}` |"))
        assert key.reruns
        assert ("required" in row.split("|")[3]) == key.required
        assert str(key.schema["description"]).replace("|", "\\|") in row
