"""Small requests on which implementations of ONNX Attention part, and what each gives: the evidence for docs/onnx.md.

pip install numpy onnx onnxruntime
python tools/show_onnx_readings.py [.build/release/attn]
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from .case import Case
from .reference import INPUTS, OUTPUTS

INFINITY = np.inf


@dataclass
class Point:
    """A question that the text may leave open, as a request."""

    name: str
    case: Case


def inputs(queries=2, keys=3, batch=1, heads=1, kv_heads=1, dtype=np.float32, **more):
    """Q of zeros, so that every key that is seen weighs the same; keys of ones; values 1, 2, 3 and so on."""
    arrays = {
        "Q": np.zeros((batch, heads, queries, 1)),
        "K": np.ones((batch, kv_heads, keys, 1)),
        "V": np.arange(1, 1 + batch * kv_heads * keys).reshape(batch, kv_heads, keys, 1),
    }
    made = {name: array.astype(dtype) for name, array in arrays.items()}
    return made | {
        name: np.asarray(value, np.float32 if isinstance(value, list) else None) for name, value in more.items()
    }


def points():
    """Every question, in the order of docs/onnx.md."""
    yield from masks()
    yield from not_finite()
    yield from scores()
    yield from caches()
    yield from types()
    yield from attributes()


def masks():
    yield Point("causal, mask of one row", Case(inputs(attn_mask=[[0, 0, 0]]), {"is_causal": 1}))
    yield Point("causal, mask of rank 1", Case(inputs(attn_mask=[0, 0, 0]), {"is_causal": 1}))
    yield Point("mask shorter than the keys", Case(inputs(attn_mask=[[0, 0], [0, 0]])))
    yield Point("mask whose last axis is 1", Case(inputs(attn_mask=[[0], [0]])))
    yield Point("mask of no keys", Case(inputs(attn_mask=np.ones((2, 0), bool))))
    yield Point(
        "mask of rank 3, [H, L, S]", Case(inputs(1, 2, 3, 2, 2, attn_mask=[[[0, -INFINITY]], [[-INFINITY, 0]]]))
    )
    yield Point("mask of uint8", Case(inputs(attn_mask=np.array([[1, 0, 0], [1, 1, 1]], np.uint8))))
    yield Point("float16 mask, float32 inputs", Case(inputs(attn_mask=np.array([[0, 0, -INFINITY]] * 2, np.float16))))
    yield Point("fully masked row", Case(inputs(attn_mask=np.array([[True, True, False], [False] * 3]))))


def not_finite():
    some = np.array([[True, False, True]] * 2)

    def changed(name, value, **more):
        arrays = inputs(**more)
        arrays[name][0, 0, 1] = value
        return arrays

    yield Point("NaN in the mask", Case(inputs(attn_mask=[[0, np.nan, 0], [0, 0, 0]])))
    yield Point(
        "NaN in the mask, causality hides it", Case(inputs(attn_mask=[[0, np.nan, 0], [0, 0, 0]]), {"is_causal": 1})
    )
    yield Point("+infinity in the mask", Case(inputs(attn_mask=[[0, INFINITY, 0], [0, 0, 0]])))
    yield Point("NaN in a key hidden by a boolean mask", Case(changed("K", np.nan, attn_mask=some)))
    yield Point(
        "NaN in a key under -infinity", Case(changed("K", np.nan, attn_mask=np.where(some, 0, -INFINITY).tolist()))
    )
    yield Point("NaN in a key, causal", Case(changed("K", np.nan), {"is_causal": 1}))
    yield Point("NaN in a value hidden by a boolean mask", Case(changed("V", np.nan, attn_mask=some)))
    yield Point("NaN in a value, causal", Case(changed("V", np.nan), {"is_causal": 1}))
    padded = inputs(nonpad_kv_seqlen=np.array([1]))
    padded["K"][0, 0, 1:] = padded["V"][0, 0, 1:] = np.nan
    yield Point("NaN in padding", Case(padded))
    large = inputs(1, 2) | {"Q": np.full((1, 1, 1, 1), 1e30, np.float32), "K": np.full((1, 1, 2, 1), -1e30, np.float32)}
    yield Point("every score -infinity, by overflow", Case(large, {"scale": 1.0}))


def scores():
    arrays = inputs() | {"Q": np.full((1, 1, 2, 1), 2, np.float32)}
    hidden = np.array([[True, True, False], [False] * 3])
    for mode in range(4):
        yield Point(
            f"qk_matmul_output mode {mode}, softcap 1",
            Case(
                arrays | {"attn_mask": hidden},
                {"softcap": 1.0, "scale": 1.0, "qk_matmul_output_mode": mode},
                ["Y", "qk_matmul_output"],
            ),
        )


def caches():
    def lengths(*values):
        return np.array(values, np.int64)

    window = {"left_window_size": 1, "right_window_size": 0}
    past = {"past_key": np.ones((1, 1, 2, 1), np.float32), "past_value": np.full((1, 1, 2, 1), 9, np.float32)}
    none = {name: array[:, :, :0] for name, array in past.items()}
    every = OUTPUTS[:3]
    yield Point("padding, causal, negative offset", Case(inputs(nonpad_kv_seqlen=lengths(1)), {"is_causal": 1}))
    yield Point("padding and a window, not causal", Case(inputs(3, 5, nonpad_kv_seqlen=lengths(4)), window))
    yield Point("padding beyond the keys", Case(inputs(nonpad_kv_seqlen=lengths(4))))
    yield Point("padding below 0", Case(inputs(nonpad_kv_seqlen=lengths(-1))))
    yield Point("mask shorter than the padding says", Case(inputs(nonpad_kv_seqlen=lengths(3), attn_mask=[[0, 0]] * 2)))
    yield Point("padding and present outputs", Case(inputs(nonpad_kv_seqlen=lengths(2)), {}, every))
    yield Point("padding and past", Case(inputs(nonpad_kv_seqlen=lengths(2)) | past))
    yield Point("past and a window", Case(inputs(2, 2) | past, window, every))
    yield Point("past without present outputs", Case(inputs(2, 2) | past, {"is_causal": 1}))
    yield Point("present outputs without past", Case(inputs(2, 2), {}, every))
    yield Point("past of no keys", Case(inputs(2, 2) | none, {"is_causal": 1}, every))
    yield Point("past_key alone", Case(inputs(2, 2) | {"past_key": past["past_key"]}))
    yield Point("no keys at all", Case(inputs(2, 0)))


def types():
    half = inputs(dtype=np.float16)
    yield Point("Q and K float16, V float32", Case(half | {"V": inputs()["V"]}))
    yield Point("Q and K float32, V float16", Case(inputs() | {"V": half["V"]}))
    far = half | {"Q": np.full((1, 1, 2, 1), 300, np.float16), "K": np.full((1, 1, 3, 1), 300, np.float16)}
    yield Point(
        "scores beyond float16", Case(far, {"scale": 1.0, "qk_matmul_output_mode": 0}, ["Y", "qk_matmul_output"])
    )


def attributes():
    plain = inputs() | {"Q": np.ones((1, 1, 2, 1), np.float32)}
    plain["K"][0, 0, 0] = 2
    scored = ["Y", "qk_matmul_output"]
    yield Point("scale -1", Case(plain, {"scale": -1.0}))
    yield Point("scale 0", Case(plain, {"scale": 0.0}))
    yield Point("softcap -1", Case(plain, {"softcap": -1.0, "qk_matmul_output_mode": 1}, scored))
    yield Point("left_window_size -2", Case(plain, {"left_window_size": -2}))
    yield Point("qk_matmul_output_mode 4", Case(plain, {"qk_matmul_output_mode": 4}, scored))
    yield Point("softmax_precision 7 (int64)", Case(plain, {"softmax_precision": 7}))
    yield Point("4 axes, and the heads again", Case(plain, {"q_num_heads": 1, "kv_num_heads": 1}))
    yield Point("4 axes, other heads", Case(plain, {"q_num_heads": 2, "kv_num_heads": 2}))


def model(case, opset):
    """A model of one node."""
    names = [name if name in case.tensors else "" for name in INPUTS]
    while not names[-1]:
        names.pop()
    outputs = [name if name in case.outputs else "" for name in OUTPUTS]
    while not outputs[-1]:
        outputs.pop()

    def kind(name):
        source = {"present_value": "V"}.get(name, "Q")
        return helper.np_dtype_to_tensor_dtype(case.tensors[source].dtype)

    node = helper.make_node("Attention", names, outputs, **case.attributes)
    graph = helper.make_graph(
        [node],
        "attention",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in case.tensors.items()
        ],
        [helper.make_tensor_value_info(name, kind(name), None) for name in case.outputs],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def evaluator(case):
    return ReferenceEvaluator(model(case, 25)).run(case.outputs, case.tensors)


def function_body(case):
    """The body for this node, run by the evaluator operator by operator."""
    node = model(case, 25).graph.node[0]
    types_ = []
    for name in node.input:
        value = onnx.TypeProto()
        if name:
            value.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(case.tensors[name].dtype)
        types_.append(value.SerializeToString())
    schema = onnx.defs.get_schema("Attention", 25, "")
    content = schema.get_context_dependent_function_with_opset_version(25, node.SerializeToString(), types_)
    if not content:
        raise ValueError("there is no body for this")
    body = onnx.FunctionProto()
    body.ParseFromString(content)
    return ReferenceEvaluator(body).run(case.outputs, case.tensors, attributes=case.attributes)


def onnxruntime(case, opset):
    """At opset 24 and below a kernel of its own; at 25 (version 1.32) the function body."""
    import onnxruntime as runtime

    runtime.set_default_logger_severity(4)
    session = runtime.InferenceSession(model(case, opset).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(case.outputs, case.tensors)
