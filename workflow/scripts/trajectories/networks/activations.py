"""Activations of layers for the test images, checkpoint by checkpoint."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from trajectories import seeding
from trajectories.errors import UserError
from trajectories.images.training_images import TrainingImages
from trajectories.networks.reading import ReadNetwork
from trajectories.networks.readout import Readout, Tokens
from trajectories.storage import hdf5

CHUNK_BYTES = 5_000_000
CPU_BATCH = 8


class Responses:
    """The network up to some layers, ready to be filled with the weights of any checkpoint.

    All layers are read in one forward pass. What lies behind them is never computed.

    Parameters
    ----------
    backbone : nn.Module
        From `build_backbone`.
    layers : sequence of str
        Names of its modules, such as "layer1" or "features.2".
    recalibration : Tensor of shape (n, 3, s, s) or None
        Normalised training images on which the batch normalisation statistics are estimated again
        for each checkpoint; None keeps the running statistics of training. Without batch
        normalisation nothing changes.
    batch : int
        Images at once; statistics are averaged over batches of this size. On a CPU responses are
        computed for fewer at once, as these stay in its caches.
    readout : Readout, optional
        What is kept of outputs, by default all.
    memory_format : torch.memory_format
        Of the weights.
    """

    def __init__(
        self,
        backbone: nn.Module,
        layers: Sequence[str],
        device: torch.device,
        recalibration: Tensor | None = None,
        batch: int = 128,
        readout: Readout | None = None,
        memory_format: torch.memory_format = torch.channels_last,
    ) -> None:
        self.device, self.recalibration = device, recalibration
        self.batch = batch
        self.at_once = min(batch, CPU_BATCH) if device.type == "cpu" else batch
        self.readout = (readout or Readout()).within(Tokens.of(backbone))
        self.backbone = backbone.to(device).to(memory_format=memory_format)
        self.network = ReadNetwork(self.backbone, layers)

    @torch.no_grad()
    def __call__(
        self, weights: Mapping[str, Tensor], images: Tensor
    ) -> dict[str, NDArray[np.float32]]:
        """Responses to normalised `images` (n, 3, s, s) with these weights, by layer.

        Returns
        -------
        dict of float32 arrays of shape (n, channels, height, width)
            With as many axes as the layer has, or its readout.

        Raises
        ------
        UserError
            If a layer cannot be read: see `ReadNetwork` and `Readout`.
        """
        self.backbone.load_state_dict(dict(weights))
        if self.recalibration is not None:
            # In equal parts, because each counts as much as the others.
            parts = math.ceil(len(self.recalibration) / self.batch)
            self.network.take = None
            update_bn(self.recalibration.tensor_split(parts), self.network, self.device)
            self.network.eval()
        together: dict[str, Tensor] = {}
        done, part = 0, images

        def take(layer: str, output: Tensor) -> None:
            if len(output) != len(part):
                raise UserError(
                    f"the first axis of the layer {layer} has {len(output)} entries for"
                    f" {len(part)} images: choose another layer, with one response to each image"
                )
            kept = self.readout(layer, output)
            if layer not in together:
                together[layer] = torch.empty(len(images), *kept.shape[1:])
            _copy(kept, together[layer][done : done + len(part)])

        self.network.take = take
        for part in images.split(self.at_once):
            self.network(part.to(self.device))
            done += len(part)
        return {layer: together[layer].numpy() for layer in self.network.layers}


class LayerResponses(Responses):
    """`Responses` of one layer alone, with all of its output."""

    def __init__(
        self,
        backbone: nn.Module,
        layer: str,
        device: torch.device,
        recalibration: Tensor | None = None,
        batch: int = 128,
    ) -> None:
        super().__init__(backbone, [layer], device, recalibration, batch)

    def __call__(  # type: ignore[override]
        self, weights: Mapping[str, Tensor], images: Tensor
    ) -> NDArray[np.float32]:
        """Responses (n, …) to normalised `images` (n, 3, s, s) with these weights."""
        (responses,) = super().__call__(weights, images).values()
        return responses


def _copy(responses: Tensor, target: Tensor) -> None:
    """Copy responses, whose channels lie together, to where those of a channel do."""
    if responses.device.type != "cpu":
        responses = responses.contiguous()
    if responses.ndim != 4 or responses.is_contiguous():
        target.copy_(responses)
        return
    # As transposed matrices: torch copies these by blocks, three times as fast as more axes.
    for image, place in zip(responses.flatten(2), target.flatten(2), strict=True):
        place.copy_(image)


def recalibration_sample(images: TrainingImages, count: int, image_size: int) -> Tensor:
    """The training images used to estimate batch normalisation statistics, the same every time.

    Returns
    -------
    float32 Tensor of shape (count, 3, image_size, image_size), normalised
    """
    chosen = np.sort(seeding.generator(0, "sample").permutation(len(images))[:count])
    return images.whole(chosen, image_size)


class ActivationWriter:
    """Writes `activations` (checkpoint, stimulus, unit) to an HDF5 file, one checkpoint at a time.

    Parameters
    ----------
    path : Path
        File to write; use it inside `files.atomic`.
    attributes : mapping
        Where the activations come from.
    """

    def __init__(
        self,
        path: Path,
        epochs: Sequence[float],
        stimulus: Sequence[str],
        attributes: Mapping[str, str | int | float],
    ) -> None:
        self.file = h5py.File(path, "w", locking=False)
        self.file.attrs.update({**attributes, "axes": "checkpoint, stimulus, unit"})
        epoch = self.file.create_dataset("epoch", data=np.asarray(epochs, dtype=np.float64))
        epoch.attrs["unit"] = "epochs of training"
        hdf5.write_strings(self.file, "stimulus", stimulus)
        self.file.flush()  # while `epoch` is there, as in `write`
        self.shape = (len(epochs), len(stimulus))

    def write(self, checkpoint: int, responses: NDArray[np.float32]) -> None:
        """Write the responses (stimulus, channel, …) of one checkpoint.

        Raises
        ------
        UserError
            If they are not finite.
        """
        units = responses.reshape(len(responses), -1)
        if not all(np.isfinite(each).all() for each in units):
            epoch = self.file["epoch"][checkpoint]
            raise UserError(
                f"the activations at epoch {epoch:g} are not finite: training diverged there; lower"
                " training.learning_rate"
            )
        if "activations" not in self.file:
            channel = int(np.prod(responses.shape[2:], dtype=int))
            self.file.create_dataset(
                "activations",
                shape=(*self.shape, units.shape[1]),
                dtype=np.float32,
                chunks=(1, len(units), chunk_units(*units.shape, channel)),
                fletcher32=True,
            )
            self.file["activations"].attrs["unit"] = "response of a unit, dimensionless"
            self.file["activations"].attrs["layer_shape"] = responses.shape[1:]
        activations = self.file["activations"]
        activations[checkpoint] = units
        # While `activations` is there: on a full disk, HDF5 keeps the error of writing its chunks
        # to itself when they are written because nobody holds the dataset any more.
        self.file.flush()

    def __enter__(self) -> Self:
        """Use as a context manager: leaving it closes the file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file, sealed if nothing went wrong."""
        if error[0] is None:
            hdf5.seal(self.file)
        self.file.close()


def chunk_units(n_stimuli: int, n_units: int, channel: int) -> int:
    """Units per HDF5 chunk: whole channels, at most 5 MB of all stimuli.

    Chunks hold all stimuli because RDMs are read by blocks of units.
    """
    most = max(1, CHUNK_BYTES // (4 * n_stimuli))
    whole = (most // channel) * channel if channel <= most else most
    return int(min(n_units, whole))
