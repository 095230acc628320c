#!/usr/bin/env python3
"""Holds the fleet against its goals: the table of docs/scaling.md.

    make bench-fleet
    make bench-fleet BENCH_OPTIONS="--sweep 20"
    python3 Benchmarks/bench_fleet.py --rounds 5 --parts latency rate --json out/bench-fleet.json
    python3 Benchmarks/bench_fleet.py --parts sweep --sweep 200 --rounds 1 --seed 2

Parts, in the order of the table:

    latency      one small job, and one large one, away on 2 workers
    rate         small jobs, 8 under way at a time
    speed-up     2, 4, 8 and 16 workers of 5 % of a core each; then workers of 10, 5, 2.5 and 1.25 %
    sweep        random jobs on random fleets: what was predicted, and whether doing it here or away was the right choice
    links        slow_links.py: the choice on links of 10 and 100 Mbit/s

"All away" is a fleet whose dispatcher computes nothing itself; "as freely planned" the same with a thread of its own for
each core, in the sweep with one (--local-threads), where the planner chooses; "here only" that thread without workers. Each is `attn bench fleet
--direct`: from the request as bytes to the answer. What is compared alternates, round after round, so that all see the
same machine; medians are compared, of rounds which are themselves medians of their jobs. Before jobs count, a tenth as
many warm up; as freely planned and beside Python 20, and of weak workers 10, so that the planner has measured links and speeds: a
dispatcher that starts assumes gigabit Ethernet.

Rows that need something that is not there are left out, and it is said what: torch, numpy, safetensors and paho-mqtt for
the Python fleet, the right to make control groups for weak workers, root and iproute2 for links.
"""

import itertools
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time

from benchmark import (
    BenchError, MissingError, Parser, check_executables, exit_status, number, output, quantile, tell, why_no_core_shares)

HERE = pathlib.Path(__file__).resolve().parent
SMALL = ["--heads", "12", "--queries", "128", "--keys", "128", "--head-size", "32"]
LARGE = ["--heads", "8", "--queries", "2048", "--keys", "2048", "--head-size", "64"]
TWO = ["--workers", "2"]
LEARNING = ["--warm-up", "20"]
FREELY = ["--local-threads", "1", *LEARNING]
FREELY_ON_ALL_CORES = ["--local-threads", str(os.cpu_count()), *LEARNING]
HERE_ONLY = ["--workers", "0", "--local-threads", "1"]
PIPELINED = ["--pipelined", "8"]
SHARES = [0.05, 0.1, 0.2, 0.4]
PERCENTILES = [10, 25, 50, 75, 90, 99, 100]
SECONDS = 900  # for one command
LINKS_SECONDS = 3600


# What is run


class Programs:
    """What measures, each as the JSON object that it prints."""

    def __init__(self, attn):
        self.attn = attn

    def fleet(self, *arguments):
        return self.run([self.attn, "bench", "fleet", "--direct", *arguments, "--json"])

    def kernel(self, *arguments):
        return self.run([self.attn, "bench", "kernel", *arguments, "--json"])

    def python_fleet(self, *arguments):
        return self.run([sys.executable, HERE / "python_fleet.py", *arguments, "--json"])

    def slow_links(self):
        with tempfile.TemporaryDirectory(prefix="attn-bench-") as folder:
            file = pathlib.Path(folder, "links.json")
            folder_of_programs = pathlib.Path(self.attn).parent
            self.said([sys.executable, HERE / "slow_links.py", "--bin", folder_of_programs, "--json", file], LINKS_SECONDS)
            return json.loads(file.read_text())

    def run(self, words):
        return json.loads(self.said(words, SECONDS).strip().splitlines()[-1])

    @staticmethod
    def said(words, seconds):
        status, said, errors = output(words, seconds)
        if status != 0:
            # Scripts of this folder end with 2 where something is not there.
            kind = MissingError if status == 2 else BenchError
            raise kind(" ".join(errors.split())[:500] or f"{' '.join(map(str, words))}: exit status {status}")
        return said


