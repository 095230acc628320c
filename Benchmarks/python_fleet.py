#!/usr/bin/env python3
"""Measures a fleet in Python at attention jobs: the peer that `attn bench fleet --direct` is held against.

    pip install torch numpy paho-mqtt safetensors
    python3 Benchmarks/python_fleet.py --workers 2 --heads 12 --queries 128 --keys 128 --head-size 32
    python3 Benchmarks/python_fleet.py --workers 2 --pipelined 8 --runs 1000 --json
    attn bench fleet --direct --workers 2 --runs 200 --json            the same of ours: options and members are alike

What a competent programmer would write with paho-mqtt and PyTorch: worker processes with one thread each, which compute
scaled_dot_product_attention, and a dispatcher in the measuring process, which cuts a job evenly by heads, one message
to each worker, and puts the answer together. A real mosquitto between them, configured as ours; MQTT 5, QoS 0,
TCP_NODELAY.

As fast as paho reasonably allows: each process has one thread, so that no message waits for another thread or for the
interpreter's lock, and publishes outside of callbacks, where paho writes to the socket at once; socket buffers hold
whole messages, which paho would else copy again for each part sent; in messages float32 follows a fixed header of 24
bytes, with one copy on either side. `--codec safetensors` sends safetensors instead.

What it does not do, and ours does: leases, heartbeats, retries, hedges, checks of results, measuring and planning,
other types, masks, reports. A message or a worker that is lost ends the run with an error.

The first job's answer is compared with PyTorch's own. A tenth as many jobs as are measured come first, to warm up.
Times are from Q, K and V in memory to Y in memory.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time
import warnings

from benchmark import (
    START_SECONDS, BenchError, MissingError, Parser, broker_configuration, check_executables, exit_status, number, process,
    quantile, wait)

try:
    import paho.mqtt
    import paho.mqtt.client as mqtt
    import safetensors.torch
    import torch
    import torch.nn.functional
    NOT_INSTALLED = None
except ImportError as error:
    NOT_INSTALLED = error

JOB_SECONDS = 60
SOCKET_BUFFER = 4 << 20  # bytes


# Messages
#
# A task is Q, K, V of some heads, [heads, length, head size] each; a result is their Y. Both name the job.


class RawCodec:
    """Job, shard, heads, queries, keys and head size in 24 bytes; then the tensors, one after the other."""

    header = struct.Struct("<6I")

    @classmethod
    def task(cls, job, shard, q, k, v):
        header = cls.header.pack(job, shard, *q.shape[:2], *k.shape[1:])
        return b"".join((header, q.numpy(), k.numpy(), v.numpy()))

    @classmethod
    def read_task(cls, payload):
        job, shard, heads, queries, keys, size = cls.header.unpack_from(payload)
        numbers = torch.frombuffer(payload, dtype=torch.float32, offset=cls.header.size)
        tensors = numbers.split([heads * length * size for length in (queries, keys, keys)])
        return job, shard, *(tensor.view(heads, -1, size) for tensor in tensors)

    @classmethod
    def result(cls, job, shard, y):
        return b"".join((cls.header.pack(job, shard, *y.shape[:2], 0, y.shape[2]), y.numpy()))

    @classmethod
    def read_result(cls, payload):
        job, shard, heads, queries, _, size = cls.header.unpack_from(payload)
        numbers = torch.frombuffer(payload, dtype=torch.float32, offset=cls.header.size)
        return job, shard, numbers.view(heads, queries, size)


class SafetensorsCodec:
    """The tensors by name, and job and shard in a small one of their own: the library reads no metadata from memory."""

    @staticmethod
    def task(job, shard, q, k, v):
        return safetensors.torch.save({"id": torch.tensor([job, shard]), "Q": q, "K": k, "V": v})

    @staticmethod
    def read_task(payload):
        tensors = safetensors.torch.load(payload)
        return *tensors["id"].tolist(), tensors["Q"], tensors["K"], tensors["V"]

    @staticmethod
    def result(job, shard, y):
        return safetensors.torch.save({"id": torch.tensor([job, shard]), "Y": y})

    @staticmethod
    def read_result(payload):
        tensors = safetensors.torch.load(payload)
        return *tensors["id"].tolist(), tensors["Y"]


CODECS = {"raw": RawCodec, "safetensors": SafetensorsCodec}


# Transport


class Link:
    """One connection to the broker, driven by the thread that uses it.

    paho queues what is published inside a callback until its loop comes round, and writes what is published outside
    of one at once. So the callback only keeps messages, and `receive` hands them out afterwards.
    """

    def __init__(self, port, topics):
        self.messages = []
        self.is_ready = False
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.on_message = lambda client, _, message: self.messages.append(message)
        client.on_connect = lambda client, *_: client.subscribe([(topic, 0) for topic in topics])
        client.on_subscribe = self.subscribed
        client.on_socket_open = self.opened
        client.connect("127.0.0.1", port, keepalive=600)
        self.client = client
        wait(lambda: self.turn() or self.is_ready, "the broker did not let us subscribe")

    def subscribed(self, *_):
        self.is_ready = True

    @staticmethod
    def opened(client, _, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)

    def turn(self, timeout=0.1):
        """Lets paho send and receive once."""
        code = self.client.loop(timeout)
        if code != mqtt.MQTT_ERR_SUCCESS:
            raise BenchError(f"the connection to the broker is lost: {mqtt.error_string(code)}")

    def publish(self, topic, payload):
        self.client.publish(topic, payload)

    def receive(self, timeout):
        """Messages that came, after at most one wait."""
        self.turn(timeout)
        messages, self.messages = self.messages, []
        return messages

    def close(self):
        self.client.disconnect()


# Worker


def work(port, root, number, codec):
    """Answers tasks until killed."""
    torch.set_num_threads(1)
    with torch.inference_mode():
        attend(*(torch.zeros(1, 8, 32) for _ in range(3)))  # what PyTorch does once at first is not to be measured
        link = Link(port, [f"{root}/task/{number}"])
        link.publish(f"{root}/ready/{number}", b"")
        while True:
            for message in link.receive(timeout=60):
                job, shard, q, k, v = codec.read_task(message.payload)
                link.publish(f"{root}/result", codec.result(job, shard, attend(q, k, v)))


def attend(q, k, v):
    """softmax(QKᵀ / √size) V of [heads, length, size]; as a batch of one, for which PyTorch has its fastest kernel."""
    return torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])[0].contiguous()


# Dispatcher


@dataclasses.dataclass
class Job:
    start: float
    answer: torch.Tensor
    missing: int


class Dispatcher:
    """Cuts jobs evenly by heads over the workers, and merges what comes back."""

    def __init__(self, link, root, codec, heads, workers):
        self.link, self.root, self.codec = link, root, codec
        count = min(heads, workers)
        bounds = [heads * index // count for index in range(count + 1)]
        self.ranges = list(zip(bounds, bounds[1:]))
        self.jobs = {}
        self.last = 0

    def begin(self, q, k, v):
        """Sends the tasks of a job."""
        self.last += 1
        self.jobs[self.last] = Job(time.perf_counter(), torch.empty_like(q), len(self.ranges))
        for shard, (first, end) in enumerate(self.ranges):
            task = self.codec.task(self.last, shard, q[first:end], k[first:end], v[first:end])
            self.link.publish(f"{self.root}/task/{shard}", task)

    def finished(self):
        """Waits for the next jobs to be done; returns the answer of each, and its seconds."""
        end = time.monotonic() + JOB_SECONDS
        while time.monotonic() < end:
            done = [job for message in self.link.receive(timeout=1) if (job := self.merge(message))]
            if done:
                return [(job.answer, time.perf_counter() - job.start) for job in done]
        raise BenchError(f"a job was not done in {JOB_SECONDS} s")

    def merge(self, message):
        """The job that this was the last result of, if any."""
        number, shard, y = self.codec.read_result(message.payload)
        job = self.jobs[number]
        first, end = self.ranges[shard]
        job.answer[first:end] = y
        job.missing -= 1
        return None if job.missing else self.jobs.pop(number)


# Processes


@contextlib.contextmanager
def broker(executable):
    """A mosquitto on a free port of the loopback; gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="python-fleet-") as folder:
        configuration = pathlib.Path(folder, "mosquitto.conf")
        configuration.write_text(broker_configuration(port, "127.0.0.1"))
        with process([executable, "-c", str(configuration)], stderr=subprocess.DEVNULL) as child:
            wait(lambda: accepts(port, child), f"{executable} does not listen at port {port}", pause=0.01)
            yield port


