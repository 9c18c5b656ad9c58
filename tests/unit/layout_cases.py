"""Files as published training code writes them, made by hand at a small size; no tests.

Each function gives the content of a file around the weights of the network that is meant. The names
are those of the code that is cited.
"""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


def behind(prefix: str, state: Mapping[str, Tensor]) -> State:
    """A state dict with a prefix."""
    return {f"{prefix}{name}": weight for name, weight in state.items()}


def others(*names: str) -> State:
    """Weights beside the network, of no importance."""
    return {name: torch.rand(3, 2) for name in names}


def another(state: State) -> State:
    """Weights of the same network elsewhere in a file, as of its moving average."""
    return {name: weight + 1 for name, weight in state.items()}


def optimiser() -> dict[str, Any]:
    """The state of an optimiser that has made a step."""
    parameters = [nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(3))]
    found = torch.optim.AdamW(parameters)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    found.step()
    return found.state_dict()


def numbered(network: nn.Module, state: State) -> State:
    """A ResNet as `nn.Sequential(*list(network.children())[:-1])` names it."""
    sequence = nn.Sequential(*list(network.children())[:-1])
    return {name: state[own] for name, own in zip(sequence.state_dict(), state, strict=True)}


def moco_v1(state: State) -> dict[str, Any]:
    """facebookresearch/moco, main_moco.py: DistributedDataParallel of two encoders and a queue."""
    return {
        "epoch": 200,
        "arch": "resnet50",
        "state_dict": behind("module.encoder_q.", state)
        | behind("module.encoder_k.", another(state))
        | others("module.encoder_q.fc.weight", "module.encoder_k.fc.weight", "module.queue"),
        "optimizer": optimiser(),
    }


def moco_v2(state: State) -> dict[str, Any]:
    """The same code with `--mlp`."""
    content = moco_v1(state)
    head = others("fc.0.weight", "fc.0.bias", "fc.2.weight", "fc.2.bias")
    for encoder in ("module.encoder_q.", "module.encoder_k."):
        content["state_dict"].pop(f"{encoder}fc.weight")
        content["state_dict"] |= behind(encoder, head)
    return content


def moco_v3(
    state: State, head: Iterable[str] = ("head.0.weight", "head.3.weight")
) -> dict[str, Any]:
    """facebookresearch/moco-v3, main_moco.py: base and momentum encoder, and a predictor."""
    return {
        "epoch": 300,
        "arch": "vit_small",
        "state_dict": behind("module.base_encoder.", {**state, **others(*head)})
        | behind("module.momentum_encoder.", {**another(state), **others(*head)})
        | others("module.predictor.0.weight", "module.predictor.3.weight"),
        "optimizer": optimiser(),
        "scaler": {"scale": 65536.0},
    }


def dino(state: State) -> dict[str, Any]:
    """facebookresearch/dino, main_dino.py: MultiCropWrapper, in DDP for the student."""
    head = others("head.mlp.0.weight", "head.last_layer.weight_g", "head.last_layer.weight_v")
    return {
        "student": behind("module.", {**behind("backbone.", another(state)), **head}),
        "teacher": {**behind("backbone.", state), **head},
        "optimizer": optimiser(),
        "epoch": 100,
        "args": argparse.Namespace(arch="vit_small", patch_size=16),
        "dino_loss": {"center": torch.zeros(1, 8)},
    }


def mae(state: State) -> dict[str, Any]:
    """facebookresearch/mae, main_pretrain.py: encoder and decoder in one module."""
    decoder = others(
        "mask_token", "decoder_pos_embed", "decoder_embed.weight", "decoder_embed.bias",
        "decoder_blocks.0.norm1.weight", "decoder_blocks.0.attn.qkv.weight",
        "decoder_norm.weight", "decoder_pred.weight",
    )  # fmt: skip
    return {
        "model": {**state, **decoder},
        "optimizer": optimiser(),
        "epoch": 799,
        "scaler": {},
        "args": argparse.Namespace(model="mae_vit_base_patch16"),
    }


def swav(state: State) -> dict[str, Any]:
    """facebookresearch/swav, main_swav.py: heads inside the ResNet."""
    heads = others(
        "projection_head.0.weight", "projection_head.1.running_mean", "projection_head.3.weight",
        "prototypes.weight",
    )  # fmt: skip
    return {
        "epoch": 400,
        "state_dict": behind("module.", {**state, **heads}),
        "optimizer": optimiser(),
        "amp": {"loss_scaler0": {"loss_scale": 65536.0}},
    }


def vicreg(state: State) -> dict[str, Any]:
    """facebookresearch/vicreg, main_vicreg.py."""
    return {
        "epoch": 1000,
        "model": behind("module.backbone.", state)
        | others("module.projector.0.weight", "module.projector.3.weight"),
        "optimizer": optimiser(),
    }


def lightly(network: nn.Module, state: State) -> dict[str, Any]:
    """Lightly's examples with PyTorch Lightning: `nn.Sequential(*list(resnet.children())[:-1])`."""
    return {
        "epoch": 99,
        "global_step": 38700,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": behind("backbone.", numbered(network, state))
        | others("projection_head.layers.0.weight", "projection_head.layers.3.weight"),
        "loops": {},
        "callbacks": {},
        "hparams_name": "kwargs",
        "hyper_parameters": argparse.Namespace(lr=0.06),
    }


def solo_learn(state: State, momentum: bool) -> dict[str, Any]:
    """vturrisi/solo-learn: Lightning modules with a backbone, and a moving average for some."""
    content = behind("backbone.", state) | others("classifier.weight", "projector.0.weight")
    if momentum:
        content |= behind("momentum_backbone.", another(state)) | others("queue")
    return {"epoch": 399, "global_step": 1000, "state_dict": content}


def timm_training(state: State) -> dict[str, Any]:
    """Timm's train.py with `--model-ema`: CheckpointSaver."""
    head = others("head.weight", "head.bias")
    return {
        "epoch": 12,
        "arch": "vit_tiny_patch16_224",
        "state_dict": {**another(state), **head},
        "optimizer": optimiser(),
        "version": 2,
        "args": argparse.Namespace(model="vit_tiny_patch16_224"),
        "state_dict_ema": {**state, **head},
        "metric": 71.2,
    }


def open_clip_timm(state: State) -> dict[str, Any]:
    """OpenCLIP with a tower of timm, in DDP: training/main.py."""
    return {
        "epoch": 32,
        "name": "run",
        "state_dict": behind("module.visual.trunk.", state)
        | others("module.visual.head.proj.weight", "module.text.token_embedding.weight")
        | {"module.logit_scale": torch.tensor(4.6)},
        "optimizer": optimiser(),
    }


def open_clip_vit() -> State:
    """OpenCLIP's own vision transformer beside the text's: no network of timm or torchvision."""
    return others(
        "positional_embedding", "text_projection", "visual.class_embedding",
        "visual.positional_embedding", "visual.proj", "visual.ln_pre.weight",
        "visual.transformer.resblocks.0.ln_1.weight",
        "visual.transformer.resblocks.0.attn.in_proj_weight",
        "transformer.resblocks.0.ln_1.weight", "token_embedding.weight",
    ) | {"visual.conv1.weight": torch.rand(8, 3, 4, 4)}  # fmt: skip
