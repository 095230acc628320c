#!/usr/bin/env python3
"""Writes Tests/TransformerTests/Vectors/mha_*.safetensors: torch.nn.MultiheadAttention, batch first.

    pip install torch numpy ml_dtypes
    python3 tools/make_mha_vectors.py

Letters: B = batch, L = queries, S = keys, E = embed_dim, H = num_heads.

One file per feature. Of each case, tensors `CASE/NAME`:

- the inputs `query` [B][L][E], `key` [B][S][kdim], `value` [B][S][vdim]; for self-attention `query` alone, which is all
  three;
- the weights by PyTorch's names: `in_proj_weight` [3E][E] with queries, keys, values in that order, or, where kdim or
  vdim is not E, `q_proj_weight` [E][E], `k_proj_weight` [E][kdim], `v_proj_weight` [E][vdim]; `in_proj_bias` [3E]
  either way; `out_proj.weight` [E][E], `out_proj.bias` [E]; no biases where `bias` is false;
- `key_padding_mask` BOOL [B][S] and `attn_mask` BOOL or F32 [L][S] or [B·H][L][S], where given. PyTorch's sense: true
  is *not* attended to (ONNX's sense is the other way around), a number is added to the score;
- `output` [B][L][E] in float32 and `exact.output` in float64, from the same numbers. So a tolerance can be derived:
  |got − exact| ≤ 2·|float32 − exact| + ε.

The metadata has `CASE/num_heads` and `CASE/bias`. Every row of every mask leaves a key: PyTorch's answer to one that
does not is NaN, ours is zero before `out_proj`. Inputs are drawn from a seed of the case's name, so that a case can be
added without changing others.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from onnx_attention.safetensors_bytes import encode

VECTORS = Path(__file__).resolve().parent.parent / "Tests" / "TransformerTests" / "Vectors"


@dataclass(frozen=True)
class Case:
    name: str
    batch: int = 2
    queries: int = 5
    """None: self-attention."""
    keys: int | None = None
    embed_dim: int = 24
    num_heads: int = 3
    kdim: int | None = None
    vdim: int | None = None
    bias: bool = True
    padding: bool = False
    """`bool`, `float`, or either of them `-each`: one for every batch row and head."""
    attn_mask: str | None = None


FEATURES = {
    "self": [
        Case("plain"),
        Case("no-bias", bias=False),
        Case("one-head", num_heads=1),
        Case("heads-of-one", embed_dim=6, num_heads=6),
        Case("one-position", queries=1),
        Case("ragged-sizes", batch=1, queries=37, embed_dim=35, num_heads=5),
        Case("longer", batch=1, queries=70, embed_dim=32, num_heads=4),
    ],
    "cross": [
        Case("plain", keys=9),
        Case("no-bias", keys=9, bias=False),
        Case("fewer-keys", queries=7, keys=3),
        Case("one-key", keys=1),
        Case("one-query", queries=1, keys=19),
        Case("kdim", keys=9, kdim=17),
        Case("vdim", keys=9, vdim=40),
        Case("kdim-and-vdim", keys=9, kdim=13, vdim=31),
        Case("kdim-and-vdim-no-bias", keys=9, kdim=13, vdim=31, bias=False),
    ],
    "masks": [
        Case("padding", batch=3, queries=6, padding=True),
        Case("padding-cross", batch=3, keys=11, padding=True),
        Case("bool", keys=9, attn_mask="bool"),
        Case("bool-each", keys=9, attn_mask="bool-each"),
        Case("float", keys=9, attn_mask="float"),
        Case("float-each", keys=9, attn_mask="float-each"),
        Case("self-bool-no-bias", queries=6, bias=False, attn_mask="bool"),
        Case("bool-and-padding", batch=3, keys=8, padding=True, attn_mask="bool"),
        Case("bool-each-and-padding", batch=3, keys=8, padding=True, attn_mask="bool-each"),
        Case("kdim-bool-and-padding", batch=3, keys=8, kdim=7, vdim=10, padding=True, attn_mask="bool"),
    ],
}


def padding_mask(case, keys, generator):
    """At least one key is left in each row; no row is padded in the first of the batch."""
    lengths = torch.randint(1, keys + 1, (case.batch,), generator=generator)
    lengths[0] = keys
    return torch.arange(keys)[None, :] >= lengths[:, None]


def attention_mask(case, keys, generator):
    """Boolean, or numbers with −∞ among them; the first key, which padding leaves, is always left."""
    shape = (case.queries, keys)
    if case.attn_mask.endswith("-each"):
        shape = (case.batch * case.num_heads, *shape)
    hidden = torch.rand(shape, generator=generator) < 0.3
    hidden[..., 0] = False
    if case.attn_mask.startswith("bool"):
        return hidden
    return torch.randn(shape, generator=generator).masked_fill(hidden, -torch.inf)


def module(case, generator):
    """The layer, with every weight and bias drawn: PyTorch's own start has biases of zero, which hide mistakes."""
    attention = torch.nn.MultiheadAttention(
        case.embed_dim, case.num_heads, bias=case.bias, kdim=case.kdim, vdim=case.vdim, batch_first=True
    )
    with torch.no_grad():
        for parameter in attention.parameters():
            scale = parameter.shape[-1] ** -0.5 if parameter.ndim == 2 else 0.5
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return attention.eval()


@torch.no_grad()
def tensors(case, generator):
    """Everything of a case, by name."""
    attention = module(case, generator)
    keys = case.queries if case.keys is None else case.keys
    inputs = {"query": torch.randn(case.batch, case.queries, case.embed_dim, generator=generator)}
    if case.keys is not None:
        for name, width in (("key", case.kdim), ("value", case.vdim)):
            inputs[name] = torch.randn(case.batch, keys, width or case.embed_dim, generator=generator)
    masks = {}
    if case.padding:
        masks["key_padding_mask"] = padding_mask(case, keys, generator)
    if case.attn_mask:
        masks["attn_mask"] = attention_mask(case, keys, generator)

    weights = dict(attention.state_dict())
    output = run(attention, inputs, masks)
    exact = run(attention.double(), doubled(inputs), doubled(masks))
    assert exact.isfinite().all(), f"{case.name}: a row sees no key"
    return inputs | weights | masks | {"output": output, "exact.output": exact}


def run(attention, inputs, masks):
    query = inputs["query"]
    key, value = inputs.get("key", query), inputs.get("value", query)
    return attention(query, key, value, need_weights=False, **masks)[0]


def doubled(values):
    return {name: value.double() if value.is_floating_point() else value for name, value in values.items()}


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for feature, cases in FEATURES.items():
        contents, metadata = {}, {"torch": torch.__version__, "script": "tools/make_mha_vectors.py"}
        for case in cases:
            generator = torch.Generator().manual_seed(zlib.crc32(f"{feature}/{case.name}".encode()))
            values = {name: value.contiguous().numpy() for name, value in tensors(case, generator).items()}
            contents |= {f"{case.name}/{name}": value for name, value in values.items()}
            metadata |= {f"{case.name}/num_heads": str(case.num_heads), f"{case.name}/bias": str(case.bias).lower()}
            apart = abs(values["exact.output"] - values["output"]).max()
            print(f"{feature}/{case.name}: float32 from float64 by at most {apart:.1e}")
        path = VECTORS / f"mha_{feature}.safetensors"
        path.write_bytes(encode(contents, metadata))
        print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
