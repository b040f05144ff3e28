"""Debian 12's own Docker 20.10 with docker-compose 1.29, and 26.1 in both stores: the same files install there."""
import os

import harness
import images

URL = "http://127.0.0.1:3000/"


def story(t):
    file = t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
    hello = t.build_hello()
    for name in ("v20", "v26", "v26c"):
        engine = t.bench.engine(name)
        done = t.installer(file, "install", "--yes", engine=engine)
        if t.check(done.code == 0, f"{name}: install: 0", done):
            answer = t.http(engine, URL, "guestbook: visit 1")
            t.check("guestbook: visit 1" in answer, f"{name}: the stack counts its first visit", answer)
            t.check(len(t.containers(engine, "guestbook")) == 2, f"{name}: two containers run")
            done = t.installer(file, "install", "--yes", engine=engine)
            t.check(done.code == 0, f"{name}: install again: 0", done)
        done = t.installer(hello, "install", "--yes", engine=engine)
        answer = t.http(engine, "http://127.0.0.1:8088/", harness.HELLO_LINE) if done.code == 0 else ""
        t.check(harness.HELLO_LINE in answer, f"{name}: a second project beside it answers", f"{done}\n{answer}")
        for installed in (file, hello):
            done = t.installer(installed, "uninstall", "--yes", "--purge-data", engine=engine)
            t.check(done.code == 0, f"{name}: uninstall --purge-data: 0", done)
    macho_on_v20(t)


def macho_on_v20(t):
    file = t.build(os.path.join(harness.PROJECTS, "guestbook"), "darwin-arm64", [images.archive("oci")], "--platform",
                   "linux/amd64")
    engine = t.bench.engine("v20")
    done = t.installer(file, "install", "--yes", engine=engine)
    answer = t.http(engine, URL, "guestbook: visit 1") if done.code == 0 else ""
    t.check("guestbook: visit 1" in answer, "v20: the Mach-O brings the stack up", f"{done}\n{answer}")
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    t.check(done.code == 0, "v20: the Mach-O uninstalls: 0", done)
