"""The engine dies in mid-load and in mid-up: a clear error or survival, and when it is back the next run completes."""
import os
import signal
import time

import kill

CLEAR = (0, 10, 12, 13)
# The line of the installation after which the engine ends, and what is taken away before, so that there is work to do.
MOMENTS = (("Loading images: 2", 0.1, ("images",), False), ("Loading images: 2", 0.4, ("images",), False),
           ("Starting the services", 0.3, ("containers",), False), ("Waiting until everything", 0.3, ("containers",), True))


def restart(engine, graceful):
    """Ends the engine as a reboot (SIGTERM, it ends its containers) or a power cut would; starts it on the same data."""
    if not graceful:
        os.kill(engine.process.pid, signal.SIGKILL)
        engine.process.wait()
    engine.start(keep_data=True)


def interrupted_by_restart(book, line, seconds, graceful):
    """Restarts the engine so long after the installation said that line. Returns its exit status and words."""
    process = book.popen("install", "--yes")
    deadline = time.monotonic() + kill.PATIENCE_S
    while process.poll() is None and line not in book.t.said() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(seconds)  # into it
    restart(book.engine, graceful)
    return process.wait(kill.PATIENCE_S), book.t.said()


def story(t):
    file = None
    for name, moments in (("v28", MOMENTS[1:3]), ("v28c", MOMENTS[::3])):
        book = kill.Guestbook(t, t.bench.engine(name), file)
        file = book.file
        t.need(book.install().code == 0, f"{name}: install: 0")
        book.write()
        for line, seconds, before, graceful in moments:
            book.take_away(*before)
            status, said = interrupted_by_restart(book, line, seconds, graceful)
            what = f"{name}: engine {'restarted' if graceful else 'killed'} {seconds} s after {line}"
            t.check(status in CLEAR and (status == 0 or "→" in said), f"{what}: survival, or a clear error ({status})", said)
            doctor = book.run("doctor")
            t.check(doctor.code in (0, 11, 13, 14) and (doctor.code == 0 or "→" in doctor.err),
                    f"{what}: doctor explains what is ({doctor.code})", doctor)
            book.complete(what)
            book.write()
        t.need(book.run("uninstall", "--yes", "--purge-data").code == 0, f"{name}: uninstall --purge-data: 0")
