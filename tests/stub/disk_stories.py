"""The host's disk is full from each kind of writing step on, for every verb of the installer that writes (fakes/full_disk.py).

Told only when they are asked for (`make check-full-disk`): they run some hundred installers. Then, each time: exit 9 with its remedy, nothing half-written,
.env and data as they were; and with room again the same command gives 0. On a real small disk: fault_stories.py. See run."""
import json
import os
import shutil
import sys
import tarfile

from __main__ import PATIENCE, ROOT, Done, read, story  # pylint: disable=no-name-in-module
from fault_stories import forget_docker, native
from upgrade_stories import version

sys.path.insert(0, os.path.join(ROOT, "tests/fakes"))
import full_disk  # noqa: E402

DATA = {"volumes": ["rungs_data"], "running_before": True}
# docs/journal.md: a full disk does not stop start, stop and uninstall; the number in the hold is for a text alone (child_guard_begin)
NOTES = ("journal.jsonl", "write hardtack/rungs/.hardtack.children")
ONE = dict(number="1.0.0", template="KEY={{secret hex 8}}\n", extra="old")
TWO = dict(number="2.0.0", template="KEY={{secret hex 8}}\n", extra="new")


def when_asked(function):
    function.when_asked = True
    return native(story(function))


class World:
    """The home and the engine as they were before the verb: put back for each try."""

    def __init__(self, t):
        self.t, self.kept, self.out = t, os.path.join(t.folder, "kept"), os.path.join(t.folder, "out")
        os.makedirs(self.out, exist_ok=True)
        self.disk = full_disk.FullDisk([t.home, self.out])
        self.volumes_before = self.removed()

    def remember(self):
        for folder in (self.t.home, self.t.bin, self.out):
            shutil.copytree(folder, os.path.join(self.kept, os.path.basename(folder)), symlinks=True)

    def restore(self):
        for folder in (self.t.home, self.t.bin, self.out):
            for name in os.listdir(folder):
                path = os.path.join(folder, name)
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
            shutil.copytree(os.path.join(self.kept, os.path.basename(folder)), folder, symlinks=True, dirs_exist_ok=True)

    def run(self, file, words, full_at=None):
        done = self.disk.run([*file, *words], full_at=full_at, env=self.t.env, cwd="/", stdin=-3, capture_output=True, timeout=120 * PATIENCE)
        return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def removed(self):
        return len([call for call in self.t.calls() if call[1:3] == ["volume", "rm"]])


def names_below(*folders):
    return [os.path.join(path, name) for folder in folders for path, _, names in os.walk(folder) for name in names]


def judge(t, world, what, env):
    """Nothing half-written, nothing lost."""
    files = names_below(t.home, world.out)
    t.check(not [path for path in files if path.endswith((".tmp", ".partial"))], f"{what}: nothing half", files)
    for path in files:
        if path.endswith(".json"):
            try:
                json.loads(read(path))
            except ValueError as error:
                t.check(False, f"{what}: {path}: {error}")
        if path.endswith((".backup", ".hardtack-backup", ".tar")):
            try:
                with tarfile.open(path) as tar:
                    t.check(len(tar.getnames()) > 2, f"{what}: {path} is whole", tar.getnames())
            except tarfile.TarError as error:
                t.check(False, f"{what}: {path}: {error}")
    if env is not None:
        path = os.path.join(t.home, "hardtack/rungs/.env")
        have = read(path) if os.path.exists(path) else None
        t.check(have is not None and have.startswith(env), f"{what}: .env as it was", have)