def rounds(count, **sides):
    """What each side measured, by its name, a list of all rounds; the sides take turns."""
    found = {name: [] for name in sides}
    for _ in range(count):
        for name, measure in sides.items():
            found[name].append(measure())
    return found


def median(values, key=None):
    return statistics.median(value[key] if key else value for value in values)


# The table


class Table:
    """Rows of what was measured against what, printed as they come."""

    def __init__(self):
        self.rows, self.left_out, self.failed = [], [], []

    def header(self):
        print(f"{'what':<52} {'against':<52} {'measured':>8}  goal", flush=True)

    def add(self, what, against, measured, goal, **more):
        """goal: "<= 1.3" or ">= 3"."""
        sign, bound = goal.split()
        is_met = measured <= float(bound) if sign == "<=" else measured >= float(bound)
        print(f"{what:<52} {against:<52} {measured:>8.2f}  {goal:<8} {'met' if is_met else 'SHORT'}", flush=True)
        self.rows.append({"what": what, "against": against, "measured": measured, "goal": goal, "met": is_met, **more})

    def note(self, text):
        print(f"    {text}", flush=True)

    def json(self, options, start):
        return {
            "rows": self.rows, "left_out": self.left_out, "failed": self.failed, "rounds": options.rounds, "seed": options.seed,
            "elapsed_s": time.monotonic() - start, "load": os.getloadavg(), "cores": os.cpu_count()}


def percentiles(values):
    """By name: p10 … p99 and max."""
    return {"max" if p == 100 else f"p{p}": quantile(values, p / 100) for p in PERCENTILES}


def in_words(values, scale=1, unit=""):
    return ", ".join(f"{name} {value * scale:.{0 if unit else 2}f}{unit}" for name, value in percentiles(values).items())


# Parts


def latency(programs, options, table):
    runs = ["--runs", "300"]
    found = rounds(
        options.rounds, kernel=lambda: programs.kernel(*SMALL), away=lambda: programs.fleet(*SMALL, *TWO, *runs),
        free=lambda: programs.fleet(*SMALL, *TWO, *runs, *FREELY_ON_ALL_CORES))
    against = "bare broker round trip of the same bytes + kernel"
    for name, way in (("away", "all away"), ("free", "as freely planned")):
        ratios = [
            fleet["median_s"] / (fleet["floor_median_s"] + kernel["median_s"])
            for fleet, kernel in zip(found[name], found["kernel"])]
        table.add(
            f"small job, {way}", against, median(ratios), "<= 1.3", median_s=median(found[name], "median_s"),
            floor_s=median(found[name], "floor_median_s"), kernel_s=median(found["kernel"], "median_s"), rounds=found[name])


def rate(programs, options, table):
    jobs = [*SMALL, *TWO, *PIPELINED]
    against_python(
        programs, options, table, "small jobs a second, 8 at a time", ">= 3", "jobs_per_s", [*jobs, "--runs", "1500"],
        [*jobs, "--runs", "600"])


def large_latency(programs, options, table):
    jobs = [*LARGE, *TWO, "--runs", "9"]
    against_python(programs, options, table, "large job", "<= 0.6", "median_s", jobs, jobs)


def against_python(programs, options, table, what, goal, key, ours, theirs):
    found = rounds(
        options.rounds, away=lambda: programs.fleet(*ours, *LEARNING), python=lambda: programs.python_fleet(*theirs),
        free=lambda: programs.fleet(*ours, *FREELY_ON_ALL_CORES))
    for name, way in (("away", "all away"), ("free", "as freely planned")):
        ratios = [fleet[key] / python[key] for fleet, python in zip(found[name], found["python"])]
        table.add(
            f"{what}, {way}", "fleet in Python: paho-mqtt, torch", median(ratios), goal,
            **{key: median(found[name], key), f"python_{key}": median(found["python"], key)}, rounds=found[name],
            python_rounds=found["python"])


def weak(programs, workers, shares):
    """Devices are weak, and the broker is not the limit."""
    return programs.fleet(
        *LARGE, "--workers", str(workers), "--worker-shares", shares, "--runs", "7", "--warm-up", "10")


def speed_up(programs, options, table):
    check_shares()
    counts = [1, 2, 4, 8, 16]
    found = rounds(options.rounds, **{str(count): lambda count=count: weak(programs, count, "0.05") for count in counts})
    for count in counts[1:]:
        measured = median(alone["median_s"] / many["median_s"] for alone, many in zip(found["1"], found[str(count)]))
        table.add(
            f"speed-up by {count} workers of 5 % of a core", "1 worker of 5 %", measured, f">= {0.9 * count:g}",
            **weak_times(found["1"], found[str(count)]))


def mixed(programs, options, table):
    check_shares()
    found = rounds(
        options.rounds, alone=lambda: weak(programs, 1, "0.1"), mixed=lambda: weak(programs, 4, "0.1,0.05,0.025,0.0125"))
    measured = median(
        alone["median_s"] / many["median_s"] / 1.875 for alone, many in zip(found["alone"], found["mixed"]))
    table.add(
        "workers of speeds 1, 1/2, 1/4, 1/8", "sum of their speeds", measured, ">= 0.85",
        **weak_times(found["alone"], found["mixed"]))


def weak_times(alone, many):
    return {
        "alone_s": median(alone, "median_s"), "median_s": median(many, "median_s"),
        "predicted_s": median(many, "predicted_median_s"), "alone_rounds": alone, "rounds": many}


def check_shares():
    if reason := why_no_core_shares():
        raise MissingError(f"needs {reason}")


def sweep(programs, options, table):
    check_shares()
    chance = random.Random(options.seed)
    jobs = []
    for index in range(options.sweep):
        jobs.append(one_of_sweep(programs, options, chance))
        show_progress(index + 1, options.sweep)
    errors = {side: [job[side]["prediction_error"] for job in jobs] for side in ("away", "free")}
    both = errors["away"] + errors["free"]
    table.add(
        "predicted makespan", "measured: off by, median of the sweep", quantile(both, 0.5), "<= 0.2",
        percentiles=percentiles(both), away=percentiles(errors["away"]), free=percentiles(errors["free"]), jobs=jobs)
    table.note(f"off by: {in_words(both, 100, ' %')}")
    for side, way in (("away", "all away"), ("free", "as freely planned")):
        table.note(f"    {way}: {in_words(errors[side], 100, ' %')}")
    ratios = [job["free_s"] / min(job["away_s"], job["here_s"]) for job in jobs]
    bare = [job["free_s"] / min(job["away_s"], job["kernel_s"]) for job in jobs]
    table.add(
        "as freely planned", "better of here only and all away, worst of the sweep", max(ratios), "<= 1.1",
        percentiles=percentiles(ratios), of_bare_kernel=percentiles(bare), above=sum(ratio > 1.1 for ratio in ratios),
        of=len(ratios))
    table.note(f"of the better: {in_words(ratios)}; above 1.1: {sum(ratio > 1.1 for ratio in ratios)} of {len(ratios)}")
    table.note(f"for information, with the bare kernel as here only: {in_words(bare)}")


