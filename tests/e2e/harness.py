"""What the e2e stories stand on: engines, images, the program under test, and checks that tell what they saw."""
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", name) for name in ("engines", "images")]
import engine as engines  # noqa: E402
import packages  # noqa: E402

BUILD = os.path.abspath(packages.BUILD)
HARDTACK = os.path.join(BUILD, "hardtack")
MACHORUN = os.path.join(ROOT, "tests", "machorun", "run")
PROJECTS = os.path.join(HERE, "projects")
HELLO = os.path.join(ROOT, "payload", "hello")
HELLO_LINE = "Hello from hardtack"
TIMEOUT_S = 300

# Asked from inside the engine's network namespace; proxies are none of our business there.
HTTP_GET = """import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open(sys.argv[1], timeout=5) as reply:
    sys.stdout.write(reply.read().decode())
"""


class Skip(Exception):
    """The story cannot run on this machine; the text says why."""


class Abandon(Exception):
    """A check failed without which the rest of the story means nothing."""


class Bench:
    """What the stories of one run share: running engines, and images that were made once."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="hardtack-e2e-")
        self.engines = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for engine in self.engines.values():
            engine.stop()
        if os.environ.get("HARDTACK_E2E_KEEP") == "1":
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def engine(self, name):
        """The engine, running and empty."""
        if os.geteuid() != 0:
            raise Skip("a Docker engine needs root")
        if name not in self.engines:
            self.engines[name] = engines.Engine(name)
            self.engines[name].start()
        else:
            empty(self.engines[name])
        return self.engines[name]

    def hello_images(self):
        """The folder with the demo's image archives, made anew once a run."""
        folder = os.path.join(self.folder, "hello-images")
        if not os.path.isdir(folder):
            done = subprocess.run([sys.executable, "-B", os.path.join(HELLO, "make_image.py"), folder],
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise AssertionError(f"payload/hello/make_image.py: {done.stderr}")
        return folder


def empty(engine):
    """Removes every container, volume, network and image of a running engine."""
    script = ("docker rm -fv $(docker ps -aq); docker volume rm -f $(docker volume ls -q); "
              "docker network prune -f; docker rmi -f $(docker images -aq); true")
    engine.run(["sh", "-c", script])


class Watch:
    """A running program, watched from outside: its own peak memory and what it has written to open files."""

    def __init__(self, pid, exe):
        self.pid, self.exe = pid, exe
        self.peak_kib = self.written_bytes = self.samples = 0

    def sample(self):
        """Looks once; quietly nothing when the program has just ended, or is not yet the one we wait for."""
        try:
            if os.readlink(f"/proc/{self.pid}/exe") != self.exe:
                return
            with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as text:
                for line in text:
                    if line.startswith("VmHWM:"):
                        self.peak_kib = max(self.peak_kib, int(line.split()[1]))
            self.written_bytes = max(self.written_bytes, sum(self._written()))
            self.samples += 1
        except (OSError, ValueError):
            pass

    def _written(self):
        """The disk space behind each regular file that it holds open for writing, also one without a name."""
        seen = set()
        for number in os.listdir(f"/proc/{self.pid}/fd"):
            about = os.stat(f"/proc/{self.pid}/fd/{number}")
            with open(f"/proc/{self.pid}/fdinfo/{number}", encoding="ascii") as text:
                flags = int(next(line for line in text if line.startswith("flags:")).split()[1], 8)
            key = (about.st_dev, about.st_ino)
            if flags & os.O_ACCMODE != os.O_RDONLY and stat.S_ISREG(about.st_mode) and key not in seen:
                seen.add(key)
                yield about.st_blocks * 512


class Done:
    """How a program ended: exit status, stdout, stderr."""

    def __init__(self, argv, done):
        self.argv, self.code, self.out, self.err = argv, done.returncode, done.stdout, done.stderr

    def __str__(self):
        return (f"$ {' '.join(shlex.quote(word) for word in self.argv)}\nexit {self.code}\n--- stdout\n{self.out}"
                f"--- stderr\n{self.err}")

    def events(self):
        """stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Story:
    """One story's checks and its private folder."""

    def __init__(self, name, bench):
        self.name, self.bench = name, bench
        self.passed = self.failed = 0
        self.folder = os.path.join(bench.folder, name)
        self.home = os.path.join(self.folder, "home")
        os.makedirs(self.home)

    def clean(self):
        if os.environ.get("HARDTACK_E2E_KEEP") != "1":
            shutil.rmtree(self.folder, ignore_errors=True)

    # Telling

    def say(self, verdict, text):
        print(f"{verdict} {self.name}: {text}", flush=True)

    def fail(self, text, detail=""):
        self.failed += 1
        self.say("FAIL", text)
        for line in str(detail).splitlines()[-60:]:
            print("     | " + line, flush=True)

    def check(self, good, text, detail=""):
        """One claim. Returns whether it holds, so that a story can go on with care."""
        if good:
            self.passed += 1
            self.say("PASS", text)
        else:
            self.fail(text, detail)
        return bool(good)

    def need(self, good, text, detail=""):
        """A claim without which the story ends here."""
        if not self.check(good, text, detail):
            raise Abandon()

    # Running

    def path(self, *names):
        return os.path.join(self.folder, *names)

    @staticmethod
    def machorun():
        return os.path.join(BUILD, "tests", "machorun", "machorun")

    def run(self, argv, engine=None, env=None, **more):
        """Runs argv with a clean environment and the story's HOME; with an engine: in its network, with its docker."""
        variables = {"HOME": self.home, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                     "MACHORUN": self.machorun()}
        if engine:
            variables.update(engine.environment())
        variables.update(env or {})
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
                    "errors": "replace", "timeout": TIMEOUT_S, "cwd": self.folder, **more}
        if "input" in more:
            del settings["stdin"]
        full = engine.argv(argv) if engine else argv
        try:
            return Done(argv, subprocess.run(full, env=variables, check=False, **settings))
        except subprocess.TimeoutExpired as slow:
            said = [text.decode(errors="replace") if isinstance(text, bytes) else text or ""
                    for text in (slow.stdout, slow.stderr)]
            return Done(argv, subprocess.CompletedProcess(argv, f"not within {slow.timeout} s", *said))

    def popen(self, argv, engine=None, env=None, **more):
        """Starts argv as run() does, for stories that interfere. Its output goes to the story's out and err files."""
        variables = {"HOME": self.home, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        if engine:
            variables.update(engine.environment())
        variables.update(env or {})
        with open(self.path("out"), "w", encoding="utf-8") as out, open(self.path("err"), "w", encoding="utf-8") as err:
            return subprocess.Popen(engine.argv(argv) if engine else argv, env=variables, stdin=subprocess.DEVNULL,
                                    stdout=out, stderr=err, cwd=self.folder, **more)

    def watched(self, argv, engine=None, env=None):
        """Runs argv to its end, looking at it all the time. Returns its exit status and the Watch."""
        process = self.popen(argv, engine, env)
        watch = Watch(process.pid, os.path.realpath(argv[0]))
        deadline = time.monotonic() + TIMEOUT_S
        while process.poll() is None:
            watch.sample()
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.005)
        return process.returncode, watch

    def said(self):
        """What the last popen() or watched() program wrote."""
        with open(self.path("out"), encoding="utf-8") as out, open(self.path("err"), encoding="utf-8") as err:
            return f"--- stdout\n{out.read()}--- stderr\n{err.read()}"

    def hardtack(self, *words, **more):
        return self.run([HARDTACK, *words], **more)

    def build(self, project, target, archives, *words, out=None):
        """Builds an installer; the story ends when that fails. Returns its path."""
        out = out or self.path("dist")
        os.makedirs(out, exist_ok=True)
        archive_words = [word for archive in archives for word in ("--image-archive", archive)]
        done = self.hardtack("build", project, "--offline", "--target", target, "-o", out + "/", *archive_words, *words)
        lines = done.out.splitlines()
        self.need(done.code == 0 and len(lines) == 1 and os.path.isfile(lines[0]),
                  f"build {os.path.basename(project)} for {target} prints the one file it made", done)
        return lines[0]

    def build_hello(self, target="linux-amd64", *words, out=None):
        archive = os.path.join(self.bench.hello_images(), "hello-oci.tar")
        return self.build(HELLO, target, [archive], *words, out=out)

    def installer(self, file, *words, damaged=False, **more):
        return self.run(self.installer_argv(file, *words, damaged=damaged), **more)

    @staticmethod
    def installer_argv(file, *words, damaged=False):
        """How an installer is run: an ELF as it is, a Mach-O under tests/machorun (with a Mac's checks unless damaged)."""
        with open(file, "rb") as head:
            macho = head.read(4) == b"\xcf\xfa\xed\xfe"
        if macho and not os.access(MACHORUN, os.X_OK):
            raise Skip("tests/machorun/run is missing")
        loader = [MACHORUN] if damaged else [MACHORUN, "--strict"]
        return [*(loader if macho else []), file, *words]

    def http(self, engine, url, wanted, seconds=20):
        """Asks until the answer holds `wanted`. Returns the last answer or complaint."""
        deadline = time.monotonic() + seconds
        while True:
            done = self.run(["/usr/bin/python3", "-c", HTTP_GET, url], engine)
            answer = done.out if done.code == 0 else (done.err.strip().splitlines() or [""])[-1]
            if wanted in answer or time.monotonic() > deadline:
                return answer
            time.sleep(0.3)

    def by_hand(self, file):
        """(offset counted from 1, length, line) of the `tail | head | docker load` line that inspect prints."""
        done = self.hardtack("inspect", file)
        found = re.search(r"tail -c \+(\d+) .*\| *head -c (\d+) *\| *docker load", done.out + done.err)
        self.need(done.code == 0 and found, "inspect prints the line that loads the images by hand", done)
        return int(found.group(1)), int(found.group(2)), found.group(0)

    def containers(self, engine, project):
        """{name: id} of the project's running containers."""
        listing = engine.run(["docker", "ps", "--no-trunc", "--filter", "label=com.docker.compose.project=" + project,
                              "--format", "{{.Names}} {{.ID}}"]).stdout
        return dict(line.split(" ", 1) for line in listing.splitlines())

    def fake_docker(self):
        """An environment whose docker and docker-compose only note that they were called, and the note's path."""
        folder, note = self.path("fake"), self.path("fake", "called")
        os.makedirs(folder, exist_ok=True)
        for name in ("docker", "docker-compose"):
            with open(os.path.join(folder, name), "w", encoding="ascii") as out:
                out.write(f'#!/bin/sh\necho "{name} $*" >>"{note}"\nexit 1\n')
            os.chmod(os.path.join(folder, name), 0o755)
        return {"PATH": folder + ":/usr/sbin:/usr/bin:/sbin:/bin"}, note
