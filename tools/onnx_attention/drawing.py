"""Random cases over the whole operator."""

import ml_dtypes
import numpy as np

from .case import Case

DTYPES = {
    "float32": np.dtype(np.float32),
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float64": np.dtype(np.float64),
}


class Drawer:
    """Draws case after case from one seed; the same seed gives the same cases."""

    def __init__(self, seed, dtypes=None, ops=("Attention", "AdditiveAttention")):
        self.random = np.random.default_rng(seed)
        self.dtypes = list(dtypes or DTYPES)
        self.ops = ops

    # What is drawn from.

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *options):
        return options[self.random.integers(len(options))]

    def length(self, most):
        """A length: often 1, else any up to `most`."""
        return 1 if self.chance(0.15) else int(self.random.integers(1, most + 1))

    def normal(self, shape, dtype):
        return self.random.standard_normal(shape).astype(dtype)

    # The case, part by part.

    def case(self):
        is_additive = (
            len(self.ops) == 1 and self.ops[0] == "AdditiveAttention" or len(self.ops) > 1 and self.chance(0.15)
        )
        case = Case({}, op="AdditiveAttention" if is_additive else "Attention")
        case.features.add(case.op)
        self.draw_inputs(case)
        self.draw_cache(case)
        self.draw_flags(case)
        self.draw_mask(case)
        self.draw_outputs(case)
        self.draw_damage(case)
        return case

    def draw_inputs(self, case):
        is_additive, is_large = case.op == "AdditiveAttention", self.chance(0.08)
        batch, kv_heads, group = self.length(3), self.length(3), self.length(4)
        queries, keys = (self.length(150), self.length(400)) if is_large else (self.length(40), self.length(60))
        if is_additive:
            queries, keys = min(queries, 20), min(keys, 60)
        size, value_size = self.pick(64, 128) if is_large else self.length(40), self.length(40)
        key_size = self.length(40) if is_additive else size
        heads = kv_heads * group
        shapes = {
            "Q": (batch, heads, queries, size),
            "K": (batch, kv_heads, keys, key_size),
            "V": (batch, kv_heads, keys, value_size),
        }
        if self.chance(0.35):
            shapes = {name: (b, length, count * size) for name, (b, count, length, size) in shapes.items()}
            case.features.add("3-D")
            case.attributes |= {"q_num_heads": heads, "kv_num_heads": kv_heads}
        elif self.chance(0.05):
            case.attributes |= {"q_num_heads": heads, "kv_num_heads": kv_heads}
        dtype = DTYPES[self.pick(*self.dtypes)]
        value_dtype = DTYPES[self.pick(*self.dtypes)] if self.chance(0.1) else dtype
        strength = self.pick(1, 1, 1, 4)
        case.tensors |= {
            "Q": self.normal(shapes["Q"], dtype) * dtype.type(strength),
            "K": self.normal(shapes["K"], dtype),
            "V": self.normal(shapes["V"], value_dtype),
        }
        case.features.add(dtype.name)
        for name, holds in {
            "grouped": group > 1 and kv_heads > 1,
            "multi-query": group > 1 and kv_heads == 1,
            "large": is_large,
            "one query": queries == 1,
            "value head size": value_size != size,
            "types differ": value_dtype != dtype,
        }.items():
            if holds:
                case.features.add(name)
        if is_additive:
            self.draw_weights(case, heads, kv_heads, size, key_size)

    def draw_weights(self, case, heads, kv_heads, size, key_size):
        hidden = self.length(30)

        def weights(each, shape):
            array = self.normal((each,) + shape if self.chance(0.5) else shape, np.float32)
            return array / np.float32(np.sqrt(shape[-1]))

        case.tensors |= {
            "W_query": weights(heads, (hidden, size)),
            "W_key": weights(kv_heads, (hidden, key_size)),
            "w_score": weights(heads, (hidden,)) * np.float32(self.pick(1, 4)),
        }

    def draw_cache(self, case):
        kind = self.pick("none", "none", "past", "padding")
        batch, kv_heads, keys, size = case.heads("K").shape
        if kind == "past":
            past = 0 if self.chance(0.15) else int(self.random.integers(1, 31))
            values = case.heads("V")
            case.tensors["past_key"] = self.normal((batch, kv_heads, past, size), case.tensors["K"].dtype)
            case.tensors["past_value"] = self.normal((batch, kv_heads, past, values.shape[-1]), values.dtype)
            case.features.add("past" if past else "past of no keys")
        elif kind == "padding":
            lengths = self.random.integers(0, keys + 1, batch).astype(np.int64)
            case.tensors["nonpad_kv_seqlen"] = lengths
            case.features.add("nonpad_kv_seqlen")

    def draw_flags(self, case):
        attributes, keys = case.attributes, case.sizes()[3]
        if self.chance(0.4):
            attributes["is_causal"] = 1
            case.features.add("causal")
        for side in ("left", "right"):
            if self.chance(0.25):
                attributes[f"{side}_window_size"] = (
                    int(self.random.integers(0, keys + 2)) if self.chance(0.5) else self.pick(0, 1, 3)
                )
                case.features.add(f"{side} window")
        positions = "is_causal" in attributes or case.features & {"left window", "right window"}
        if positions and np.any(case.offsets() < 0):
            case.features.add("negative offset")
        if self.chance(0.25):
            attributes["softcap"] = float(np.float32(self.random.uniform(0.1, 30)))
            case.features.add("softcap")
        if self.chance(0.4):
            attributes["scale"] = float(np.float32(self.random.uniform(0.02, 1.5))) * self.pick(1, 1, 1, 1, -1)
            case.features.add("scale")
        if self.chance(0.25):
            attributes["softmax_precision"] = self.pick(1, 10, 11, 16)
            case.features.add(f"softmax_precision {attributes['softmax_precision']}")

    def draw_mask(self, case):
        if self.chance(0.35):
            return
        batch, heads, queries, keys = case.sizes()
        shape = [self.pick(1, batch), self.pick(1, heads), queries if self.chance(0.8) else 1, keys]
        if self.chance(0.25):
            shape[3] = self.pick(0, 1, keys - 1, int(self.random.integers(0, keys + 1)))
            if shape[3] < keys:
                case.features.add("short mask")
        rank = int(self.random.integers(1, 5))
        shape = shape[4 - rank :]
        case.features.add(f"mask of rank {rank}")
        rows_hidden = self.random.random(shape[:-1] + [1]) < self.pick(0, 0.3)
        is_hidden = (self.random.random(shape) < self.pick(0, 0.3, 0.8)) | rows_hidden
        if self.chance(0.5):
            case.tensors["attn_mask"] = ~is_hidden
            case.features.add("boolean mask")
            return
        dtype = case.tensors["Q"].dtype if self.chance(0.85) else DTYPES[self.pick(*self.dtypes)]
        mask = self.normal(shape, dtype) * dtype.type(self.pick(1, 5))
        mask[is_hidden] = -np.inf
        case.features.add("float mask")
        if mask.size and self.chance(0.1):
            mask[self.random.random(shape) < 0.05] = np.nan
            if np.isnan(mask).any():
                case.features.add("NaN in the mask")
        case.tensors["attn_mask"] = mask

    def draw_outputs(self, case):
        if "nonpad_kv_seqlen" not in case.tensors and self.chance(0.8 if "past_key" in case.tensors else 0.1):
            case.outputs += ["present_key", "present_value"]
            case.features.add("present")
        if self.chance(0.35):
            case.outputs.append("qk_matmul_output")
            case.attributes["qk_matmul_output_mode"] = self.pick(0, 1, 2, 3)
            case.features.add(f"qk_matmul_output mode {case.attributes['qk_matmul_output_mode']}")
        if np.all(np.isneginf(case.bias(np.float32)), axis=-1).any():
            case.features.add("fully masked row")

    def draw_damage(self, case):
        """NaN in a query; and whatever in the keys and values that are padding, as in a cache that was never cleared."""
        if self.chance(0.03):
            q = case.tensors["Q"]
            q[tuple(self.random.integers(0, size) for size in q.shape)] = np.nan
            case.features.add("NaN in Q")
        shows_raw = "qk_matmul_output" in case.outputs and case.attributes["qk_matmul_output_mode"] < 2
        if "nonpad_kv_seqlen" in case.tensors and not shows_raw and self.chance(0.3):
            for batch_row, length in enumerate(case.tensors["nonpad_kv_seqlen"]):
                for name in ("K", "V"):
                    case.tensors[name][batch_row, ..., length:, :] = self.pick(np.nan, np.inf, -np.inf)
            case.features.add("NaN and infinity in padding")
