"""What is trained: a backbone with a projection head on its pooled features."""

from torch import Tensor, nn
from torch.nn.functional import normalize

from trajectories.networks.backbone import build_backbone, feature_count
from trajectories.study.recipe import Recipe


class Encoder(nn.Module):
    """Backbone and MoCo v2's head of two layers: images (n, 3, h, w) → unit vectors (n, embedding).

    The backbone is drawn first, from torch's global generator: of one seed, and of one network, it
    is the same whatever head follows.

    Parameters
    ----------
    recipe : Recipe
    unit_length : bool
        Without it, embeddings are of any length.
    """

    def __init__(self, recipe: Recipe, unit_length: bool = True) -> None:
        super().__init__()
        self.unit_length = unit_length
        features = feature_count(recipe.architecture)
        self.backbone = build_backbone(recipe.architecture, recipe.stem)
        self.head = nn.Sequential(
            nn.Linear(features, features), nn.ReLU(), nn.Linear(features, recipe.embedding)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Embed `images`; the result is float32 also under autocast."""
        embeddings: Tensor = self.head(self.backbone(images)).float()
        return normalize(embeddings, dim=1) if self.unit_length else embeddings
