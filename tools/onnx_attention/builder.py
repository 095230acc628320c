"""Cases made by hand, part by part, for vectors."""

import zlib

import ml_dtypes
import numpy as np

from .case import Case

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


class Builder:
    """One case: inputs of B = 1, H = 2, G = 1, L = 4, S = 7, D = 4, E = 3 unless said otherwise."""

    def __init__(self, name):
        self.random = np.random.default_rng(zlib.crc32(name.encode()))
        self.case = Case({})

    def normal(self, shape, dtype=np.float32):
        return self.random.standard_normal(shape).astype(dtype)

    def inputs(
        self,
        batch=1,
        heads=2,
        kv_heads=1,
        queries=4,
        keys=7,
        size=4,
        value_size=3,
        key_size=None,
        packed=False,
        dtype=np.float32,
        value_dtype=None,
    ):
        shapes = {
            "Q": (heads, queries, size),
            "K": (kv_heads, keys, key_size or size),
            "V": (kv_heads, keys, value_size),
        }
        for name, (count, length, width) in shapes.items():
            shape = (batch, length, count * width) if packed else (batch, count, length, width)
            self.case.tensors[name] = self.normal(shape, value_dtype or dtype if name == "V" else dtype)
        if packed:
            self.case.attributes |= {"q_num_heads": heads, "kv_num_heads": kv_heads}
        return self

    def past(self, length):
        k, v = self.case.heads("K"), self.case.heads("V")
        for name, new in (("past_key", k), ("past_value", v)):
            self.case.tensors[name] = self.normal(new.shape[:2] + (length, new.shape[3]), new.dtype)
        return self.outputs("Y", "present_key", "present_value")

    def padding(self, *lengths):
        self.case.tensors["nonpad_kv_seqlen"] = np.array(lengths, np.int64)
        return self

    def boolean(self, *shape):
        self.case.tensors["attn_mask"] = self.random.random(shape) < 0.7
        return self

    def floats(self, *shape, dtype=np.float32):
        mask = self.normal(shape, dtype)
        mask[self.random.random(shape) < 0.3] = -np.inf
        self.case.tensors["attn_mask"] = mask
        return self

    def tensor(self, name, value):
        self.case.tensors[name] = value
        return self

    def damaged(self, name, place, value):
        self.case.tensors[name][place] = value
        return self

    def weights(self, hidden=5, each=False):
        heads, kv_heads = self.case.heads("Q").shape[1], self.case.heads("K").shape[1]
        size, key_size = self.case.heads("Q").shape[3], self.case.heads("K").shape[3]
        self.case.op = "AdditiveAttention"
        self.case.tensors |= {
            "W_query": self.normal((heads,) * each + (hidden, size)),
            "W_key": self.normal((kv_heads,) * each + (hidden, key_size)),
            "w_score": self.normal((heads,) * each + (hidden,)),
        }
        return self

    def set(self, **attributes):
        self.case.attributes |= attributes
        return self

    def scores(self, mode):
        return self.set(qk_matmul_output_mode=mode).outputs("Y", "qk_matmul_output")

    def outputs(self, *names):
        self.case.outputs = list(dict.fromkeys(self.case.outputs + list(names)))
        return self
