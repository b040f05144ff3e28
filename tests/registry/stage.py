"""What a case of tests/registry stands on."""
import os
import subprocess
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))
HARDTACK = os.environ.get("HARDTACK", os.path.join(BUILD, "hardtack"))
PATIENCE = int(os.environ.get("PATIENCE", "1"))
CASES = []
# docker.io is never asked in a test, whatever the machine can reach.
NO_WAY_OUT = {"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}


def case(function):
    """Marks a function as a case of the suite; its name is the sentence that it proves."""
    CASES.append(function)
    return function


def wait_until(condition, what):
    """A program that is watched by a tool needs seconds to begin: no sleep fits all."""
    until = time.monotonic() + 20 * PATIENCE
    while not condition():
        assert time.monotonic() < until, f"it never came: {what}"
        time.sleep(0.02)


class Done:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Stage:
    def __init__(self, folder):
        self.folder = folder
        self.home, self.cache, self.work = (os.path.join(folder, name) for name in ("home", "cache", "work"))
        for path in (self.home, self.work):
            os.makedirs(path)
        self.env = {"PATH": "/usr/bin:/bin", "HOME": self.home, "LANG": "en_US.UTF-8", "HARDTACK_CACHE": self.cache}

    def write(self, name, text):
        path = os.path.join(self.work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.work, name), encoding="utf-8") as file:
            return file.read()

    def compose(self, *images):
        """A compose file with a service an image, and a command to hand to `hardtack`."""
        services = "".join(f"  s{i}:\n    image: {image}\n    restart: always\n" for i, image in enumerate(images))
        return self.write("compose.yaml", "name: stage\nservices:\n" + services)

    def start(self, *arguments, env=None):
        return subprocess.Popen([HARDTACK, *arguments], cwd=self.work, env={**self.env, **(env or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def hardtack(self, *arguments, env=None, expect=0, timeout_s=60):
        """Runs it; expect None: any exit code."""
        process = self.start(*arguments, env=env)
        try:
            out, err = process.communicate(timeout=timeout_s * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"hardtack {' '.join(arguments)} took longer than {timeout_s} s\n{out}\n{err}") from None
        done = Done(process.returncode, out, err)
        assert expect is None or done.code == expect, f"hardtack {' '.join(arguments)}: expected exit {expect}\n{done!r}"
        return done

    def cached(self):
        """The digests of the blobs in the cache."""
        folder = os.path.join(self.cache, "blobs", "sha256")
        return {"sha256:" + name for name in os.listdir(folder)} if os.path.isdir(folder) else set()
