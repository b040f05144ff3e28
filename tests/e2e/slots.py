"""Runs tests as processes, some at a time, each with a folder of engines of its own; prints a test's lines at its end."""
import os
import queue
import re
import subprocess
import sys
import threading
from concurrent import futures

import harness  # noqa: F401  pylint: disable=unused-import
import engine  # found by way of harness

PRINTING = threading.Lock()


def _run(script, name, slots):
    """`SCRIPT --alone NAME` in a free slot. Returns (passed, failed)."""
    slot = slots.get()
    folder = os.path.join(engine.run_dir(), "slot-" + str(slot))
    try:
        done = subprocess.run([sys.executable, "-B", os.path.abspath(script), "--alone", name], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", env={**os.environ, "HARDTACK_ENGINES_DIR": folder})
    finally:
        slots.put(slot)
    lines = done.stdout.splitlines()
    closing = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1] if lines else "")
    with PRINTING:
        print("\n".join(lines[:-1] if closing else lines), flush=True)
    if not closing:  # it died
        return 0, 1
    return int(closing.group(1)), max(int(closing.group(2)), int(done.returncode != 0 and "SKIP" not in done.stdout))


def run_all(script, names, jobs):
    """The sums over all names: (passed, failed)."""
    slots = queue.Queue()
    for slot in range(jobs):
        slots.put(slot)
    with futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda name: _run(script, name, slots), names))
    return tuple(sum(counts) for counts in zip(*results))