def accepts(port, child):
    if child.poll() is not None:
        raise BenchError(f"mosquitto ended at once, with status {child.returncode}")
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def workers(count, port, root, codec):
    """Worker processes."""
    with contextlib.ExitStack() as stack:
        base = [sys.executable, os.path.abspath(__file__), "--broker-port", str(port), "--codec", codec, "--root", root]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        yield [
            stack.enter_context(process([*base, "--be-worker", str(index)], env=environment)) for index in range(count)
        ]


def wait_for_birth(link, children):
    """Until every worker has said that it is ready."""
    ready = set()

    def all_ready():
        ready.update(message.topic for message in link.receive(timeout=0.1))
        if any(child.poll() is not None for child in children):
            raise BenchError("a worker ended before it was ready")
        return len(ready) == len(children)

    wait(all_ready, f"not all {len(children)} workers were ready within {START_SECONDS} s")


# Measuring


def operands(arguments):
    """Q, K and V, uniform in −1…1, [heads, length, head size]."""
    generator = torch.Generator().manual_seed(1)
    lengths = (arguments.queries, arguments.keys, arguments.keys)
    return [torch.rand(arguments.heads, length, arguments.head_size, generator=generator) * 2 - 1 for length in lengths]


def check(answer, q, k, v):
    """The same operation here: heads are cut, but none is computed differently."""
    expected = attend(q, k, v)
    error = (answer - expected).abs().max().item()
    if not error <= 1e-5:
        raise BenchError(f"the first answer differs from PyTorch's by {error:.1e}")


