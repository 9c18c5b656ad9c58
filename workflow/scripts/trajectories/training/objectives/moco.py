"""MoCo v2: momentum contrast with a queue of keys (He et al. 2020; Chen et al. 2020).

Batch normalisation sees groups of `batch_size / bn_groups` images, like the replicas of the
published 8-GPU run. A loss against a queue has no negatives inside the batch, so groups computed
together or one after another on one device, or some on each of several, with their gradients added,
are the same computation.
"""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from torch.optim.swa_utils import get_ema_multi_avg_fn

from trajectories import seeding
from trajectories.networks.backbone import build_backbone, feature_count
from trajectories.networks.layers import normalised_in_groups
from trajectories.study.recipe import Recipe
from trajectories.training.distributed import ALONE, Processes

# Groups are computed together up to so many images: more need more memory and gain little.
IMAGES_AT_ONCE = 64
# Of small images, as many as have so many pixels: each pass costs sums of the weights' gradients.
PIXELS_AT_ONCE = 256 * 32**2


class Encoder(nn.Module):
    """Backbone and projection head: images (n, 3, h, w) → unit vectors (n, embedding)."""

    def __init__(self, architecture: str, stem: str, embedding: int) -> None:
        super().__init__()
        features = feature_count(architecture)
        self.backbone = build_backbone(architecture, stem)
        self.head = nn.Sequential(
            nn.Linear(features, features), nn.ReLU(), nn.Linear(features, embedding)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Embed `images`; the result is float32 also under autocast."""
        return normalize(self.head(self.backbone(images)).float(), dim=1)


class MoCo(nn.Module):
    """Query encoder, key encoder and queue of one network instance.

    Parameters
    ----------
    init_seed : int
    processes : Processes
        Those that train this network. Each computes its share of the groups: the first groups
        belong to the first process.
    images_at_once : int, optional
        Groups are computed together up to so many images, but at least one group; without it, up
        to `IMAGES_AT_ONCE`, or more of small images. What is computed is the same; sums are
        rounded in another order.

    Attributes
    ----------
    query, key : Encoder
        The key encoder starts as a copy; its parameters follow by moving average, its batch
        normalisation statistics are its own.
    queue : Tensor of shape (K, embedding)
        Unit vectors, overwritten oldest first; filled with random directions at the start.
    """

    queue: Tensor

    def __init__(
        self,
        recipe: Recipe,
        init_seed: int,
        processes: Processes = ALONE,
        images_at_once: int | None = None,
    ) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeding.integer(init_seed, "init"))
            self.query = Encoder(recipe.architecture, recipe.stem, recipe.embedding)
            self.key = copy.deepcopy(self.query).requires_grad_(False)
            torch.manual_seed(seeding.integer(init_seed, "queue"))
            queue = normalize(torch.randn(recipe.queue, recipe.embedding), dim=1)
        self.register_buffer("queue", queue)
        self.pointer = 0
        self.temperature = recipe.temperature
        self.bn_groups = recipe.bn_groups
        self.processes = processes
        small = PIXELS_AT_ONCE // recipe.image_size**2
        self.images_at_once = images_at_once or max(IMAGES_AT_ONCE, small)
        self._follow = get_ema_multi_avg_fn(recipe.key_momentum)

    @torch.no_grad()
    def follow_query(self) -> None:
        """Move the key encoder's parameters towards the query encoder's (equation 2)."""
        self._follow(list(self.key.parameters()), list(self.query.parameters()), None)

    @torch.no_grad()
    def keys(self, view: Tensor, permutation: Tensor) -> Tensor:
        """Keys of a batch, each group made of other queries' images.

        Without the permutation a query could be recognised by the batch statistics that they
        share.

        Parameters
        ----------
        view : Tensor of shape (n / processes, 3, h, w)
            The images that this process's share of the permutation names, in the batch's order.
        permutation : integer Tensor of shape (n,)
            Which image of the batch goes where.

        Returns
        -------
        Tensor of shape (n, embedding)
            In the order of the batch.
        """
        mine = permutation[self.processes.share(len(permutation))]
        permuted = view[mine.argsort().argsort()]
        keys = torch.cat([self.key(part) for part in self._parts(permuted, self.key)])
        keys = self.processes.gather(keys)
        return torch.empty_like(keys).index_copy_(0, permutation, keys)

    def contrast(self, view: Tensor, keys: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """InfoNCE loss (equation 1) of a view's queries against their keys and the queue.

        Parameters
        ----------
        view : Tensor of shape (n / processes, 3, h, w)
            This process's share of the batch.
        keys : Tensor of shape (n, embedding)

        Yields
        ------
        loss : scalar Tensor
            Of a part of the view that is computed at once: its share of the batch's mean loss, to
            which all shares add up.
        hits : scalar Tensor
            Queries of the part that are closer to their own key than to any in the queue.
        queries : Tensor of shape (images of the part, embedding)
        """
        mine = keys[self.processes.share(len(keys))]
        parts = self._parts(view, self.query)
        first = 0
        for part in parts:
            queries = self.query(part)
            own = mine[first : first + len(part)]
            first += len(part)
            with torch.autocast(view.device.type, enabled=False):
                own_logit = (queries * own).sum(dim=1, keepdim=True)
                logits = torch.cat([own_logit, queries @ self.queue.T], dim=1) / self.temperature
                target = torch.zeros(len(queries), dtype=torch.long, device=view.device)
                loss = cross_entropy(logits, target) * (len(part) / len(keys))
            hits = (logits.argmax(dim=1) == 0).sum()
            yield loss, hits, queries.detach()

    @torch.no_grad()
    def enqueue(self, keys: Tensor) -> None:
        """Overwrite the oldest keys of the queue; K is a multiple of the batch size."""
        self.queue[self.pointer : self.pointer + len(keys)] = keys
        self.pointer = (self.pointer + len(keys)) % len(self.queue)

    def _parts(self, view: Tensor, encoder: Encoder) -> Iterator[Tensor]:
        """The groups of a view, as many at once as may be; the encoder normalises each by itself.

        The first group of the batch alone moves the running statistics: in the published run each
        replica keeps its own, and those of the first are saved.
        """
        groups = self.bn_groups // self.processes.size
        most = max(1, self.images_at_once * groups // len(view))
        together = max(n for n in range(1, groups + 1) if groups % n == 0 and n <= most)
        for number, part in enumerate(view.chunk(groups // together)):
            moving = number == 0 and self.processes.first
            with normalised_in_groups(encoder, together, moving):
                yield part
