"""Compares `attn attend` with ONNX's reference evaluator of the operator Attention, on random cases.

    pip install numpy onnx safetensors
    python tools/compare_with_onnx.py .build/release/attn --cases 200 [--broker mqtt://127.0.0.1:1883] [--seed 1]

Without --broker it computes with --local. Each case draws shapes, heads, layout, mask, causality and padding. Prints the
largest difference, and the case that has it; exits with 1 if one differs by more than float32 rounding explains:
|got - reference64| <= 2 * |reference32 - reference64| + 1e-6 * max|V|.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
from onnx.reference.ops.op_attention import _compute_attention
from safetensors.numpy import load_file, save_file


def draw(rng):
    """A random case: tensors, attributes as numbers, and a name."""
    batch, kv_heads, group = rng.integers(1, 4), rng.integers(1, 4), rng.integers(1, 4)
    heads, queries, keys = kv_heads * group, rng.integers(1, 40), rng.integers(1, 60)
    size, value_size = rng.integers(1, 40), rng.integers(1, 40)
    shapes = {"Q": (batch, heads, queries, size), "K": (batch, kv_heads, keys, size), "V": (batch, kv_heads, keys, value_size)}
    packed = rng.random() < 0.4
    if packed:
        shapes = {name: (b, n, h * d) for name, (b, h, n, d) in shapes.items()}
    tensors = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    attributes = {"q_num_heads": int(heads), "kv_num_heads": int(kv_heads)} if packed else {}
    if rng.random() < 0.5:
        attributes["is_causal"] = 1
    if rng.random() < 0.5:
        attributes["scale"] = float(np.float32(rng.uniform(0.05, 1)))
    if rng.random() < 0.3:
        tensors["nonpad_kv_seqlen"] = rng.integers(0, keys + 1, batch).astype(np.int64)
    if rng.random() < 0.6:
        reach = keys if rng.random() < 0.7 else rng.integers(1, keys + 1)
        whole = [batch if rng.random() < 0.5 else 1, heads if rng.random() < 0.5 else 1, queries if rng.random() < 0.8 else 1]
        rank = rng.integers(2, 5)
        shape = (whole + [reach])[4 - rank:]
        if rng.random() < 0.5:
            tensors["attn_mask"] = rng.random(shape) < 0.7
        else:
            mask = rng.standard_normal(shape).astype(np.float32)
            mask[rng.random(shape) < 0.2] = -np.inf
            tensors["attn_mask"] = mask
    return tensors, attributes


def reference(tensors, attributes, dtype):
    """ONNX's own evaluator, in the precision asked for."""
    cast = {n: t.astype(dtype) if t.dtype == np.float32 else t for n, t in tensors.items()}
    if "is_causal" in attributes and "attn_mask" in cast and cast["attn_mask"].shape[-2] == 1:
        # The evaluator (onnx 1.23.2) applies causality to the mask before it broadcasts it, so that with one row for all
        # queries each sees what query 0 sees. The operator's text broadcasts first.
        mask = cast["attn_mask"]
        queries = cast["Q"].shape[-2]
        cast["attn_mask"] = np.broadcast_to(mask, mask.shape[:-2] + (queries, mask.shape[-1]))
    with np.errstate(all="ignore"):
        return _compute_attention(
            cast["Q"], cast["K"], cast["V"], attn_mask=cast.get("attn_mask"),
            nonpad_kv_seqlen=cast.get("nonpad_kv_seqlen"), qk_matmul_output_mode=0, **attributes)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attn")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--broker")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    where = ["--broker", arguments.broker] if arguments.broker else ["--local"]
    rng, worst, failed = np.random.default_rng(arguments.seed), (0.0, ""), 0
    with tempfile.TemporaryDirectory() as folder:
        request, result = os.path.join(folder, "request.safetensors"), os.path.join(folder, "result.safetensors")
        for case in range(arguments.cases):
            tensors, attributes = draw(rng)
            save_file(tensors, request, metadata={k: str(v) for k, v in attributes.items()} | {"outputs": "Y"})
            subprocess.run([arguments.attn, "attend", request, "-o", result, *where], check=True, stderr=subprocess.DEVNULL)
            got = load_file(result)["Y"]
            exact, rounded = reference(tensors, attributes, np.float64), reference(tensors, attributes, np.float32)
            text = f"case {case}: {({n: t.shape for n, t in tensors.items()})} {attributes}"
            if got.shape != exact.shape:
                sys.exit(f"{text}: shape {got.shape}, not {exact.shape}")
            difference = float(np.max(np.abs(got - exact), initial=0))
            allowed = 2 * float(np.max(np.abs(rounded - exact), initial=0)) + 1e-6 * float(np.max(np.abs(tensors["V"])))
            worst = max(worst, (difference, text))
            if not difference <= allowed:
                failed += 1
                print(f"{text}: differs by {difference}, allowed {allowed}")
    print(f"{arguments.cases} cases, {failed} failed; largest difference {worst[0]:.3g} in {worst[1]}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
