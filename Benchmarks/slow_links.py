#!/usr/bin/env python3
"""Shows what the planner chooses on slow links: each job here only, at the fleet only, and as the planner wants it.

    make release
    sudo python3 Benchmarks/slow_links.py
    sudo python3 Benchmarks/slow_links.py --links 10 --squares 512 1024 --decodes --rounds 5 --json out/slow-links.json

A network of its own, of namespaces: one for the dispatcher's device, with a bridge at whose address a mosquitto
listens, and one for each worker, joined to the bridge by a veth that `tc tbf` holds to the asked rate in each
direction. Nothing of it is reachable from outside. Each device has a share of a core (CPU quotas of control groups)
and the slowest kernels (ATTN_ISA=baseline), so that devices are weak, and a few cores carry them all: with 6 % of a
core about 1 GFLOP/s.

Each job is done in turn, one at a time, on the dispatcher's device by

    local    attn attend --local --threads 1
    fleet    a dispatcher that computes nothing itself: --local-threads 0
    chosen   a dispatcher that may do either, or both: --local-threads 1

Times are from the job's arrival at the dispatcher to its end, as the job's report has them: medians of --rounds,
after --warm-up rounds in which links and speeds are measured; before those a dispatcher assumes gigabit Ethernet. The
ratio is chosen to the better of local and fleet; below 1 the planner did well to use both. --json has every run's
plan, with what was predicted of each candidate. --one-shot adds `attn attend --direct`: a dispatcher for one job,
that knows no link yet. CPU quotas are given in pieces of a millisecond: times below 100 ms say little.

Needs Linux, root, iproute2 with tc, mosquitto, and control groups (version 1 or 2) of the CPU. Namespaces, control groups
and processes are taken away in any case; SIGKILL leaves the first two, attn-links-PID-….
"""

import array
import contextlib
import dataclasses
import functools
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from benchmark import (
    BenchError, MissingError, Parser, broker_configuration, check_executables, exit_status, number, output, process,
    taken_away, tell, wait, why_no_core_shares)

NETWORK = "10.77.0"  # within the namespaces only
PORT = 1883
HEAD_SIZE = 64
HEADS = 8
COMMAND_SECONDS = 10
CLIENT_SECONDS = 30  # for a client to start and end, beyond its job


# Jobs


@dataclasses.dataclass(frozen=True)
class Job:
    """Attention of 8 heads of 64."""

    queries: int
    keys: int

    @property
    def name(self):
        return f"{HEADS} × {self.queries} × {self.keys} × {HEAD_SIZE}"

    def write(self, folder):
        """The request, a safetensors file; one for each job is enough."""
        path = folder / f"{self.queries}x{self.keys}.safetensors"
        if not path.exists():
            header, data = {}, []
            for name, length in (("Q", self.queries), ("K", self.keys), ("V", self.keys)):
                data.append(noise(HEADS * length * HEAD_SIZE))
                end = sum(map(len, data))
                shape = [1, HEADS, length, HEAD_SIZE]
                header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end - len(data[-1]), end]}
            text = json.dumps(header).encode()
            text += b" " * (-len(text) % 8)
            path.write_bytes(b"".join((len(text).to_bytes(8, "little"), text, *data)))
        return path


