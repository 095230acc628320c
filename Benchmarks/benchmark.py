"""What the measurements of this folder have in common: their errors and exit statuses, and the processes that they start."""

import argparse
import contextlib
import ctypes
import functools
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

START_SECONDS = 60  # until a process is ready: importing PyTorch takes seconds on a small machine
END_SECONDS = 10  # for a process to go by itself
LARGEST_PACKET = 268_435_455  # bytes: all that MQTT can say
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_STATUS = """Exit status: 0; 1 if something failed; 2 for wrong usage or if something needed is not there; 129, 130 and 143
after SIGHUP, SIGINT (Ctrl-C) and SIGTERM, with everything ended that was started."""

LIBRARY = ctypes.CDLL(None)  # loaded here: a child between fork and exec had better not


class BenchError(Exception):
    """Ends the run, with exit status 1; the text is for people."""


class MissingError(Exception):
    """What is needed and not there, and how to get it: exit status 2."""


class Stopped(BaseException):
    """A signal asked for the end."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


# A script


def tell(text):
    """Says something to whoever started the script."""
    print(f"{pathlib.Path(sys.argv[0]).name}: {text}", file=sys.stderr, flush=True)


def exit_status(run, *arguments):
    """Runs a script, and says why if it does not come to its end.

    A signal unwinds what is under way, so that each `with` takes away its own.
    """
    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        return run(*arguments) or 0
    except MissingError as error:
        tell(error)
        return 2
    except (BenchError, OSError, subprocess.SubprocessError) as error:
        tell(error)
        return 1
    except Stopped as stopped:
        tell(f"stopped by {stopped}; what it had started has ended")
        return stopped.status


def stop(number, _):
    raise Stopped(number)


@contextlib.contextmanager
def taken_away():
    """A stack of what is to be taken away at the end; a signal while that goes on is heard of afterwards."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    try:
        with contextlib.ExitStack() as stack:
            try:
                yield stack
            finally:
                # One within another leaves it to the outer one to listen again.
                mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Parser(argparse.ArgumentParser):
    """Shows a script's own words as they stand."""

    def __init__(self, text):
        description = f"{text.strip()}\n\n{EXIT_STATUS}"
        super().__init__(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)

    def add_mosquitto(self):
        found = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.add_argument("--mosquitto", default=found, metavar="FILE", help=f"the broker ({found})")


def number(kind, least, most):
    """The type of an option that is a number within bounds."""

    def parse(text):
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {least} to {most}, not {text}")
        return value

    parse.__name__ = {int: "integer", float: "number"}[kind]  # what argparse calls it
    return parse


# Processes


@contextlib.contextmanager
def process(words, before=None, **options):
    """A child that is gone at the end, asked first, then killed; and whatever ends us, the kernel ends it too.

    It is in a session of its own, so that Ctrl-C reaches us alone, and we end it in order.

    before: called in the child, before its program.
    options: of subprocess.Popen.
    """
    child = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, preexec_fn=functools.partial(prepare, before), start_new_session=True, **options)
    with taken_away() as stack:
        stack.callback(end, child)
        yield child


def prepare(before):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    LIBRARY.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if before:
        before()


def end(child):
    child.terminate()
    try:
        child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def output(words, seconds, before=None, **options):
    """What a child says until its end: its exit status, standard output and standard error.

    Raises BenchError if that takes too long.
    """
    with process(words, before, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as child:
        try:
            said, errors = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{' '.join(map(str, words))}: not done within {seconds} s") from None
        return child.returncode, said, errors


def wait(condition, complaint, seconds=START_SECONDS, pause=0.0):
    """Until the condition holds; with a pause between two tries, where a try takes no time by itself."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise BenchError(complaint)
        time.sleep(pause)


# What is needed


def check_executables(files):
    """That they are there: each with what to do if it is not."""
    missing = [f"{file} ({advice})" for file, advice in files.items() if not os.access(file, os.X_OK)]
    if missing:
        raise MissingError("needs " + "; ".join(missing))


def why_no_core_shares():
    """Why this user cannot hold processes to a share of a core; None if it can."""
    version1 = pathlib.Path("/sys/fs/cgroup/cpu")
    version2 = pathlib.Path("/sys/fs/cgroup")
    controllers = version2 / "cgroup.subtree_control"
    if (version1 / "cpu.cfs_quota_us").exists():
        root = version1
    elif controllers.exists() and "cpu" in controllers.read_text().split():
        root = version2
    else:
        return "control groups of the CPU at /sys/fs/cgroup"
    return None if os.access(root / "cgroup.procs", os.W_OK) else "the right to make control groups: run it as root"


def broker_configuration(port, address):
    """Of a mosquitto that is no limit, as the lines of its file."""
    lines = [
        "per_listener_settings false", f"listener {port} {address}", "allow_anonymous true", "persistence false",
        "set_tcp_nodelay true", "max_queued_messages 65536", f"max_packet_size {LARGEST_PACKET}", "log_dest none",
    ]
    if os.geteuid() == 0:
        # It would change to another user, and the kernel then forgets that it is to die with us.
        lines.append("user root")
    return "\n".join(lines) + "\n"


def quantile(values, share):
    """The smallest value that at least this share of all values does not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]
