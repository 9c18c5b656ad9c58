"""The epoch of a file is read from its name, from inside it, or from a table, in any unit."""

import argparse
import collections
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file
from series_cases import KEY, files, series
from torch import nn

from trajectories.errors import UserError
from trajectories.study import config, epochs
from trajectories.study.series import inside, own_checkpoints, table


def find(folder: Path, seed: int = 1, **changes: Any) -> dict[float, str]:
    found = own_checkpoints.find(series(folder, **changes), seed, KEY)
    return {epoch: path.relative_to(folder).as_posix() for epoch, path in found.items()}


def refusal(folder: Path, seed: int = 1, **changes: Any) -> str:
    with pytest.raises(UserError) as caught:
        find(folder, seed, **changes)
    message = str(caught.value)
    assert "\n" not in message
    return message


# Inside files


def content(epoch: object) -> dict[str, Any]:
    """As training code saves it, with all that pickle has to say for it."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    return {
        "args": argparse.Namespace(lr=0.1, epoch=5),
        "state_dict": network.state_dict(),
        "optimizer": torch.optim.SGD(network.parameters(), 0.1, momentum=0.9).state_dict(),
        "best": np.float64(0.5),
        "counts": collections.defaultdict(list, {"epoch": [8]}),
        "trainer": {"step": 12, "nested.name": {"epoch": epoch}, "done": True},
        "epoch": epoch,
        "history": [{"epoch": 1}, (1, 2, 3), {4, 5}],
    }


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("epoch", [0, 7, 300, 70_000, 2**40, -3, 0.25, 1e-3])
def test_a_number_is_found_in_a_file_of_torch(tmp_path, legacy: bool, epoch: float) -> None:
    path = tmp_path / "a.pt"
    torch.save(content(epoch), path, _use_new_zipfile_serialization=not legacy)
    assert inside.number(path, "epoch") == Decimal(str(epoch))
    assert inside.number(path, "trainer.nested.name.epoch") == Decimal(str(epoch))
    assert inside.number(path, "trainer.step") == 12
    for key in (
        "trainer",
        "trainer.done",
        "args.epoch",
        "history.epoch",
        "step",
        "best",
        "epoch.a",
    ):
        assert inside.number(path, key) is None, key


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_in_each_protocol_of_pickle(tmp_path, protocol: int) -> None:
    path = tmp_path / "a.pt"
    torch.save(content(7), path, pickle_protocol=protocol)
    assert inside.number(path, "epoch") == 7
    assert inside.number(path, "trainer.nested.name.epoch") == 7


def test_a_number_in_the_texts_of_safetensors(tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.ones(2)}, path, {"epoch": "12.5", "name": "vit"})
    assert inside.number(path, "epoch") == Decimal("12.5")
    assert inside.number(path, "name") is None
    save_file({"a": torch.ones(2)}, path)
    assert inside.number(path, "epoch") is None


class Hostile:
    """Unpickling this makes a file."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.victim,)


def test_nothing_in_a_file_is_run(tmp_path) -> None:
    path, made = tmp_path / "a.pt", tmp_path / "made"
    torch.save({"extra": Hostile(made), "epoch": 3}, path)
    assert inside.number(path, "epoch") == 3
    assert not made.exists()
    torch.load(path, weights_only=False)
    assert made.exists()  # it would have run


def test_two_files_that_say_the_same_epoch(tmp_path) -> None:
    for name in ("a.pt", "b.pt"):
        torch.save({"model": {"w": torch.ones(2)}, "epoch": 3}, tmp_path / name)
    message = refusal(tmp_path, pattern="*.pt", epoch_key="epoch")
    assert "b.pt are both from epoch 3 by config key" in message
    assert "epoch_key`: name another, or write a `pattern` that only one" in message


@pytest.mark.parametrize("legacy", [False, True])
def test_files_that_are_cut_short_are_refused_wherever_they_end(tmp_path, legacy: bool) -> None:
    path = tmp_path / "1.pt"
    torch.save(content(7), path, _use_new_zipfile_serialization=not legacy)
    whole = path.read_bytes()
    end = len(whole) if not legacy else whole.index(b"history")
    for length in range(0, end, 97):
        path.write_bytes(whole[:length])
        message = refusal(tmp_path, pattern="*.pt", epoch_key="epoch")
        assert "1.pt is damaged" in message


