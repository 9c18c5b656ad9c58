"""Two checks of learning after each epoch, on the same training images for every instance."""

from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trajectories import seeding
from trajectories.images.training_images import VIEWS, TrainingImages
from trajectories.training import augment, diagnostics
from trajectories.training.augment_parameters import joined


class Probe:
    """Images on which a backbone is checked in evaluation mode, by its pooled features.

    Attributes
    ----------
    views : two float32 Tensors of shape (n, 3, size, size)
        Two fixed augmented views of each image. Which view belongs to which is what the network
        is trained to tell; unlike the contrastive accuracy of training, this depends neither on
        the queue nor on how fast the key encoder moves.
    images : float32 Tensor of shape (n, 3, size, size)
        The whole images.
    labels : integer Tensor of shape (n,) or None
        Never used for learning.
    """

    def __init__(self, views: tuple[Tensor, Tensor], images: Tensor, labels: Tensor | None) -> None:
        self.views, self.images, self.labels = views, images, labels

    @classmethod
    def of(
        cls,
        images: TrainingImages,
        labels: NDArray[np.integer[Any]] | None,
        count: int,
        size: int,
        augmentation: augment.AugmentationSettings,
        device: torch.device,
    ) -> Self:
        """Choose at most `count` of the images.

        With labels (n_images,), each label that is chosen comes at least twice, and images
        without one (-1) are not chosen; labels that are all different are as none.
        """
        chosen = np.sort(seeding.generator(0, "sample").permutation(len(images))[:count])
        labelled = np.empty(0, dtype=np.intp) if labels is None else np.flatnonzero(labels >= 0)
        if labels is not None and len(np.unique(labels[labelled])) < len(labelled):
            chosen = labelled[diagnostics.probe_sample(labels[labelled], count)]
        else:
            labels = None

        def parameters(view: int) -> augment.Parameters:
            generator = seeding.generator(0, "sample", view)
            return augment.draw(generator, len(chosen), *images.sizes(chosen), augmentation)

        batch = images.batch(chosen, lambda view: parameters(view).boxes, size)
        both = joined([parameters(view) for view in range(VIEWS)])
        views = augment.distort(images.crops(batch, both.boxes, size), both).to(device).chunk(VIEWS)
        return cls(
            views=(views[0], views[1]),
            images=images.whole(chosen, size).to(device),
            labels=None if labels is None else torch.from_numpy(labels[chosen].astype(np.int64)),
        )

    def measure(self, backbone: nn.Module) -> dict[str, float]:
        """Accuracy of matching views and, where there are labels, of nearest neighbours.

        Returns
        -------
        dict
            `view_top1`: share of images whose second view is the nearest (cosine) to their first
            among all second views; `knn_top1`: share whose nearest other image has their label;
            each with what guessing would give.
        """
        first, second = (diagnostics.features(backbone, view).cpu() for view in self.views)
        found = {
            "view_top1": diagnostics.matching_accuracy(first, second),
            "view_chance": 1 / len(first),
        }
        if self.labels is not None:
            features = diagnostics.features(backbone, self.images).cpu()
            found["knn_top1"] = diagnostics.nearest_neighbour_accuracy(features, self.labels)
            found["knn_chance"] = diagnostics.neighbour_chance(self.labels)
        return found
