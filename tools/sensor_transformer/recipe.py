"""How each model is made, chosen by cross-validation inside the train split.

`--search` compares the candidates: the most accurate is taken, and of those as accurate the one of the least loss. What
they do not vary was set by hand before, looking at the same cross-validation.
"""

from dataclasses import dataclass, replace
from itertools import product


@dataclass(frozen=True)
class Recipe:
    patch_length: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int = 4
    dropout: float = 0.1
    epochs: int = 100
    batch_size: int = 32
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
    "basic-motions": Recipe(patch_length=5, hidden_size=48, num_hidden_layers=2, epochs=100, shift=50),
    "italy-power-demand": Recipe(patch_length=2, hidden_size=32, num_hidden_layers=2, epochs=200, jitter=0.5),
}

PATCH_LENGTHS = {"basic-motions": (5, 10, 20), "italy-power-demand": (1, 2, 4)}
HIDDEN_SIZES = (32, 48)
JITTERS = {"basic-motions": (0.1, 0.3), "italy-power-demand": (0.3, 0.5)}


def candidates(folder):
    """What `--search` compares: patch length, width and noise, all else as in the recipe."""
    for patch_length, hidden_size, jitter in product(PATCH_LENGTHS[folder], HIDDEN_SIZES, JITTERS[folder]):
        yield replace(RECIPES[folder], patch_length=patch_length, hidden_size=hidden_size, jitter=jitter)
