"""Writes Tests/DispatcherTests/Vectors: requests of the attention operators, and answers of ONNX's reference evaluator.

    pip install numpy onnx
    python tools/make_onnx_vectors.py

One file per feature. A tensor `CASE/NAME` is an input of the request, `CASE/expected/NAME` an output: Y and
qk_matmul_output computed in float64 and rounded to F32, present keys and values as they are. The metadata has each
field of the request as `CASE/FIELD`, and `CASE/allowed/NAME`: how far an element may be off, before half a unit in the
last place of a 16-bit type is added (onnx_attention/tolerance.py), with as many merges as there are keys, and the
rounding to F32. Inputs are drawn from a seed of the case's name, so that a case can be added without changing others.
"""

import os

import numpy as np

from onnx_attention.builder import BFLOAT16, Builder
from onnx_attention.reference import evaluate
from onnx_attention.safetensors_bytes import encode
from onnx_attention.tolerance import EPSILON, allowed

FOLDER = os.path.join(os.path.dirname(__file__), "..", "Tests", "DispatcherTests", "Vectors")


def layouts():
    yield "heads", lambda b: b.inputs(2, 3, 3)
    yield "grouped", lambda b: b.inputs(2, 4, 2)
    yield "multi-query", lambda b: b.inputs(2, 3, 1)
    for packed_heads in ((3, 3), (4, 2), (3, 1)):
        yield f"three-axes-{packed_heads[0]}-{packed_heads[1]}", lambda b, h=packed_heads: b.inputs(2, *h, packed=True)
    yield "heads-said-again", lambda b: b.inputs().set(q_num_heads=2, kv_num_heads=1)
    yield "one-query", lambda b: b.inputs(queries=1)
    yield "one-key", lambda b: b.inputs(keys=1)
    yield "all-sizes-one", lambda b: b.inputs(1, 1, 1, 1, 1, 1, 1)
    yield "values-wider", lambda b: b.inputs(size=3, value_size=9)
    yield "ragged", lambda b: b.inputs(1, 1, 1, 9, 37, 17, 5)


def masks():
    for shape in [
        (7,),
        (1, 7),
        (4, 7),
        (1, 1, 7),
        (2, 1, 7),
        (2, 4, 7),
        (1, 1, 1, 7),
        (2, 1, 4, 7),
        (1, 2, 1, 7),
        (2, 2, 4, 7),
    ]:
        label = "x".join(map(str, shape))
        yield f"boolean-{label}", lambda b, s=shape: b.inputs(2).boolean(*s)
        yield f"float-{label}-causal", lambda b, s=shape: b.inputs(2).floats(*s).set(is_causal=1)
    for reach in (0, 1, 5):
        yield f"short-boolean-{reach}", lambda b, r=reach: b.inputs().boolean(4, r)
        yield f"short-float-{reach}-causal", lambda b, r=reach: b.inputs().floats(2, 1, r).set(is_causal=1)
    yield "rows-masked", lambda b: b.inputs().boolean(4, 7).damaged("attn_mask", slice(1, 3), False)
    yield "rows-at-minus-infinity", lambda b: b.inputs().floats(4, 7).damaged("attn_mask", 0, -np.inf)
    yield "other-type", lambda b: b.inputs().floats(4, 7, dtype=np.float16)


def causality():
    for queries, keys in [(5, 5), (3, 8), (8, 3), (1, 6)]:
        yield f"causal-{queries}-{keys}", lambda b, q=queries, k=keys: b.inputs(queries=q, keys=k).set(is_causal=1)
    for name, (left, right) in {
        "left-2": (2, -1),
        "right-1": (-1, 1),
        "left-2-right-1": (2, 1),
        "own-key": (0, 0),
        "wide": (90, 90),
    }.items():
        window = {"left_window_size": left, "right_window_size": right}
        yield name, lambda b, w=window: b.inputs().set(**w)
        yield f"{name}-causal", lambda b, w=window: b.inputs().set(is_causal=1, **w)
        yield f"{name}-past", lambda b, w=window: b.inputs(keys=4).past(5).set(**w)
        yield f"{name}-padding", lambda b, w=window: b.inputs(3).padding(2, 5, 7).set(**w)
    yield "window-and-mask-of-one-row", lambda b: b.inputs().floats(1, 7).set(left_window_size=1, is_causal=1)


