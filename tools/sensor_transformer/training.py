"""Training on a split, and cross-validation inside it. Deterministic: same seed, same torch, same weights."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.model_selection import RepeatedStratifiedKFold
from torch.nn.functional import cross_entropy

from .model import SensorTransformer

FOLDS = 5
WARM_UP = 0.1


@dataclass(frozen=True)
class Score:
    accuracy: float
    """Mean cross-entropy in nats: tells apart what is equally accurate."""
    loss: float


def configuration(data_set, recipe, recordings):
    """The model's config.json, normalisation learnt from these recordings, before anything is known of its accuracy."""
    labels = list(data_set.labels.values())
    _, channels, length = recordings.x.shape
    exact = recordings.x.astype(np.float64)
    return {
        "model_type": "sensor_transformer",
        "architectures": ["SensorTransformerForSequenceClassification"],
        "dtype": "float32",
        "hidden_size": recipe.hidden_size,
        "num_hidden_layers": recipe.num_hidden_layers,
        "num_attention_heads": recipe.num_attention_heads,
        "intermediate_size": recipe.intermediate_size,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "hidden_dropout_prob": recipe.dropout,
        "attention_probs_dropout_prob": recipe.dropout,
        "max_position_embeddings": length // recipe.patch_length,
        "num_channels": channels,
        "input_length": length,
        "patch_length": recipe.patch_length,
        "channel_names": data_set.channel_names,
        # Few digits, so that every reader of the file has the same numbers.
        "channel_mean": [round(mean, 6) for mean in exact.mean((0, 2)).tolist()],
        "channel_std": [round(std, 6) for std in exact.std((0, 2)).tolist()],
        "id2label": {str(place): label for place, label in enumerate(labels)},
        "label2id": {label: place for place, label in enumerate(labels)},
    }


def train(config, recipe, recordings, seed):
    """A model trained on all these recordings, ready to evaluate."""
    torch.manual_seed(seed)
    model = SensorTransformer(config).train()
    x = model.embeddings.normalized(torch.from_numpy(recordings.x))
    y = torch.from_numpy(recordings.y)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps = recipe.epochs * math.ceil(len(y) / recipe.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step / steps))
    for _ in range(recipe.epochs):
        for cases in torch.randperm(len(y)).split(recipe.batch_size):
            optimizer.zero_grad()
            cross_entropy(model(augmented(x[cases], recipe)), y[cases]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return model.eval()


def rate(progress):
    """Learning rate over its largest: a linear rise, then half a cosine."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def augmented(x, recipe):
    """Each case [C][L] shifted around its end, its channels scaled, and noise added."""
    if recipe.shift:
        shifts = torch.randint(-recipe.shift, recipe.shift + 1, (len(x),)).tolist()
        x = torch.stack([case.roll(shift, -1) for case, shift in zip(x, shifts)])
    factors = 1 + recipe.scaling * torch.randn(x.shape[0], x.shape[1], 1)
    return x * factors + recipe.jitter * torch.randn(x.shape)


@torch.no_grad()
def evaluate(model, recordings):
    logits = model(model.embeddings.normalized(torch.from_numpy(recordings.x)))
    y = torch.from_numpy(recordings.y)
    return Score((logits.argmax(1) == y).float().mean().item(), cross_entropy(logits, y).item())


def cross_validate(data_set, recipe, recordings, repeats):
    """The mean score on folds held out of these recordings, normalisation learnt from the other folds only."""
    folds = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=repeats, random_state=0)
    scores = []
    for seed, (learnt, held_out) in enumerate(folds.split(recordings.x, recordings.y)):
        config = configuration(data_set, recipe, recordings[learnt])
        scores.append(evaluate(train(config, recipe, recordings[learnt], seed), recordings[held_out]))
    return Score(float(np.mean([score.accuracy for score in scores])), float(np.mean([score.loss for score in scores])))
