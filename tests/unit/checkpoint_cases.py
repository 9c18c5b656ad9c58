"""Checkpoints as other people's training code writes them, for the tests; no tests."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from trajectories.networks.backbone import build_backbone

ARCHITECTURE, STEM = "resnet10_narrow", "small"


def encoder(seed: int, *head: nn.Module) -> nn.Module:
    """A ResNet of which no weight or statistic is at its starting value."""
    torch.manual_seed(seed)
    network = build_backbone(ARCHITECTURE, STEM)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.add_(torch.rand_like(tensor))
            else:
                tensor.fill_(7)
    network.fc = nn.Sequential(*head) if head else nn.Linear(256, 10)
    return network


def backbone(network: nn.Module) -> dict[str, Tensor]:
    """What an import must find in it."""
    state = network.state_dict()
    return {name: value for name, value in state.items() if not name.startswith("fc.")}


class MoCo(nn.Module):
    """The module of the public MoCo code: two encoders with a head, a queue and its pointer."""

    def __init__(self) -> None:
        super().__init__()
        heads = [(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 16)) for _ in range(2)]
        self.encoder_q, self.encoder_k = encoder(1, *heads[0]), encoder(2, *heads[1])
        self.register_buffer("queue", torch.randn(16, 32))
        self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))


def save_moco(path: Path, epoch: int) -> dict[str, Tensor]:
    """Save as main_moco.py does after its epoch number `epoch`, which counts from 0."""
    model = MoCo()
    optimizer = torch.optim.SGD(model.parameters(), 0.03, momentum=0.9)
    content = {
        "epoch": epoch + 1,
        "arch": "resnet50",
        "state_dict": nn.DataParallel(model).state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(content, path)
    return backbone(model.encoder_q)


def save_plain(path: Path, **options: Any) -> dict[str, Tensor]:
    """Save a torchvision network's state dict, as its own reference training does."""
    network = encoder(3)
    torch.save(network.state_dict(), path, **options)
    return backbone(network)


def save_lightning(path: Path) -> dict[str, Tensor]:
    """Save as a Trainer of Lightning does, of a module that has a backbone and a head."""
    module = nn.ModuleDict({"backbone": encoder(4), "projector": nn.Linear(256, 16)})
    content = {
        "epoch": 3,
        "global_step": 1200,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": module.state_dict(),
        "loops": {},
        "callbacks": {},
        "optimizer_states": [torch.optim.SGD(module.parameters(), 0.1).state_dict()],
        "lr_schedulers": [],
    }
    torch.save(content, path)
    return backbone(module["backbone"])


def save_distributed(path: Path) -> dict[str, Tensor]:
    """Save a whole model out of DistributedDataParallel, under "model"."""
    network = encoder(5)
    torch.save({"model": nn.DataParallel(network).state_dict(), "args": {"lr": 0.1}}, path)
    return backbone(network)
