"""Shows what the implementations of ONNX Attention give where they part: the evidence for docs/onnx.md.

    pip install numpy onnx onnxruntime
    python tools/show_onnx_readings.py [.build/release/attn]

For each small request of onnx_attention/readings.py: ONNX's reference evaluator, the function body in its schema,
onnxruntime's own kernel (opset 24) and what it does at opset 25, and `attn attend --local` if the program is given.
"""

import sys

import numpy as np

from onnx_attention import readings
from onnx_attention.attn import Attn


def text(outputs):
    """Arrays in one line."""
    return "; ".join(
        f"{array.dtype}{list(array.shape)} "
        + np.array2string(np.asarray(array, np.float64).ravel(), precision=4, separator=" ", max_line_width=1000)
        for array in outputs
    )


def attempt(function, *arguments):
    """What it gives, or how it fails, in one line."""
    try:
        with np.errstate(all="ignore"):
            return text(function(*arguments))
    except Exception as error:  # Whatever is thrown is the finding.
        return f"fails: {' '.join(str(error).split())[-150:]}"


def ours(attn, case):
    answer = attn.attend(case)
    if answer.status != 0:
        raise ValueError(answer.message)
    return [answer.outputs[name] for name in case.outputs]


def main():
    attn = Attn(sys.argv[1]) if len(sys.argv) > 1 else None
    for point in readings.points():
        print(f"{point.name}")
        print(f"  evaluator       {attempt(readings.evaluator, point.case)}")
        print(f"  function body   {attempt(readings.function_body, point.case)}")
        has_window = any("window" in name for name in point.case.attributes)
        print(f"  onnxruntime 24  {'has no windows' if has_window else attempt(readings.onnxruntime, point.case, 24)}")
        print(f"  onnxruntime 25  {attempt(readings.onnxruntime, point.case, 25)}")
        if attn:
            print(f"  attn            {attempt(ours, attn, point.case)}")


if __name__ == "__main__":
    main()