def test_epochs_are_taken_from_inside(tmp_path) -> None:
    for name, epoch in (("a", 4), ("b", 2), ("seed-2", 9)):
        torch.save({"epoch": epoch}, tmp_path / f"{name}.pt")
    found = find(tmp_path, pattern="*.pt", epoch_key="epoch", epoch_scale=10, epoch_offset=1)
    assert found == {21: "b.pt", 41: "a.pt", 91: "seed-2.pt"}
    found = find(tmp_path, 2, pattern="seed-{seed}*", epoch_key="epoch")
    assert found == {9: "seed-2.pt"}


def test_a_file_that_does_not_say_its_epoch(tmp_path) -> None:
    torch.save({"model": {}, "epoch": "last"}, tmp_path / "a.pt")
    message = refusal(tmp_path, pattern="*.pt", epoch_key="epoch")
    assert "a.pt has no number under epoch" in message
    assert f"`{KEY}.epoch_key`" in message
    assert f"`{KEY}.table`" in message


# Tables


def given(folder: Path, text: str) -> str:
    path = folder / "epochs.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_table_says_the_epoch_of_each_file(tmp_path) -> None:
    files(tmp_path, "last.pt", "first.pt", "run/best.pt", "other.pt")
    path = given(tmp_path, "file,epoch,note\nlast.pt,10.5,x\nfirst.pt,0,\nrun/best.pt,1e1,\n")
    assert find(tmp_path, table=path) == {0: "first.pt", 10: "run/best.pt", 10.5: "last.pt"}
    assert not table.has_seeds(Path(path))


def test_a_table_may_have_seeds(tmp_path) -> None:
    files(tmp_path, "a.pt", "b.pt", "c.pt", "s2/d.pt")
    path = given(tmp_path, "file,seed,epoch\na.pt,1,0\nb.pt,1,3\nc.pt,2,0\ns{seed}/d.pt,2,5\n")
    assert find(tmp_path, 1, table=path) == {0: "a.pt", 3: "b.pt"}
    assert find(tmp_path, 2, table=path) == {0: "c.pt", 5: "s2/d.pt"}
    assert own_checkpoints.tells_seeds_apart(series(tmp_path, table=path))
    assert "has no row for seed 3" in refusal(tmp_path, 3, table=path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty: write columns file and epoch"),
        ("file,step\na.pt,1\n", "has not one column 'epoch', but file, step: write one"),
        ("file;epoch\na.pt;1\n", "as it has semicolons between its values"),
        ("file,epoch\na.pt\n", "has 1 values in its line 2, but 2 columns"),
        ("file,epoch\na.pt,late\n", "has 'late' for the epoch of a.pt (line 2): write a number"),
        ("file,epoch\na.pt,nan\n", "has 'nan' for the epoch of a.pt"),
        ("file,epoch\nb.pt,1\n", "names b.pt (line 2), which is not in"),
        ("file,epoch\n,1\n", "names no file in its line 2"),
        ("file,epoch\na.pt,1\nc.pt,1\n", "are both from epoch 1 by config key"),
        ("file,epoch\na.pt,-1\n", "raise config key"),
    ],
)
def test_tables_that_do_not_fit(tmp_path, text: str, words: str) -> None:
    files(tmp_path, "a.pt", "c.pt")
    assert words in refusal(tmp_path, table=given(tmp_path, text))


# Units


@pytest.mark.parametrize(
    ("pattern", "scale", "offset", "expected"),
    [
        ("{epoch}.pt", 0.5, 0, {1: "2.pt", 62.5: "125.pt", 1250: "2500.pt"}),
        ("{epoch}.pt", 0.0008, 0, {0.002: "2.pt", 0.1: "125.pt", 2: "2500.pt"}),
        ("{epoch}.pt", 1 / 1251, 1, {1.002: "2.pt", 1.1: "125.pt", 2.998: "2500.pt"}),
        ("{epoch}.pt", 12, -24, {0: "2.pt", 1476: "125.pt", 29976: "2500.pt"}),
    ],
)
def test_numbers_become_epochs(tmp_path, pattern, scale, offset, expected) -> None:
    files(tmp_path, "2.pt", "125.pt", "2500.pt")
    found = find(tmp_path, pattern=pattern, epoch_scale=scale, epoch_offset=offset)
    assert found == expected


def test_numbers_that_a_scale_makes_equal(tmp_path) -> None:
    files(tmp_path, "1.pt", "2.pt")
    assert "both from epoch 0" in refusal(tmp_path, pattern="{epoch}.pt", epoch_scale=1e-5)


