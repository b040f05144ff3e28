#!/usr/bin/env python3
"""make check-walk: a seeded random walk over all verbs, kills, signals, engine restarts, edits and deletions. Needs root.

    STEPS=300 SEED=1 ENGINE=v28 [FALLBACK=1] tests/e2e/walk.py

FALLBACK=1: the first choice of both versions crash-loops, and all the rows are in the variant that is gone on with.

After each step: the exit code is one that this state allows; no row that was ever written is gone (a purge announces
the backup that has them); and whatever does not run, `doctor` says why. The first violation ends the walk with the line
that replays it. What happens is chosen by the seed alone; where a kill strikes is up to the clock.
"""
import glob
import importlib.util
import json
import os
import random
import re
import shutil
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


FIRST_CHOICE = """services:
  web:
    image: ghcr.io/acme/guestbook:1.2
    restart: always
    entrypoint: ["sh", "-c", "echo not on this machine >&2; exit 1"]
    ports: ["127.0.0.1:${WEB_PORT:-3000}:3000"]
    stop_grace_period: 1s
"""
WITH_FALLBACK = """compose: first.yaml
sop:
  - up
  - wait_healthy: {timeout: 2m}
fallback:
  - name: v2
    version: 1.2.0
    compose: compose.yaml
"""


def project_of(t, fallback):
    """The guestbook; with a first choice before it that does not work, if that is wanted."""
    plain = os.path.join(harness.PROJECTS, "guestbook")
    if not fallback:
        return plain
    project = t.path("with-fallback", "guestbook")
    shutil.copytree(plain, project)
    with open(os.path.join(project, "first.yaml"), "w", encoding="utf-8") as file:
        file.write(FIRST_CHOICE)
    path = os.path.join(project, "hardtack.yaml")
    with open(path, encoding="utf-8") as text:
        content = text.read()
    with open(path, "w", encoding="utf-8") as text:
        text.write(content.replace("compose: compose.yaml\n", WITH_FALLBACK))
    return project


