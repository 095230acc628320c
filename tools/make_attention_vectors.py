#!/usr/bin/env python3
"""Writes Tests/AttnMathTests/Vectors/attention.txt: attention as PyTorch computes it in float64.

    python3 tools/make_attention_vectors.py

Needs torch. One case is a line `case NAME key=value ...` followed by a line per tensor, `NAME HEX HEX ...`: the bit
patterns of the float32 inputs q, k, v and mask, and of the float64 results output and lse. Layouts are those of
BlockShape; a boolean mask is written as 0 and 1. Same torch, same bytes: the inputs come from a seeded generator.
"""

import pathlib
import struct

import torch
import torch.nn.functional as F

PATH = pathlib.Path(__file__).parent.parent / "Tests/AttnMathTests/Vectors/attention.txt"

# name, query heads, kv heads, queries, keys, head size, value head size, causal offset,
# mask (kind, heads, queries), scale
CASES = [
    ("plain", 2, 2, 5, 7, 8, 8, None, None, None),
    ("ragged sizes", 1, 1, 7, 19, 5, 11, None, None, None),
    ("one query", 2, 2, 1, 37, 16, 16, None, None, None),
    ("grouped heads", 4, 2, 3, 9, 8, 8, None, None, None),
    ("causal", 2, 1, 9, 9, 8, 8, 0, None, None),
    ("causal after a past", 1, 1, 4, 21, 8, 8, 17, None, None),
    ("causal before the keys", 1, 1, 6, 5, 4, 4, -3, None, None),
    ("boolean mask", 2, 2, 8, 18, 8, 8, None, ("boolean", 2, 8), None),
    ("boolean mask of keys", 2, 2, 8, 18, 8, 8, None, ("boolean", 1, 1), None),
    ("additive mask and causality", 2, 2, 6, 17, 8, 8, 5, ("additive", 1, 6), None),
    ("fully masked rows", 1, 1, 7, 16, 8, 8, None, ("rows", 1, 7), None),
    ("large scores", 1, 1, 6, 33, 8, 8, None, None, 1000.0),
]


def visible(queries, keys, offset):
    i = torch.arange(queries)[:, None]
    j = torch.arange(keys)[None, :]
    return j <= i + offset


def make_mask(kind, heads, queries, keys, generator):
    if kind == "boolean":
        return torch.rand(heads, queries, keys, generator=generator) < 0.6
    if kind == "rows":
        mask = torch.rand(heads, queries, keys, generator=generator) < 0.6
        mask[:, 1::3, :] = False
        return mask
    bias = torch.randn(heads, queries, keys, generator=generator)
    bias[torch.rand(heads, queries, keys, generator=generator) < 0.2] = -torch.inf
    return bias


def bits(tensor):
    """The tensor's elements as hexadecimal bit patterns; a boolean's as 0 and 1."""
    elements = tensor.flatten().tolist()
    if tensor.dtype == torch.bool:
        return " ".join(str(int(x)) for x in elements)
    code = {torch.float32: ">f", torch.float64: ">d"}[tensor.dtype]
    return " ".join(struct.pack(code, x).hex() for x in elements)


def main():
    generator = torch.Generator().manual_seed(20)
    lines = []
    for name, heads, kv_heads, queries, keys, size, value_size, offset, mask_kind, scale in CASES:
        scale = size**-0.5 if scale is None else scale
        scale = torch.tensor(scale, dtype=torch.float32).item()
        q = torch.randn(heads, queries, size, generator=generator)
        k = torch.randn(kv_heads, keys, size, generator=generator)
        v = torch.randn(kv_heads, keys, value_size, generator=generator)
        mask = make_mask(*mask_kind, keys, generator) if mask_kind else None

        bias = torch.zeros(heads, queries, keys, dtype=torch.float64)
        if mask is not None and mask.dtype == torch.bool:
            bias = bias.masked_fill(~mask, -torch.inf)
        elif mask is not None:
            bias = bias + mask.double()
        if offset is not None:
            bias = bias.masked_fill(~visible(queries, keys, offset), -torch.inf)

        k64 = k.double().repeat_interleave(heads // kv_heads, 0)
        v64 = v.double().repeat_interleave(heads // kv_heads, 0)
        output = F.scaled_dot_product_attention(q.double(), k64, v64, attn_mask=bias, scale=scale)
        lse = torch.logsumexp(q.double() @ k64.transpose(1, 2) * scale + bias, -1)
        output = output.masked_fill((lse == -torch.inf)[..., None], 0.0)

        header = f"case {name.replace(' ', '-')} queryHeads={heads} kvHeads={kv_heads} queries={queries} keys={keys}"
        header += f" headSize={size} valueHeadSize={value_size} scale={bits(torch.tensor([scale]))}"
        header += f" causalOffset={'none' if offset is None else offset}"
        if mask is not None:
            kind = "boolean" if mask.dtype == torch.bool else "additive"
            header += f" mask={kind} maskHeads={mask.shape[0]} maskQueries={mask.shape[1]}"
        lines.append(header)
        lines += [f"q {bits(q)}", f"k {bits(k)}", f"v {bits(v)}"]
        if mask is not None:
            lines.append(f"mask {bits(mask)}")
        lines += [f"output {bits(output)}", f"lse {bits(lse)}"]
    PATH.write_text("\n".join(lines) + "\n")
    print(f"{PATH}: {len(CASES)} cases, {PATH.stat().st_size} bytes, torch {torch.__version__}")


if __name__ == "__main__":
    main()
