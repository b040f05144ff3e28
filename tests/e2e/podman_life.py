"""What `make e2e-engines` asks of Podman: load and proof, and over its socket a stack without health checks."""
import os
import shutil

import harness
import upgrade_stack as stack
from engine_life import Images, damaged, expected_tags


class PodmanLife:
    """Load and proof. A stack needs compose, and health checks, which Podman makes of systemd timers: there are none here."""

    def __init__(self, t, engine, record):
        self.t, self.engine, self.record = t, engine, record
        self.file = stack.first_version(t)
        self.hello = self._hello()

    def _hello(self):
        """The demo without its health check: the page itself is the proof."""
        folder = self.t.path("hello")
        shutil.copytree(harness.HELLO, folder)
        compose = stack.read(folder, "compose.yaml")
        start, end = compose.index("    healthcheck:"), compose.index("    read_only:")
        with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as out:
            out.write(compose[:start] + compose[end:])
        archive = os.path.join(self.t.bench.hello_images(), "hello-oci.tar")
        return self.t.build(folder, "linux-amd64", [archive], out=self.t.path("dist-hello"))

    def steps(self, step):
        if self.engine.is_cli:
            step("identity", self.by_hand)
            return
        for name in ("identity", "install", "smoke", "restart", "purge"):
            step(name, getattr(self, name))
        step("damaged", damaged, self.t, Images(self.t, self.engine, self.file), self.record)

    def run(self, *words):
        return self.t.installer(self.hello, *words, engine=self.engine)

    def by_hand(self):
        """podman in the place of docker's own command answers in another shape: refused; what needs no hardtack works."""
        done = self.t.installer(self.file, "load", engine=self.engine)
        self.t.check(done.code == 10 and "docker version" in done.err and not stack.tags(self.engine),
                     "load: 10, says what it cannot read, nothing is loaded", done)
        line = self.t.by_hand(self.file)[2]
        done = self.t.run(["sh", "-c", line], self.engine, cwd=os.path.dirname(self.file))
        wrong = Images(self.t, self.engine, self.file).wrong(expected_tags())
        self.t.check(done.code == 0 and not wrong, "the line that inspect prints loads the images that were made", f"{done}\n{wrong}")

    def identity(self):
        loaded = Images(self.t, self.engine, self.file)
        done, tags = loaded.load()
        self.t.need(done.code == 0, "load: 0", done)
        wrong = loaded.wrong(tags)
        self.t.check(not wrong, "the images are those that were made: Id, layers, platform", wrong)

    def install(self):
        done = self.run("install", "--yes")
        self.t.need(done.code == 0, "the demo without health check: install: 0", done)
        done = self.run("install", "--yes")
        self.t.check(done.code == 0, "again, over its own port: 0", done)

    def smoke(self):
        done = self.run("smoke")
        self.t.check(done.code == 0, "smoke: 0", done)

    def restart(self):
        self.t.check(self.run("stop").code == 0, "stop: 0")
        done = self.run("start")
        self.t.check(done.code == 0, "start: 0", done)

    def purge(self):
        done = self.run("uninstall", "--purge-data", "--yes")
        left = self.engine.run(["sh", "-c", "docker ps -aq; docker volume ls -q"]).stdout
        self.t.check(done.code == 0 and not left, "purge: 0, nothing is left", f"{done}\n{left}")
