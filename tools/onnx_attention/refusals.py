"""Requests that must be refused, and what the refusal must name."""

from dataclasses import dataclass, field

import numpy as np

from .case import Case


@dataclass
class Refusal:
    """A request with one thing wrong, and the words that a message about it cannot do without."""

    name: str
    case: Case
    words: list = field(default_factory=list)


def base(**changes):
    """B = 2, H = 4, G = 2, L = 3, S = 5, D = 8, E = 6; `None` takes a tensor out."""
    shapes = {"Q": (2, 4, 3, 8), "K": (2, 2, 5, 8), "V": (2, 2, 5, 6)}
    return arrays(shapes | changes)


def packed(**changes):
    """The same with three axes."""
    return arrays({"Q": (2, 3, 32), "K": (2, 5, 16), "V": (2, 5, 12)} | changes)


def additive(**changes):
    """The same for additive attention, U = 7."""
    return base(**({"W_query": (7, 8), "W_key": (7, 8), "w_score": (7,)} | changes))


def arrays(contents):
    """Shapes become zeros in float32; arrays stay; None goes."""
    made = {
        name: np.zeros(value, np.float32) if isinstance(value, tuple) else value for name, value in contents.items()
    }
    return {name: array for name, array in made.items() if array is not None}


def refusals():
    """Every kind."""
    return list(shapes()) + list(masks()) + list(caches()) + list(attributes()) + list(requests()) + list(additives())


def shapes():
    for name in "QKV":
        yield Refusal(f"{name} is missing", Case(base(**{name: None})), [name])
        yield Refusal(f"{name} of rank 2", Case(base(**{name: (5, 8)})), [name, "[5, 8]"])
        yield Refusal(f"{name} of rank 5", Case(base(**{name: (1, 2, 4, 3, 8)})), [name])
        yield Refusal(
            f"{name} of integers", Case(base(**{name: np.zeros(base()[name].shape, np.int32)})), [name, "I32"]
        )
        yield Refusal(f"{name} is empty", Case(base(**{name: (2, 0, 5, 8)})), [name])
    heads = {"q_num_heads": 4, "kv_num_heads": 2}
    yield Refusal("ranks differ", Case(base(K=(2, 5, 16)), heads), ["Q", "K"])
    yield Refusal("batch of K differs", Case(base(K=(3, 2, 5, 8))), ["K", "batch"])
    yield Refusal("batch of V differs", Case(base(V=(1, 2, 5, 6))), ["V", "batch"])
    yield Refusal("heads of K and V differ", Case(base(V=(2, 4, 5, 6))), ["K", "V", "heads"])
    yield Refusal("heads of Q are no multiple", Case(base(Q=(2, 3, 3, 8))), ["Q", "heads"])
    yield Refusal("head sizes of Q and K differ", Case(base(K=(2, 2, 5, 9))), ["Q", "K", "head size"])
    yield Refusal("lengths of K and V differ", Case(base(V=(2, 2, 6, 6))), ["K", "V", "length"])
    yield Refusal("Y over 1 GiB", Case(base(Q=(1, 1, 40000, 1), K=(1, 1, 1, 1), V=(1, 1, 1, 40000))), ["Y"])
    yield Refusal("3 axes without q_num_heads", Case(packed(), {"kv_num_heads": 2}), ["q_num_heads"])
    yield Refusal("3 axes without kv_num_heads", Case(packed(), {"q_num_heads": 4}), ["kv_num_heads"])
    yield Refusal("heads that do not divide Q", Case(packed(), heads | {"q_num_heads": 6}), ["Q", "6"])
    yield Refusal("heads that do not divide K", Case(packed(), {"q_num_heads": 4, "kv_num_heads": 3}), ["K", "3"])
    for text in ("0", "-1", "two", "1.5"):
        yield Refusal(f"q_num_heads {text}", Case(packed(), heads | {"q_num_heads": text}), ["q_num_heads"])
    yield Refusal("4 axes, other q_num_heads", Case(base(), {"q_num_heads": 2}), ["Q", "q_num_heads"])
    yield Refusal("4 axes, other kv_num_heads", Case(base(), {"kv_num_heads": 4}), ["K", "kv_num_heads"])


def masks():
    for shape in [(2, 2, 4, 3, 5), (3, 4, 3, 5), (2, 3, 3, 5), (2, 4, 2, 5), (3, 6), (6,), ()]:
        yield Refusal(f"mask {list(shape)}", Case(base(attn_mask=np.zeros(shape, bool))), ["attn_mask"])
    for dtype, name in [(np.uint8, "U8"), (np.int64, "I64"), (np.int32, "I32")]:
        yield Refusal(f"mask of {name}", Case(base(attn_mask=np.ones((3, 5), dtype))), ["attn_mask", name])


