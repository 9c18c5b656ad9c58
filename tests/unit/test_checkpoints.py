"""No checkpoint or state that is damaged, hostile, or of another run is ever taken for the one."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from training_cases import assert_identical

from trajectories.errors import UserError
from trajectories.networks import checkpoints

PLACE: dict[str, Any] = {"epoch": 3.0, "seed": 1, "recipe_digest": "abc"}


def backbone() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "conv1.weight": torch.randn(4, 3, 3, 3, generator=generator),
        "bn1.running_mean": torch.randn(4, generator=generator),
        "bn1.num_batches_tracked": torch.tensor(12),
    }


def state(**changes: Any) -> dict[str, Any]:
    return {
        "seed": 1,
        "recipe_digest": "abc",
        "epoch": 3,
        "step": 12,
        "model": backbone(),
        "pointer": 8,
        "momentum": {"conv1.weight": torch.ones(4, 3, 3, 3)},
        "history": [{"epoch": 0, "loss": None}, {"epoch": 1, "loss": 0.1 + 0.2}],
    } | changes


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    path = tmp_path / "new" / checkpoints.checkpoint_name(3)
    checkpoints.save_checkpoint(path, backbone(), step=12, **PLACE)
    return path


@pytest.fixture
def saved_state(tmp_path) -> Path:
    path = tmp_path / "state.pt"
    checkpoints.save_state(path, state())
    return path


def load(path: Path) -> dict[str, torch.Tensor]:
    return checkpoints.load_checkpoint(path, **PLACE)


def load_state(path: Path) -> dict[str, Any]:
    return checkpoints.load_state(path, seed=1, recipe_digest="abc")


def test_names_sort_by_time_and_tell_fractions_apart() -> None:
    epochs = [0, 0.001, 0.05, 0.25, 1, 2, 10, 99.5, 100, 1000]
    names = [checkpoints.checkpoint_name(epoch) for epoch in epochs]
    assert names == sorted(names)
    assert len(set(names)) == len(epochs)
    assert names[3] == "epoch-0000.250.pt"


def test_what_is_saved_is_loaded(checkpoint, saved_state) -> None:
    assert_identical(load(checkpoint), backbone())
    assert_identical(load_state(saved_state), state())
    assert [path.name for path in checkpoint.parent.iterdir()] == ["epoch-0003.000.pt"]


def test_a_checkpoint_tells_where_it_comes_from(checkpoint) -> None:
    content = torch.load(checkpoint, weights_only=True)
    assert {name: content[name] for name in (*PLACE, "step")} == {**PLACE, "step": 12}
    assert torch.__version__.startswith(content["versions"]["torch"])
    assert set(content["versions"]) == {"python", "torch", "torchvision", "numpy"}


def test_equal_checkpoints_are_equal_files(checkpoint, tmp_path) -> None:
    other = tmp_path / "other" / "name.pt"
    checkpoints.save_checkpoint(other, backbone(), step=12, **PLACE)
    assert other.read_bytes() == checkpoint.read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": 2.0}, r"epoch-0003\.000\.pt is from epoch 3\.0, not 2\.0: delete its folder"),
        ({"seed": 2}, r"epoch-0003\.000\.pt belongs to seed 1, not 2: move it away"),
        ({"recipe_digest": "x"}, r"epoch-0003\.000\.pt belongs to recipe digest abc, not x: move"),
    ],
)
def test_a_checkpoint_of_another_place_is_refused(checkpoint, change, message: str) -> None:
    with pytest.raises(UserError, match=message):
        checkpoints.load_checkpoint(checkpoint, **{**PLACE, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, r"training state .*state\.pt belongs to seed 1, not 2: move it away"),
        ({"recipe_digest": "x"}, r"training state .*state\.pt belongs to recipe digest abc, not x"),
    ],
)
def test_a_state_of_another_place_is_refused(saved_state, change, message: str) -> None:
    with pytest.raises(UserError, match=message):
        checkpoints.load_state(saved_state, **{"seed": 1, "recipe_digest": "abc", **change})


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"checkpoint .*absent\.pt is missing: start the workflow"):
        load(tmp_path / "absent.pt")
    with pytest.raises(UserError, match=r"state .*absent\.pt is missing: start the workflow"):
        load_state(tmp_path / "absent.pt")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(checkpoint, share: float) -> None:
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match=r"epoch-0003\.000\.pt is damaged and cannot be read"):
        load(checkpoint)


def test_no_flipped_byte_changes_what_is_loaded(checkpoint) -> None:
    """Everywhere in the file: headers of the archive, names, tensors. Some bytes mean nothing."""
    content = checkpoint.read_bytes()
    refused = 0
    for place in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        checkpoint.write_bytes(damaged)
        try:
            found = load(checkpoint)
        except UserError as error:
            refused += 1
            assert "damaged" in str(error)  # noqa: PT017 - which bytes matter is not known
        else:
            assert_identical(found, backbone())
    assert refused > len(content) / 6


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_broken_header_is_refused(saved_state, place: int) -> None:
    content = bytearray(saved_state.read_bytes())
    content[place] ^= 0xFF
    saved_state.write_bytes(content)
    with pytest.raises(UserError, match=r"state\.pt is damaged and cannot be read: delete it"):
        load_state(saved_state)


def test_a_flipped_bit_in_a_tensor_is_refused(checkpoint) -> None:
    content = checkpoint.read_bytes()
    weights = backbone()["conv1.weight"].numpy().tobytes()
    place = content.index(weights) + len(weights) // 2
    checkpoint.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    torch.load(checkpoint, weights_only=True)  # torch notices nothing
    with pytest.raises(UserError, match="damaged"):
        load(checkpoint)


class Payload:
    """Unpickling this makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("kind", ["torch", "pickle"])
