"""A case: one request of an attention operator, and what its shapes and attributes say."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Case:
    """A request, as arrays and numbers under ONNX's names."""

    tensors: dict
    attributes: dict = field(default_factory=dict)
    outputs: list = field(default_factory=lambda: ["Y"])
    op: str = "Attention"
    features: set = field(default_factory=set)

    def metadata(self):
        """The fields of the request, as text."""
        fields = {name: str(value) for name, value in self.attributes.items()}
        return fields | {"op": self.op, "outputs": ",".join(self.outputs)}

    def __str__(self):
        shapes = {name: f"{array.dtype}{list(array.shape)}" for name, array in self.tensors.items()}
        return f"{self.op} {shapes} {self.attributes} -> {','.join(self.outputs)}"

    def heads(self, name):
        """Q, K or V as [B, heads, length, size]."""
        array = self.tensors[name]
        if array.ndim == 4:
            return array
        heads = self.attributes["q_num_heads" if name == "Q" else "kv_num_heads"]
        batch, length, hidden = array.shape
        return array.reshape(batch, length, heads, hidden // heads).transpose(0, 2, 1, 3)

    def keys(self):
        """Past and new keys, [B, G, S, D]."""
        return self._cached("past_key", "K")

    def values(self):
        """Past and new values, [B, G, S, E]."""
        return self._cached("past_value", "V")

    def _cached(self, past, new):
        parts = [self.tensors[past]] if past in self.tensors else []
        return np.concatenate(parts + [self.heads(new)], axis=2)

    def sizes(self):
        """(B, H, L, S)."""
        batch, heads, queries, _ = self.heads("Q").shape
        return batch, heads, queries, self.keys().shape[2]

    def offsets(self):
        """Per batch row, how many keys come before the first query's own, [B]."""
        batch, _, queries, _ = self.sizes()
        if "nonpad_kv_seqlen" in self.tensors:
            return self.tensors["nonpad_kv_seqlen"] - queries
        past = self.tensors["past_key"].shape[2] if "past_key" in self.tensors else 0
        return np.full(batch, past)

    def hidden(self):
        """Which keys causality, windows and padding hide, whatever the mask says: booleans [B, 1, L, S]."""
        batch, _, queries, keys = self.sizes()
        position = self.offsets()[:, None, None] + np.arange(queries)[:, None]
        key = np.arange(keys)
        left, right = (self.attributes.get(f"{side}_window_size", -1) for side in ("left", "right"))
        hidden = np.zeros((batch, queries, keys), bool)
        if self.attributes.get("is_causal", 0):
            hidden |= key > position
        if left >= 0:
            hidden |= key < position - left
        if right >= 0:
            hidden |= key > position + right
        if "nonpad_kv_seqlen" in self.tensors:
            hidden |= key >= self.tensors["nonpad_kv_seqlen"][:, None, None]
        return hidden[:, None]

    def unseen(self):
        """`hidden`, and what the mask hides: by false, −∞, or by its end. Booleans [B, H, L, S]."""
        return np.isneginf(self.bias(np.float32))

    def bias(self, dtype):
        """What is added to each score, −∞ where a key is hidden, [B, H, L, S]: the operator's text, spelt out."""
        sizes = self.sizes()
        bias = np.zeros(sizes, dtype)
        if "attn_mask" in self.tensors:
            mask = self.tensors["attn_mask"]
            if mask.dtype == np.bool_:
                mask = np.where(mask, dtype(0), dtype(-np.inf))
            reach = mask.shape[-1]
            bias[..., :reach] += mask.astype(dtype)
            bias[..., reach:] = -np.inf
        return np.where(self.hidden(), dtype(-np.inf), bias)
