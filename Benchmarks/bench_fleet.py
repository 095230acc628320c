#!/usr/bin/env python3
"""Holds the fleet against its goals, in one run: the table of docs/scaling.md.

    make bench-fleet
    python3 Benchmarks/bench_fleet.py --attn .build/release/attn --sweep 200 --json out/bench-fleet.json

Rows that need a fleet in Python are left out where torch and paho-mqtt are missing, those of weak workers where control groups of
the CPU are not this user's to make. Both say so. Rounds alternate between the two that are compared; medians are compared.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL = ["--heads", "12", "--queries", "128", "--keys", "128", "--head-size", "32"]
LARGE = ["--heads", "8", "--queries", "2048", "--keys", "2048", "--head-size", "64"]


class Missing(Exception):
    """Something that a measurement needs is not there."""


def run(command, seconds=600):
    """The JSON object that a command prints; its own words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    if done.returncode != 0:
        raise Missing(" ".join(done.stderr.split())[:300] or f"exit {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def attn(options, *arguments):
    return run([options.attn, "bench", *arguments, "--json"])


def python_fleet(*arguments):
    return run([sys.executable, os.path.join(HERE, "python_fleet.py"), *arguments, "--json"])


def median(values):
    return statistics.median(values)


def row(what, measured, goal, holds, **more):
    print(f"{what:<58} {measured:>8.2f}   goal {goal:<8} {'met' if holds else 'SHORT'}", flush=True)
    return {"what": what, "measured": measured, "goal": goal, "met": holds, **more}


def small_latency(options):
    kernel = attn(options, "kernel", *SMALL)["median_s"]
    rounds = [attn(options, "fleet", *SMALL, "--direct", "--workers", "2", "--runs", "300") for _ in range(options.rounds)]
    ratios = [r["median_s"] / (r["floor_median_s"] + kernel) for r in rounds]
    through = attn(options, "fleet", *SMALL, "--workers", "2", "--runs", "300")
    return row(
        "small job, direct, of bare round trip + kernel", median(ratios), "<= 1.3", median(ratios) <= 1.3,
        median_s=median(r["median_s"] for r in rounds), floor_s=median(r["floor_median_s"] for r in rounds),
        kernel_s=kernel, through_job_topic_s=through["median_s"])


def against_python(options):
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(attn(options, "fleet", *SMALL, "--direct", "--workers", "2", "--runs", "1500", "--pipelined", "8"))
        theirs.append(python_fleet(*SMALL, "--workers", "2", "--runs", "600", "--pipelined", "8"))
    ratio = median(o["jobs_per_s"] / t["jobs_per_s"] for o, t in zip(ours, theirs))
    yield row("small jobs a second, 8 at a time, of the Python fleet's", ratio, ">= 3", ratio >= 3,
              jobs_per_s=median(o["jobs_per_s"] for o in ours), python=median(t["jobs_per_s"] for t in theirs))
    ours, theirs = [], []
    for _ in range(options.rounds):
        ours.append(attn(options, "fleet", *LARGE, "--direct", "--workers", "2", "--runs", "9"))
        theirs.append(python_fleet(*LARGE, "--workers", "2", "--runs", "9"))
    ratio = median(o["median_s"] / t["median_s"] for o, t in zip(ours, theirs))
    yield row("large job, direct, of the Python fleet's", ratio, "<= 0.6", ratio <= 0.6,
              median_s=median(o["median_s"] for o in ours), python_s=median(t["median_s"] for t in theirs))


def weak(options, workers, shares, runs=3):
    return attn(options, "fleet", *LARGE, "--direct", "--workers", str(workers), "--worker-shares", shares,
                "--runs", str(runs))


def more_workers(options):
    """Each worker has a twentieth of a core: weak devices, and a broker that is not the limit."""
    alone = weak(options, 1, "0.05")["median_s"]
    for count in (2, 4, 8, 16):
        found = weak(options, count, "0.05", runs=5)
        speedup = alone / found["median_s"]
        yield row(f"{count} workers of 5 % of a core: speed-up", speedup, f">= {0.9 * count:g}", speedup >= 0.9 * count,
                  alone_s=alone, median_s=found["median_s"], predicted_s=found["predicted_median_s"])
    alone = weak(options, 1, "0.1")["median_s"]
    mixed = weak(options, 4, "0.1,0.05,0.025,0.0125", runs=5)
    share = alone / mixed["median_s"] / 1.875
    yield row("speeds 1, 1/2, 1/4, 1/8: of their sum", share, ">= 0.85", share >= 0.85,
              alone_s=alone, median_s=mixed["median_s"], predicted_s=mixed["predicted_median_s"])


def sweep(options):
    """Random jobs on random fleets: what was predicted, and whether doing it here or not was the right choice.

    "Here" is the bare kernel on one thread, without reading a request and laying out an answer: for small jobs, no choice reaches it.
    """
    chance = random.Random(options.seed)
    errors, regrets, jobs = [], [], []
    for index in range(options.sweep):
        shape = ["--heads", str(chance.choice([1, 2, 4, 8, 12])), "--queries", str(chance.choice([1, 16, 128, 512, 1024])),
                 "--keys", str(chance.choice([128, 512, 1024, 2048])), "--head-size", str(chance.choice([32, 64, 128]))]
        workers = chance.choice([1, 2, 3, 4])
        shares = ",".join(str(chance.choice([0.05, 0.1, 0.2, 0.4])) for _ in range(workers))
        fleet = ["fleet", *shape, "--direct", "--workers", str(workers), "--worker-shares", shares, "--runs", "10"]
        away = attn(options, *fleet)
        free = attn(options, *fleet, "--local-threads", "1")
        here = attn(options, "kernel", *shape)["median_s"]
        errors += [away["prediction_error"], free["prediction_error"]]
        regrets.append(free["median_s"] / min(away["median_s"], here))
        jobs.append({"shape": shape, "shares": shares, "away": away, "free": free, "here_s": here})
        print(f"\r{index + 1} of {options.sweep}", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    middle, worst = median(errors), max(regrets)
    parts = statistics.quantiles(errors, n=20)
    yield row("predicted makespan: off by, median of the sweep", middle, "<= 0.2", middle <= 0.2,
              p25=parts[4], p75=parts[14], p95=parts[18], jobs=jobs)
    yield row("free choice, of the better of bare kernel and away", median(regrets), "<= 1.1", median(regrets) <= 1.1,
              worst=worst, above=sum(r > 1.1 for r in regrets), of=len(regrets))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attn", default=".build/release/attn", help="the program (default: .build/release/attn)")
    parser.add_argument("--rounds", type=int, default=3, help="of each comparison (default: 3)")
    parser.add_argument("--sweep", type=int, default=200, help="random jobs and fleets, some 6 s each (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the sweep (default: 1)")
    parser.add_argument("--json", metavar="FILE", help="write what was measured there")
    options = parser.parse_args()
    rows = []
    parts = [lambda o: [small_latency(o)], against_python, more_workers] + ([sweep] if options.sweep > 1 else [])
    for part in parts:
        try:
            for measured in part(options):
                rows.append(measured)
        except (Missing, subprocess.TimeoutExpired, OSError) as error:
            print(f"left out: {error}", file=sys.stderr)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": rows, "load": os.getloadavg()}, file, indent=1)
    return 0 if rows else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
