"""Reading and writing safetensors, with bfloat16 as ml_dtypes' type: the library's NumPy half has no bfloat16."""

import json

import ml_dtypes
import numpy as np

TYPES = {
    "F64": np.dtype(np.float64),
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "I32": np.dtype(np.int32),
    "I64": np.dtype(np.int64),
}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def encode(tensors, metadata):
    """The bytes of a file with these arrays, in this order, and string metadata."""
    header, data = {"__metadata__": metadata} if metadata else {}, []
    place = 0
    for name, array in tensors.items():
        content = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [place, place + len(content)],
        }
        data.append(content)
        place += len(content)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(data)


def decode(content):
    """Arrays by name, and the metadata, of a file that is trusted to be one."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(content[start:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata
