#!/usr/bin/env python3
"""Compares the attention kernels with PyTorch's CPU scaled_dot_product_attention: same core, same run, alternating.

    python3 tools/bench_kernels.py .build/release/attn                          all shapes
    python3 tools/bench_kernels.py .build/release/attn --shapes decode --rounds 15
    python3 tools/bench_kernels.py .build/release/attn --json out/bench-kernels.json
    make bench-kernels                                                          builds first, and finds torch

Needs torch. Per shape: rounds of one sample of ours, one of PyTorch's, one of the machine's peaks, each side warmed up
in every round; then medians. Both sides compute on one thread pinned to the same core, from operands of the same type
and size, and allocate their result in each call. A sample lasts at least 2 ms: what takes less is called several times
for one. The ratio is that of the medians; beside it that of the least times, which other programs disturb less. What a
row is a share of was measured between its samples with `attn bench machine`. PyTorch's time includes its dispatch in
Python, measured with a tiny block and printed.

PyTorch has no window: it is given the boolean mask of the band, the natural way to ask it for one. Rows in float16 and
bfloat16 are compared with PyTorch's float32, and with its own of that type beside. The rows of two threads are ours
alone: two threads on two cores against one thread on one, in alternation.
"""

import argparse
import dataclasses
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time

LEAST_SAMPLE = 2e-3  # seconds
LEAST_SPLIT = 5e-3  # seconds on one thread: below, handing work to threads counts


@dataclasses.dataclass(frozen=True)
class Shape:
    heads: int
    queries: int
    keys: int
    head_size: int
    kv_heads: int | None = None
    causal: bool = False
    window: int | None = None
    dtypes: tuple[str, ...] = ("f32",)

    @property
    def name(self):
        heads = f"{self.heads}/{self.kv_heads}" if self.kv_heads else f"{self.heads}"
        text = f"{heads}×{self.queries}×{self.keys}×{self.head_size}"
        kind = "grouped " if self.kv_heads else ""
        kind += "causal " if self.causal else ""
        kind += f"window {self.window} " if self.window else ""
        return ("decode " if self.queries == 1 else "") + kind + text

    def request(self, dtype, threads=1):
        return {
            "heads": self.heads, "kv_heads": self.kv_heads, "queries": self.queries, "keys": self.keys,
            "head_size": self.head_size, "dtype": dtype, "causal": self.causal, "window": self.window,
            "threads": threads, "runs": 1,
        }


DECODE_TYPES = ("f32", "f16", "bf16")
SHAPES = [
    Shape(12, 128, 128, 32),
    Shape(12, 16, 16, 32),
    Shape(8, 512, 512, 64),
    Shape(12, 512, 512, 64),
    Shape(8, 2048, 2048, 64),
    Shape(8, 2048, 2048, 128),
    Shape(32, 1024, 1024, 128, kv_heads=8),
    Shape(8, 2048, 2048, 64, causal=True),
    Shape(8, 4096, 4096, 64, window=256),
    Shape(8, 1, 16384, 64, dtypes=DECODE_TYPES),
    Shape(8, 1, 65536, 128, dtypes=DECODE_TYPES),
    Shape(32, 1, 32768, 128, kv_heads=8, dtypes=DECODE_TYPES),
]


