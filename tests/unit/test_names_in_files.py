"""Promise: a function of one's own reads files whose names its library has changed since.

The function is that of docs/checkpoints.md. Files are named as Hugging Face's transformers names
them; where it is installed, it is what builds the network.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import hugging_face_cases as cases
import pytest
import torch
from layout_cases import State, behind, others
from safetensors.torch import save_file
from training_cases import assert_identical

from trajectories.errors import UserError
from trajectories.networks import imported_weights
from trajectories.networks.activations import Responses
from trajectories.networks.backbone import build_backbone
from trajectories.networks.files.matching import Expected
from trajectories.networks.readout import Readout

PAGE = Path(__file__).parents[2] / "docs" / "checkpoints.md"
SIZE = 32


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Iterator[Path]:
    """A working directory with `hf.py` of the page."""
    cases.stand_in(monkeypatch)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "hf.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("hf", None)


def weights(expected: Expected) -> State:
    generator = torch.Generator().manual_seed(1)
    found = expected.weights.items()
    return {name: torch.rand(like.shape, generator=generator) for name, like in found}


def in_files(state: State, expected: Expected) -> State:
    return {expected.in_file(name): weight for name, weight in state.items()}


@pytest.mark.parametrize("prefix", ["", "vit."])
def test_a_folder_of_hugging_face_is_read(folder, prefix: str) -> None:
    expected = Expected.of("hf:vit", "imagenet", SIZE)
    state = weights(expected)
    content = behind(prefix, in_files(state, expected)) | others("classifier.weight")
    assert {f"{prefix}{name}" for name in cases.IN_FILES} <= set(content)
    save_file(content, folder / "model.safetensors")
    found, _, note = imported_weights.read(folder / "model.safetensors", expected)
    assert_identical(found, state)
    assert "left out: classifier" in note


def test_its_class_token_is_read(folder) -> None:
    network = build_backbone("hf:vit", "imagenet", SIZE)
    state = weights(Expected.of("hf:vit", "imagenet", SIZE))
    readout = Readout(tokens="cls")
    responses = Responses(network, ["layers.1"], torch.device("cpu"), readout=readout)
    images = torch.rand(3, 3, SIZE, SIZE)
    (found,) = responses(state, images).values()
    kept: list[torch.Tensor] = []
    plain = build_backbone("hf:vit", "imagenet", SIZE).eval()
    plain.load_state_dict(state)
    plain.get_submodule("layers.1").register_forward_hook(lambda m, i, out: kept.append(out))
    with torch.no_grad():
        plain(images)
    assert found.tolist() == kept[0][:, 0].tolist()


def test_files_with_names_of_the_network_itself_are_read_too(folder) -> None:
    expected = Expected.of("hf:vit", "imagenet", SIZE)
    state = weights(expected)
    torch.save(state, folder / "new.pt")
    assert_identical(imported_weights.read(folder / "new.pt", expected)[0], state)


def test_other_names_are_refused_with_what_to_write(folder) -> None:
    expected = Expected.of("hf:vit", "imagenet", SIZE)
    content = in_files(weights(expected), expected)
    content = {name.replace("encoder.layer.", "blocks."): each for name, each in content.items()}
    torch.save(content, folder / "old.pt")
    with pytest.raises(UserError) as caught:
        imported_weights.read(folder / "old.pt", expected)
    message = str(caught.value)
    assert "lacks encoder.layer.0." in message
    assert "say in `names_in_files` how they name its weights (docs/checkpoints.md)" in message


@pytest.mark.parametrize("wrong", ['"layers."', '{"layers.": 3}', "[1]"])
def test_names_that_are_no_texts_are_refused(folder, wrong: str) -> None:
    code = (folder / "hf.py").read_text("utf-8")
    changed = code.replace(
        "return network", f"network.names_in_files = {wrong}\n    return network"
    )
    (folder / "hf.py").write_text(changed)
    words = r"`names_in_files` of the network hf:vit is .* write a dict"
    with pytest.raises(UserError, match=words):
        Expected.of("hf:vit", "imagenet", SIZE)


def test_a_resnet_asked_for_is_answered_with_the_page(folder) -> None:
    expected = Expected.of("hf:vit", "imagenet", SIZE)
    torch.save(in_files(weights(expected), expected), folder / "a.pt")
    with pytest.raises(UserError) as caught:
        imported_weights.read(folder / "a.pt", Expected.of("resnet50", "imagenet"))
    assert "names of Hugging Face's transformers: write a function" in str(caught.value)
    assert "docs/checkpoints.md" in str(caught.value)