def caches():
    yield "past", lambda b: b.inputs(2).past(3)
    yield "past-causal", lambda b: b.inputs(2, keys=4).past(3).set(is_causal=1)
    yield "past-of-no-keys", lambda b: b.inputs(keys=4).past(0).set(is_causal=1)
    yield "past-three-axes", lambda b: b.inputs(2, 4, 2, keys=4, packed=True).past(3).set(is_causal=1)
    yield "past-decode", lambda b: b.inputs(queries=1, keys=1).past(8).set(is_causal=1)
    yield "past-mask", lambda b: b.inputs(keys=4).past(3).boolean(4, 7)
    yield "past-short-mask", lambda b: b.inputs(keys=4).past(3).floats(4, 5)
    yield "past-half", lambda b: b.inputs(keys=4, dtype=np.float16, value_dtype=BFLOAT16).past(3)
    yield "present-alone", lambda b: b.inputs(2, 4, 2, packed=True).outputs("present_key", "present_value")
    for causal in (0, 1):
        for lengths in ((0, 3, 7), (2, 4, 1)):
            label = "-".join(map(str, lengths)) + "-causal" * causal
            yield f"padding-{label}", lambda b, c=causal, n=lengths: b.inputs(3).padding(*n).set(is_causal=c)
    yield "padding-and-mask", lambda b: b.inputs(2).padding(3, 6).floats(4, 7).set(is_causal=1)
    yield "padding-and-short-mask", lambda b: b.inputs(2, packed=True).padding(2, 4).boolean(4, 4)


def scores():
    for mode in range(4):
        yield f"mode-{mode}", lambda b, m=mode: b.inputs(2, 4, 2).scores(m)
        yield f"mode-{mode}-softcap-mask", lambda b, m=mode: b.inputs().floats(4, 7).set(softcap=0.7, scale=1.5).scores(
            m
        )
        yield f"mode-{mode}-padding-causal", lambda b, m=mode: b.inputs(2).padding(2, 6).set(is_causal=1).scores(m)
        yield f"mode-{mode}-past-window", lambda b, m=mode: b.inputs(keys=4, packed=True).past(3).set(
            left_window_size=2
        ).scores(m)
        yield f"mode-{mode}-rows-masked", lambda b, m=mode: b.inputs().boolean(4, 7).damaged(
            "attn_mask", slice(1, 3), False
        ).scores(m)
    yield "mode-without-output", lambda b: b.inputs().set(qk_matmul_output_mode=2)
    for cap in (0.1, 5.0, 50.0):
        yield f"softcap-{cap}", lambda b, c=cap: b.inputs().set(softcap=c, scale=2.0)
    for scale in (-1.0, 0.0, 30.0, 1e-20):
        yield f"scale-{scale}", lambda b, s=scale: b.inputs(keys=20).set(scale=s)
    for precision in (1, 10, 11, 16):
        yield f"softmax-precision-{precision}", lambda b, p=precision: b.inputs(keys=20).floats(4, 20).set(
            softmax_precision=p
        )
    # More rows than one tile has, of which some see nothing of a tile that others see.
    yield "softmax-precision-11-window", lambda b: (
        b.inputs(1, 1, 1, 32, 29, 2, 1).set(left_window_size=3, is_causal=1, softmax_precision=11)
    )


def types():
    for dtype in (np.dtype(np.float16), BFLOAT16, np.dtype(np.float64)):
        yield f"{dtype.name}", lambda b, d=dtype: b.inputs(2, 4, 2, dtype=d)
        yield f"{dtype.name}-three-axes", lambda b, d=dtype: b.inputs(packed=True, dtype=d).floats(4, 7, dtype=d).set(
            is_causal=1
        )
        yield f"{dtype.name}-scores", lambda b, d=dtype: b.inputs(dtype=d).scores(0)
        yield f"{dtype.name}-probabilities", lambda b, d=dtype: b.inputs(dtype=d).scores(3)
    yield "values-of-another-type", lambda b: b.inputs(dtype=np.float16, value_dtype=np.float32)