class Child:
    """A long-lived `attn bench ... --stdin` on some cores: a line asks, a line answers."""

    def __init__(self, attn, command, cores, *options):
        self.process = subprocess.Popen(
            [attn, "bench", command, "--stdin", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1, preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"attn ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            sys.exit(f"attn refused {request}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Torch:
    """PyTorch's side of a shape: operands once, then samples."""

    TYPES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}

    def __init__(self, torch, shape, dtype):
        self.torch = torch
        generator = torch.Generator().manual_seed(1)
        kv_heads = shape.kv_heads or shape.heads

        def tensor(heads, length):
            numbers = torch.randn(1, heads, length, shape.head_size, generator=generator)
            return numbers.to(getattr(torch, self.TYPES[dtype])).contiguous()

        self.operands = tensor(shape.heads, shape.queries), tensor(kv_heads, shape.keys), tensor(kv_heads, shape.keys)
        self.options = {"is_causal": shape.causal, "enable_gqa": kv_heads != shape.heads}
        if shape.window:
            distance = torch.arange(shape.queries)[:, None] - torch.arange(shape.keys)[None, :]
            self.options["attn_mask"] = (distance >= 0) & (distance < shape.window)
        self.batch = None

    def call(self):
        self.torch.nn.functional.scaled_dot_product_attention(*self.operands, **self.options)

    def time(self, count):
        start = time.perf_counter()
        for _ in range(count):
            self.call()
        return (time.perf_counter() - start) / count

    def sample(self):
        """One sample, in seconds, after a warm-up as long as ours."""
        with self.torch.inference_mode():
            self.time(1)
            batch = max(1, math.ceil(LEAST_SAMPLE / max(self.time(1), 1e-7)))
            if batch > 1:
                self.time(batch)
            return self.time(batch)


def measure(shape, dtype, children, torch, rounds):
    """Rounds of alternating samples; returns a row of medians."""
    kernel, machine, _ = children
    theirs = Torch(torch, shape, "f32")
    same = Torch(torch, shape, dtype) if dtype != "f32" else None
    samples = {"ours": [], "torch": [], "same": [], "peak": [], "read": []}
    answer = None
    for number in range(-1, rounds):
        answer = kernel.ask(shape.request(dtype))
        times = {"ours": answer["median_s"], "torch": theirs.sample()}
        if same:
            times["same"] = same.sample()
        peak = machine.ask({})
        times["peak"], times["read"] = peak["fma_gflops"], peak["read_gbytes_per_s"]
        if number >= 0:
            for name, value in times.items():
                samples[name].append(value)
    median = {name: statistics.median(values) for name, values in samples.items() if values}
    ours = median["ours"]
    return {
        "shape": shape.name, "dtype": dtype, "request": shape.request(dtype), "variant": answer["variant"],
        "rounds": rounds, "median_s": ours, "min_s": min(samples["ours"]), "torch_median_s": median["torch"],
        "torch_same_dtype_median_s": median.get("same", median["torch"]),
        "gflops": answer["flop"] / ours / 1e9, "gbytes_per_s": answer["bytes"] / ours / 1e9,
        "fma_gflops": median["peak"], "read_gbytes_per_s": median["read"], "ratio": median["torch"] / ours,
        "ratio_of_least": min(samples["torch"]) / min(samples["ours"]), "torch_min_s": min(samples["torch"]),
        "ratio_same_dtype": median.get("same", median["torch"]) / ours,
    }


def measure_threads(shape, children, rounds):
    """One thread against two, ours, in alternation."""
    one, _, two = children
    times = {1: [], 2: []}
    for number in range(-1, rounds):
        for threads, child in ((1, one), (2, two)):
            seconds = child.ask(shape.request("f32", threads))["median_s"]
            if number >= 0:
                times[threads].append(seconds)
    first, second = statistics.median(times[1]), statistics.median(times[2])
    return {
        "shape": shape.name, "one_median_s": first, "two_median_s": second, "speedup": first / second,
        "speedup_of_least": min(times[1]) / min(times[2]),
    }


def percent(value, peak):
    return f"{100 * value / peak:.0f} %"


def milliseconds(seconds):
    return f"{seconds * 1e3:.3g}" if seconds < 1e-2 else f"{seconds * 1e3:.1f}"


HEADER = """\
| shape | type | ours ms | PyTorch ms | ratio | of least | same type | GFLOP/s | of FMA peak | GB/s \
| of read bandwidth |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def line(row):
    same = f"{row['ratio_same_dtype']:.2f}" if row["dtype"] != "f32" else ""
    return (
        f"| {row['shape']} | {row['dtype']} | {milliseconds(row['median_s'])} | {milliseconds(row['torch_median_s'])} "
        f"| {row['ratio']:.2f} | {row['ratio_of_least']:.2f} | {same} "
        f"| {row['gflops']:.1f} | {percent(row['gflops'], row['fma_gflops'])} "
        f"| {row['gbytes_per_s']:.1f} | {percent(row['gbytes_per_s'], row['read_gbytes_per_s'])} |")


def processor():
    with open("/proc/cpuinfo") as file:
        names = [text.split(":")[1].strip() for text in file if text.startswith("model name")]
    return names[0] if names else platform.processor()


def arguments():
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attn", help="the attn program of a release build")
    parser.add_argument("--shapes", metavar="FILTER", default="", help="only those whose name contains this")
    parser.add_argument("--rounds", metavar="N", type=int, default=9, help="samples of each side of a shape (9)")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    options.chosen = [shape for shape in SHAPES if options.shapes in shape.name]
    if not options.chosen:
        parser.error(f"no shape's name contains '{options.shapes}': " + ", ".join(shape.name for shape in SHAPES))
    return options


def compare(options, torch, children):
    """Prints a row for each shape and type, then what holds for all of them; returns it for JSON."""
    print(HEADER, flush=True)
    rows = []
    for shape in options.chosen:
        for dtype in shape.dtypes:
            rows.append(measure(shape, dtype, children, torch, options.rounds))
            print(line(rows[-1]), flush=True)
    print()
    fma = statistics.median(row["fma_gflops"] for row in rows)
    read = statistics.median(row["read_gbytes_per_s"] for row in rows)
    tiny = statistics.median(Torch(torch, Shape(1, 1, 1, 8), "f32").sample() for _ in range(9))
    means = geometric_means(rows)
    for name, mean in means.items():
        print(f"geometric mean of the ratios, {name}: {mean:.2f}")
    print(f"FMA peak of the core {fma:.1f} GFLOP/s, read bandwidth of one thread {read:.1f} GB/s, medians of the rows")
    print(f"PyTorch's call of a block of one number: {tiny * 1e6:.1f} µs")
    return {
        "kernels": rows, "geometric_means": means, "fma_gflops": fma, "read_gbytes_per_s": read, "torch_call_s": tiny}


def geometric_means(rows):
    kinds = {
        "several queries": lambda request: request["queries"] > 1,
        # PyTorch computes all that a window hides: its row would say most of the mean.
        "several queries, no window": lambda request: request["queries"] > 1 and not request["window"],
        "decode, f32": lambda request: request["queries"] == 1,
    }
    means = {}
    for name, is_kind in kinds.items():
        ratios = [row["ratio"] for row in rows if row["dtype"] == "f32" and is_kind(row["request"])]
        if ratios:
            means[name] = statistics.geometric_mean(ratios)
    return means


def compare_threads(options, rows, children):
    """Prints one thread against two for the shapes that take long enough."""
    slow = {row["shape"] for row in rows if row["dtype"] == "f32" and row["median_s"] > LEAST_SPLIT}
    if not children[2] or not slow:
        return []
    print("\n| shape | one thread ms | two threads ms | speed-up | of least |\n|---|---:|---:|---:|---:|", flush=True)
    results = []
    for shape in options.chosen:
        if shape.name in slow:
            row = measure_threads(shape, children, options.rounds)
            results.append(row)
            print(
                f"| {row['shape']} | {milliseconds(row['one_median_s'])} | {milliseconds(row['two_median_s'])} "
                f"| {row['speedup']:.2f} | {row['speedup_of_least']:.2f} |", flush=True)
    return results


def main():
    options = arguments()
    # Before torch is imported, so that every thread it may start stays on the core. The last one, since devices
    # interrupt the first one.
    cores = sorted(os.sched_getaffinity(0), reverse=True)
    os.sched_setaffinity(0, cores[:1])
    try:
        import torch
    except ImportError:
        sys.exit("torch is not there: pip install torch, or make bench-kernels, which does it")
    torch.set_num_threads(1)

    children = (
        Child(options.attn, "kernel", cores[:1]),
        Child(options.attn, "machine", cores[:1], "--threads", "1", "--runs", "2"),
        Child(options.attn, "kernel", cores[:2]) if len(cores) > 1 else None)
    results = {
        "processor": processor(), "cores": len(cores), "torch": torch.__version__, "rounds": options.rounds,
        "load_before": os.getloadavg()[0],
    }
    print(f"{processor()}, {len(cores)} cores; PyTorch {torch.__version__}; medians of {options.rounds} rounds")
    print(f"load before: {results['load_before']:.1f}\n")
    results |= compare(options, torch, children)
    results["threads"] = compare_threads(options, results["kernels"], children)
    for child in children:
        if child:
            child.close()
    results["load_after"] = os.getloadavg()[0]
    print(
        f"\nload after: {results['load_after']:.1f}; above 1, and 2 where two threads ran, others took part of the "
        "cores")
    if options.json:
        write(results, options.json)


def write(results, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as file:
        json.dump(results, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
