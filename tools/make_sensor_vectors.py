#!/usr/bin/env python3
"""Writes Tests/TransformerTests/Vectors/sensor_*.safetensors: what PyTorch makes of recordings, step by step.

    pip install torch transformers aeon ml_dtypes
    python3 tools/make_sensor_vectors.py

For each model under models/ CASES recordings of its test.safetensors, spread over it. `x` and `y` as there; then, in
float32, `normalized` [B][C][L], `hidden_states.N` [B][P][D] (0 after the embedding, N after layer N), `pooled` [B][D]
and `logits` [B][labels]; and each of them as `exact.…` in float64, from the same float32 weights, channel means and
standard deviations. So a tolerance can be derived: |got − exact| ≤ 2·|float32 − exact| + ε.

Letters: those of sensor_transformer/__init__.py.
"""

from pathlib import Path

import torch
from onnx_attention.safetensors_bytes import decode, encode
from sensor_transformer.data_set import DATA_SETS
from sensor_transformer.folder import MODELS, read

VECTORS = Path(__file__).resolve().parent.parent / "Tests" / "TransformerTests" / "Vectors"
CASES = 3


@torch.no_grad()
def steps(model, x):
    """Every intermediate result, by name, in the model's precision."""
    normalized = model.embeddings.normalized(x)
    states = model.hidden_states(normalized)
    pooled = states[-1].mean(1)
    return {
        "normalized": normalized,
        **{f"hidden_states.{layer}": state for layer, state in enumerate(states)},
        "pooled": pooled,
        "logits": model.classifier(pooled),
    }


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in DATA_SETS:
        _, model = read(MODELS / name)
        recordings, _ = decode((MODELS / name / "test.safetensors").read_bytes())
        # The cases are sorted by label: spread over the split, so that more than one is seen.
        chosen = [case * (len(recordings["x"]) - 1) // (CASES - 1) for case in range(CASES)]
        x = torch.tensor(recordings["x"][chosen])
        vectors = {"x": x.numpy(), "y": recordings["y"][chosen]}
        vectors |= {step: value.contiguous().numpy() for step, value in steps(model, x).items()}
        exact = steps(model.double(), x.double())
        vectors |= {f"exact.{step}": value.contiguous().numpy() for step, value in exact.items()}
        path = VECTORS / f"sensor_{name.replace('-', '_')}.safetensors"
        metadata = {"model": f"models/{name}", "torch": torch.__version__, "script": "tools/make_sensor_vectors.py"}
        path.write_bytes(encode(vectors, metadata))
        apart = max(abs(vectors[f"exact.{step}"] - vectors[step]).max() for step in exact)
        print(f"{path.name}: {path.stat().st_size} bytes; float32 from float64 by at most {apart:.1e}")


if __name__ == "__main__":
    main()
