#!/usr/bin/env python3
"""Trains the sensor transformers, and writes their folders under models/.

    pip install torch transformers aeon scikit-learn ml_dtypes
    python3 tools/train_sensor_transformer.py                  # both
    python3 tools/train_sensor_transformer.py basic-motions    # one
    python3 tools/train_sensor_transformer.py basic-motions --search

The train split of the data set alone decides: recipes (sensor_transformer/recipe.py) were chosen by cross-validation
inside it, which `--search` repeats, writing nothing. The model of SEED is written; SEED was fixed before anything was
measured. The test split, untouched until then, gives its accuracy and, for the spread, that of the other seeds.

Same versions, same bytes: one thread, deterministic algorithms, seeded generators. About two minutes on one core.
"""

import argparse
from dataclasses import asdict

import aeon
import torch
from sensor_transformer import folder
from sensor_transformer.card import card
from sensor_transformer.data_set import DATA_SETS
from sensor_transformer.recipe import RECIPES, candidates
from sensor_transformer.training import FOLDS, configuration, cross_validate, evaluate, train

SEED = 0
SEEDS = range(5)
REPEATS = 3
SEARCH_REPEATS = 2


def search(data_set):
    """Prints what each candidate reaches in cross-validation inside the train split."""
    recordings = data_set.split("train")
    print("accuracy   loss  candidate")
    for recipe in candidates(data_set.folder):
        score = cross_validate(data_set, recipe, recordings, SEARCH_REPEATS)
        chosen = "  ← the recipe" if recipe == RECIPES[data_set.folder] else ""
        print(f"{score.accuracy:8.4f} {score.loss:6.3f}  {recipe}{chosen}", flush=True)


def make(data_set):
    """Trains, measures and writes the model of a data set."""
    recipe = RECIPES[data_set.folder]
    recordings, test = data_set.split("train"), data_set.split("test")
    crossed = cross_validate(data_set, recipe, recordings, REPEATS)
    config = configuration(data_set, recipe, recordings)
    models = [train(config, recipe, recordings, seed) for seed in SEEDS]
    scores = [evaluate(model, test) for model in models]
    config["training"] = {
        "trained_by": "the AttnFleet project",
        "script": "tools/train_sensor_transformer.py",
        "data_set": data_set.name,
        "train_cases": len(recordings),
        "test_cases": len(test),
        "seed": SEED,
        "test_accuracy": round(scores[SEED].accuracy, 6),
        "test_loss": round(scores[SEED].loss, 6),
        "test_accuracy_by_seed": {str(seed): round(score.accuracy, 6) for seed, score in zip(SEEDS, scores)},
        "cross_validation_accuracy": round(crossed.accuracy, 6),
        "cross_validation_loss": round(crossed.loss, 6),
        "cross_validation_folds": FOLDS,
        "cross_validation_repeats": REPEATS,
        "recipe": asdict(recipe),
        "torch": torch.__version__,
    }
    facts = {
        "aeon": aeon.__version__,
        "command": f"python3 tools/train_sensor_transformer.py {data_set.folder}",
        "parameters": sum(parameter.numel() for parameter in models[SEED].parameters()),
        "test_shape": list(test.x.shape),
        "test_loss_by_seed": [score.loss for score in scores],
    }
    path = folder.write(data_set, config, models[SEED], card(data_set, config, facts))
    print(f"{path}: {facts['parameters']} weights, {(path / 'model.safetensors').stat().st_size} bytes")
    print(f"cross-validation: accuracy {crossed.accuracy:.4f}, loss {crossed.loss:.3f}")
    for seed, score in zip(SEEDS, scores):
        print(f"test, seed {seed}: accuracy {score.accuracy:.4f}, loss {score.loss:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(DATA_SETS)
    parser.add_argument("model", nargs="*", metavar="MODEL", help=f"of {names}; default: all")
    parser.add_argument("--search", action="store_true", help="compare candidates instead; writes nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in arguments.model or DATA_SETS:
        (search if arguments.search else make)(DATA_SETS[name])


if __name__ == "__main__":
    main()
