"""MoCo v2: momentum contrast with a queue of keys (He et al. 2020; Chen et al. 2020).

Batch normalisation sees groups of `batch_size / bn_groups` images, like the replicas of the
published 8-GPU run. A loss against a queue has no negatives inside the batch, so groups computed
together or one after another on one device, or some on each of several, with their gradients added,
are the same computation.
"""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from torch.optim.swa_utils import get_ema_multi_avg_fn

from trajectories.study.recipe import Recipe
from trajectories.training.distributed import ALONE, Processes
from trajectories.training.objectives.encoder import Encoder
from trajectories.training.objectives.objective import Batch, Labels, Objective


class MoCo(Objective):
    """Query encoder, key encoder and queue of one network instance; parameters as of `Objective`.

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
        labels: Labels | None = None,
        images_at_once: int | None = None,
    ) -> None:
        super().__init__(recipe, init_seed, processes, labels, images_at_once)
        with self.drawn("init"):
            self.query = Encoder(recipe)
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        with self.drawn("queue"):
            queue = normalize(torch.randn(recipe.queue, recipe.embedding), dim=1)
        self.register_buffer("queue", queue)
        self.pointer = 0
        self._keys = queue[:0]
        self._follow = get_ema_multi_avg_fn(recipe.key_momentum)

    @property
    def trained(self) -> Encoder:
        """The query encoder."""
        return self.query

    def learn(self, batch: Batch) -> Iterator[Tensor]:
        """Add the gradients of the loss of the queries, against keys computed beforehand."""
        query_view, key_view = batch.views
        self.follow_query()
        self._keys = self.keys(key_view, batch.permutation)
        for loss, hits, queries in self.contrast(query_view, self._keys):
            loss.backward()
            yield self.measurements(loss, hits, queries)

    def after_step(self) -> None:
        """Put the keys of the batch into the queue."""
        self.enqueue(self._keys)

    def expected(self, step: int) -> dict[str, float | int]:
        """Loss by chance among K + 1 keys, and whether all the random ones are gone."""
        queue = self.recipe.queue
        filled = step * self.recipe.batch_size >= queue
        return {"chance_loss": math.log(queue + 1), "queue_filled": int(filled)}

    def plain_state(self) -> dict[str, int]:
        """Where the oldest keys of the queue are."""
        return {"pointer": self.pointer}

    def restore_plain_state(self, state: Mapping[str, Any]) -> None:
        """Go on with what `plain_state` gave."""
        self.pointer = state["pointer"]

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
        permuted = self.permuted(view, permutation)
        keys = torch.cat([self.key(part) for part in self.parts(permuted, self.key)])
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
        first = 0
        for part in self.parts(view, self.query):
            queries = self.query(part)
            own = mine[first : first + len(part)]
            first += len(part)
            with torch.autocast(view.device.type, enabled=False):
                own_logit = (queries * own).sum(dim=1, keepdim=True)
                logits = torch.cat([own_logit, queries @ self.queue.T], dim=1)
                logits = logits / self.recipe.temperature
                target = torch.zeros(len(queries), dtype=torch.long, device=view.device)
                loss = cross_entropy(logits, target) * (len(part) / len(keys))
            hits = (logits.argmax(dim=1) == 0).sum()
            yield loss, hits, queries.detach()

    @torch.no_grad()
    def enqueue(self, keys: Tensor) -> None:
        """Overwrite the oldest keys of the queue; K is a multiple of the batch size."""
        self.queue[self.pointer : self.pointer + len(keys)] = keys
        self.pointer = (self.pointer + len(keys)) % len(self.queue)


OBJECTIVE = MoCo
