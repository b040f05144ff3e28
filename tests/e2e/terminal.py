"""A program on a terminal of its own: what it shows, and answers to what it asks."""
import os
import pty
import select
import signal
import time


def session(t, argv, answers, engine=None, env=None, seconds=120):
    """Runs argv on a terminal. answers: [(text to wait for, bytes to type)], in order; the search goes on behind the
    last hit. Returns (exit status, all that the screen showed); 137 when it did not end in time."""
    variables = {"HOME": t.home, "TERM": "xterm", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "MACHORUN": t.machorun()}
    if engine:
        variables.update(engine.environment())
    variables.update(env or {})
    full = engine.argv(argv) if engine else argv
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.chdir("/")
            os.execvpe(full[0], full, variables)
        finally:
            os._exit(127)
    shown, searched, waiting, deadline = b"", 0, list(answers), time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:  # the program has ended
                    break
            while waiting and waiting[0][0].encode() in shown[searched:]:
                wanted, typed = waiting.pop(0)
                searched = shown.index(wanted.encode(), searched) + len(wanted.encode())
                os.write(terminal, typed)
        else:
            os.kill(pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode(errors="replace")
    finally:
        os.close(terminal)
