"""The mission's compose file from a registry, in one command from an empty cache; the second build needs nobody."""
import os
import shutil

import langfuse_stack as langfuse

import harness

SEED = os.path.join(harness.ROOT, "tests", "fixtures", "seed", "docker-compose.yml")


def build(t, out, *words):
    return t.hardtack("build", t.path("sop", "docker-compose.yml"), "--target", "linux-amd64", "-o", t.path(out), *words,
                      env=langfuse.NOBODY)


def story(t):
    os.makedirs(t.path("sop"))
    shutil.copy(SEED, t.path("sop"))
    registry, mirrors = langfuse.registry(t, "langfuse/langfuse:2", "library/postgres:latest")
    try:
        done = build(t, "first", *mirrors)
        t.need(done.code == 0 and done.out == t.path("first") + "\n" and "layer" in done.err,
               "one command from an empty cache makes the installer", done)
    finally:
        registry.__exit__()
    done = build(t, "second", *mirrors)
    t.check(done.code == 0 and "Nothing to fetch" in done.err, "the second build needs no registry", done)
    with open(t.path("first"), "rb") as first, open(t.path("second"), "rb") as second:
        t.check(first.read() == second.read(), "both are the same, byte for byte")
    engine = t.bench.engine("v28")
    done = t.installer(t.path("first"), "install", "--yes", "--timeout", "60", engine=engine)
    t.check(done.code == 0, "the installer starts the SOP's stack without a network: 0", done)
    status, body = langfuse.ask(t, engine, "GET", "/api/public/health?failIfDatabaseUnavailable=true")
    t.check(status == 200, "its server answers, with its database", body)
    langfuse.clear(t, engine)