def measure(dispatcher, tensors, runs, pipelined):
    """Seconds of each job, and of all together."""
    times = []
    start = time.perf_counter()
    for _ in range(min(pipelined, runs)):
        dispatcher.begin(*tensors)
    begun = min(pipelined, runs)
    while len(times) < runs:
        for _, seconds in dispatcher.finished():
            times.append(seconds)
            if begun < runs:
                dispatcher.begin(*tensors)
                begun += 1
    return times, time.perf_counter() - start


def outcome(times, elapsed, tensors, arguments):
    """What is printed; `bytes` are those of the job's tensors and its answer's, as in `attn bench fleet`."""
    return {
        "median_s": quantile(times, 0.5),
        "p99_s": quantile(times, 0.99),
        "jobs_per_s": len(times) / (elapsed if arguments.pipelined > 1 else sum(times)),
        "pipelined": arguments.pipelined,
        "bytes": 4 * sum(tensor.numel() for tensor in (*tensors, tensors[0])),
        "runs": arguments.runs,
        "codec": arguments.codec,
        "torch": torch.__version__,
        "paho": paho.mqtt.__version__,
    }


def show(result, arguments):
    if arguments.json:
        return print(json.dumps(result))
    shape = " × ".join(str(n) for n in (arguments.queries, arguments.keys, arguments.head_size))
    way = f"{arguments.pipelined} at a time" if arguments.pipelined > 1 else "one after the other"
    print(f"{arguments.heads} heads × {shape}, {arguments.runs} jobs {way}, {result['jobs_per_s']:.0f} a second")
    print(f"median {result['median_s'] * 1e3:.2f} ms, p99 {result['p99_s'] * 1e3:.2f} ms")
    print(f"torch {result['torch']}, paho-mqtt {result['paho']}, {arguments.workers} workers")


def run(arguments):
    if NOT_INSTALLED:
        raise MissingError(f"needs torch, numpy, paho-mqtt and safetensors, by pip: {NOT_INSTALLED}")
    if not arguments.broker_port:
        check_executables({arguments.mosquitto: "install mosquitto, or name a broker by --broker-port"})
    root = f"python-fleet-{os.getpid()}"
    codec = CODECS[arguments.codec]
    torch.set_num_threads(1)
    with contextlib.ExitStack() as stack, torch.inference_mode():
        port = arguments.broker_port or stack.enter_context(broker(arguments.mosquitto))
        link = Link(port, [f"{root}/ready/+", f"{root}/result"])
        stack.callback(link.close)
        wait_for_birth(link, stack.enter_context(workers(arguments.workers, port, root, arguments.codec)))
        dispatcher = Dispatcher(link, root, codec, arguments.heads, arguments.workers)
        tensors = operands(arguments)
        dispatcher.begin(*tensors)
        [(answer, _)] = dispatcher.finished()
        check(answer, *tensors)
        if arguments.runs >= 10:
            measure(dispatcher, tensors, arguments.runs // 10, 1)
        times, elapsed = measure(dispatcher, tensors, arguments.runs, arguments.pipelined)
    show(outcome(times, elapsed, tensors, arguments), arguments)


# Command


def parser():
    size = number(int, 1, 65536)
    parser = Parser(__doc__)
    add = parser.add_argument
    add("--workers", type=number(int, 1, 256), default=2, metavar="N", help="worker processes (2)")
    add("--heads", type=size, default=12, metavar="N", help="(12)")
    add("--queries", type=size, default=128, metavar="N", help="(128)")
    add("--keys", type=size, default=128, metavar="N", help="(128)")
    add("--head-size", type=size, default=32, metavar="N", help="(32)")
    add("--runs", type=number(int, 1, 100_000), default=200, metavar="N", help="jobs that are measured (200)")
    add("--pipelined", type=number(int, 1, 1024), default=1, metavar="K", help="jobs under way at a time (1)")
    add("--codec", choices=CODECS, default="raw", help="how tensors are laid out (raw)")
    add("--broker-port", type=number(int, 1, 65535), metavar="PORT", help="of a broker that is on the loopback")
    parser.add_mosquitto()
    add("--json", action="store_true", help="print one JSON object")
    add("--root", help=argparse.SUPPRESS)
    add("--be-worker", type=int, help=argparse.SUPPRESS)
    return parser


def main():
    arguments = parser().parse_args()
    # Tensors over received bytes, which nobody writes to.
    warnings.filterwarnings("ignore", message="The given buffer is not writable")
    if arguments.be_worker is not None:
        return work(arguments.broker_port, arguments.root, arguments.be_worker, CODECS[arguments.codec])
    return exit_status(run, arguments)


if __name__ == "__main__":
    sys.exit(main())
