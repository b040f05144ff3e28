#!/usr/bin/env python3
"""hardtack against what people use today, on the same inputs, in turn, in one run.

    tests/bench/run.py --build BUILD --out DIR [--sizes MIB,...] [--blobs N,...] [--images N,...] [--turns N] [--engine NAME] [--budget SECONDS]
                       [--figures build,verify,load,install] [--add]

For every payload, the smallest first: build, verify, load into a clean engine, install until the application is proven, all again with
everything present, and the first word. Payloads are one image (of a hundred layers at most), or --images. Contenders of a figure take turns, nobody always first; the first turn warms up and
does not count. Of a payload above 1 GiB or from 1,000 layers there are two turns at most, and both count. What needs more time than the budget or more disk than there is is left out, and said.
DIR gets bench.json, bench.md and plots; with --add what is measured now replaces that in DIR's bench.json, and the rest of it stays.
Needs root (a Docker engine of its own, no network).
"""
import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(ROOT, "scripts"), os.path.join(ROOT, "tests/engines"), os.path.join(ROOT, "payload/hello")]
import engine as engines  # noqa: E402
import inputs  # noqa: E402
import make_image  # noqa: E402
import report  # noqa: E402
from measure import Taken, cpu_below, first_word, timed  # noqa: E402

MIB = 1 << 20
SLOW_MOST_MIB = 1024    # compressing peers above this size would take most of the time
LOADED_BLOBS_MOST = 1000  # an engine needs seconds for a hundred layers
GRACE_S = 60            # what has begun may end behind the budget
FIGURES = ("build", "verify", "load", "install")
DISK_TIMES = 9          # layout, installer, archive and peers' outputs; unpacked in the engine; its temporary files
TARGET = {"x86_64": "linux-amd64", "aarch64": "linux-arm64"}[platform.machine()]


class OutOfTime(Exception):
    pass


def slow(payload):
    """Of which less is measured, or the rest would never be."""
    return payload.size_mib > SLOW_MOST_MIB or payload.layers >= LOADED_BLOBS_MOST


