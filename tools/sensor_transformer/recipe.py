"""How each model is made. Every choice comes from cross-validation inside the train split (`--search`)."""

from dataclasses import dataclass, replace
from itertools import product


@dataclass(frozen=True)
class Recipe:
    patch_length: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int = 4
    dropout: float = 0.1
    epochs: int = 150
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    """Standard deviation of noise added to each normalised reading."""
    jitter: float = 0.1
    """Standard deviation of a factor, around 1, for each channel of a case."""
    scaling: float = 0.1
    """Most steps by which a recording is shifted, around its end."""
    shift: int = 0

    @property
    def intermediate_size(self):
        return 2 * self.hidden_size


RECIPES = {
    "basic-motions": Recipe(patch_length=10, hidden_size=32, num_hidden_layers=2, shift=50),
    "italy-power-demand": Recipe(patch_length=2, hidden_size=32, num_hidden_layers=2),
}

PATCH_LENGTHS = {"basic-motions": (5, 10, 20), "italy-power-demand": (1, 2, 4)}


def candidates(folder):
    """What `--search` compares: patch length, size, noise and dropout around the recipe."""
    for patch_length, (hidden_size, layers), noise, dropout in product(
        PATCH_LENGTHS[folder], ((32, 2), (48, 2)), (0.1, 0.3), (0.1, 0.3)
    ):
        yield replace(
            RECIPES[folder],
            patch_length=patch_length,
            hidden_size=hidden_size,
            num_hidden_layers=layers,
            jitter=noise,
            scaling=noise,
            dropout=dropout,
        )