def test_code_in_a_file_is_not_run(tmp_path, kind: str) -> None:
    path, folder = tmp_path / "state.pt", tmp_path / "made-by-payload"
    content = state(history=Payload(folder))
    if kind == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match="damaged and cannot be read"):
        load_state(path)
    assert not folder.exists()
    pickle.loads(pickle.dumps(Payload(folder)))
    assert folder.exists()  # it would have run


@pytest.mark.parametrize("content", [[1, 2], {"seed": 1}, "text"])
def test_a_file_of_another_kind_is_refused(tmp_path, content: Any) -> None:
    path = tmp_path / "other.pt"
    torch.save(content, path)
    with pytest.raises(UserError, match=r"other\.pt is damaged"):
        load(path)
    with pytest.raises(UserError, match=r"other\.pt is damaged"):
        load_state(path)


def test_a_checkpoint_is_no_state_and_a_state_no_checkpoint(checkpoint, saved_state) -> None:
    with pytest.raises(UserError, match=r"epoch-0003\.000\.pt"):
        load_state(checkpoint)
    with pytest.raises(UserError, match=r"state\.pt"):
        load(saved_state)


def test_all_missing_checkpoints_are_named(checkpoint) -> None:
    folder = checkpoint.parent
    checkpoints.save_checkpoint(
        folder / checkpoints.checkpoint_name(0.25), backbone(), step=1, **PLACE
    )
    found = checkpoints.require_checkpoints(folder, [0.25, 3])
    assert found == [folder / "epoch-0000.250.pt", folder / "epoch-0003.000.pt"]
    with pytest.raises(
        UserError, match=r"new lacks epoch-0000\.000\.pt, epoch-0004\.000\.pt: delete the folder"
    ):
        checkpoints.require_checkpoints(folder, [0, 0.25, 3, 4])


def test_a_missing_folder_lacks_everything(tmp_path) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*absent: start the workflow"):
        checkpoints.require_checkpoints(tmp_path / "absent", [1])
