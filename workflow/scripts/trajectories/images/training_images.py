"""Training images of either kind, pixels or JPEG, behind one interface.

Pixels are small squares: whole ones go to the device, which crops them. JPEG are photographs of
any size: they are decoded and cropped where they are read, in a worker, one decode for both views.
Everything after the crop is the same for both.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from trajectories.images import dataset, jpeg_dataset, pictures
from trajectories.images.crops import crop_resize
from trajectories.images.inputs import network_input
from trajectories.images.jpeg_dataset import JpegIndex, JpegReader
from trajectories.storage import hdf5, image_record
from trajectories.storage.image_record import Content

VIEWS = 2
Rows = Sequence[NDArray[np.intp]]


class TrainingImages(ABC):
    """Images to learn from.

    Attributes
    ----------
    label : int array of shape (n_images,) or None
        Class of each image; -1 without one.
    content : str or None
        What tells them from other images, of those that come from a file.
    """

    label: NDArray[np.integer[Any]] | None
    content: Content = None

    @abstractmethod
    def __len__(self) -> int:
        """Number of images."""

    @abstractmethod
    def sizes(self, chosen: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Heights and widths (n,) of the images with these numbers (n,), px."""

    @abstractmethod
    def whole(self, chosen: NDArray[np.intp], size: int) -> Tensor:
        """Images as network input, not augmented.

        Parameters
        ----------
        chosen : int array of shape (n,)
            Sorted numbers of images.
        size : int
            Side of the square input, px.

        Returns
        -------
        float32 Tensor of shape (n, 3, size, size), normalised
            Of images that are not square, the central square.
        """

    @abstractmethod
    def batch(
        self,
        chosen: NDArray[np.intp],
        boxes: Callable[[int], NDArray[np.int64]],
        size: int,
        rows: Rows | None = None,
    ) -> Tensor:
        """The part of a batch that is read where images are read: enough for both views.

        Parameters
        ----------
        chosen : int array of shape (n,)
            Numbers of images, in any order.
        boxes : callable
            Gives top, left, height and width (n, 4) of the crops of a view, 0 or 1, px.
        size : int
            Side of the square views, px.
        rows : int arrays of shape (m,), optional
            For each view, which of `chosen` it is of; without it there are two views of all
            of them.

        Returns
        -------
        uint8 Tensor
            To be given to `crops`.
        """

    @abstractmethod
    def batch_bytes(self, n_images: int, n_crops: int, size: int) -> int:
        """Bytes of what `batch` gives.

        Parameters
        ----------
        n_images : int
            Images in the batch.
        n_crops : int
            Crops of them, of all views.
        size : int
            Side of the square views, px.
        """

    @abstractmethod
    def crops(
        self, batch: Tensor, boxes: NDArray[np.int64], size: int, rows: Rows | None = None
    ) -> Tensor:
        """Crops of both views, not yet augmented, on the device where `batch` is.

        Parameters
        ----------
        batch : Tensor
            As `batch` gives it, on any device.
        boxes : int64 array of shape (2 m, 4)
            Top, left, height and width of the crops of view 0 and then of view 1, px.
        size : int
            Side of the square views, px.
        rows : int arrays of shape (m,), optional
            As given to `batch`.

        Returns
        -------
        uint8 Tensor, or float32 Tensor in [0, 1], of shape (2 m, 3, size, size)
            In the order of `boxes`.
        """


