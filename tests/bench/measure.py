"""Running a program and measuring it from outside: seconds, peak memory, time to its first word."""
import os
import select
import subprocess
import time


def peak_kib(pid):
    """VmHWM: unlike ru_maxrss it knows nothing of the Python that this process was before exec."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def timed(argv, env, cwd, log, limit_s=3600):
    """(seconds, peak KiB) of a program that succeeds within limit_s; its own memory, not its children's."""
    with open(log, "wb") as said:
        start = time.monotonic()
        process = subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=said)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_kib(process.pid))
            if time.monotonic() - start > limit_s:
                process.kill()
            time.sleep(0.003)
        took = time.monotonic() - start
    if process.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as said:
            raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}: {said.read()[-500:]}")
    return took, peak


def first_word(argv, env, cwd):
    """Seconds until it says anything, on stdout or stderr; what comes after does not count."""
    reader, writer = os.pipe()
    start = time.monotonic()
    process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
    os.close(writer)
    ready, _, _ = select.select([reader], [], [], 60)
    took = time.monotonic() - start
    said = os.read(reader, 1) if ready else b""
    process.kill()
    process.wait()
    os.close(reader)
    if not said:
        raise RuntimeError(f"{' '.join(argv)}: not a word")
    return took
