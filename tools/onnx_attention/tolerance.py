"""How far an answer may be from the exact one, derived.

|got − exact| ≤ 2·rough + floor (+ half a unit in the last place of a 16-bit output), with

- rough = max|reference in float32 − reference in float64|: what the obvious way loses in the precision that is
  computed in. Twice that, since another order of the same operations is as good. 16-bit inputs are exact in both, so
  that rough is no looser for them.
- floor, for where the obvious way is exact by luck, as with one key. A score is a sum of D products, of magnitudes
  that sum up to A (with the mask's), and is rounded at least when scaled, summed, capped and masked: 4·2⁻²⁴·A. A
  probability exp(score − lse) has the relative error of a score and of its lse, 2·2⁻²⁴·A if each is rounded once, and
  of exp, sum and quotient, 8·2⁻²⁴. Y is their mean of values: as much, times max|V|. Each merge of partials rounds
  weights and log-sum-exp again, up as often as down: √merges times 2·2⁻²⁴·(1 + A).
- a 16-bit output is rounded once: half a unit in the last place of 11 or 8 significant bits. Present keys and values
  are copies.
"""

from dataclasses import dataclass

import ml_dtypes
import numpy as np

from .reference import projections

EPSILON = 2.0**-24


@dataclass
class Comparison:
    """What was found for one output."""

    output: str
    """Largest difference over what is allowed there; infinite where one is NaN or infinite and the other not."""
    ratio: float
    difference: float
    allowed: float
    note: str = ""


def allowed(case, output, exact, rough, merges):
    """How far any element of that output may be off, before its rounding to the output's type."""
    known = np.isfinite(exact) & np.isfinite(rough)
    with np.errstate(invalid="ignore"):
        loss = 2 * float(np.max(np.abs(rough - exact), where=known, initial=0))
    size = magnitude(case)
    if output == "qk_matmul_output" and case.attributes.get("qk_matmul_output_mode", 0) != 3:
        return loss + 4 * EPSILON * size
    weights = EPSILON * (8 + 2 * size + 2 * merges**0.5 * (1 + size))
    if output == "qk_matmul_output":
        return loss + weights
    return loss + weights * float(np.max(finite(case.values()), initial=0))


def magnitude(case):
    """A: the largest sum of magnitudes that a score is added up from; what is not finite counts for nothing."""
    queries, keys = finite(case.heads("Q")), finite(case.keys())
    heads, kv_heads = queries.shape[1], keys.shape[1]
    if case.op == "AdditiveAttention":
        w_query, w_key, w_score = (np.abs(weights) for weights in projections(case, np.float64))
        # tanh is at most as steep as its argument: its error is the projections', and one rounding of at most 1.
        unit = (
            1
            + np.max(np.einsum("bhld,hud->bhlu", queries, w_query), axis=(0, 1, 2), initial=0)
            + np.max(np.einsum("bgsd,gud->bgsu", keys, w_key), axis=(0, 1, 2), initial=0)
        )
        largest = abs(case.attributes.get("scale", 1)) * float(np.max(w_score @ unit, initial=0))
    else:
        keys = np.repeat(keys, heads // kv_heads, axis=1)
        scale = abs(case.attributes.get("scale", queries.shape[-1] ** -0.5))
        largest = scale * float(np.max(queries @ keys.swapaxes(2, 3), initial=0))
    mask = case.tensors.get("attn_mask")
    return largest + (0 if mask is None or mask.dtype == np.bool_ else float(np.max(finite(mask), initial=0)))


def finite(array):
    """Magnitudes in float64, 0 for what is not finite."""
    return np.abs(np.nan_to_num(array.astype(np.float64), nan=0, posinf=0, neginf=0))


def half_unit(magnitudes, dtype):
    """At most half a unit in the last place of numbers of that size."""
    if dtype == np.float16:
        return np.maximum(magnitudes * 2.0**-11, 2.0**-25)
    if dtype == ml_dtypes.bfloat16:
        return magnitudes * 2.0**-8
    return np.zeros_like(magnitudes)


def compare(case, output, got, exact, rough, merges=0):
    """Holds one output against the exact one (float64) and the rough one (float32)."""
    wanted = case.tensors["V" if output == "present_value" else "Q"].dtype
    if got.dtype != wanted or got.shape != exact.shape:
        return Comparison(
            output, np.inf, np.inf, 0, f"is {got.dtype}{list(got.shape)}, not {wanted}{list(exact.shape)}"
        )
    if output in ("present_key", "present_value"):
        copy = (case.keys() if output == "present_key" else case.values()).astype(wanted)
        same = np.ascontiguousarray(copy).tobytes() == np.ascontiguousarray(got).tobytes()
        return Comparison(output, 0 if same else np.inf, 0, 0, "" if same else "is not the bytes of past and new")
    bound = allowed(case, output, exact, rough, merges)
    with np.errstate(all="ignore"):
        rounded, numbers = exact.astype(wanted).astype(np.float64), got.astype(np.float64)
        # NaN is NaN; infinite may also be what the output's type makes of a large number.
        same = (np.isnan(exact) & np.isnan(numbers)) | (exact == numbers) | (np.isinf(rounded) & (rounded == numbers))
        difference = np.where(same, 0, np.abs(numbers - exact))
        limit = bound + half_unit(np.abs(exact) + bound, wanted)
        ratio = np.where(same, 0, difference / limit)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    if not ratio.size:
        return Comparison(output, 0, 0, bound)
    worst = np.unravel_index(np.argmax(ratio), ratio.shape)
    note = f"at {[int(i) for i in worst]} is {numbers[worst]}, exactly {exact[worst]}"
    return Comparison(
        output, float(ratio[worst]), float(difference[worst]), float(np.broadcast_to(limit, ratio.shape)[worst]), note
    )
