"""Activations as extracted by hand: forward hooks, lists, one array per layer in HDF5.

For `benchmarks/extraction.py`; it uses nothing of this project.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import h5py
import torch
import torchvision

BATCH = 32


def extract(
    checkpoints: list[Path], images: torch.Tensor, layers: list[str], output: Path, network: str
) -> None:
    """Write the activations of all layers at all checkpoints."""
    model = torchvision.models.get_model(network)
    model.eval()
    features: dict[str, list[torch.Tensor]] = defaultdict(list)

    def keep(name: str) -> Any:
        def hook(module: Any, inputs: Any, outputs: torch.Tensor) -> None:
            features[name].append(outputs.detach().cpu())

        return hook

    for name in layers:
        model.get_submodule(name).register_forward_hook(keep(name))
    with h5py.File(output, "w") as file, torch.no_grad():
        for path in checkpoints:
            weights = torch.load(path, map_location="cpu", weights_only=True)["backbone"]
            model.load_state_dict(weights, strict=False)
            features.clear()
            for batch in images.split(BATCH):
                model(batch)
            for name in layers:
                array = torch.cat(features[name]).flatten(1).numpy()
                file.create_dataset(f"{path.stem}/{name}", data=array)