def one_of_sweep(programs, options, chance):
    """A random job on a random fleet, in each way."""
    shape = [
        "--heads", str(chance.choice([1, 2, 4, 8, 12])), "--queries", str(chance.choice([1, 16, 128, 512, 1024])),
        "--keys", str(chance.choice([128, 512, 1024, 2048])), "--head-size", str(chance.choice([32, 64, 128]))]
    workers = chance.choice([1, 2, 3, 4])
    shares = [chance.choice(SHARES) for _ in range(workers)]
    fleet = ["--workers", str(workers), "--worker-shares", ",".join(map(str, shares))]
    runs = [*shape, "--runs", "10"]
    found = rounds(
        options.rounds, away=lambda: programs.fleet(*runs, *fleet, "--warm-up", "10"),
        free=lambda: programs.fleet(*runs, *fleet, *FREELY), here=lambda: programs.fleet(*runs, *HERE_ONLY),
        kernel=lambda: programs.kernel(*shape))
    job = {"shape": shape, "shares": shares}
    for side, measured in found.items():
        job[f"{side}_s"] = median(measured, "median_s")
        job[side] = {"rounds": measured}
        if side != "kernel":
            job[side]["prediction_error"] = median(measured, "prediction_error")
    return job


def show_progress(done, of):
    if sys.stderr.isatty():
        print(f"\r\033[K{done} of {of} of the sweep" if done < of else "\r\033[K", end="", file=sys.stderr, flush=True)


def links(programs, options, table):
    """Each job on each link; below its break-even a job should stay, above it go."""
    for megabits, rows in itertools.groupby(programs.slow_links()["rows"], key=lambda row: row["link_mbit_s"]):
        rows = list(rows)
        table.add(
            f"as freely planned, links of {megabits} Mbit/s", "better of here only and all away, worst of the jobs",
            max(row["ratio"] for row in rows), "<= 1.1", jobs=rows)
        for row in rows:
            better = "here" if row["local_ms"] <= row["fleet_ms"] else "away"
            choices = ", ".join(sorted(set(row["choices"])))
            table.note(f"{row['job']}: better {better}, chosen {choices}, {row['ratio']:.2f} of the better")


# In the order of the table; a part of it may stand in several places.
ORDER = [
    ("latency", latency), ("rate", rate), ("latency", large_latency), ("speed-up", speed_up), ("speed-up", mixed),
    ("sweep", sweep), ("links", links),
]
PARTS = list(dict.fromkeys(name for name, _ in ORDER))


def run(options):
    check_executables({options.attn: "make release, or name it by --attn"})
    programs, table, start = Programs(options.attn), Table(), time.monotonic()
    table.header()
    try:
        for name, part in ORDER:
            if name in options.parts and (name != "sweep" or options.sweep > 0):
                measure(name, part, programs, options, table)
    finally:
        # Also what there is when it is stopped; but nothing in the place of an earlier run's.
        if options.json and table.rows:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(table.json(options, start), indent=1) + "\n")
            tell(f"{len(table.rows)} rows are in {options.json}")
    outcome = f"{len(table.failed)} failed, {len(table.left_out)} left out, {len(table.rows)} rows measured"
    if table.failed:
        raise BenchError(outcome)
    if not table.rows:
        raise MissingError(outcome)


def measure(name, part, programs, options, table):
    try:
        part(programs, options, table)
    except MissingError as error:
        table.left_out.append({"part": name, "reason": str(error)})
        tell(f"{name}, left out: {error}")
    except BenchError as error:
        table.failed.append({"part": name, "reason": str(error)})
        tell(f"{name}, failed: {error}")


def parser():
    parser = Parser(__doc__)
    add = parser.add_argument
    built = ".build/release/attn"
    add("--attn", default=built, metavar="FILE", help=f"the program, with attn-worker beside it ({built})")
    add("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help="some of the table (all)")
    add("--rounds", type=number(int, 1, 100), default=3, metavar="N", help="of each comparison (3)")
    add("--sweep", type=number(int, 0, 10_000), default=200, metavar="N", help="random jobs and fleets; 0 for none (200)")
    add("--seed", type=int, default=1, metavar="N", help="of the sweep (1)")
    add("--json", type=pathlib.Path, metavar="FILE", help="write what was measured there, every round too")
    return parser


if __name__ == "__main__":
    sys.exit(exit_status(run, parser().parse_args()))
