#!/usr/bin/env python3
"""A project of hundreds of services on a real engine without network: installed, stopped, started, removed; and the seconds of it. Needs root.

    tests/large/many_services.py [--services 500] [--engine v28]

All are of one tiny image; each tenth waits for the one before it, each fiftieth has a healthcheck (a probe is a process: two cores cannot
afford 500). What is held: exit codes, what Docker itself counts after each verb, one missing service told by its name, and the installer's memory
(24 MiB). The seconds are for the reader, no time is a failure. Ends with "N passed, N failed".
"""
import argparse
import os
import signal
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tests/e2e"))
import harness  # noqa: E402
import engine as engines  # noqa: E402  (found by way of harness)

STUB_KIB = 24 * 1024
PROJECT = "crowd"
TARGET = "linux-" + {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def name(number):
    return f"s{number:03}"


def compose(count):
    lines = ["services:"]
    for number in range(count):
        lines += [f"  {name(number)}:", "    image: hardtack/hello:1.0.0", "    restart: unless-stopped"]
        if number % 50 == 0:
            lines.append('    healthcheck: {test: ["CMD", "/hello", "--probe"], interval: 10s, timeout: 10s, retries: 30}')
        if number % 10 == 9:
            lines.append(f"    depends_on: [{name(number - 1)}]")
    return "\n".join(lines) + "\n"


class Crowd:
    def __init__(self, t, engine, count):
        self.t, self.engine, self.count = t, engine, count
        self.times = []

    def verb(self, what, argv, expect=0):
        begun = time.monotonic()
        status, watch = self.t.watched(argv, self.engine)
        self.times.append((what, time.monotonic() - begun, watch.peak_kib))
        self.t.check(status == expect, f"{what}: {expect}", f"{status}\n{self.t.said()[-6000:]}")
        self.t.check(watch.peak_kib <= STUB_KIB, f"{what}: {watch.peak_kib / 1024:.1f} MiB, at most 24")

    def counts(self, what, running, there):
        have = [len(self.engine.run(["docker", "ps", *all_of, "-q"]).stdout.split()) for all_of in ([], ["-a"])]
        self.t.check(have == [running, there], f"{what}: Docker runs {running} of {there}", have)

    def live(self, file):
        count, control = self.count, os.path.join(self.t.home, "hardtack", PROJECT, "hardtack-control")
        last = f"{PROJECT}-{name(count - 1)}-1"
        self.verb("install", [file, "install", "--yes"])
        self.counts("install", count, count)
        self.verb("status", [control, "status"])
        self.verb("install again", [file, "install", "--yes"])
        self.engine.run(["docker", "stop", last])
        self.verb("status, one missing", [control, "status"], expect=13)
        self.t.check(name(count - 1) in self.t.said(), "status names the one that is missing", self.t.said()[-2000:])
        self.verb("doctor", [control, "doctor"], expect=13)
        self.verb("start, one missing", [control, "start"])
        self.counts("start, one missing", count, count)
        self.verb("stop", [control, "stop"])
        self.counts("stop", 0, count)
        self.verb("start", [control, "start"])
        self.counts("start", count, count)
        self.verb("uninstall", [file, "uninstall", "--yes", "--purge-data"])
        self.counts("uninstall", 0, 0)
        images = self.engine.run(["docker", "images", "-q"]).stdout.split()
        self.t.check(not images, "uninstall: no image is left", images)


def told(options):
    with harness.Bench() as bench:
        t = harness.Story("many-services", bench)
        project = t.path("project")
        os.makedirs(project)
        for file, text in (("hardtack.yaml", f"hardtack: 1\nname: {PROJECT}\nversion: 1.0.0\ncompose: compose.yaml\n"), ("compose.yaml", compose(options.services))):
            with open(os.path.join(project, file), "w", encoding="ascii") as out:
                out.write(text)
        try:
            crowd = Crowd(t, bench.engine(options.engine), options.services)
            crowd.live(t.build(project, TARGET, [os.path.join(bench.hello_images(), "hello-oci.tar")]))
            for what, seconds, peak_kib in crowd.times:
                print(f"{what:20} {options.services} services  {seconds:7.1f} s  {peak_kib / 1024:5.1f} MiB")
        except harness.Abandon:
            pass  # the failed check has been told
        except (harness.Skip, engines.EngineError) as reason:
            must = os.environ.get("MUST_RUN") == "1"
            t.say("FAIL" if must else "SKIP", f"cannot run here: {reason}")
            t.failed += must
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=500)
    parser.add_argument("--engine", default="v28")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the engine is stopped
    harness.TIMEOUT_S = 1800
    return told(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
