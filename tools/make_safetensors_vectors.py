"""Writes the safetensors vectors of Tests/CodecsTests: files of the reference library, and malformed ones.

    pip install torch safetensors
    python tools/make_safetensors_vectors.py

Writes into Tests/CodecsTests/Vectors:
- `*.safetensors`: what the reference library writes. Where a file's metadata has one key or none, its bytes are the
  reference's only choice, and our writer must write the same.
- `malformed.json`: files that no reader may accept, each with the error code our reader gives it, in hexadecimal.
  Each is also given to the reference library. One that it accepts is marked `"reference": "accepts"`: there our
  reader is the stricter one.

The output depends on nothing but this script and the libraries.
"""

import json
import struct
from pathlib import Path

import safetensors.torch
import torch

VECTORS = Path(__file__).resolve().parent.parent / "Tests" / "CodecsTests" / "Vectors"

TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def every_type():
    """One tensor of each type, [2, 3], with the values -2.5, -1.5 … as far as the type holds them."""
    values = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    tensors = {}
    for name, dtype in TYPES.items():
        if dtype == torch.bool:
            tensors[name] = (values % 2).to(dtype)
        elif dtype == torch.uint8:
            tensors[name] = (values * 51).to(dtype)
        elif dtype.is_floating_point:
            tensors[name] = (values - 2.5).to(dtype)
        else:
            tensors[name] = (values - 2).to(dtype)
    return tensors


def valid():
    yield "every-type", every_type(), None
    yield "empty", {}, None
    yield "metadata-only", {}, {"job": 'quotes " and \\, a line\nbreak, \x01, é, 𝄞'}
    yield "shapes", {
        "scalar": torch.tensor(1.5),
        "zero": torch.zeros(0, dtype=torch.float32),
        "zero-inside": torch.zeros(2, 0, 3, dtype=torch.float16),
        "one": torch.ones(1, 1, 1, 1, dtype=torch.int64),
    }, {"outputs": "Y"}
    generator = torch.Generator().manual_seed(7)
    yield "attention", {
        name: torch.randn(1, 2, length, 4, generator=generator, dtype=torch.float32)
        for name, length in (("Q", 3), ("K", 5), ("V", 5))
    }, {"op": "Attention"}