class PixelImages(TrainingImages):
    """Squares of equal size.

    Parameters
    ----------
    images : uint8 array or h5py dataset of shape (n_images, height, width, 3)
        A dataset for a few whole images only, as it is read at each access.
    label : int array of shape (n_images,), optional
    """

    def __init__(
        self,
        images: NDArray[np.uint8] | h5py.Dataset,
        label: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        self.images, self.label = images, label

    def __len__(self) -> int:
        return len(self.images)

    def sizes(self, chosen: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Heights and widths (n,), all the same."""
        height, width = (np.full(len(chosen), side) for side in self.images.shape[1:3])
        return height, width

    def whole(self, chosen: NDArray[np.intp], size: int) -> Tensor:
        """Images as network input."""
        return network_input(self.images[chosen], size)

    def batch(
        self,
        chosen: NDArray[np.intp],
        boxes: Callable[[int], NDArray[np.int64]],
        size: int,
        rows: Rows | None = None,
    ) -> Tensor:
        """Whole images, uint8 (n, 3, height, width)."""
        return torch.from_numpy(self.images[chosen]).permute(0, 3, 1, 2).contiguous()

    def batch_bytes(self, n_images: int, n_crops: int, size: int) -> int:
        """Bytes of whole images."""
        return n_images * int(np.prod(self.images.shape[1:]))

    def crops(
        self, batch: Tensor, boxes: NDArray[np.int64], size: int, rows: Rows | None = None
    ) -> Tensor:
        """Crops made on the device, float32."""
        views = [np.arange(len(batch))] * VIEWS if rows is None else rows
        # Not by `batch[...]`, which takes a CPU many times as long for bytes.
        index = torch.from_numpy(np.concatenate(views)).to(batch.device)
        return crop_resize(batch.index_select(0, index), boxes, size)


class JpegImages(TrainingImages):
    """Photographs of any size.

    Parameters
    ----------
    path : Path
        File that `jpeg_dataset.write` made.
    index : JpegIndex
        Its index.
    """

    def __init__(self, path: Path, index: JpegIndex) -> None:
        self.index, self.label = index, index.label
        self._reader = JpegReader(path, index)

    def __len__(self) -> int:
        return len(self.index.label)

    def sizes(self, chosen: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Heights and widths (n,), from the index."""
        height, width = self.index.height[chosen], self.index.width[chosen]
        return height.astype(np.int64), width.astype(np.int64)

    def whole(self, chosen: NDArray[np.intp], size: int) -> Tensor:
        """Central squares as network input, resized by Pillow as those that are stored as pixels.

        Raises
        ------
        UserError
            If an image has been damaged since it was written.
        """
        squares = [pictures.square(self._reader.decode(number), size) for number in chosen]
        return network_input(np.stack([np.asarray(square) for square in squares]), size)

    def batch(
        self,
        chosen: NDArray[np.intp],
        boxes: Callable[[int], NDArray[np.int64]],
        size: int,
        rows: Rows | None = None,
    ) -> Tensor:
        """Crops of both views, uint8 (2, m, size, size, 3); each image is decoded once.

        Raises
        ------
        UserError
            If an image has been damaged since it was written.
        """
        views = [np.arange(len(chosen))] * VIEWS if rows is None else rows
        crops = np.empty((len(views), len(views[0]), size, size, 3), dtype=np.uint8)
        wanted = defaultdict(list)
        for view, of_view in enumerate(views):
            cut = boxes(view).tolist()
            for place, row in enumerate(of_view):
                wanted[row].append((crops[view, place], cut[place]))
        for row, number in enumerate(chosen):
            picture = self._reader.decode(number)
            for crop, box in wanted[row]:
                crop[:] = np.asarray(resized_crop(picture, box, size))
        return torch.from_numpy(crops)

    def batch_bytes(self, n_images: int, n_crops: int, size: int) -> int:
        """Bytes of the crops of both views."""
        return 3 * n_crops * size**2

    def crops(
        self, batch: Tensor, boxes: NDArray[np.int64], size: int, rows: Rows | None = None
    ) -> Tensor:
        """Crops made when they were read, uint8."""
        return batch.flatten(0, 1).permute(0, 3, 1, 2)


def resized_crop(picture: Image.Image, box: list[int], size: int) -> Image.Image:
    """A crop (top, left, height, width), resized to a square as torchvision does with Pillow."""
    top, left, height, width = box
    # Cut before it is resized: resize with a box would look beyond the box's border.
    crop = picture.crop((left, top, left + width, top + height))
    return crop.resize((size, size), Image.Resampling.BILINEAR)


def load(path: Path) -> TrainingImages:
    """Images to train with: pixels are read into memory and checked, JPEG stay on the disk.

    Raises
    ------
    UserError
        If the file is missing, truncated, damaged or not a set of training images.
    """
    is_jpeg, content = _described(path)
    images: TrainingImages = (
        JpegImages(path, jpeg_dataset.read_index(path))
        if is_jpeg
        else PixelImages(*dataset.load(path))
    )
    images.content = content
    return images


@contextmanager
def opened(path: Path) -> Iterator[TrainingImages]:
    """Images for a reader that needs a few of them; nothing is read beforehand but an index.

    Raises
    ------
    UserError
        If the file is missing, truncated or not a set of training images.
    """
    is_jpeg, content = _described(path)
    if is_jpeg:
        photographs = JpegImages(path, jpeg_dataset.read_index(path))
        photographs.content = content
        yield photographs
    else:
        with dataset.open_images(path) as stored:
            squares = PixelImages(stored)
            squares.content = content
            yield squares


def _described(path: Path) -> tuple[bool, Content]:
    """Whether a file holds JPEG, and what tells its images from others."""
    with hdf5.opened(path) as file:
        return jpeg_dataset.holds_jpeg(file), image_record.content_of(file)
