"""Running `attn attend` on a case, and a fleet for it."""

import json
import os
import re
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

from .safetensors_bytes import decode, encode


@dataclass
class Answer:
    """What came of one request: outputs and the plan, or how it was refused."""

    status: int
    outputs: dict
    plan: dict
    message: str


class Attn:
    """The program, computing here or by the fleet at a broker."""

    def __init__(self, program, broker=None):
        self.program = program
        self.where = ["--broker", broker] if broker else ["--local"]

    def attend(self, case):
        with tempfile.TemporaryDirectory() as folder:
            request, result = os.path.join(folder, "request.safetensors"), os.path.join(folder, "result.safetensors")
            with open(request, "wb") as file:
                file.write(encode(case.tensors, case.metadata()))
            run = subprocess.run(
                [self.program, "attend", request, "-o", result, "--json", *self.where], capture_output=True, text=True
            )
            if not os.path.exists(result):
                return Answer(run.returncode, {}, {}, run.stderr.strip() or run.stdout.strip())
            with open(result, "rb") as file:
                outputs = decode(file.read())[0]
        return Answer(run.returncode, outputs, json.loads(run.stdout)["report"]["plan"], run.stderr.strip())


@contextmanager
def fleet(program, workers, message_bytes):
    """A fleet of this machine for as long as the body runs: the URL of its broker.

    `message_bytes` is the most bytes of tensors in one message: the smaller, the more a job is cut.
    """
    command = [program, "up", "--workers", str(workers), "--slots", "1", "--message-bytes", str(message_bytes)]
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        match = next((m for m in map(re.compile(r"^broker: (\S+)$").match, up.stdout) if m), None)
        if match is None:
            raise SystemExit(f"{program} up did not come up")
        yield match[1]
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait()