def noise(count):
    """Numbers in −1…1; they repeat, since what they are does not matter to the time taken."""
    generator = random.Random(1)
    block = array.array("f", (generator.uniform(-1, 1) for _ in range(min(count, 65536))))
    return (block.tobytes() * (count // len(block) + 1))[: 4 * count]


# Processes, each in a namespace and a control group, that do not outlive this one


def command(*words):
    """Runs what is over at once."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_SECONDS)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words)}: {done.stderr.strip() or done.returncode}")


@contextlib.contextmanager
def service(words, log, group=None, **environment):
    """A process in a control group, which writes to a log."""
    with open(log, "wb") as file:
        before = group and group.join
        with process(words, before, stdout=file, stderr=file, env=os.environ | environment) as child:
            yield child


class Group:
    """A control group that is held to a share of one core."""

    version1 = pathlib.Path("/sys/fs/cgroup/cpu")
    version2 = pathlib.Path("/sys/fs/cgroup")
    least_quota, least_period = 1000, 10_000  # microseconds

    def __init__(self, name, share):
        period = round(max(self.least_period, self.least_quota / share))
        quota = round(period * share)
        is_first = self.is_version1()
        self.folder = (self.version1 if is_first else self.version2) / name
        self.folder.mkdir()
        files = {"cpu.max": f"{quota} {period}"}
        if is_first:
            files = {"cpu.cfs_period_us": period, "cpu.cfs_quota_us": quota}
        for file, text in files.items():
            (self.folder / file).write_text(str(text))

    @classmethod
    def is_version1(cls):
        return (cls.version1 / "cpu.cfs_quota_us").exists()

    def join(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        """The kernel takes a moment to bury its processes."""
        for _ in range(40):
            with contextlib.suppress(OSError):
                return self.folder.rmdir()
            time.sleep(0.05)


@contextlib.contextmanager
def group(name, share):
    made = Group(name, share)
    try:
        yield made
    finally:
        made.remove()


# The network


@contextlib.contextmanager
def namespace(name):
    command("ip", "netns", "add", name)
    try:
        command("ip", "-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        with contextlib.suppress(BenchError):
            command("ip", "netns", "del", name)


def bridge(hub):
    command("ip", "-n", hub, "link", "add", "br0", "type", "bridge")
    command("ip", "-n", hub, "addr", "add", f"{NETWORK}.1/24", "dev", "br0")
    command("ip", "-n", hub, "link", "set", "br0", "up")


def join(hub, worker, number, megabits):
    """A veth from a worker to the bridge, each end of which sends at the rate of the link."""
    port = f"port{number}"
    command("ip", "-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", worker)
    command("ip", "-n", hub, "link", "set", port, "master", "br0", "up")
    command("ip", "-n", worker, "addr", "add", f"{NETWORK}.{number + 1}/24", "dev", "eth0")
    command("ip", "-n", worker, "link", "set", "eth0", "up")
    shape(hub, port, megabits)
    shape(worker, "eth0", megabits)


def shape(space, device, megabits):
    """Two milliseconds' worth at once, or a few packets; a queue so long that TCP's own limits are met first.

    The kernel splits what is larger than the burst, and holds a socket back while its bytes are queued here.
    """
    burst = max(15_000, round(megabits * 1e6 / 8 * 0.002))
    command(
        "tc", "-n", space, "qdisc", "add", "dev", device, "root", "tbf", "rate", f"{megabits}mbit", "burst", str(burst),
        "limit", "16777216")


def dropped(space, device):
    """Packets that the queue had no room for."""
    text = subprocess.run(
        ["tc", "-n", space, "-s", "-j", "qdisc", "show", "dev", device], capture_output=True, text=True,
        timeout=COMMAND_SECONDS).stdout
    return sum(entry.get("drops", 0) for entry in json.loads(text or "[]"))


# Devices


class Fleet:
    """Devices on one kind of link, until `stack` is closed."""

    ways = {"fleet": 0, "chosen": 1}  # to do a job, and threads that the dispatcher has for it

    def __init__(self, stack, arguments, megabits, folder):
        self.arguments, self.folder = arguments, folder
        self.broker = f"mqtt://{NETWORK}.1:{PORT}"
        self.prefix = f"attn-links-{os.getpid()}"
        self.hub = stack.enter_context(namespace(f"{self.prefix}-hub"))
        bridge(self.hub)
        self.device = stack.enter_context(group(f"{self.prefix}-hub", arguments.share))
        self.start_broker(stack)
        for index in range(1, arguments.workers + 1):
            self.start_worker(stack, index, megabits)
        self.logs = {way: self.start_dispatcher(stack, way) for way in self.ways}
        for way in self.ways:
            complaint = f"not all {arguments.workers} workers of '{way}' were born"
            wait(functools.partial(self.is_complete, way), complaint, pause=0.05)

    def start_broker(self, stack):
        path = self.folder / "mosquitto.conf"
        path.write_text(broker_configuration(PORT, f"{NETWORK}.1"))
        words = ["ip", "netns", "exec", self.hub, self.arguments.mosquitto, "-c", str(path)]
        child = stack.enter_context(service(words, self.folder / "mosquitto.log"))
        wait(lambda: child.poll() is not None or listens(child.pid), "mosquitto does not listen", pause=0.05)
        if child.poll() is not None:
            raise BenchError(f"mosquitto ended at once, with status {child.returncode}")

    def start_worker(self, stack, number, megabits):
        """A device, with a process for each of the two fleets; only one of them has work at a time.

        Their names differ, since a broker has one client of a name, whatever its fleet.
        """
        name = f"{self.prefix}-w{number}"
        space = stack.enter_context(namespace(name))
        join(self.hub, space, number, megabits)
        device = stack.enter_context(group(name, self.arguments.share))
        for way in self.ways:
            words = ["ip", "netns", "exec", space, self.executable("attn-worker"), "--broker", self.broker]
            words += ["--fleet", way, "--id", f"{way}-{number}", "--slots", "1"]
            log = self.folder / f"worker-{way}-{number}.log"
            stack.enter_context(service(words, log, device, ATTN_ISA=self.arguments.isa))

    def start_dispatcher(self, stack, way):
        words = ["ip", "netns", "exec", self.hub, self.executable("attn-dispatcher"), "--broker", self.broker]
        words += ["--fleet", way, "--id", way, "--local-threads", str(self.ways[way])]
        log = self.folder / f"dispatcher-{way}.log"
        stack.enter_context(service(words, log, self.device, ATTN_ISA=self.arguments.isa))
        return log

    def executable(self, name):
        return str(self.arguments.bin / name)

    def is_complete(self, way):
        joined = re.findall(rf"worker joined.* worker=({way}-\d+)", self.logs[way].read_text(errors="replace"))
        return len(set(joined)) == self.arguments.workers

    def attend(self, job, way):
        """Has a job done."""
        path, limit = job.write(self.folder), self.arguments.timeout
        words = ["ip", "netns", "exec", self.hub, self.executable("attn"), "attend", str(path), "-o", "/dev/null"]
        words += ["--json", "--timeout", str(limit), *self.options(way)]
        # A client is not what is measured.
        before = None if way in self.ways else self.device.join
        status, said, errors = output(
            words, limit + CLIENT_SECONDS, before, env=os.environ | {"ATTN_ISA": self.arguments.isa})
        if status == 0:
            return Run.of(json.loads(said)["report"])
        tell(f"{job.name}, {way}: {errors.strip()}")
        return Run(math.inf, None, "failed", "failed", {}, 0, 0)

    def options(self, way):
        """Of attn attend."""
        if way == "local":
            return ["--local", "--threads", "1"]
        at = ["--broker", self.broker, "--fleet"]
        return [*at, "chosen", "--direct", "--threads", "1"] if way == "direct" else [*at, way]

    def drops(self):
        """Packets lost at the links' queues."""
        numbers = range(1, self.arguments.workers + 1)
        ends = [(self.hub, f"port{number}") for number in numbers]
        ends += [(f"{self.prefix}-w{number}", "eth0") for number in numbers]
        return sum(dropped(*end) for end in ends)


def listens(pid):
    """Whether something does in the process's namespace, at our port."""
    lines = pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(f":{PORT:04X}") and line.split()[3] == "0A" for line in lines)


# Measuring


@dataclasses.dataclass
class Run:
    """One job done in one way; a failed one took for ever."""

    milliseconds: float
    predicted: float | None
    choice: str  # where shards were to be done
    done: str  # where they were
    plan: dict
    retries: int
    hedges: int

    @classmethod
    def of(cls, report):
        shards, plan = report["shards"], report["plan"]
        done = places(shard["worker"] for shard in shards)
        planned = places(shard.get("planned_worker", shard["worker"]) for shard in shards)
        retries, hedges = len(report["retries"]), len(report["hedges"])
        return cls(report["elapsed_ms"], plan.get("predicted_ms"), planned, done, plan, retries, hedges)

    @property
    def way(self):
        """For people."""
        return self.choice if self.done == self.choice else f"{self.choice}, but done {self.done}"

    def json(self):
        return vars(self) | {"milliseconds": self.milliseconds if math.isfinite(self.milliseconds) else None}


def places(workers):
    """How many of the workers were others than the dispatcher itself."""
    names = set(workers)
    away = len(names - {"here"})
    return " + ".join((["here"] if "here" in names else []) + ([f"{away} away"] if away else []))


def measure(fleet, job, arguments):
    """Runs of each way, in turn, so that all see the same machine."""
    ways = ["local", *fleet.ways, *(["direct"] if arguments.one_shot else [])]
    runs = {way: [] for way in ways}
    for _ in range(arguments.warm_up + arguments.rounds):
        for way in ways:
            runs[way].append(fleet.attend(job, way))
    return runs


def row(megabits, job, runs, warm_up):
    """What the table says of a job; `runs` has the rounds of warming up too, first."""
    median = {way: statistics.median(run.milliseconds for run in all[warm_up:]) for way, all in runs.items()}
    better = min(median["local"], median["fleet"])
    chosen = runs["chosen"][warm_up:]
    result = {
        "link_mbit_s": megabits, "job": job.name, **{f"{way}_ms": value for way, value in median.items()},
        "choices": [run.way for run in chosen],
        "predicted_ms": statistics.median(math.inf if run.predicted is None else run.predicted for run in chosen),
        "ratio": median["chosen"] / better,
    }
    if "direct" in runs:
        result["direct_choices"] = [run.way for run in runs["direct"][warm_up:]]
        result["direct_ratio"] = median["direct"] / better
    return result | {"warm_up": warm_up, "runs": runs}


def commonest(choices):
    """The choice, and of how many runs, unless of all."""
    choice = statistics.mode(choices)
    count = choices.count(choice)
    return choice if count == len(choices) else f"{choice} ({count} of {len(choices)})"


def header(arguments):
    more = f" {'direct':>10} {'ratio':>6}" if arguments.one_shot else ""
    return (
        f"{'link':>10}  {'job':<20} {'local':>10} {'fleet':>10} {'chosen':>10} {'predicted':>10} {'ratio':>6}{more}"
        "  choice")


def line(row):
    def milliseconds(value):
        return f"{value:>7.0f} ms" if math.isfinite(value) else f"{'–':>10}"

    numbers = " ".join(milliseconds(row[f"{name}_ms"]) for name in ("local", "fleet", "chosen", "predicted"))
    more, choice = "", commonest(row["choices"])
    if "direct_ms" in row:
        more = f" {milliseconds(row['direct_ms'])} {row['direct_ratio']:>6.2f}"
        choice += f"; direct: {commonest(row['direct_choices'])}"
    return f"{row['link_mbit_s']:>3} Mbit/s  {row['job']:<20} {numbers} {row['ratio']:>6.2f}{more}  {choice}"


def measure_link(megabits, arguments, rows):
    """Adds the rows of one link, and prints each once it is there."""
    jobs = [Job(size, size) for size in arguments.squares] + [Job(1, keys) for keys in arguments.decodes]
    with taken_away() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attn-links-")))
        fleet = Fleet(stack, arguments, megabits, folder)
        for job in jobs:
            rows.append(row(megabits, job, measure(fleet, job, arguments), arguments.warm_up))
            print(line(rows[-1]), flush=True)
        if drops := fleet.drops():
            tell(f"{drops} packets did not fit into the queues of the links")


def run(arguments):
    check(arguments)
    print(header(arguments), flush=True)
    rows = []
    try:
        for megabits in arguments.links:
            measure_link(megabits, arguments, rows)
    finally:
        if arguments.json and rows:
            settings = {name: getattr(arguments, name) for name in ("workers", "share", "isa", "rounds", "warm_up")}
            text = json.dumps({**settings, "rows": rows}, indent=1, default=Run.json)
            arguments.json.write_text(re.sub(r"\b(Infinity|NaN)\b", "null", text) + "\n")
    if any(math.isinf(run.milliseconds) for row in rows for all in row["runs"].values() for run in all):
        raise BenchError("not all jobs were done")


# Command


def check(arguments):
    """That what is needed is there; raises MissingError if not."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise MissingError("needs Linux and root, to make network namespaces and control groups: run it with sudo")
    if reason := why_no_core_shares():
        raise MissingError(f"needs {reason}")
    files = {shutil.which(name) or name: "install iproute2" for name in ("ip", "tc")}
    files[arguments.mosquitto] = "install mosquitto"
    files |= {arguments.bin / name: "make release" for name in ("attn", "attn-worker", "attn-dispatcher")}
    check_executables(files)


def parser():
    size = number(int, 1, 16384)
    parser = Parser(__doc__)
    add = parser.add_argument
    add("--links", type=number(int, 1, 10_000), nargs="+", default=[100, 10], metavar="MBIT", help="rates (100 10)")
    squares = [128, 256, 512, 1024, 1536]
    add("--squares", type=size, nargs="*", default=squares, metavar="N", help="N queries of N keys (128 … 1536)")
    add("--decodes", type=size, nargs="*", default=[2048], metavar="KEYS", help="one query of so many keys (2048)")
    add("--workers", type=number(int, 1, 64), default=3, help="(3)")
    add("--share", type=number(float, 0.005, 1), default=0.06, help="of a core, for each device (0.06)")
    add("--isa", default="baseline", help="ATTN_ISA of all devices (baseline)")
    add("--rounds", type=number(int, 1, 1000), default=3, help="runs that count, of each job in each way (3)")
    add("--warm-up", type=number(int, 0, 1000), default=2, help="rounds before those (2)")
    add("--timeout", type=number(int, 1, 3600), default=30, help="seconds for one job (30)")
    add("--one-shot", action="store_true", help="also attn attend --direct, which does not know the links")
    add("--bin", type=pathlib.Path, default=pathlib.Path(".build/release"), metavar="FOLDER", help="of the programs")
    parser.add_mosquitto()
    add("--json", type=pathlib.Path, metavar="FILE", help="write every run with its plan there, too")
    return parser


if __name__ == "__main__":
    sys.exit(exit_status(run, parser().parse_args()))
