"""Supervised learning of labels that say nothing of the images: learning without structure.

The labels of the training images are permuted once (Zhang et al. 2017), so that there are as many
of each as before. Networks of one seed of the initial weights have the same permutation.
"""

from trajectories import seeding
from trajectories.training.objectives.objective import Labels
from trajectories.training.objectives.supervised import Supervised


class ShuffledLabels(Supervised):
    """A classifier that can only learn each image by heart; parameters as of `Objective`."""

    def classes_of(self, labels: Labels) -> Labels:
        """The labels in an order drawn once."""
        shuffled: Labels = seeding.generator(self.init_seed, "labels").permutation(labels)
        return shuffled


OBJECTIVE = ShuffledLabels
