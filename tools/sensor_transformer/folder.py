"""The folder of a model, in Hugging Face's layout: `config.json`, `model.safetensors`, and the test split beside it."""

import json
from pathlib import Path

import numpy as np
import torch
from onnx_attention.safetensors_bytes import decode, encode

from .model import SensorTransformer

MODELS = Path(__file__).resolve().parent.parent.parent / "models"


def write(data_set, config, model, card):
    """Writes the folder, test split included; its path."""
    folder = MODELS / data_set.folder
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "model.safetensors").write_bytes(encode(weights, {"format": "pt"}))
    (folder / "test.safetensors").write_bytes(test_split(data_set))
    (folder / "README.md").write_text(card)
    return folder


def test_split(data_set):
    """The bytes of the untouched test split: x F32 [cases][channels][length], y I32 [cases], places in `labels`."""
    test = data_set.split("test")
    metadata = {
        "data_set": data_set.name,
        "split": "test",
        "labels": json.dumps(list(data_set.labels.values())),
        "channel_names": json.dumps(data_set.channel_names),
        "source": data_set.url,
        "citation": " ".join(data_set.citation.split()),
    }
    return encode({"x": test.x, "y": test.y.astype(np.int32)}, metadata)


def read(folder):
    """The configuration and the model, ready to evaluate."""
    config = json.loads((folder / "config.json").read_text())
    weights, _ = decode((folder / "model.safetensors").read_bytes())
    model = SensorTransformer(config)
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    return config, model.eval()