def full_at_each_step(t, file, words, prepare, again=None, keeps_env=True, optional=()):
    """prepare() makes the world before; again: what is run with room, when it is not the same. optional: steps without which the verb may go on."""
    forget_docker(t)
    prepare()
    world = World(t)
    world.remember()
    env = read(os.path.join(t.home, "hardtack/rungs/.env")) if keeps_env else None
    done = world.run(file, words)
    t.check(done.code == 0, f"{words[0]}: 0 with room for all", done)
    steps = list(world.disk.steps)
    t.check(steps, f"{words[0]}: it writes", steps)
    for step in full_disk.kinds(steps):
        world.restore()
        removed = world.removed()
        done = world.run(file, words, full_at=step)
        what = f"{words[0]}, full at {step}"
        t.check(world.disk.full, f"{what}: it was met", world.disk.steps)
        if not (done.code == 0 and step.endswith(optional or ("\0",))):
            t.check(done.code == 9 and "No space left" in done.err + done.out, f"{what}: 9", done)
            t.check("→" in done.err, f"{what}: what to do", done)
        if world.removed() == removed:
            judge(t, world, what, env)
        done = t.run(*(again or words), file=file)
        t.check(done.code == 0, f"{what}: with room it is 0", done)
    print(f"{words[0]}: {len(full_disk.kinds(steps))} kinds of {len(steps)} writing steps", flush=True)


def at_home(t, *names):
    return os.path.join(t.home, "hardtack/rungs", *names)


def fresh(t):
    for folder in (t.home, os.path.join(t.folder, "out")):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    t.play()


def installed(t, **scenario):
    fresh(t)
    done = t.run("install", "--yes", "--set", f"PORT={t.port}", file=version(**ONE))
    t.check(done.code == 0, "installed", done)
    t.play(**{**DATA, **scenario})


@when_asked
def full_disk_in_install(t):
    full_at_each_step(t, version(**ONE), ["install", "--yes", "--set", f"PORT={t.port}"], lambda: fresh(t), keeps_env=False)


@when_asked
def full_disk_in_upgrade(t):
    full_at_each_step(t, version(**TWO), ["install", "--yes"], lambda: installed(t))


@when_asked
def full_disk_in_backup(t):
    full_at_each_step(t, version(**ONE), ["backup", os.path.join(t.folder, "out/b.tar")], lambda: installed(t))


@when_asked
def full_disk_in_restore(t):
    def prepare():
        installed(t)
        done = t.run("backup", os.path.join(t.folder, "out/b.tar"), file=version(**ONE))
        t.check(done.code == 0, "a backup", done)
    full_at_each_step(t, version(**ONE), ["restore", os.path.join(t.folder, "out/b.tar"), "--yes"], prepare)


@when_asked
def full_disk_in_rollback(t):
    def prepare():
        installed(t, load="full")
        os.unlink(os.path.join(t.bin, "state.json"))
        t.play(**DATA, containers=[[{"service": "web", "status": "exited", "exit": 1}]])
        done = t.run("install", "--yes", "--timeout", "1", file=version(**TWO))
        t.check(os.path.exists(at_home(t, ".hardtack-rollback")), "an upgrade that is not through", done)
        t.play(**DATA)
    full_at_each_step(t, version(**TWO), ["rollback", "--yes"], prepare)


@when_asked
def full_disk_in_purge(t):
    full_at_each_step(t, version(**ONE), ["uninstall", "--purge-data", "--yes"], lambda: installed(t), optional=NOTES)


@when_asked
def full_disk_in_erase(t):
    full_at_each_step(t, version(**ONE), ["install", "--erase-data", "--yes"], lambda: installed(t))


@when_asked
def full_disk_in_uninstall(t):
    full_at_each_step(t, version(**ONE), ["uninstall", "--yes"], lambda: installed(t), optional=NOTES)


@when_asked
def full_disk_in_start(t):
    full_at_each_step(t, version(**ONE), ["start"], lambda: installed(t), optional=NOTES)


@when_asked
def full_disk_in_stop(t):
    full_at_each_step(t, version(**ONE), ["stop"], lambda: installed(t), optional=NOTES)


@when_asked
def full_disk_in_doctor(t):
    full_at_each_step(t, version(**ONE), ["doctor", "--report", os.path.join(t.folder, "out/report.tar.gz")], lambda: installed(t))


@when_asked
def full_disk_in_what_needs_no_installation(t):
    for words in (["extract", "OUT/x"], ["load", "--output", "OUT/images.tar"]):
        words = [word.replace("OUT", os.path.join(t.folder, "out")) for word in words]
        full_at_each_step(t, version(**ONE), words, lambda: fresh(t), keeps_env=False)
        shutil.rmtree(os.path.join(t.folder, "kept"))
