"""Promise: files of published training code are read, or refused with the line that helps.

Their layouts are written by hand in `layout_cases`, after the code of each.
"""

import argparse
from pathlib import Path
from typing import Any

import checkpoint_cases as cases
import layout_cases as layouts
import pytest
import torch
from library_cases import write_own
from safetensors.torch import save_file
from torch import nn
from training_cases import assert_identical

from trajectories.errors import UserError
from trajectories.networks import imported_weights
from trajectories.networks.files.matching import Expected

VIT = "timm:vit_tiny_patch16_224"


@pytest.fixture(scope="module")
def resnet() -> Expected:
    return Expected.of(cases.ARCHITECTURE, cases.STEM)


@pytest.fixture(scope="module")
def vit() -> Expected:
    pytest.importorskip("timm", reason="timm, which is optional, is not installed")
    return Expected.of(VIT, "imagenet")


def weights_of(expected: Expected, seed: int = 3) -> layouts.State:
    """Weights of which none is at its starting value."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(like.shape, generator=generator)
        if like.is_floating_point()
        else torch.full_like(like, 7)
        for name, like in expected.weights.items()
    }


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def refusal(path: Path, expected: Expected, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        imported_weights.read(path, expected, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


@pytest.mark.parametrize(
    ("layout", "left_out"),
    [
        (layouts.moco_v1, "module.encoder_k, fc, module.queue"),
        (layouts.moco_v2, "module.encoder_k, module.queue, fc"),
        (layouts.swav, "projection_head, prototypes"),
        (layouts.vicreg, "module.projector"),
        (lambda state: layouts.solo_learn(state, momentum=False), "classifier, projector"),
    ],
    ids=["moco v1", "moco v2", "swav", "vicreg", "solo-learn"],
)
def test_resnets_of_published_code(tmp_path, resnet, layout, left_out: str) -> None:
    state = weights_of(resnet)
    path = saved(tmp_path / "checkpoint.pth.tar", layout(state))
    weights, epoch, note = imported_weights.read(path, resnet)
    assert_identical(weights, state)
    assert epoch is not None
    assert f"left out: {left_out}" in note


@pytest.mark.parametrize("wrapping", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_modules_that_lightly_numbers(tmp_path, resnet, wrapping: str) -> None:
    state = weights_of(resnet)
    network = cases.encoder(1)
    content = layouts.lightly(network, state)
    content["state_dict"] = layouts.behind(wrapping, content["state_dict"])
    assert f"{wrapping}backbone.4.0.conv1.weight" in content["state_dict"]
    path = saved(tmp_path / "last.ckpt", content)
    weights, _, note = imported_weights.read(path, resnet)
    assert_identical(weights, state)
    assert "numbered as by nn.Sequential" in note
    assert "not loaded: argparse.Namespace" in note


def test_a_compiled_module_inside_a_network(tmp_path, resnet) -> None:
    state = weights_of(resnet)
    inside = {name.replace("layer1.", "layer1._orig_mod."): each for name, each in state.items()}
    path = saved(tmp_path / "compiled.pt", {"model": inside})
    assert_identical(imported_weights.read(path, resnet)[0], state)


def test_which_encoder_of_moco_v3_is_asked_for(tmp_path, vit) -> None:
    state = weights_of(vit)
    path = saved(tmp_path / "checkpoint_0299.pth.tar", layouts.moco_v3(state))
    message = refusal(path, vit)
    assert 'set `prefix` of the condition\'s `checkpoints` to "module.base_encoder." or' in message
    weights, _, note = imported_weights.read(path, vit, "module.base_encoder.")
    assert_identical(weights, state)
    assert "head" in note


def test_teacher_or_student_of_dino_is_asked_for(tmp_path, vit) -> None:
    state = weights_of(vit)
    path = saved(tmp_path / "checkpoint0100.pth", layouts.dino(state))
    message = refusal(path, vit)
    assert 'set `key` of the condition\'s `checkpoints` to "student" or "teacher"' in message
    weights, epoch, note = imported_weights.read(path, vit, key="teacher")
    assert_identical(weights, state)
    assert epoch == 100
    assert "`backbone.`; left out: head, student, dino_loss, optimizer; not loaded" in note
    assert "not loaded: argparse.Namespace" in note
    student, _, _ = imported_weights.read(path, vit, key="student")
    assert_identical(student, layouts.another(state))


def test_the_encoder_of_mae_without_its_decoder(tmp_path, vit) -> None:
    state = weights_of(vit)
    path = saved(tmp_path / "checkpoint-799.pth", layouts.mae(state))
    weights, _, note = imported_weights.read(path, vit)
    assert_identical(weights, state)
    assert "left out: mask_token, decoder_pos_embed, decoder_embed, decoder_blocks" in note


def test_the_moving_average_of_timm_is_asked_for(tmp_path, vit) -> None:
    state = weights_of(vit)
    path = saved(tmp_path / "checkpoint-12.pth.tar", layouts.timm_training(state))
    assert 'to "state_dict" or "state_dict_ema"' in refusal(path, vit)
    weights, _, _ = imported_weights.read(path, vit, key="state_dict_ema")
    assert_identical(weights, state)


def test_the_moving_average_of_solo_learn_is_asked_for(tmp_path, resnet) -> None:
    state = weights_of(resnet)
    path = saved(tmp_path / "ep=399.ckpt", layouts.solo_learn(state, momentum=True))
    assert '"backbone." or "momentum_backbone."' in refusal(path, resnet)
    assert_identical(imported_weights.read(path, resnet, "backbone.")[0], state)


def test_the_tower_of_timm_in_open_clip(tmp_path, vit) -> None:
    state = weights_of(vit)
    path = saved(tmp_path / "epoch_32.pt", layouts.open_clip_timm(state))
    weights, _, note = imported_weights.read(path, vit)
    assert_identical(weights, state)
    assert "behind `module.visual.trunk.`" in note


def test_open_clips_own_tower_is_refused_with_what_to_do(tmp_path, resnet) -> None:
    path = saved(tmp_path / "epoch_32.pt", {"state_dict": layouts.open_clip_vit()})
    message = refusal(path, resnet)
    assert "names of OpenCLIP's own vision transformer" in message
    assert "<module>:<function>" in message


def test_open_clips_own_tower_is_read_into_a_network_of_ones_own(tmp_path, monkeypatch) -> None:
    write_own(tmp_path)
    monkeypatch.chdir(tmp_path)
    expected = Expected.of("mine:vit", "imagenet", 32)
    state = weights_of(expected)
    text = layouts.others("transformer.resblocks.0.ln_1.weight", "text_projection")
    path = saved(tmp_path / "clip.pt", {"state_dict": layouts.behind("visual.", state) | text})
    assert_identical(imported_weights.read(path, expected)[0], state)


def test_a_transformer_read_as_a_resnet_says_which_of_timm(tmp_path, resnet, vit) -> None:
    path = saved(tmp_path / "dino.pth", layouts.dino(weights_of(vit)))
    message = refusal(path, resnet, key="teacher")
    assert "set `network.architecture` to timm:vit_tiny_patch16_224" in message


def test_a_transformer_of_another_size_says_which(tmp_path, vit) -> None:
    path = saved(tmp_path / "dino.pth", layouts.dino(weights_of(vit)))
    small = Expected.of("timm:vit_small_patch16_224", "imagenet")
    message = refusal(path, small, key="teacher")
    assert "set `network.architecture` to timm:vit_tiny_patch16_224" in message
    assert "stem" not in message


def test_the_state_of_an_optimiser_is_no_network(tmp_path, resnet) -> None:
    path = saved(tmp_path / "optimizer.pt", layouts.optimiser())
    assert "contains the state of an optimiser, not a state dict" in refusal(path, resnet)
    path = saved(tmp_path / "a.pt", {"model": weights_of(resnet), "opt": layouts.optimiser()})
    message = refusal(path, resnet, key="teacher")
    assert 'set `key` of the condition\'s `checkpoints` to "model"' in message
    assert "opt" not in message.removeprefix(str(path))
    path = saved(tmp_path / "b.pt", {"epoch": 3, "opt": layouts.optimiser()})
    assert "contains no weights but epoch, opt, not a state dict" in refusal(path, resnet)


def test_a_transformer_for_images_of_another_size(tmp_path, vit) -> None:
    state = weights_of(vit)
    state["pos_embed"] = torch.rand(1, 785, 192)
    message = refusal(saved(tmp_path / "vit.pth", state), vit)
    assert "pos_embed of shape (1, 785, 192) instead of (1, 197, 192)" in message
    assert "set `network.preprocessing.size`" in message


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_safetensors_in_other_number_formats(tmp_path, vit, dtype) -> None:
    state = {name: each.to(dtype) for name, each in weights_of(vit).items()}
    path = tmp_path / "model.safetensors"
    save_file({**state, **layouts.others("head.weight", "head.bias")}, path)
    weights, epoch, _ = imported_weights.read(path, vit)
    assert_identical(weights, {name: each.float() for name, each in state.items()})
    assert epoch is None


def test_modules_beside_the_network_are_left_out_when_they_are_named(tmp_path, resnet) -> None:
    state = weights_of(resnet)
    path = saved(tmp_path / "a.pt", {**state, **layouts.others("adapter.weight", "gate.weight")})
    message = refusal(path, resnet)
    assert "has adapter.weight, which the network does not have" in message
    assert "set `leave_out` of the condition's `checkpoints` to [adapter, gate]" in message
    weights, _, note = imported_weights.read(path, resnet, leave_out=["adapter", "gate"])
    assert_identical(weights, state)
    assert "left out: adapter, gate" in note
    wrong = refusal(path, resnet, leave_out=["adapter", "gate", "gait"])
    assert "has no module gait: correct `leave_out`" in wrong


def test_a_part_of_the_network_cannot_be_left_out(tmp_path, resnet) -> None:
    path = saved(tmp_path / "a.pt", weights_of(resnet))
    assert "lacks layer4" in refusal(path, resnet, leave_out=["layer4"])


@pytest.mark.parametrize(
    ("key", "place"), [("model.student", "student"), ("model", "student"), ("a.b", "b")]
)
def test_a_key_is_a_path_inside_the_file(tmp_path, resnet, key: str, place: str) -> None:
    state = weights_of(resnet)
    content = {key.split(".")[0]: {place: state}, "spare": layouts.another(state)}
    path = saved(tmp_path / "a.pt", content)
    assert_identical(imported_weights.read(path, resnet, key=key)[0], state)


def test_a_key_that_leads_nowhere(tmp_path, resnet) -> None:
    path = saved(tmp_path / "a.pt", {"model": weights_of(resnet)})
    message = refusal(path, resnet, key="teacher")
    assert 'no weights under teacher: set `key` of the condition\'s `checkpoints` to "model"' in (
        message
    )


def test_a_file_without_weights(tmp_path, resnet) -> None:
    path = saved(tmp_path / "a.pt", {"epoch": 3, "args": argparse.Namespace(lr=1)})
    assert "contains no weights but epoch, args" in refusal(path, resnet)
    path = saved(tmp_path / "b.pt", nn.Linear(2, 2))
    assert "contains torch.nn.modules.linear.Linear, a whole object" in refusal(path, resnet)
