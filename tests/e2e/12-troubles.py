"""A stack that crashes, one that never gets healthy, two runs at once, a signal in the middle: each has its exit code."""
import os
import signal
import time

import harness
import images

CRASHING = """services:
  web:
    image: ghcr.io/acme/guestbook:1.2
    entrypoint: ["sh", "-c", "echo fatal: no such table; exit 3"]
    restart: always
"""
SICK = """services:
  web:
    image: ghcr.io/acme/guestbook:1.2
    entrypoint: ["sleep", "1000"]
    init: true
    healthcheck: {test: ["CMD", "false"], interval: 1s, timeout: 1s, retries: 2, start_period: 0s}
"""


def build(t, name, compose):
    project = t.path(name)
    os.makedirs(project)
    with open(os.path.join(project, "compose.yaml"), "w", encoding="ascii") as out:
        out.write(compose)
    return t.build(os.path.join(project, "compose.yaml"), "linux-amd64", [images.archive("oci", images.GUESTBOOK)])


def story(t):
    engine = t.bench.engine("v28")
    for name, compose, code, word in (("crashing", CRASHING, 14, "no such table"), ("sick", SICK, 13, "web")):
        file = build(t, name, compose)
        done = t.installer(file, "install", "--yes", "--timeout", "15", engine=engine)
        t.check(done.code == code and word in done.out + done.err, f"{name}: install: {code}, and says why", done)
        done = t.installer(file, "status", engine=engine)
        t.check(done.code == code, f"{name}: status: {code}", done)
        done = t.installer(file, "uninstall", "--yes", engine=engine)
        t.check(done.code == 0 and not engine.run(["docker", "ps", "-aq"]).stdout, f"{name}: uninstall: 0", done)

    file = t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
    first = t.popen([file, "install", "--yes"], engine)
    try:
        while first.poll() is None and "Writing files" not in t.said():  # from then on it holds the lock
            time.sleep(0.02)
        second = t.installer(file, "install", "--yes", engine=engine)
        t.check(second.code == 11 and first.poll() is None, "a second install while the first runs: 11", second)
    finally:
        status = first.wait(harness.TIMEOUT_S)
    t.check(status == 0, "the first is not disturbed: 0", t.said())
    t.check(t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")

    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = t.popen([file, "install", "--yes"], engine)
        while process.poll() is None and "Writing files" not in t.said():
            time.sleep(0.02)
        process.send_signal(number)
        status = process.wait(60)
        t.check(status == code, f"{number.name} during install: {code}", f"{status}\n{t.said()}")
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 0, "after both, install: 0", done)
    t.check(t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")
