"""kill -9 before and after every line of the journal and at random moments; each time the next run completes it, and no row is lost."""
import os
import time

import kill

SEED = 5
MOMENTS = 4
# A step's lines, one blow after the other without a whole run between them; what is missing at the first one.
LINES = (("begin", "before"), ("begin", "after"), ("done", "before"), ("done", "after"))
STEPS = (("files", ()), ("load", ("images",)), ("procedure", ("containers",)), ("receipt", ()), ("handoff", ()))
IDLE = ("save", "erase", "upgrade")  # they have nothing to do here


def identity(book):
    """What must not change when it was proven: containers, files."""
    files = {}
    for name in ("compose.yaml", ".env", "hardtack-control"):
        about = os.stat(book.path(name))
        files[name] = (about.st_ino, about.st_mtime_ns)
    return book.running(), files


def strike(t, book, step, state, when):
    what = f"{when} {step} {state}" if step else f"{when} the {state}"
    status, stand = book.strike(step, state, when, "install", "--yes")
    t.check(status == -9 and (when == "before") != (stand == f"{step} {state}"), f"killed {what}",
            f"{status}, the journal stands at {stand}\n{t.said()}")
    if (state, when) in (("begin", "before"), ("done", "after")):
        return  # for doctor the same as the line before
    doctor = book.run("doctor")
    t.check(f"install was cut off in step {stand.split()[0]}" in doctor.err and doctor.code != 0, f"{what}: doctor says so",
            f"{stand}\n{doctor}")


def strike_all(t, book, name, blows, gone):
    """One blow after the other, each on what the one before left; then a run to the end."""
    book.take_away(*gone)
    kept = None if gone else identity(book)
    for blow in blows:
        strike(t, book, *blow)
    kept = kept or (identity(book) if name == "procedure" else None)
    events = book.complete(name)
    if kept:
        t.check(identity(book) == kept, f"{name}: no container and no file was made again", f"{kept}\n{identity(book)}")
    if name == "load":
        loads = [call for call in events if call.get("event") == "step" and call.get("name") == "load"]
        t.check(loads and loads[-1].get("state") == "skipped", "load: what was loaded is not loaded again", loads)


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
    for step, gone in STEPS:
        strike_all(t, book, step, [(step, *line) for line in LINES], gone)
    strike_all(t, book, "the others", [*((step, "begin", "after") for step in IDLE), (None, "end", "before")], ())
    book.write()
    kill.random_moments(book, MOMENTS, SEED, longest)