def newer_file(t, project):
    """The next version of the guestbook, with another web image: what story 15 makes."""
    spec = importlib.util.spec_from_file_location("story_15", os.path.join(HERE, "15-repair.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.upgraded(t, project)


class Violation(Exception):
    """An invariant does not hold."""


class Walk:
    """The walker, and what it knows of the installation."""

    def __init__(self, t, engine, seed, fallback):
        self.t, self.engine, self.luck, self.fallback = t, engine, random.Random(seed), fallback
        project = project_of(t, fallback)
        self.book = kill.Guestbook(t, engine, t.build(project, "linux-amd64", [images.archive("oci")]))
        if fallback:
            self.book.folder, self.book.project = self.book.path("v2"), "guestbook-v2"
            self.book.more = {"install": ("--fallback", "auto")}
        self.files = {OLD: self.book.file, NEW: newer_file(t, project)}
        self.highest = OLD     # the newest version that was ever started to be installed here
        self.backups = {}      # path: (rows in it, version of what made it)
        self.seen = set()      # those that the programs made unasked
        self.excused = None    # a purge or restore was cut off; this backup has the rows
        self.took_s = 8.0      # of an installation, for the choice of moments

    # Looking

    def there(self, name="compose.yaml"):
        return os.path.exists(self.book.path(name))

    def installed(self, *codes):
        """What a verb may end with that wants an installation: 2 without one. With variants either may be the one meant."""
        if self.fallback:
            return (2, *codes)
        return codes if self.there() else (2,)

    def control(self):
        path = self.book.path("hardtack-control")
        return path if os.access(path, os.X_OK) and self.luck.random() < 0.7 else self.files[self.highest]

    def receipt(self, *names):
        """The first that is a receipt; {}: one is there that is none; None: there is none."""
        found = None
        for name in names or ("receipt.json", "receipt.copy.json"):
            try:
                with open(self.book.path(name), encoding="utf-8") as text:
                    found = json.load(text)
                if isinstance(found, dict) and found.get("root"):
                    return found
                found = {}
            except ValueError:
                found = {}
            except OSError:
                if name == "receipt.json" and self.there("receipt.uninstalled.json"):
                    return None
        return found

    def installed_version(self):
        return (self.receipt() or {}).get("version")

    def volumes(self):
        return bool(self.engine.run(["docker", "volume", "ls", "-q", "--filter", f"name={self.book.project}_database"]).stdout)

    def pending(self):
        """What a restore that was cut off left: its backup, and the one that it made of the data before. Or None."""
        try:
            with open(self.book.path("restore.json"), encoding="utf-8") as text:
                return json.load(text)
        except (OSError, ValueError):
            return None

    def note_backups(self, whole=True):
        """The backups that a purge or a restore has made by itself hold the rows that there were, if these were whole."""
        for path in glob.glob(os.path.join(self.t.home, "hardtack", "backups", "*.tar")):
            if path in self.seen or "-before-" in path:
                continue
            self.seen.add(path)
            if not os.path.basename(path).startswith(self.book.project + "-2"):  # of a first choice's settings: no rows
                continue
            if whole:
                self.backups[path] = (list(self.book.kept), self.highest)
                self.excused = path

    def kept_of_upgrades(self):
        """What upgrades had saved, and purges and restores have kept."""
        return glob.glob(os.path.join(self.t.home, "hardtack", "backups", "*-before-*"))

    def forget_old_backups(self):
        for path in self.kept_of_upgrades():
            os.unlink(path)
        for path in list(self.backups)[:-6]:
            if path != self.excused and path not in (self.pending() or {}).values():
                del self.backups[path]
                os.unlink(path)

    def port(self):
        try:
            with open(self.book.path(".env"), encoding="utf-8") as text:
                return int(re.search(r"^WEB_PORT=(\d+)", text.read(), re.M).group(1))
        except (OSError, AttributeError):
            return PORTS[0]

    def damaged(self):
        """Are both receipts none, or the one of data that was kept? Then nobody knows what is installed, and an installation is refused."""
        return self.receipt() == {} or (self.receipt() is None and self.receipt("receipt.uninstalled.json") == {}) or self.deleted()

    def deleted(self):
        """Are all of them gone? Then it is up to the control program, and to whether there ever was an installation."""
        return self.receipt() is None and self.receipt("receipt.uninstalled.json") is None

    def expect(self, done, *allowed):
        if done.code not in allowed:
            raise Violation(f"exit {done.code}, allowed are {allowed}\n{done}")
        return f"{done.code}"

    # What may happen. Each returns words for the log.

    def install(self):
        """The cure for everything but a missing .env."""
        began = time.monotonic()
        words = self.finish_restore()
        words += self.expect(self.install_of(self.highest), 0)
        self.took_s = max(2.0, min(60.0, time.monotonic() - began))
        self.write()
        return words

    def install_of(self, version, *words):
        self.highest = max(self.highest, version)
        damaged, deleted = self.damaged(), self.deleted()
        done = self.book.run("install", "--yes", *words, file=self.files[version])
        if not damaged or (deleted and done.code == 0):
            return done
        self.expect(done, 11)
        return self.book.run("install", "--yes", *words, "--ignore-preflight", "receipt", "--ignore-preflight", "data", file=self.files[version])

    def finish_restore(self):
        """A restore that was cut off is in the way of all that starts or saves the data, until it is run again."""
        pending = self.pending()
        if not pending:
            return ""
        for verb in (["install", "--yes"], ["start"]):
            self.expect(self.book.run(*verb, file=self.files[self.highest]), *((11,) if self.there() else (2, 11)))
        rows, version = self.backups.get(pending["backup"], (self.book.kept, self.highest))
        self.highest = max(self.highest, version)
        words = self.expect(self.book.run("restore", "--yes", pending["backup"], file=self.files[self.highest]), 0)
        self.book.kept, self.excused = list(rows), None
        return f"restore first: {words}, "

    def upgrade(self):
        if self.pending():
            return self.install()
        words = self.expect(self.install_of(NEW), 0)
        self.write()
        return words

    def downgrade(self):
        if self.highest == OLD or self.pending():
            return self.install()
        known, damaged = self.installed_version(), self.damaged() and not self.deleted()
        done = self.book.run("install", "--yes", file=self.files[OLD])
        return self.expect(done, *((11,) if known == NEW or damaged else (0, 2, 11)))

    def write(self):
        before, kept = self.book.rows(), self.book.kept
        self.book.write(self.port())
        if before is None or len(self.book.kept) <= len(before):
            raise Violation("a row could not be written, although an installation has just succeeded")
        lost = [row for row in kept if row not in self.book.kept]
        if lost and not self.excused:
            raise Violation(f"{len(lost)} of {len(kept)} rows are lost: {lost[:5]}")
        self.excused = None  # from here on these rows count

    def start(self):
        # Without its images or files compose cannot start it (12), without .env it must not be tried (11).
        allowed = self.installed(0, 11, 12, 13, 14)
        return self.expect(self.book.run("start", file=self.control()), *allowed)

    def stop(self):
        allowed = self.installed(0, 12)
        return self.expect(self.book.run("stop", file=self.control()), *allowed)

    def uninstall(self):
        allowed = (0, 12) if self.there() else (0, 2)  # 0: it removes what a run that was cut off has left
        return self.expect(self.book.run("uninstall", "--yes", file=self.control()), *allowed)

    def purge(self):
        """All goes, after a backup that it names."""
        had, pending = self.volumes(), self.pending()
        of_upgrades = [name for name in (".hardtack-rollback/data.backup", "before-upgrade.backup") if self.there(name)]
        done = self.book.run("uninstall", "--yes", "--purge-data", "--json", file=self.control())
        if done.code == 6:  # no image is left to reach the data with; the installer brings one along
            done = self.book.run("uninstall", "--yes", "--purge-data", "--json", file=self.files[self.highest])
        words = self.expect(done, 0, *(() if self.there() else (2,)))
        if done.code == 2:
            return words
        made = [event["path"] for event in done.events() if event.get("event") == "backup"]
        if had and (not made or not os.path.exists(made[0])):
            raise Violation(f"data was purged without a backup\n{done}")
        if os.path.exists(self.book.folder) and self.there(".env"):
            raise Violation(f"a purge leaves {os.listdir(self.book.folder)}\n{done}")
        if len(self.kept_of_upgrades()) != len(of_upgrades):
            raise Violation(f"of {of_upgrades} a purge keeps {self.kept_of_upgrades()}\n{done}")
        self.note_backups(whole=had and not pending)
        self.book.kept, self.excused, self.highest = [], None, OLD
        return words

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
        name = self.luck.choice(("compose.yaml", "receipt.json", "receipt.copy.json", "journal.jsonl", "hardtack-control", ".hardtack.lock"))
        if self.there(name):
            os.unlink(self.book.path(name))
        return name

    def damage_file(self):
        name = self.luck.choice(("receipt.json", "receipt.copy.json", "receipt.uninstalled.json", "journal.jsonl", "compose.yaml"))
        self.damage(name)
        return name

    def damage(self, name):
        share, tail = self.luck.random(), b"\0" * self.luck.choice((0, 100))
        if self.there(name) and not self.pending():
            with open(self.book.path(name), "r+b") as file:
                file.truncate(int(share * os.path.getsize(self.book.path(name))))
                file.seek(0, os.SEEK_END)
                file.write(tail)

    def damage_receipts(self):
        self.damage("receipt.json")
        self.damage("receipt.copy.json")
        return "both"

    def half_delete(self):
        """Somebody has cleaned up, and stopped half-way: any of the files, but not what alone leads to the data."""
        gone = [name for name in sorted(os.listdir(self.book.folder) if os.path.exists(self.book.folder) else ())
                if self.luck.random() < 0.5 and not name.startswith(".env") and name not in ("restore.json", "fallback.json") and
                not name.endswith(".backup") and os.path.isfile(self.book.path(name))]
        for name in gone:
            os.unlink(self.book.path(name))
        return " ".join(gone) or "nothing"

    def lose_env(self):
        """.env is gone while there is data: refused with the way out, then it is put back."""
        if not self.there(".env") or self.pending():
            return "no .env, or a restore in the way"
        with open(self.book.path(".env"), encoding="utf-8") as text:
            content = text.read()
        os.unlink(self.book.path(".env"))
        words = self.expect(self.book.run("install", "--yes", file=self.files[self.highest]), 11) if self.volumes() else ""
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
        verbs = {"install": (["install", "--yes"], 1.0), "start": (["start"], 0.6), "stop": (["stop"], 0.25),
                 "uninstall": (["uninstall", "--yes"], 0.3), "backup": (["backup", self.new_backup()], 0.6),
                 "purge": (["uninstall", "--yes", "--purge-data"], 0.6),
                 "restore": (["restore", "--yes", self.luck.choice(sorted(self.backups) or ["none"])], 1.2)}
        name = self.luck.choice(("install", *sorted(verbs)))
        words, share = verbs[name]
        version = self.luck.choice((self.highest, NEW)) if name == "install" else self.highest
        if name == "restore" and self.backups:
            version = max(version, self.backups[words[2]][1])
        self.highest = max(self.highest, version)
        after = self.luck.uniform(0.0, self.took_s * share)
        whole = self.volumes() and not self.pending()
        status, stand = self.book.kill_after(after, *words, number=number, file=self.files[version])
        if status not in (0, 2, 3, 10, 11, 12, 13, 14, -9, 130, 143) and not (
                status in (-2, -15) and after < 0.5):  # before its handlers are there; nothing has been begun either
            raise Violation(f"{words} ended by {number.name} after {after:.2f} s: {status}\n{self.t.said()}")
        if name in ("purge", "restore"):
            self.note_backups(whole)
        if name == "backup" and status == 0:
            self.backups[words[1]] = (list(self.book.kept), self.highest)
        if name == "restore" and status != 0 and not self.pending():
            pass  # not begun
        elif name == "restore" and self.backups and not self.pending():
            self.book.kept, self.excused = list(self.backups[words[2]][0]), None
        if name == "purge" and not os.path.exists(self.book.folder):
            self.book.kept, self.excused, self.highest = [], None, OLD
        return f"{name} {version} {number.name} after {after:.2f} s: {status} at {stand}"

    def new_backup(self):
        self.made = getattr(self, "made", 0) + 1
        return self.t.path(f"backup-{self.made}.tar")

    def with_restart(self):
        """The engine restarts while an installation is at work."""
        damaged = self.damaged()
        process = self.book.popen("install", "--yes", file=self.files[self.highest])
        time.sleep(self.luck.uniform(0.2, self.took_s))
        self.restart_engine()
        status = process.wait(kill.PATIENCE_S)
        if status not in (0, 10, 12, 13, 14, 15, *((11,) if self.pending() or damaged else ())):
            raise Violation(f"install while the engine restarts: {status}\n{self.t.said()}")
        return str(status)

    def backup(self):
        path = self.new_backup()
        allowed = self.installed(0, 10, 11, 12)
        done = self.book.run("backup", path, file=self.control())
        if done.code == 6:  # as with a purge
            done = self.book.run("backup", path, file=self.files[self.highest])
        words = self.expect(done, *allowed)
        if done.code == 0:
            self.backups[path] = (list(self.book.kept), self.highest)
        elif os.path.exists(path):
            raise Violation(f"a backup that failed leaves a file\n{done}")
        return words

    def restore(self):
        if not self.backups:
            return "no backup"
        path = self.luck.choice(sorted(self.backups))
        rows, version = self.backups[path]
        self.highest = max(self.highest, version)
        had, pending = self.volumes(), self.pending()
        done = self.book.run("restore", "--yes", "--json", path, file=self.files[self.highest])
        if done.code == 11 and had and not rows and not pending:  # of settings alone: these do not go with the data here
            return f"11 of {os.path.basename(path)}"
        words = self.expect(done, 0)
        made = [event["path"] for event in done.events() if event.get("event") == "backup"]
        if had and not pending and not made:
            raise Violation(f"data was replaced without a backup of it\n{done}")
        self.note_backups(whole=had and not pending)
        self.book.kept, self.excused = list(rows), None
        lost = self.book.lost()
        if lost:
            raise Violation(f"a restore lacks {len(lost)} of {len(rows)} rows\n{done}")
        self.write()
        return f"{words} of {os.path.basename(path)} with {len(rows)} rows"

    # The invariants

    def explained(self):
        """What does not run, doctor says why. Returns words."""
        file = self.files[self.installed_version() or self.highest]
        status = self.book.run("status", file=file)
        doctor = self.book.run("doctor", "--json", file=file)
        if status.code != 0 and doctor.code == 0:  # it may have come up meanwhile
            status = self.book.run("status", file=file)
        self.expect(status, *self.installed(0, 13, 14))
        self.expect(doctor, 0, 2, 11, 13, 14)
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
        words = self.explained()
        self.forget_old_backups()
        rows = None if self.pending() else self.book.rows(0.3)
        if rows is not None:
            lost = [row for row in self.book.kept if row not in rows]
            if lost and self.excused:
                words += f", {len(lost)} rows are in {os.path.basename(self.excused)}"
                self.book.kept, self.excused, lost = rows, None, []
            if lost:
                raise Violation(f"{len(lost)} of {len(self.book.kept)} rows are lost: {lost[:5]}")
            words += f", {len(rows)} rows"
        return words

    OPS = (("install", 14), ("upgrade", 5), ("downgrade", 4), ("start", 10), ("stop", 8), ("uninstall", 5), ("edit_env", 6),
           ("delete_file", 6), ("damage_file", 4), ("damage_receipts", 2), ("half_delete", 2), ("lose_env", 2), ("remove_containers", 4), ("remove_images", 3),
           ("restart_engine", 4), ("interrupted", 25), ("with_restart", 4), ("backup", 6), ("restore", 5), ("purge", 3))

    def step(self, number):
        name = self.luck.choices([op for op, _ in self.OPS], [weight for _, weight in self.OPS])[0]
        said = f"{number:3} {name}"
        self.seen.update(glob.glob(os.path.join(self.t.home, "hardtack", "backups", "*.tar")))  # an installation without receipts makes one too
        try:
            said += f": {getattr(self, name)()}"
            print(f"{said} | {self.invariants()}", flush=True)
        except Violation as wrong:
            print(f"{said} | VIOLATION", flush=True)
            raise Violation(f"step {number}, {name}: {wrong}") from wrong

    def finish(self):
        """Whatever was done, an installation brings everything back."""
        self.finish_restore()
        self.expect(self.install_of(self.highest), 0)
        lost = self.book.lost()
        if lost:
            raise Violation(f"at the end {len(lost)} rows are lost: {lost[:5]}")


def main():
    fallback = bool(os.environ.get("FALLBACK"))
    steps, seed = int(os.environ.get("STEPS") or 300), int(os.environ.get("SEED") or 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the engine is stopped
    with harness.Bench() as bench:
        t = harness.Story("walk", bench)
        images.archive("oci")
        began = time.monotonic()
        walk = Walk(t, bench.engine(os.environ.get("ENGINE") or "v28"), seed, fallback)
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