@pytest.mark.parametrize(
    ("series_of_epochs", "expected"),
    [
        ([0, 0.25, 1, 2], [0, 1, 2]),
        ([0.25, 0.5, 1], [0.25, 0.5, 1]),
        ([0.5, 1.5], [0.5, 1.5]),
        ([3], [3]),
        ([], []),
    ],
)
def test_which_epochs_are_compared(series_of_epochs, expected) -> None:
    assert epochs.compared(series_of_epochs) == expected


# Folders of Hugging Face


def test_a_folder_with_safetensors_is_a_checkpoint(tmp_path) -> None:
    files(tmp_path, "checkpoint-10/model.safetensors", "checkpoint-20/model.safetensors")
    files(tmp_path, "checkpoint-30/other.txt")
    found = find(tmp_path, pattern="checkpoint-{epoch}")
    assert found == {
        10: "checkpoint-10/model.safetensors",
        20: "checkpoint-20/model.safetensors",
    }
    path = given(tmp_path, "file,epoch\ncheckpoint-20,7\n")
    assert find(tmp_path, table=path) == {7: "checkpoint-20/model.safetensors"}
    path = given(tmp_path, "file,epoch\ncheckpoint-30,7\n")
    assert "a folder without model.safetensors" in refusal(tmp_path, table=path)


def test_weights_in_several_files_are_refused(tmp_path) -> None:
    files(tmp_path, "checkpoint-10/model.safetensors.index.json")
    message = refusal(tmp_path, pattern="checkpoint-{epoch}")
    assert "checkpoint-10 has its weights in several files" in message


# The config


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ["`{}.pattern` is missing", "`table`"]),
        ({"pattern": "*.pt"}, ["`{}.pattern` is *.pt", "{epoch}", "`epoch_key`"]),
        ({"pattern": "{epoch}.pt", "epoch_key": "epoch"}, ["together with `epoch_key`"]),
        ({"pattern": "{epoch}.pt", "table": "a.csv"}, ["`{}.pattern` is set together"]),
        ({"table": "a.csv", "epoch_key": "epoch"}, ["`{}.epoch_key` is set together"]),
        ({"pattern": "{epoch}.pt", "epoch_scale": 0}, ["`{}.epoch_scale`"]),
        ({"pattern": "{epoch}.pt", "leave_out": "head"}, ["`{}.leave_out`"]),
    ],
)
def test_one_source_says_the_epoch(tmp_path, changes: dict[str, Any], words: list[str]) -> None:
    raw = {
        "experiment": "study",
        "seeds": [1],
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
        "conditions": {"own": {"checkpoints": {"folder": str(tmp_path), **changes}}},
    }
    with pytest.raises(UserError) as caught:
        config.resolve(raw)
    for each in words:
        assert each.replace("{}", KEY) in str(caught.value)


def test_new_keys_at_their_defaults_import_nothing_again(tmp_path) -> None:
    raw: dict[str, Any] = {
        "experiment": "study",
        "seeds": [1],
        "stimuli": {"table": "table.csv", "folder": "openmoji"},
        "conditions": {"own": {"checkpoints": {"folder": "runs", "pattern": "{epoch}.pt"}}},
    }
    own = config.condition_settings(config.resolve(raw), "own")["checkpoints"]
    assert set(own) == {"folder", "pattern", "epoch_offset", "prefix"}
    raw["conditions"]["own"]["checkpoints"]["key"] = "teacher"
    own = config.condition_settings(config.resolve(raw), "own")["checkpoints"]
    assert own["key"] == "teacher"


def test_a_pickle_of_another_kind_has_no_number(tmp_path) -> None:
    (tmp_path / "a.pt").write_bytes(pickle.dumps([1, 2]))
    assert "is damaged" in refusal(tmp_path, pattern="*.pt", epoch_key="epoch")


def test_the_example_of_the_page_is_ten_lines_that_work(tmp_path, monkeypatch) -> None:
    page = (Path(__file__).parents[2] / "docs/checkpoints.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert len(example.splitlines()) == 10
    study = config.resolve(yaml.safe_load(example))
    files(tmp_path / "runs/dino", "checkpoint0000.pth", "checkpoint0020.pth")
    monkeypatch.chdir(tmp_path)
    settings = study["conditions"]["dino"]["checkpoints"]
    assert list(own_checkpoints.find(settings, 1)) == [0, 20]
    timm = pytest.importorskip("timm", reason="timm, which is optional, is not installed")
    name = study["conditions"]["dino"]["network"]["architecture"].removeprefix("timm:")
    modules = dict(timm.create_model(name).named_modules())
    assert set(study["activations"]["layers"]) <= set(modules)