class Bench:
    def __init__(self, options):
        self.options = options
        self.hardtack = os.path.join(os.path.abspath(options.build), "hardtack")
        self.work = tempfile.mkdtemp(prefix="bench-", dir=os.path.abspath(options.work or options.build))
        self.started = time.monotonic()
        self.rows, self.left_out, self.disk = [], [], 0
        self.engine = None
        self.failed = False

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def env(self, engine=False):
        outer = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.path("home"), "HARDTACK_CACHE": self.path("cache"), "LC_ALL": "C.UTF-8",
                 "TMPDIR": self.work}
        return {**outer, **self.engine.environment()} if engine else outer

    def note_disk(self):
        """What the inputs and outputs and the engine take at this moment."""
        total = 0
        for top in (self.work, self.engine.folder if self.engine else self.work):
            done = subprocess.run(["du", "-sx", "--block-size=1M", top], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
            total += int(done.stdout.split()[0]) if done.stdout and top not in (None, "") else 0
            if not self.engine:
                break
        self.disk = max(self.disk, total)

    def left(self):
        return self.options.budget - (time.monotonic() - self.started)

    def timed(self, argv, env=None):
        """What it took (measure.Taken); ends soon after the budget."""
        try:
            return timed(argv, env or self.env(), self.work, self.path("said"), max(self.left(), 0) + GRACE_S)
        except RuntimeError as error:
            if self.left() < 0:
                raise OutOfTime(os.path.basename(argv[0])) from error
            raise

    def in_turn(self, figure, payload, contenders, before=None, turns=None):
        """contenders: {name: argv or callable giving what it took}; before(name) is not counted."""
        turns = turns or self.options.turns
        warm_up, turns = (0, min(turns, 2)) if slow(payload) else (1, turns)
        runs = {name: [] for name in contenders}
        over = False
        for turn in range(turns + warm_up):
            shift = turn % len(contenders)
            for name in [*contenders][shift:] + [*contenders][:shift]:
                over = over or self.left() < 0
                if over:
                    break
                if before:
                    before(name)
                os.sync()
                contender = contenders[name]
                took = contender() if callable(contender) else self.timed(contender)
                if turn >= warm_up:
                    runs[name].append(took)
        if over and not all(runs.values()):
            raise OutOfTime(figure)
        for name, measured in runs.items():
            alone = name.startswith(("hardtack", "installer", "openssl"))  # a shell's or a client's memory says nothing
            self.rows.append({"figure": figure, "contender": name, **payload._asdict(),
                              **{key: [round(getattr(took, key), 4) for took in measured] for key in ("seconds", "cpu", "engine_cpu")},
                              "peak_kib": max(took.peak_kib for took in measured) if alone else 0})
            print(f"  {figure:8} {name:36} {report.median([took.seconds for took in measured]):8.2f} s", file=sys.stderr, flush=True)
        if over:
            raise OutOfTime(f"{figure}, after {min(map(len, runs.values()))} of {turns} turns")

    # ---- figures ----

    def build_argv(self):
        return [self.hardtack, "build", self.path("project"), "--offline", "--image-archive", self.path("layout"), "--target", TARGET,
                "-o", self.path("installer"), "-q"]

    def build(self, payload):
        copy = "find layout/blobs/sha256 -type f -print0 | sort -z | xargs -0 cat >copy && "
        contenders = {"hardtack build": self.build_argv(),
                      "hardtack build, the first": [*self.build_argv()],
                      "copy and hash (openssl)": ["sh", "-c", copy + "openssl dgst -sha256 copy"],
                      "copy, hash (openssl), to the disk": ["sh", "-c", copy + "openssl dgst -sha256 copy && sync copy"],
                      "copy and hash (sha256sum)": ["sh", "-c", copy + "sha256sum copy"]}

        def before(name):
            if name == "hardtack build, the first":  # of layers that no build has proven yet
                shutil.rmtree(self.path("cache/proofs"), ignore_errors=True)
        self.timed(self.build_argv())
        if "build" not in self.options.figures:
            return
        archive = self.path("made/archive.tar")
        if not slow(payload):
            os.makedirs(self.path("made"))
            self.timed([self.path("installer"), "load", "--output", archive, "-q"])
            with open(self.path("made/load.sh"), "w", encoding="ascii") as file:
                file.write("#!/bin/sh\nexec docker load -i archive.tar\n")
            os.chmod(self.path("made/load.sh"), 0o755)
            if shutil.which("makeself"):
                common = ["--quiet", "--tar-quietly", "made", "peer.run", "images", "./load.sh"]
                contenders["makeself, gzip (its default)"] = ["makeself", "--sha256", *common]
                contenders["makeself --nocomp"] = ["makeself", "--nocomp", "--sha256", *common]
            else:
                self.leave_out("build: makeself is not installed")
            self.clean_engine()
            self.docker("load", "-q", "-i", archive)
            names = self.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
            save = self.engine.argv(["sh", "-c", f"docker save {' '.join(names)} | zstd -q -T0 -f -o saved.tar.zst"])
            contenders["docker save | zstd"] = lambda: self.timed(save, self.env(engine=True))
        self.in_turn("build", payload, contenders, before=before)
        self.note_disk()

    def verify(self, payload):
        file = self.path("installer")
        self.in_turn("verify", payload, {
            "openssl dgst -sha256": ["openssl", "dgst", "-sha256", file], "installer verify": [file, "verify", "-q"],
            "hardtack verify": [self.hardtack, "verify", file, "-q"], "installer verify, one core": ["taskset", "-c", "0", file, "verify", "-q"],
            "openssl, one core": ["taskset", "-c", "0", "openssl", "dgst", "-sha256", file]})

    def inside(self, *argv):
        """What a program took that uses the engine, and what the engine did meanwhile."""
        pid = self.engine.process.pid
        before = cpu_below(pid)
        took = self.timed(self.engine.argv(list(argv)), self.env(engine=True))
        return took._replace(engine_cpu=cpu_below(pid) - before)

    def load(self, payload):
        if payload.layers > LOADED_BLOBS_MOST:
            return
        file, archive = self.path("installer"), self.path("archive.tar")
        self.timed([file, "load", "--output", archive, "-q"])
        contenders = {"docker load -i, the same archive": lambda: self.inside("docker", "load", "-q", "-i", archive),
                      "installer load, verified and proven": lambda: self.inside(file, "load", "-q")}
        if not slow(payload):
            self.clean_engine()
            self.docker("load", "-q", "-i", archive)
            names = self.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
            self.docker("save", "-o", self.path("saved.tar"), *names)
            contenders["docker load -i, of docker save"] = lambda: self.inside("docker", "load", "-q", "-i", self.path("saved.tar"))
        self.in_turn("load", payload, contenders, before=lambda _: self.clean_engine())
        self.note_disk()
        self.rows.append({"figure": "phases", "contender": "installer load, verified and proven", **payload._asdict(),
                          "runs": [self.load_phases() for _ in range(1 if slow(payload) else self.options.turns)]})

    def load_phases(self):
        """Seconds of a load: until docker is first called, until `docker load`, in it (in all of them), behind it."""
        self.clean_engine()
        calls, watch = self.path("calls"), self.path("watch")
        if not os.path.isdir(watch):
            os.makedirs(watch)
            with open(os.path.join(watch, "docker"), "w", encoding="ascii") as file:
                file.write(f'#!/bin/bash\nsay() {{ echo "$EPOCHREALTIME $*" >>{calls}; }}\nsay begins "$@"\n{self.engine.folder}/bin/docker "$@"\n'
                           'code=$?\nsay ends "$@"\nexit $code\n')
            os.chmod(os.path.join(watch, "docker"), 0o755)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(calls)
        env = self.env(engine=True)
        env["PATH"] = watch + ":" + env["PATH"]
        begun = time.time()
        self.timed(self.engine.argv([self.path("installer"), "load", "-q"]), env)
        ended = time.time()
        with open(calls, encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
        loads = [float(line[0]) for line in lines if "load" in line[2:4]]
        return {"verify": round(float(lines[0][0]) - begun, 4), "ask": round(min(loads) - float(lines[0][0]), 4), "load": round(max(loads) - min(loads), 4),
                "prove": round(ended - max(loads), 4), "calls": sum(line[1] == "begins" for line in lines)}

    def install(self, payload):
        if payload.layers > LOADED_BLOBS_MOST:
            return
        file, place = self.path("installer"), self.path("place")
        run = [file, "install", "--yes", "-q", "--dir", place]
        by_hand = ("docker load -q -i archive.tar && cd hand && docker compose up -d --quiet-pull 2>&1 && "
                   "until python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:8088/\", timeout=3)' 2>/dev/null; do sleep 0.1; done")
        self.by_hand()

        def before(_):
            self.clean_engine()
            shutil.rmtree(place, ignore_errors=True)
        if payload.images == 1:  # of several, it loads the one that is started, and a person all that the archive has
            self.in_turn("install", payload, {"docker load, compose up, a request": lambda: self.inside("sh", "-c", by_hand),
                                              "installer install": lambda: self.inside(*run)}, before=before)
        before(None)
        self.inside(*run)
        self.in_turn("again", payload, {"installer install, everything present": lambda: self.inside(*run)})
        self.in_turn("first", payload, {name: (lambda argv=argv: Taken(first_word(argv, self.env(), self.work))) for name, argv in (
            ("installer verify: first word", [file, "verify"]), ("installer info: first word", [file, "info"]),
            ("hardtack version: first word", [self.hardtack, "version"]))}, turns=max(self.options.turns, 9))
        before(None)

    def by_hand(self):
        """The compose file as it is installed, for the person who has only the archive."""
        shutil.rmtree(self.path("hand"), ignore_errors=True)
        shutil.rmtree(self.path("unpacked"), ignore_errors=True)
        self.timed([self.hardtack, "extract", self.path("installer"), self.path("unpacked"), "-q"])
        os.makedirs(self.path("hand"))
        shutil.copy(self.path("unpacked/hardtack/files/compose.yaml"), self.path("hand"))
        shutil.rmtree(self.path("unpacked"))

    # ---- the engine ----

    def docker(self, *words):
        return self.engine.run(["docker", *words], timeout=3600).stdout

    def clean_engine(self):
        self.engine.run(["sh", "-c", "docker rm -fv $(docker ps -aq); docker network prune -f; docker volume prune -af; docker rmi -f $(docker images -aq); true"],
                        timeout=1200)

    # ---- all of it ----

    def leave_out(self, why):
        self.left_out.append(why)
        print(f"  left out: {why}", file=sys.stderr, flush=True)

    def payload(self, payload, program):
        need = DISK_TIMES * (payload.size_mib + 64)
        free = shutil.disk_usage(self.work).free // MIB
        if free < need:
            self.leave_out(f"{payload}: needs {need} MiB of disk, {free} are free")
            return
        for name in os.listdir(self.work):
            if name not in ("hello", "home"):
                path = self.path(name)
                shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        inputs.make(self.work, os.path.join(ROOT, "payload/hello"), program, make_image.CONFIG, payload)
        print(f"{payload}; {self.left():.0f} s left", file=sys.stderr, flush=True)
        for figure in FIGURES:
            if figure == FIGURES[0] or figure in self.options.figures:  # the first makes what the others measure
                getattr(self, figure)(payload)
            for rest in ("made", "copy", "peer.run", "saved.tar.zst"):
                path = self.path(rest)
                shutil.rmtree(path, ignore_errors=True)
                with contextlib.suppress(OSError):
                    os.unlink(path)
        told = json.loads(subprocess.run([self.hardtack, "inspect", "--json", self.path("installer")], stdout=subprocess.PIPE, check=True).stdout)
        self.rows.append({"figure": "overhead", "contender": "installer", **payload._asdict(), "file_bytes": told["size"], "parts": told["parts"]})

    def run(self):
        os.makedirs(self.path("home"))
        os.makedirs(self.path("hello"))
        program = make_image.compile_program("amd64" if TARGET.endswith("amd64") else "arm64", self.path("hello"))
        options = self.options
        payloads = [payload.whole() for payload in (*(inputs.Payload(size) for size in options.sizes), *(inputs.Payload(options.images_mib, images=count) for count in options.images),
                                                    *(inputs.Payload(options.blobs_mib, count) for count in options.blobs))]
        payloads.sort()  # a run whose time is over has left out the fewest
        self.engine = engines.Engine(self.options.engine)
        try:
            self.engine.start()
            for number, payload in enumerate(payloads):
                try:
                    self.payload(payload, program)
                except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                    self.leave_out(f"{payload}, from there on: {str(error)[-300:]}")
                    self.failed = True
                except OutOfTime as figure:
                    self.leave_out(f"the time is over at {figure}; from there on: {'; '.join(map(str, payloads[number:]))}")
                    break
        finally:
            self.engine.stop()
            shutil.rmtree(self.work, ignore_errors=True)
        return {"rows": self.rows, "left_out": self.left_out, "took_s": round(time.monotonic() - self.started), "runs": 1, "disk_mib": self.disk,
                "turns": self.options.turns, "engine": self.options.engine, "date": time.strftime("%Y-%m-%d", time.gmtime()),
                "failed": self.failed, "machine": report.machine(self.hardtack)}


def numbers(text):
    return [int(word) for word in text.replace(",", " ").split()]


def figures(text):
    words = text.replace(",", " ").split()
    unknown = [word for word in words if word not in FIGURES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no figure {unknown[0]}: there are {', '.join(FIGURES)}")
    return words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--work", help="where inputs and outputs lie (default: BUILD)")
    parser.add_argument("--sizes", type=numbers, default=[64, 256, 1024, 3990])
    parser.add_argument("--blobs", type=numbers, default=[10, 100, 1000, 10000])
    parser.add_argument("--blobs-mib", type=int, default=64)
    parser.add_argument("--images", type=numbers, default=[2])
    parser.add_argument("--images-mib", type=int, default=512)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--engine", default="v28")
    parser.add_argument("--budget", type=int, default=5400)
    parser.add_argument("--figures", type=figures, default=[*FIGURES])
    parser.add_argument("--add", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell ignores it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))    # so that the engine is stopped
    # Refused before an hour of measuring.
    earlier = report.earlier_of(options.out, os.path.join(options.build, "hardtack")) if options.add else None
    results = Bench(options).run()
    if earlier:
        results = report.joined(earlier, results)
    report.write(results, options.out)
    return 0 if results["rows"] and not results["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
