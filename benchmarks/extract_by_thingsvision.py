"""Activations by thingsvision, in an environment of its own; for `benchmarks/extraction.py`.

It needs older versions of torch and torchvision: `make bench` tries to install it beside.
"""

import contextlib
import os
import sys
import time
import warnings
from pathlib import Path

# It imports TensorFlow, which says much about this machine, and whose own imports warn.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")

import rounds  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
from thingsvision import get_extractor_from_model  # noqa: E402
from thingsvision.utils.storing import save_features  # noqa: E402

BATCH = 32


def extract(
    checkpoints: list[Path], images: torch.Tensor, layers: list[str], output: Path, network: str
) -> None:
    """Write the activations of all layers at all checkpoints."""
    model = torchvision.models.get_model(network)
    for path in checkpoints:
        weights = torch.load(path, map_location="cpu", weights_only=True)["backbone"]
        model.load_state_dict(weights, strict=False)
        extractor = get_extractor_from_model(model=model, device="cpu", backend="pt")
        features = extractor.extract_features(
            batches=images.split(BATCH), module_names=layers, flatten_acts=True
        )
        for layer in layers:
            save_features(features[layer], str(output / path.stem / layer), file_format="npy")


def main(folder: Path, network: str, layers: list[str]) -> None:
    """Work at each line that comes; what thingsvision prints goes nowhere."""
    images = torch.load(folder / "images.pt", weights_only=True)
    checkpoints = sorted((folder / "checkpoints").glob("*.pt"))

    def one_round() -> dict[str, float]:
        began = time.process_time()
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            extract(checkpoints, images, layers, folder / "by-thingsvision", network)
        seconds = time.process_time() - began
        return {"images": len(images) * len(checkpoints), "seconds": seconds}

    one_round()
    rounds.serve(one_round)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(","))
