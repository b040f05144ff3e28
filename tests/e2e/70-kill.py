"""kill -9 at every step of the journal and at random moments; each time the next run completes it, and no row is lost."""
import os
import time

import kill

SEED = 5
MOMENTS = 4


def identity(book):
    """What must not change when it was proven: containers, files."""
    files = {}
    for name in ("compose.yaml", ".env", "hardtack-control"):
        about = os.stat(book.path(name))
        files[name] = (about.st_ino, about.st_mtime_ns)
    return book.running(), files


def story(t):
    engine = t.bench.engine("v28")
    book = kill.Guestbook(t, engine)
    began = time.monotonic()
    done = book.install()
    t.need(done.code == 0, "install: 0", done)
    longest = time.monotonic() - began
    book.write()
    book.write()
    t.need(len(book.kept) == 2, "two rows", book.kept)

    for step, state, before in (("files", "begin", ("images",)), ("load", "begin", ("images",)), ("load", "done", ("images",)),
                                ("procedure", "begin", ("containers",)), ("procedure", "done", ("containers",)),
                                ("receipt", "begin", ())):  # what follows, the handoff, only prints: over in less than a look
        for _ in range(12):  # a short step may be over before the signal; nothing is lost by another round
            book.take_away(*before)
            status, stand = book.kill_at(step, state, "install", "--yes")
            if status != 0:
                break
        t.check(status == -9, f"killed at {step} {state}", f"{status}, the journal stands at {stand}\n{t.said()}")
        doctor = book.run("doctor")
        t.check(f"install was cut off in step {stand.split()[0]}" in doctor.err and doctor.code != 0,
                f"{step} {state}: doctor says so", f"{stand}\n{doctor}")
        kept = identity(book) if state == "done" or not before else None
        events = book.complete(f"{step} {state}")
        if kept and step != "load":
            t.check(identity(book) == kept, f"{step} {state}: no container and no file was made again",
                    f"{kept}\n{identity(book)}")
        if (step, state) == ("load", "done"):
            loads = [call for call in events if call.get("event") == "step" and call.get("name") == "load"]
            t.check(loads and loads[-1].get("state") == "skipped", f"{step} {state}: nothing is loaded again", loads)
    book.write()
    kill.random_moments(book, MOMENTS, SEED, longest)
