"""kill -9 of an upgrade whose `docker compose up` outlives it: the next run ends it or waits for it, and no row is lost."""
import os
import signal
import sys
import time

import harness
import upgrade_stack as stack

PATIENCE_S = 120
# Stands before docker. What to play, once, is in the file mode:
#   slow      `compose up` of the new version waits, and never begins
#   late      the same in a session of its own, out of reach: it begins when the file go is there, on copies of the files it was given
#   stranger  in the middle of `docker cp -` somebody else brings the new version up
WRAPPER = """#!{python} -B
import os, shutil, subprocess, sys, time
here, docker, words = {folder!r}, {docker!r}, sys.argv[1:]
at = lambda name: os.path.join(here, name)
mode = open(at("mode")).read() if os.path.exists(at("mode")) else ""
def put(name, text=""):
    with open(at(name + ".new"), "w") as out:
        out.write(text)
    os.rename(at(name + ".new"), at(name))
def wait():
    while not os.path.exists(at("go")):
        time.sleep(0.01)
if mode in ("slow", "late") and words[0] == "compose" and "up" in words:
    os.remove(at("mode"))
    for word in ("-f", "--env-file"):
        copy = at("copy" + word)
        shutil.copy(words[words.index(word) + 1], copy)
        words[words.index(word) + 1] = copy
    put("words", "\\0".join(words))
    if mode == "late":
        child = os.fork()
        if child:
            sys.exit(os.waitpid(child, 0)[1] != 0)
        os.setsid()
    put("held", str(os.getpid()))
    wait()
    subprocess.run([docker, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    put("ran")
    sys.exit(0)
if mode == "stranger" and words[:2] == ["cp", "-"]:
    os.remove(at("mode"))
    subprocess.run([docker, *open(at("words")).read().split("\\0")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    put("ran")
os.execv(docker, [docker, *words])
"""


class Wrapped:
    """An engine whose docker is the wrapper."""

    def __init__(self, t, engine):
        self.t, self.engine, self.folder = t, engine, t.path("wrapped")
        os.makedirs(self.folder)
        docker = os.path.join(engine.folder, "bin", "docker")
        with open(self.path("docker"), "w", encoding="utf-8") as out:
            out.write(WRAPPER.format(python=sys.executable, folder=self.folder, docker=docker))
        os.chmod(self.path("docker"), 0o755)
        self.env = {"PATH": self.folder + ":" + engine.environment()["PATH"]}

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def play(self, mode):
        for name in ("go", "held", "ran"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        with open(self.path("mode"), "w", encoding="ascii") as out:
            out.write(mode)

    def there(self, name, process=None):
        """Waits for the wrapper's file, or for the process's end."""
        return wait(lambda: os.path.exists(self.path(name)) or (process and process.poll() is not None)) and \
            os.path.exists(self.path(name))

    def run(self, file, *words):
        return self.t.installer(file, *words, engine=self.engine, env=self.env)

    def popen(self, file, *words):
        return self.t.popen([file, *words], self.engine, self.env)

    def kill_in_up(self, file, mode):
        """An upgrade, killed while its `compose up` is held. Returns the pid of who holds it."""
        self.play(mode)
        process = self.popen(file, "install", "--yes")
        self.t.need(self.there("held", process), f"{mode}: the upgrade is in `compose up`", self.t.said())
        process.send_signal(signal.SIGKILL)
        process.wait()
        return int(stack.read(self.path("held")))


def wait(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as about:
            return about.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def story(t):
    engine = t.bench.engine("v28")
    wrapped = Wrapped(t, engine)
    old = stack.first_version(t)
    ruinous = stack.second_version(t, "ruinous", first=stack.SPOILS)
    t.need(t.installer(old, "install", "--yes", engine=engine).code == 0, "the first version: 0")
    before, env = stack.visit(t, engine), stack.read(stack.home(t, ".env"))
    control = stack.home(t, "hardtack-control")

    pid = wrapped.kill_in_up(ruinous, "slow")
    t.check(wait(lambda: not lives(pid)), "killed in `compose up`: that is ended, too", pid)

    pid = wrapped.kill_in_up(ruinous, "late")
    done = wrapped.run(control, "rollback", "--yes", "--timeout", "1")
    t.check(done.code == 11 and "still at work" in done.err and ("lsof" in done.err or "kill -- -" in done.err) and lives(pid),
            "another one is out of reach: 11, with what to do", done)
    process = wrapped.popen(control, "rollback", "--yes")
    wait(lambda: "left Docker commands at work" in t.said() or process.poll() is not None)
    phase = stack.read(stack.home(t, ".hardtack-rollback", "state.json")) if process.poll() is None else ""
    t.check('"started"' in phase, "a patient one waits, and changes nothing yet", f"{phase}\n{t.said()}")
    with open(wrapped.path("go"), "w", encoding="ascii"):
        pass
    t.check(wrapped.there("ran"), "the late `compose up` starts the new version, which deletes all rows")
    process.wait(harness.TIMEOUT_S)
    t.check(process.returncode == 0 and "1.2.0 is back" in t.said(), "then it goes back: 0", t.said())
    stack.is_old(t, engine, before, env, "after the late start")

    wrapped.kill_in_up(ruinous, "slow")
    wrapped.play("stranger")
    done = wrapped.run(control, "rollback", "--yes")
    t.check(wrapped.there("ran") and done.code == 0 and "put back once more" in done.err,
            "somebody starts the new version while the data is put back: it is put back once more", done)
    stack.is_old(t, engine, before, env, "after the stranger")
