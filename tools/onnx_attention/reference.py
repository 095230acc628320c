"""The exact answers: ONNX's reference evaluator, put right where it does not say what the operator's text says.

docs/onnx.md has every difference, with what the schema's function body and onnxruntime do.
"""

from dataclasses import replace

import ml_dtypes
import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.ops.op_attention import _compute_attention

INPUTS = ["Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"]
OUTPUTS = ["Y", "present_key", "present_value", "qk_matmul_output"]
FLOATS = [np.dtype(kind) for kind in (np.float16, np.float32, np.float64, ml_dtypes.bfloat16)]


def evaluate(case, dtype):
    """Every output of a case, computed in `dtype`: arrays by name."""
    with np.errstate(all="ignore"):
        return additive(case, dtype) if case.op == "AdditiveAttention" else attention(case, dtype)


def attention(case, dtype):
    """The evaluator's answer to what `corrected` makes of the case."""
    tensors, attributes = corrected(case, dtype)

    def run(**changes):
        results = _compute_attention(*(tensors.get(name) for name in INPUTS), **(attributes | changes))
        return dict(zip(OUTPUTS, results))

    results = run()
    mode = attributes["qk_matmul_output_mode"]
    if mode == 0:
        # The evaluator's "raw" scores are capped, if a cap is given; the text's and the function body's are not.
        results["qk_matmul_output"] = run(softcap=None)["qk_matmul_output"]
    if mode == 2:
        # A score of NaN that nobody sees is hidden all the same.
        results["qk_matmul_output"] = np.where(case.unseen(), dtype(-np.inf), results["qk_matmul_output"])
    return results


def corrected(case, dtype):
    """The case as the evaluator has to be given it to compute what the text says.

    The mask repeats over batch, heads and queries *before* anything is composed with it: the evaluator (onnx 1.23.2)
    applies causality to a one-row mask as it is, and fails on one of rank 1. NaN where causality, a window or padding
    hides the key anyway is of no effect, nor is what lies in padded keys and values: the evaluator adds −∞ to NaN. A
    negative scale goes into Q: the evaluator takes its root. Softmax is exact, whatever precision is asked for at
    least. With four axes, the heads may be said again.
    """
    batch, heads, queries, _ = case.sizes()
    tensors = cleared(case, dtype)
    attributes = {"qk_matmul_output_mode": 0} | case.attributes
    attributes.pop("softmax_precision", None)
    if tensors["Q"].ndim == 4:
        attributes.pop("q_num_heads", None), attributes.pop("kv_num_heads", None)
    if attributes.get("scale", 0) < 0:
        attributes["scale"], tensors["Q"] = -attributes["scale"], -tensors["Q"]
    if "attn_mask" in tensors:
        mask = tensors["attn_mask"]
        mask = np.array(np.broadcast_to(mask, (batch, heads, queries, mask.shape[-1])))
        if mask.dtype != np.bool_:
            mask[np.isnan(mask) & case.hidden()[..., : mask.shape[-1]]] = -np.inf
        tensors["attn_mask"] = mask
    return tensors, attributes


def cleared(case, dtype):
    """The tensors in `dtype`, with zeros for what is not finite in the keys and values that are padding."""
    tensors = {name: array.astype(dtype) if array.dtype in FLOATS else array for name, array in case.tensors.items()}
    for batch_row, length in enumerate(tensors.get("nonpad_kv_seqlen", [])):
        for name in ("K", "V"):
            padding = (batch_row, ..., slice(length, None), slice(None))
            tensors[name][padding] = np.nan_to_num(tensors[name][padding], nan=0, posinf=0, neginf=0)
    return tensors


def additive(case, dtype):
    """Additive attention from its formula: score = scale · w_scoreᵀ tanh(W_query q + W_key k)."""
    case = replace(case, tensors=cleared(case, dtype))
    q, k, v = case.heads("Q"), case.keys(), case.values()
    heads, kv_heads = q.shape[1], k.shape[1]
    w_query, w_key, w_score = projections(case, dtype)
    queries = np.einsum("bhld,hud->bhlu", q, w_query)
    keys = np.repeat(np.einsum("bgsd,gud->bgsu", k, w_key), heads // kv_heads, axis=1)
    values = np.repeat(v, heads // kv_heads, axis=1)
    hidden_units = np.tanh(queries[:, :, :, None] + keys[:, :, None])
    raw = dtype(case.attributes.get("scale", 1)) * np.einsum("bhlsu,hu->bhls", hidden_units, w_score)
    cap = dtype(case.attributes.get("softcap", 0))
    capped = cap * np.tanh(raw / cap) if cap > 0 else raw
    bias = case.bias(dtype)
    biased = np.where(bias == -np.inf, dtype(-np.inf), capped + bias)
    largest = biased.max(axis=-1, keepdims=True)
    weights = np.exp(biased - np.where(largest == -np.inf, dtype(0), largest))
    total = weights.sum(axis=-1, keepdims=True)
    probabilities = weights / np.where(total == 0, dtype(1), total)
    output = probabilities @ values
    if case.tensors["Q"].ndim == 3:
        output = output.transpose(0, 2, 1, 3).reshape(output.shape[0], output.shape[2], -1)
    stages = [raw, capped, biased, probabilities]
    return {
        "Y": output,
        "present_key": k,
        "present_value": v,
        "qk_matmul_output": stages[case.attributes.get("qk_matmul_output_mode", 0)],
    }


def projections(case, dtype):
    """W_query [H, U, D], W_key [G, U, D] and w_score [H, U], whether or not the case has one for each head."""
    heads = {
        "W_query": case.heads("Q").shape[1],
        "W_key": case.heads("K").shape[1],
        "w_score": case.heads("Q").shape[1],
    }
    ranks = {"W_query": 3, "W_key": 3, "w_score": 2}
    arrays = []
    for name, count in heads.items():
        array = case.tensors[name].astype(dtype)
        whole = array if array.ndim == ranks[name] else array[None]
        arrays.append(np.broadcast_to(whole, (count,) + whole.shape[1:]))
    return arrays


def function_body(case):
    """What the function body in the schema gives for the (corrected) case in float64: a second opinion.

    It computes the square root of the scale in float32, so that it agrees to float32's rounding only. None where the
    body does not exist.
    """
    tensors, attributes = corrected(case, np.float64)
    attributes = {name: value for name, value in attributes.items() if value is not None}
    inputs = [name if name in tensors else "" for name in INPUTS]
    while not inputs[-1]:
        inputs.pop()
    presents = ["", ""] if "nonpad_kv_seqlen" in tensors else OUTPUTS[1:3]
    node = helper.make_node("Attention", inputs, [OUTPUTS[0], *presents, OUTPUTS[3]], **attributes)
    types = []
    for name in inputs:
        value = onnx.TypeProto()
        if name:
            value.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(tensors[name].dtype)
        types.append(value.SerializeToString())
    schema = onnx.defs.get_schema("Attention", 25, "")
    content = schema.get_context_dependent_function_with_opset_version(25, node.SerializeToString(), types)
    if not content:
        return None
    body = onnx.FunctionProto()
    body.ParseFromString(content)
    with np.errstate(all="ignore"):
        evaluator = ReferenceEvaluator(body)
        wanted = [name for name in evaluator.output_names if name not in OUTPUTS[1:3]]
        return dict(zip(wanted, evaluator.run(wanted, tensors, attributes=attributes)))
