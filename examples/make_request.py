"""Writes request.safetensors, an attention job for `attn attend`.

    pip install numpy safetensors
    python examples/make_request.py
    attn attend request.safetensors -o result.safetensors --local
"""
import numpy as np
from safetensors.numpy import save_file

random = np.random.default_rng(1)
batch, query_heads, kv_heads, length, head_size = 1, 12, 4, 256, 64  # grouped: three query heads share a key head


def tensor(heads):
    return random.standard_normal((batch, heads, length, head_size), dtype=np.float32)


# The inputs of ONNX Attention under their ONNX names; its attributes are metadata, written as strings.
inputs = {"Q": tensor(query_heads), "K": tensor(kv_heads), "V": tensor(kv_heads)}
save_file(inputs, "request.safetensors", metadata={"is_causal": "1"})
print("request.safetensors:", {name: value.shape for name, value in inputs.items()}, "is_causal=1")
