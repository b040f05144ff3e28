"""Running a program and measuring it from outside: seconds, peak memory, processor time, time to its first word."""
import os
import select
import subprocess
import time
import typing


class Taken(typing.NamedTuple):
    seconds: float
    peak_kib: int = 0  # its own, not its children's
    cpu: float = 0.0   # seconds of processors, its children's that it waited for too
    engine_cpu: float = 0.0


def peak_kib(pid):
    """VmHWM: unlike ru_maxrss it knows nothing of the Python that this process was before exec."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def cpu_below(pid):
    """Seconds of processors that a process, all below it, and those of theirs that ended took."""
    parents, took = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)], took[int(name)] = int(fields[1]), sum(map(int, fields[11:15]))  # proc(5): utime to cstime

    def is_below(process):
        while process and process != pid:
            process = parents.get(process, 0)
        return process == pid
    return sum(ticks for process, ticks in took.items() if is_below(process)) / os.sysconf("SC_CLK_TCK")


def timed(argv, env, cwd, log, limit_s=3600):
    """What a program took that succeeds within limit_s."""
    with open(log, "wb") as said:
        start = time.monotonic()
        process = subprocess.Popen(argv, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=said)
        peak = ended = 0
        while not ended:
            peak = max(peak, peak_kib(process.pid))
            if time.monotonic() - start > limit_s:
                process.kill()
            time.sleep(0.003)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        took = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as said:
            raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}: {said.read()[-500:]}")
    return Taken(took, peak, used.ru_utime + used.ru_stime)


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