def file(header, data=b"", length=None, pad=True):
    """A file with the given header: text, bytes, or what json.dumps takes."""
    if not isinstance(header, (str, bytes)):
        header = json.dumps(header, separators=(",", ":"))
    if isinstance(header, str):
        header = header.encode()
    if pad:
        header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def malformed():
    one = {"a": entry([1], 0, 4)}
    yield "no bytes", b"", "truncated"
    yield "seven bytes", b"\x02" + bytes(6), "truncated"
    yield "header length beyond the payload", file("{}", length=9), "truncated"
    yield "header length at the limit", file("{}", length=100_000_000), "truncated"
    yield "header length above the limit", file("{}", length=100_000_001), "header-too-large"
    yield "header length 2^63", file("{}", length=1 << 63), "header-too-large"
    yield "header length 2^64 - 1", file("{}", length=(1 << 64) - 1), "header-too-large"
    yield "header length 2^64 - 8, wraps around to 0", file("{}", length=(1 << 64) - 8), "header-too-large"
    yield "header of no bytes", struct.pack("<Q", 0), "malformed-header"
    yield "header that begins with a space", file(" {}"), "malformed-header"
    yield "header that is an array", file("[]"), "malformed-header"
    yield "header cut short", file('{"a":{"dtype":"F32"', pad=False), "malformed-header"
    yield "header that is not UTF-8", file(b'{"\xff":{}}'), "malformed-header"
    yield "header with bytes behind the object", file("{}x"), "malformed-header"
    yield "header of open brackets", file("{" + '"a":{' * 200), "malformed-header"
    yield "tensor name twice", file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        b"\0",
    ), "malformed-header"
    yield "metadata key twice", file('{"__metadata__":{"k":"1","k":"2"}}'), "malformed-header"
    yield "metadata twice", file('{"__metadata__":{},"__metadata__":{}}'), "malformed-header"
    yield "metadata value that is a number", file({"__metadata__": {"k": 1}}), "malformed-header"
    yield "metadata that is a string", file({"__metadata__": "k"}), "malformed-header"
    yield "entry that is an array", file({"a": []}), "malformed-header"
    yield "entry without a type", file({"a": {"shape": [1], "data_offsets": [0, 4]}}, bytes(4)), "malformed-header"
    yield "entry without a shape", file({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, bytes(4)), "malformed-header"
    yield "entry without offsets", file({"a": {"dtype": "F32", "shape": [1]}}, bytes(4)), "malformed-header"
    yield "entry with a fourth field", file({"a": entry([1], 0, 4) | {"stride": [1]}}, bytes(4)), "malformed-header"
    yield "dimension that is a fraction", file({"a": entry([1.5], 0, 6)}, bytes(6)), "malformed-header"
    yield "dimension that is text", file({"a": entry(["1"], 0, 4)}, bytes(4)), "malformed-header"
    yield "dimension 2^64", file({"a": entry([1 << 64], 0, 4)}, bytes(4)), "malformed-header"
    yield "unknown type", file({"a": entry([1], 0, 4, "F31")}, bytes(4)), "unknown-type"
    yield "type in lower case", file({"a": entry([1], 0, 4, "f32")}, bytes(4)), "unknown-type"
    yield "negative dimension", file({"a": entry([-1], 0, 4)}, bytes(4)), "invalid-shape"
    yield "two negative dimensions", file({"a": entry([-1, -1], 0, 4)}, bytes(4)), "invalid-shape"
    yield "elements overflow to 0", file({"a": entry([1 << 62, 4], 0, 0, "U8")}), "invalid-shape"
    yield "bytes overflow to 0", file({"a": entry([1 << 62], 0, 0)}), "invalid-shape"
    yield "overflow before a zero", file({"a": entry([1 << 62, 4, 0], 0, 0, "U8")}), "invalid-shape"
    yield "offset beyond the data", file(one, bytes(3)), "out-of-bounds"
    yield "offsets reversed", file({"a": entry([1], 4, 0)}, bytes(4)), "out-of-bounds"
    yield "negative offset", file({"a": entry([1], -4, 0)}, bytes(4)), "out-of-bounds"
    yield "offset 2^63 - 1", file({"a": entry([1], (1 << 63) - 5, (1 << 63) - 1)}, bytes(4)), "out-of-bounds"
    yield "one offset", file({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}, bytes(4)), "out-of-bounds"
    yield "three offsets", file({"a": entry([1], 0, 4) | {"data_offsets": [0, 4, 4]}}, bytes(4)), "out-of-bounds"
    yield "more bytes than the shape needs", file({"a": entry([1], 0, 8)}, bytes(8)), "size-mismatch"
    yield "fewer bytes than the shape needs", file({"a": entry([2], 0, 4)}, bytes(4)), "size-mismatch"
    yield "scalar with the bytes of two", file({"a": entry([], 0, 8)}, bytes(8)), "size-mismatch"
    yield "same bytes twice", file({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, bytes(4)), "not-contiguous"
    yield "overlap", file({"a": entry([1], 0, 4), "b": entry([1], 2, 6)}, bytes(6)), "not-contiguous"
    yield "gap in front", file({"a": entry([1], 4, 8)}, bytes(8)), "not-contiguous"
    yield "gap between", file({"a": entry([1], 0, 4), "b": entry([1], 5, 9)}, bytes(9)), "not-contiguous"
    yield "bytes behind", file(one, bytes(5)), "not-contiguous"
    yield "bytes behind no tensor", file("{}", bytes(1)), "not-contiguous"
    yield "empty tensor inside another", file({"a": entry([1], 0, 4), "b": entry([0], 2, 2)}, bytes(4)), "not-contiguous"


def reference_accepts(payload):
    try:
        safetensors.torch.load(payload)
        return True
    except Exception:  # its errors have no common class
        return False


def main():
    VECTORS.mkdir(parents=True, exist_ok=True)
    written = []
    for name, tensors, metadata in valid():
        path = VECTORS / f"{name}.safetensors"
        path.write_bytes(safetensors.torch.save(tensors, metadata))
        written.append(path)
    cases = []
    for name, payload, code in malformed():
        case = {"name": name, "code": code, "hex": payload.hex()}
        if reference_accepts(payload):
            case["reference"] = "accepts"
        cases.append(case)
    path = VECTORS / "malformed.json"
    path.write_text(json.dumps(cases, indent=1) + "\n")
    written.append(path)
    for path in written:
        print(f"{path.name}: {path.stat().st_size} bytes")
    accepted = [case["name"] for case in cases if "reference" in case]
    print(f"{len(cases)} malformed files, of which safetensors {safetensors.__version__} accepts: {accepted}")


if __name__ == "__main__":
    main()