def caches():
    def lengths(*values, dtype=np.int64):
        return np.array(values, dtype)

    for name, value in {
        "I32": lengths(1, 2, dtype=np.int32),
        "of floats": lengths(1, 2, dtype=np.float32),
        "of 3": lengths(1, 2, 3),
        "negative": lengths(-1, 2),
        "beyond the keys": lengths(6, 2),
        "of 2 axes": lengths(1, 2).reshape(2, 1),
        "near 2^63": lengths(2**63 - 1, 0),
    }.items():
        yield Refusal(f"nonpad_kv_seqlen {name}", Case(base(nonpad_kv_seqlen=value)), ["nonpad_kv_seqlen"])
    past = {"past_key": (2, 2, 3, 8), "past_value": (2, 2, 3, 6)}
    yield Refusal(
        "padding and past", Case(base(nonpad_kv_seqlen=lengths(1, 2), **past)), ["nonpad_kv_seqlen", "past_key"]
    )
    for output in ("present_key", "present_value"):
        yield Refusal(
            f"padding and {output}",
            Case(base(nonpad_kv_seqlen=lengths(1, 2)), {}, ["Y", output]),
            ["nonpad_kv_seqlen", output],
        )
    for name in past:
        other = next(o for o in past if o != name)
        yield Refusal(f"{name} alone", Case(base(**{name: past[name]})), [name, other])
        size = past[name][3]
        for what, shape in {
            "batch": (1, 2, 3, size),
            "heads": (2, 4, 3, size),
            "size": (2, 2, 3, size + 1),
            "rank": (2, 3, 2 * size),
        }.items():
            yield Refusal(f"{name} of another {what}", Case(base(**(past | {name: shape}))), [name])
        integers = np.zeros(past[name], np.int32)
        yield Refusal(f"{name} of integers", Case(base(**(past | {name: integers}))), [name, "I32"])
        halves = np.zeros(past[name], np.float16)
        yield Refusal(f"{name} of another type", Case(base(**(past | {name: halves}))), [name, "F16"])
    yield Refusal(
        "lengths of the pasts differ", Case(base(**(past | {"past_value": (2, 2, 4, 6)}))), ["past_key", "past_value"]
    )


def attributes():
    wrong = {
        "scale": ["nan", "inf", "-inf", "1e39", "one", ""],
        "softcap": ["-1", "nan", "inf", "x"],
        "is_causal": ["2", "-1", "yes please"],
        "left_window_size": ["-2", "1.5", "all", "9223372036854775808"],
        "right_window_size": ["-2", "x"],
        "qk_matmul_output_mode": ["-1", "4", "raw"],
        "softmax_precision": ["0", "2", "7", "17", "float"],
    }
    for name, texts in wrong.items():
        for text in texts:
            yield Refusal(f"{name} '{text}'", Case(base(), {name: text}), [name])


def requests():
    for name in ("Z", "q", "Y2"):
        yield Refusal(f"output {name}", Case(base(), {}, [name]), ["output", name])
    yield Refusal("no output", Case(base(), {}, []), ["output"])
    yield Refusal("an unknown operator", Case(base(), op="FlashAttention"), ["FlashAttention"])
    yield Refusal("a misspelt input", Case(base(attn_maks=(3, 5))), ["attn_maks", "attn_mask"])
    yield Refusal(
        "scores over 1 GiB",
        Case(base(Q=(1, 1, 40000, 1), K=(1, 1, 40000, 1), V=(1, 1, 40000, 1)), {}, ["Y", "qk_matmul_output"]),
        ["qk_matmul_output"],
    )


def additives():
    def refuse(name, words, **changes):
        return Refusal(f"additive: {name}", Case(additive(**changes), op="AdditiveAttention"), words)

    for name in ("W_query", "W_key", "w_score"):
        yield refuse(f"{name} is missing", [name], **{name: None})
        yield refuse(f"{name} of integers", [name, "I32"], **{name: np.zeros(additive()[name].shape, np.int32)})
        yield refuse(f"{name} of rank 4", [name], **{name: (1, 1, 7, 8)})
    yield refuse("W_query of another size", ["W_query", "Q"], W_query=(7, 9))
    yield refuse("W_key of another size", ["W_key", "K"], W_key=(7, 9))
    yield refuse("W_query of other heads", ["W_query"], W_query=(2, 7, 8))
    yield refuse("W_key of other heads", ["W_key"], W_key=(4, 7, 8))
    yield refuse("w_score of other heads", ["w_score"], w_score=(2, 7))
    yield refuse("hidden sizes differ", ["w_score"], w_score=(8,))
    yield refuse("hidden sizes of the projections differ", ["W_query", "W_key"], W_key=(6, 8))
    yield Refusal("weights given to Attention", Case(additive()), ["W_"])
