"""The guestbook's installation, killed at chosen moments and brought to its end, with the rows of its database compared.

Used by the stories 70 to 72, by kill_moments.py and by walk.py.
"""
import json
import os
import random
import signal
import time

import harness
import images
import strike

URL = "http://127.0.0.1:3000/"
PATIENCE_S = 240


class Guestbook:
    """One installation in a story's home, on one engine."""

    def __init__(self, t, engine, file=None):
        self.t, self.engine = t, engine
        self.file = file or t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
        self.folder = os.path.join(t.home, "hardtack", "guestbook")
        self.project = "guestbook"
        self.more = {}  # words that a verb is always given
        self.kept = []  # rows that must be there

    # Its parts

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def journal(self):
        """Its whole lines, oldest first; a torn or foreign one is left out."""
        try:
            with open(self.path("journal.jsonl"), "rb") as text:
                lines = text.read().split(b"\n")[:-1]
        except OSError:
            return []
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def service(self, name):
        """The id of the service's container, running or not, or ""."""
        listing = self.engine.run(["docker", "ps", "-aq", "--no-trunc", "--filter", "label=com.docker.compose.project=" + self.project,
                                   "--filter", "label=com.docker.compose.service=" + name], check=False)
        return listing.stdout.split()[0] if listing.stdout.split() else ""

    def running(self):
        return self.t.containers(self.engine, self.project)

    # Its rows

    def rows(self, patience_s=30):
        """The rows as the database itself has them, or None: it does not answer."""
        deadline = time.monotonic() + patience_s
        while True:
            done = self.engine.run(["docker", "exec", self.service("db") or "none", "psql", "-X", "-A", "-t", "-U", "guest",
                                    "-h", "/run/postgresql", "-d", "guestbook", "-c",
                                    "SELECT number, at FROM visits ORDER BY number"], check=False)
            if done.returncode == 0:
                return done.stdout.split("\n")[:-1]
            if time.monotonic() > deadline:
                return None
            time.sleep(0.2)

    def write(self, port=3000):
        """One more row, that must be there from now on."""
        self.t.http(self.engine, URL.replace("3000", str(port)), "guestbook: visit")
        self.kept = self.rows() or self.kept

    def lost(self, patience_s=30):
        """The rows that are gone; all of them when the database does not answer."""
        rows = self.rows(patience_s)
        return self.kept if rows is None else [row for row in self.kept if row not in rows]

    # Its runs

    def run(self, *words, file=None):
        return self.t.installer(file or self.file, *words, *self.more.get(words[0], ()), engine=self.engine)

    def install(self, *words):
        return self.run("install", "--yes", *words)

    def popen(self, *words, file=None):
        return self.t.popen(self.t.installer_argv(file or self.file, *words, *self.more.get(words[0], ())), self.engine)

    def kill_after(self, seconds, *words, number=signal.SIGKILL, file=None):
        """Starts words and sends the signal so much later. Returns (exit status, where the journal stands)."""
        process = self.popen(*words, file=file)
        try:
            process.wait(seconds)
        except Exception:  # pylint: disable=broad-except
            process.send_signal(number)
        return self._ended(process), self.stand()

    def strike(self, step, state, when, *words, number=signal.SIGKILL):
        """The same exactly "before" or "after" that line is written; the status is None when the run did not get there."""
        blow = strike.Strike(step, state, when, number)
        process = blow.start(lambda **more: self.t.popen(self.t.installer_argv(self.file, *words), self.engine, **more))
        status = self._ended(process)
        return (status if blow.struck else None), self.stand()

    @staticmethod
    def _ended(process):
        try:
            return process.wait(PATIENCE_S)
        except Exception:  # pylint: disable=broad-except
            process.kill()
            return f"did not end within {PATIENCE_S} s, {process.wait()}"

    def stand(self):
        """"load begin": the journal's last line."""
        last = (self.journal() or [{"state": "nothing"}])[-1]
        return f"{last.get('step', last.get('verb', ''))} {last['state']}".strip()

    # Bringing it into a state

    def take_away(self, *what):
        """Removes "containers", "images" (with them): as if they had never been there; the data stays."""
        if "containers" in what or "images" in what:
            self.engine.run(["sh", "-c", "docker rm -f $(docker ps -aq) 2>/dev/null; docker network prune -f >/dev/null"],
                            check=False)
        if "images" in what:
            self.engine.run(["sh", "-c", "docker rmi -f $(docker images -aq) 2>/dev/null"], check=False)

    def leftovers(self):
        """What a clean engine does not have: proof or helper containers, images without a name."""
        left = self.engine.run(["docker", "ps", "-a", "--filter", "label=hardtack.proof", "--format", "{{.ID}} {{.Command}}"])
        dangling = self.engine.run(["docker", "images", "-q", "--filter", "dangling=true"])
        return left.stdout.split("\n")[:-1] + ["dangling " + name for name in dangling.stdout.split()]

    def complete(self, what):
        """The run after a kill: 0, no row is lost, nothing is left over. Returns its JSON events."""
        done = self.install("--json")
        good = self.t.check(done.code == 0, f"{what}: the next run: 0", done)
        lost = self.lost() if good else []
        left = self.leftovers() if good else []
        if good:
            self.t.check(not lost and not left, f"{what}: all {len(self.kept)} rows are there, nothing is left over",
                         f"lost {lost}, left {left}")
        return done.events() if good else []


def random_moments(book, count, seed, longest_s, say=lambda _: None):
    """Kills `count` installations at random moments, each in a random state before it; completes each."""
    luck = random.Random(seed)
    stands = {}
    for number in range(count):
        state = luck.choice((("images",), ("containers",), ()))
        book.take_away(*state)
        after = luck.uniform(0.01, longest_s if state else longest_s / 2)
        status, stand = book.kill_after(after, "install", "--yes")
        stands[stand] = stands.get(stand, 0) + 1
        what = f"moment {number + 1} of seed {seed}: {'/'.join(state) or 'running'}, killed after {after:.2f} s at {stand} ({status})"
        book.complete(what)
        book.write()
        say(what)
        if book.t.failed:
            book.t.say("REPLAY", f"make kill-moments N={number + 1} SEED={seed}")
            break
    return stands
