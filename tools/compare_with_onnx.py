"""Compares `attn attend` with ONNX's reference evaluator of the operator Attention, opset 25, on random cases.

    pip install numpy onnx
    python tools/compare_with_onnx.py .build/release/attn --cases 500                 # computed by --local
    python tools/compare_with_onnx.py .build/release/attn --cases 500 --fleet 3       # by a fleet started for it
    python tools/compare_with_onnx.py .build/release/attn --cases 500 --broker mqtt://127.0.0.1:1883

Cases are drawn over the whole operator, and over AdditiveAttention, whose reference is its formula in float64; then
come requests that must be refused. docs/onnx.md says where the evaluator is put right. The tolerance is derived in
onnx_attention/tolerance.py.

--fleet N starts `attn up` with N workers and messages of at most --message-bytes of tensors, so few that cases are cut
by batch, heads, queries and keys. A fleet of one's own would cut them the same way after
`attn up --workers 3 --slots 1 --message-bytes 8192`.

Prints a table by feature, and exits with 1 if a case differs by more than rounding explains or an invalid one is taken.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from contextlib import nullcontext

import numpy as np

from onnx_attention import reference
from onnx_attention.attn import Attn, fleet
from onnx_attention.drawing import DTYPES, Drawer
from onnx_attention.refusals import refusals
from onnx_attention.tolerance import Comparison, compare


class Tally:
    """What became of the cases with one feature."""

    def __init__(self):
        self.cases = self.failed = 0
        self.ratio = 0.0

    def add(self, ratio, failed):
        self.cases += 1
        self.failed += failed
        self.ratio = max(self.ratio, ratio)


def check(attn, case):
    """The comparison of each output of a case, and how it was cut."""
    answer = attn.attend(case)
    if answer.status != 0:
        return [Comparison("Y", np.inf, np.inf, 0, answer.message)], {}
    missing = [name for name in case.outputs if name not in answer.outputs]
    if missing:
        return [Comparison(name, np.inf, np.inf, 0, "is missing") for name in missing], {}
    exact, rough = (reference.evaluate(case, dtype) for dtype in (np.float64, np.float32))
    merges = answer.plan["key_ranges"] - 1
    return [
        compare(case, name, answer.outputs[name], exact[name], rough[name], merges) for name in case.outputs
    ], answer.plan


def check_body(case):
    """Whether the schema's function body agrees with the reference; None where there is none."""
    body = reference.function_body(case) if case.op == "Attention" else None
    if body is None:
        return None
    exact, rough = (reference.evaluate(case, dtype) for dtype in (np.float64, np.float32))
    found = []
    for name in {"Y", "qk_matmul_output"} & set(case.outputs):
        wide = {
            key: array.astype(np.float64) if array.dtype in DTYPES.values() else array
            for key, array in case.tensors.items()
        }
        double = type(case)(wide, case.attributes, case.outputs, case.op)
        result = body[name]
        if name == "qk_matmul_output" and case.attributes["qk_matmul_output_mode"] == 2:
            result = np.where(case.unseen(), -np.inf, result)
        found.append(compare(double, name, result, exact[name], rough[name]))
    return found


def compare_cases(attn, arguments, say):
    """Every drawn case: tallies by feature, and the number that failed."""
    drawer = Drawer(arguments.seed, arguments.dtype, arguments.op or ("Attention", "AdditiveAttention"))
    tallies, failed, began = defaultdict(Tally), 0, time.monotonic()
    for index in range(arguments.cases):
        case = drawer.case()
        if arguments.only is not None and index != arguments.only:
            continue
        found, plan = check(attn, case)
        features = case.features | {
            f"cut by {what}" for what in ("head", "query", "key") if plan.get(f"{what}_ranges", 1) > 1
        }
        if arguments.body and (body := check_body(case)) is not None:
            features |= {"function body agrees"}
            found += [Comparison(f"function body's {c.output}", c.ratio, c.difference, c.allowed, c.note) for c in body]
        wrong = [comparison for comparison in found if not comparison.ratio <= 1]
        failed += bool(wrong)
        for feature in features | {"all"}:
            tallies[feature].add(max(c.ratio for c in found), bool(wrong))
        for c in wrong:
            say(f"case {index}: {case}: {c.output} {c.note} (off by {c.difference:.3g}, allowed {c.allowed:.3g})")
        if (index + 1) % 100 == 0:
            say(f"{index + 1} of {arguments.cases} cases, {failed} failed, {time.monotonic() - began:.0f} s")
    return tallies, failed


def check_refusals(attn, say):
    """How many invalid requests there are, and how many were taken or refused without naming what is wrong."""
    failed, all_refusals = 0, refusals()
    for refusal in all_refusals:
        answer = attn.attend(refusal.case)
        missing = [word for word in refusal.words if word not in answer.message]
        if answer.status == 0 or missing:
            failed += 1
            problem = "it was taken" if answer.status == 0 else f"the message does not name {missing}: {answer.message}"
            say(f"invalid request, {refusal.name}: {problem}")
    return len(all_refusals), failed


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attn", help="the program, such as .build/release/attn")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="run just the case of this number")
    parser.add_argument("--dtype", action="append", choices=DTYPES, help="only these types; may be given again")
    parser.add_argument("--op", action="append", choices=["Attention", "AdditiveAttention"])
    parser.add_argument(
        "--body", action="store_true", help="also hold the schema's function body against the reference"
    )
    parser.add_argument("--no-refusals", dest="refusals", action="store_false", help="leave out the invalid requests")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--broker", help="compute by the fleet at this broker")
    where.add_argument("--fleet", type=int, metavar="N", help="compute by a fleet of N workers, started here")
    parser.add_argument(
        "--message-bytes", type=int, default=8192, help="of the fleet started here; at least 4096 (default: 8192)"
    )
    return parser.parse_args()


def report(tallies, counts, as_json):
    if as_json:
        features = {name: vars(tally) for name, tally in sorted(tallies.items())}
        print(json.dumps(counts | {"features": features}))
        return
    print(f"{'feature':32} {'cases':>6} {'failed':>6}  largest difference / allowed")
    for name, tally in sorted(tallies.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{name:32} {tally.cases:6} {tally.failed:6}  {tally.ratio:.3f}")
    print(f"{counts['cases']} cases, {counts['failed']} failed")
    print(f"{counts['refusals']} invalid requests, {counts['refusals_failed']} not refused as they should be")


def main():
    arguments = parse()

    def say(text):
        print(text, file=sys.stderr if arguments.json else sys.stdout, flush=True)

    started = (
        fleet(arguments.attn, arguments.fleet, arguments.message_bytes)
        if arguments.fleet
        else nullcontext(arguments.broker)
    )
    with started as broker:
        attn = Attn(arguments.attn, broker)
        tallies, failed = compare_cases(attn, arguments, say)
        count, refusals_failed = check_refusals(attn, say) if arguments.refusals and arguments.only is None else (0, 0)
    counts = {"cases": tallies["all"].cases, "failed": failed, "refusals": count, "refusals_failed": refusals_failed}
    report(tallies, counts, arguments.json)
    sys.exit(1 if failed or refusals_failed else 0)


if __name__ == "__main__":
    main()