def not_finite():
    yield "nan-in-mask", lambda b: b.inputs().floats(4, 7).damaged("attn_mask", (1, 3), np.nan)
    yield "nan-in-hidden-mask", lambda b: b.inputs().tensor("attn_mask", b.normal((4, 7))).damaged(
        "attn_mask", (0, 5), np.nan
    ).set(is_causal=1)
    yield "infinity-in-mask", lambda b: b.inputs().floats(4, 7).damaged("attn_mask", (2, 1), np.inf)
    yield "nan-in-query", lambda b: b.inputs().damaged("Q", (0, 1, 2, 0), np.nan)
    yield "nan-in-query-probabilities", lambda b: b.inputs().damaged("Q", (0, 1, 2, 0), np.nan).scores(3)
    yield "nan-in-query-causal-probabilities", lambda b: (
        b.inputs(keys=20).damaged("Q", (0, 1, 2, 0), np.nan).set(is_causal=1).scores(3)
    )
    yield "nan-in-query-rows-at-minus-infinity", lambda b: (
        b.inputs().damaged("Q", (0, 1, 2, 0), np.nan).floats(4, 7).damaged("attn_mask", slice(1, 3), -np.inf).scores(2)
    )
    yield "nan-in-padding", lambda b: b.inputs(2).padding(3, 5).damaged("K", (0, 0, slice(3, 7)), np.nan).damaged(
        "V", (1, 0, slice(5, 7)), np.inf
    )


def additive():
    yield "additive", lambda b: b.inputs(2, 4, 2).weights()
    yield "additive-weights-of-heads", lambda b: b.inputs(2, 4, 2, key_size=6).weights(each=True)
    yield "additive-three-axes", lambda b: b.inputs(2, 4, 2, packed=True).weights(9)
    yield "additive-one-unit", lambda b: b.inputs(1, 1, 1, 1, 1, 1, 1).weights(1)
    yield "additive-causal", lambda b: b.inputs(queries=6).weights().set(is_causal=1)
    yield "additive-window", lambda b: b.inputs().weights().set(left_window_size=1, right_window_size=2)
    yield "additive-past", lambda b: b.inputs(keys=4).past(3).weights(each=True).set(is_causal=1)
    yield "additive-padding", lambda b: b.inputs(2).padding(2, 6).weights().set(is_causal=1)
    yield "additive-mask", lambda b: b.inputs().floats(2, 4, 7).weights().set(scale=2.0)
    yield "additive-rows-masked", lambda b: b.inputs().boolean(4, 7).damaged("attn_mask", 0, False).weights()
    yield "additive-half", lambda b: b.inputs(dtype=np.float16).weights()
    for mode in range(4):
        yield f"additive-mode-{mode}", lambda b, m=mode: b.inputs().floats(4, 7).weights().set(softcap=0.5).scores(m)


def write(feature, cases):
    """One file; how many cases and bytes it has."""
    tensors, metadata, count = {}, {}, 0
    for name, build in cases:
        builder = Builder(name)
        build(builder)
        case = builder.case
        count += 1
        metadata |= {f"{name}/{field}": text for field, text in case.metadata().items()}
        tensors |= {f"{name}/{tensor}": array for tensor, array in case.tensors.items()}
        exact, rough = evaluate(case, np.float64), evaluate(case, np.float32)
        for output in case.outputs:
            if output.startswith("present"):
                expected, bound = (case.keys() if output == "present_key" else case.values()), 0
            else:
                finite = np.nan_to_num(exact[output], nan=0, posinf=0, neginf=0)
                bound = allowed(case, output, exact[output], rough[output], merges=case.sizes()[3])
                bound += EPSILON * float(np.max(np.abs(finite), initial=0))
                with np.errstate(over="ignore"):
                    expected = exact[output].astype(np.float32)
            tensors[f"{name}/expected/{output}"] = expected
            metadata[f"{name}/allowed/{output}"] = repr(float(bound))
    content = encode(tensors, metadata)
    with open(os.path.join(FOLDER, f"{feature}.safetensors"), "wb") as file:
        file.write(content)
    return count, len(content)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    features = {
        "layouts": layouts,
        "masks": masks,
        "causality": causality,
        "caches": caches,
        "scores": scores,
        "types": types,
        "not-finite": not_finite,
        "additive": additive,
    }
    sums = [write(feature, list(cases())) for feature, cases in features.items()]
    print(f"{sum(count for count, _ in sums)} cases, {sum(size for _, size in sums)} bytes")


if __name__ == "__main__":
    main()
