#!/usr/bin/env python3
"""make check-walk: a seeded random walk over all verbs, kills, signals, engine restarts, edits and deletions. Needs root.

    STEPS=300 SEED=1 ENGINE=v28 tests/e2e/walk.py

After each step: the exit code is one that this state allows; no row that was ever written is gone (a purge announces
the backup that has them); and whatever does not run, `doctor` says why. The first violation ends the walk with the line
that replays it. What happens is chosen by the seed alone; where a kill strikes is up to the clock.
"""
import importlib.util
import json
import os
import random
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import harness  # noqa: E402
import images  # noqa: E402
import kill  # noqa: E402

OLD, NEW = "1.2.0", "1.3.0"
PORTS = (3000, 3001, 3002)
# What doctor may say without having understood anything: a state for which only this is said is not explained.
NO_EXPLANATION = ("exit-code",)
KILLED = (-9, -2, -15)


def newer_file(t):
    """The next version of the guestbook, with another web image: what story 15 makes."""
    spec = importlib.util.spec_from_file_location("story_15", os.path.join(HERE, "15-repair.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.upgraded(t)


class Violation(Exception):
    """An invariant does not hold."""


class Walk:
    """The walker, and what it knows of the installation."""

    def __init__(self, t, engine, seed):
        self.t, self.engine, self.luck = t, engine, random.Random(seed)
        self.book = kill.Guestbook(t, engine)
        self.files = {OLD: self.book.file, NEW: newer_file(t)}
        self.highest = OLD     # the newest version that was ever started to be installed here
        self.backups = []      # (path, rows in it)
        self.env = None        # .env as it was last seen
        self.volumes = False   # data may be there
        self.took_s = 8.0      # of an installation, for the choice of moments
        self.has_backup = "not in this version" not in self.book.run("backup", t.path("none", "x")).err

    # Looking

    def there(self, name="compose.yaml"):
        return os.path.exists(self.book.path(name))

    def control(self):
        path = self.book.path("hardtack-control")
        return path if os.access(path, os.X_OK) and self.luck.random() < 0.7 else self.files[self.highest]

    def installed_version(self):
        try:
            with open(self.book.path("receipt.json"), encoding="utf-8") as text:
                return json.load(text).get("version")
        except (OSError, ValueError):
            return None

    def port(self):
        try:
            with open(self.book.path(".env"), encoding="utf-8") as text:
                return int(re.search(r"^WEB_PORT=(\d+)", text.read(), re.M).group(1))
        except (OSError, AttributeError):
            return PORTS[0]

    def expect(self, done, *allowed):
        if done.code not in allowed:
            raise Violation(f"exit {done.code}, allowed are {allowed}\n{done}")
        return f"{done.code}"

    # What may happen. Each returns words for the log.

    def install(self):
        """The cure for everything but a missing .env."""
        began = time.monotonic()
        words = self.expect(self.install_of(self.highest), 0)
        self.took_s = max(2.0, min(60.0, time.monotonic() - began))
        self.write()
        return words

    def install_of(self, version, *words):
        self.highest = max(self.highest, version)
        self.volumes = True
        return self.book.run("install", "--yes", *words, file=self.files[version])

    def upgrade(self):
        words = self.expect(self.install_of(NEW), 0)
        self.write()
        return words

    def downgrade(self):
        if self.highest == OLD:
            return self.install()
        known = self.installed_version()
        done = self.book.run("install", "--yes", file=self.files[OLD])
        return self.expect(done, *((11,) if known == NEW else (0, 2, 11)))

    def write(self):
        before = len(self.book.kept)
        self.book.write(self.port())
        if len(self.book.kept) <= before:
            raise Violation("a row could not be written, although an installation has just succeeded")

    def start(self):
        # Without its images or files compose cannot start it (12), without .env it must not be tried (11).
        allowed = (0, 11, 12, 13, 14) if self.there() else (2,)
        return self.expect(self.book.run("start", file=self.control()), *allowed)

    def stop(self):
        allowed = (0, 12) if self.there() else (2,)
        return self.expect(self.book.run("stop", file=self.control()), *allowed)

    def uninstall(self):
        allowed = (0, 12) if self.there() else (2,)
        return self.expect(self.book.run("uninstall", "--yes", file=self.control()), *allowed)

    def edit_env(self):
        if not self.there(".env"):
            return "no .env"
        with open(self.book.path(".env"), encoding="utf-8") as text:
            content = text.read()
        port = self.luck.choice(PORTS)
        with open(self.book.path(".env"), "w", encoding="utf-8") as text:
            text.write(re.sub(r"^WEB_PORT=.*", f"WEB_PORT={port}", content, flags=re.M))
        return f"WEB_PORT={port}"

    def delete_file(self):
        name = self.luck.choice(("compose.yaml", "receipt.json", "journal.jsonl", "hardtack-control", ".hardtack.lock"))
        if self.there(name):
            os.unlink(self.book.path(name))
        return name

    def damage_file(self):
        name = self.luck.choice(("receipt.json", "journal.jsonl", "compose.yaml"))
        if self.there(name):
            with open(self.book.path(name), "r+b") as file:
                size = os.path.getsize(self.book.path(name))
                file.truncate(self.luck.randrange(size + 1))
                file.seek(0, os.SEEK_END)
                file.write(b"\0" * self.luck.choice((0, 100)))
        return name

    def lose_env(self):
        """.env is gone while there is data: refused with the way out, then it is put back."""
        if not self.there(".env"):
            return "no .env"
        with open(self.book.path(".env"), encoding="utf-8") as text:
            content = text.read()
        os.unlink(self.book.path(".env"))
        words = self.expect(self.book.run("install", "--yes", file=self.files[self.highest]), 11) if self.volumes else ""
        if self.there():
            self.expect(self.book.run("start", file=self.control()), 11)
            self.explained()
        with open(self.book.path(".env"), "w", encoding="utf-8") as text:
            text.write(content)
        return words

    def remove_containers(self):
        self.book.take_away("containers")
        return ""

    def remove_images(self):
        self.book.take_away("images")
        return ""

    def restart_engine(self):
        if self.luck.random() < 0.5:
            os.kill(self.engine.process.pid, signal.SIGKILL)
            self.engine.process.wait()
        self.engine.start(keep_data=True)
        return ""

    def interrupted(self):
        """One of the verbs, ended by a signal at a random moment."""
        number = self.luck.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM))
        verb = self.luck.choice((["install", "--yes"], ["install", "--yes"], ["start"], ["stop"], ["uninstall", "--yes"]))
        version = self.luck.choice((self.highest, NEW)) if verb[0] == "install" else self.highest
        self.highest = max(self.highest, version)
        self.volumes = self.volumes or verb[0] == "install"
        share = {"install": 1.0, "start": 0.6, "stop": 0.25, "uninstall": 0.3}[verb[0]]
        after = self.luck.uniform(0.0, self.took_s * share)
        status, stand = self.book.kill_after(after, *verb, number=number, file=self.files[version])
        if status not in (0, 2, 10, 11, 12, 13, 14, -9, 130, 143):
            raise Violation(f"{verb} ended by {number.name} after {after:.2f} s: {status}\n{self.t.said()}")
        if number != signal.SIGKILL and status in KILLED:
            # Before its handlers are there; then nothing has been begun either.
            status = f"{status}, at once"
        return f"{verb[0]} {version} {number.name} after {after:.2f} s: {status} at {stand}"

    def with_restart(self):
        """The engine restarts while an installation is at work."""
        process = self.book.popen("install", "--yes", file=self.files[self.highest])
        self.volumes = True
        time.sleep(self.luck.uniform(0.2, self.took_s))
        self.restart_engine()
        status = process.wait(kill.PATIENCE_S)
        if status not in (0, 10, 12, 13, 14, 15):
            raise Violation(f"install while the engine restarts: {status}\n{self.t.said()}")
        return str(status)

    def backup(self):
        if not self.has_backup:
            return "not in this version"
        path = self.t.path(f"backup-{len(self.backups)}.tar")
        ran = self.book.rows(0.1) is not None
        allowed = (0, 11, 12) if self.there() else (2,)
        done = self.book.run("backup", path, file=self.control())
        words = self.expect(done, *allowed)
        if done.code == 0:
            self.backups.append((path, list(self.book.kept)))
        return f"{words}, {'running' if ran else 'stopped'}"

    def restore(self):
        if not self.backups:
            return "no backup"
        path, rows = self.luck.choice(self.backups)
        done = self.book.run("restore", path, "--yes", file=self.files[self.highest])
        words = self.expect(done, 0, 2, 11)
        if done.code == 0:
            self.book.kept = list(rows)
        return f"{words} of {os.path.basename(path)}"

    # The invariants

    def explained(self):
        """What does not run, doctor says why. Returns words."""
        file = self.files[self.installed_version() or self.highest]
        status = self.book.run("status", file=file)
        doctor = self.book.run("doctor", "--json", file=file)
        if status.code != 0 and doctor.code == 0:  # it may have come up meanwhile
            status = self.book.run("status", file=file)
        self.expect(status, *((0, 13, 14, 3) if self.there() else (2, 3)))
        self.expect(doctor, 0, 2, 3, 11, 13, 14)
        findings = [event for event in doctor.events() if event.get("event") == "finding" or event.get("event") == "problem"]
        errors = [event for event in findings if event.get("severity", event.get("level")) == "error"]
        causes = [event.get("rule") or event.get("name") for event in errors]
        if status.code != 0 and doctor.code == 0:
            raise Violation(f"status says {status.code}, and doctor finds nothing wrong\n{status}\n{doctor}")
        if doctor.code in (11, 13, 14) and not [cause for cause in causes if cause not in NO_EXPLANATION]:
            raise Violation(f"doctor cannot explain {doctor.code}: {causes}\n{doctor}")
        for event in errors:
            if not (event.get("cause") or event.get("text") or event.get("message")):
                raise Violation(f"a finding without words: {event}\n{doctor}")
        return f"status {status.code}, doctor {doctor.code} {','.join(map(str, causes))}"

    def invariants(self):
        if self.there(".env"):
            with open(self.book.path(".env"), encoding="utf-8") as text:
                self.env = text.read()
        words = self.explained()
        rows = self.book.rows(0.3)
        if rows is not None:
            lost = [row for row in self.book.kept if row not in rows]
            if lost:
                raise Violation(f"{len(lost)} of {len(self.book.kept)} rows are lost: {lost[:5]}")
            words += f", {len(rows)} rows"
        return words

    OPS = (("install", 14), ("upgrade", 5), ("downgrade", 4), ("start", 10), ("stop", 8), ("uninstall", 5), ("edit_env", 6),
           ("delete_file", 6), ("damage_file", 4), ("lose_env", 2), ("remove_containers", 4), ("remove_images", 3),
           ("restart_engine", 4), ("interrupted", 25), ("with_restart", 4), ("backup", 6), ("restore", 4))

    def step(self, number):
        name = self.luck.choices([op for op, _ in self.OPS], [weight for _, weight in self.OPS])[0]
        said = f"{number:3} {name}"
        try:
            said += f": {getattr(self, name)()}"
            print(f"{said} | {self.invariants()}", flush=True)
        except Violation as wrong:
            print(f"{said} | VIOLATION", flush=True)
            raise Violation(f"step {number}, {name}: {wrong}") from wrong

    def finish(self):
        """Whatever was done, an installation brings everything back."""
        self.expect(self.install_of(self.highest), 0)
        lost = self.book.lost()
        if lost:
            raise Violation(f"at the end {len(lost)} rows are lost: {lost[:5]}")


def main():
    steps, seed = int(os.environ.get("STEPS") or 300), int(os.environ.get("SEED") or 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the engine is stopped
    with harness.Bench() as bench:
        t = harness.Story("walk", bench)
        images.archive("oci")
        began = time.monotonic()
        walk = Walk(t, bench.engine(os.environ.get("ENGINE") or "v28"), seed)
        number = 0
        try:
            for number in range(1, steps + 1):
                walk.step(number)
            walk.finish()
            t.check(True, f"{steps} steps of seed {seed} in {time.monotonic() - began:.0f} s, {len(walk.book.kept)} rows at the end")
        except Violation as wrong:
            t.fail(f"seed {seed}", str(wrong))
            print(f"REPLAY: make check-walk SEED={seed} STEPS={number}", flush=True)
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
