#!/usr/bin/env python3
"""Golden tests of the command line: what `hardtack` and an installer say, byte for byte.

    tests/golden/run.py --build BUILD --deps DEPS [--update] [NAME…]

A case is NAME.cmd, a shell script, beside what it must give: NAME.exit, NAME.stdout, NAME.stderr
(absent: nothing). It runs in an empty folder with an empty environment; $hardtack is the host tool,
$installer a linux-amd64 or linux-arm64 installer of payload/hello for this machine, $images the
folder of its image archives, $here this folder. Docker is played by
bin/docker: installed, its daemon down. Paths of the run, sizes, digests and the version
are replaced by words before anything is compared. --update writes what was found: read the
difference before you commit it. LEAVE_OUT: names of cases that are not run. Ends with "N passed, N failed".
"""

import argparse
import difflib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = "linux-" + {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())

# What differs between builds and says nothing: first match first.
WORDS = [
    (re.compile(r"\.\d+\.tmp\b"), ".<pid>.tmp"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"-[0-9a-f]{12}\b"), "-<pin>"),
    (re.compile(r"\bsha256:[0-9a-f]{12}…"), "sha256:<short>…"),
    (re.compile(r" +[0-9.]+ ([KMG]i)?B +[0-9]+\.[0-9] %"), "  <size>  <share>"),
    (re.compile(r"\b[0-9]+ B\b"), "<size>"),
    (re.compile(r"\b[0-9]+(\.[0-9]+)? [KMG]iB"), "<size>"),
    (re.compile(r'("(?:alignment|framing|index|manifest)": )[0-9]+'), r"\1<n>"),
    (re.compile(r"(tail -c \+|head -c )[0-9]+"), r"\1<n>"),
    (re.compile(r"\b[0-9]{5,}\b"), "<n>"),
    (re.compile(r"\bhardtack \d+\.\d+\.\d+"), "hardtack <version>"),
]


class Golden:
    def __init__(self, options):
        self.build, self.deps = os.path.abspath(options.build), os.path.abspath(options.deps)
        self.update = options.update
        self.hardtack = os.path.join(self.build, "hardtack")
        self.work = tempfile.mkdtemp(prefix="golden-", dir=self.build)
        self.images = os.path.join(self.work, "images")
        self.installer = os.path.join(self.work, "hello-installer")

    def prepare(self):
        """An image and an installer; a failure here is told like a failed case."""
        for command in (
            [os.path.join(ROOT, "payload/hello/make_image.py"), self.images],
            [self.hardtack, "build", os.path.join(ROOT, "payload/hello"), "--offline", "--image-archive",
             os.path.join(self.images, "hello-oci.tar"), "--target", TARGET, "-o", self.installer],
        ):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300 * int(os.environ.get("PATIENCE", "1")), check=False,
                                  env={**os.environ, "DEPS": self.deps, "LC_ALL": "C"})
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout.decode('utf-8', 'replace')}")

    def words(self, text):
        for path, word in ((self.folder, "<folder>"), (self.images, "<images>"), (self.installer, "<installer>"),
                           (os.path.basename(self.installer), "<installer>"), (self.hardtack, "<hardtack>"),
                           (HERE, "<here>"), (ROOT, "<root>"), (self.work, "<work>")):
            text = text.replace(path, word)
        for pattern, word in WORDS:
            text = pattern.sub(word, text)
        return text

    def run(self, name):
        """{ending: text} of what the case gives."""
        self.folder = os.path.join(self.work, "case", name)
        os.makedirs(os.path.join(self.folder, "home"))
        environment = {
            "PATH": os.path.join(HERE, "bin") + ":/usr/bin:/bin", "HOME": os.path.join(self.folder, "home"), "TMPDIR": self.folder,
            "hardtack": self.hardtack, "installer": self.installer, "images": self.images, "here": HERE,
            "LC_ALL": "C.UTF-8", "COLUMNS": "80",
        }
        done = subprocess.run(["/bin/sh", os.path.join(HERE, name + ".cmd")], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=self.folder, env=environment,
                              timeout=60 * int(os.environ.get("PATIENCE", "1")), check=False)
        return {
            "exit": f"{done.returncode}\n",
            "stdout": self.words(done.stdout.decode("utf-8", "replace")),
            "stderr": self.words(done.stderr.decode("utf-8", "replace")),
        }


def expected(name, ending):
    path = os.path.join(HERE, f"{name}.{ending}")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as handle:
        return handle.read()


def write(name, found):
    for ending, text in found.items():
        path = os.path.join(HERE, f"{name}.{ending}")
        if text:
            with open(path, "w", encoding="utf-8") as handle:
                handle.write(text)
        elif os.path.exists(path):
            os.unlink(path)


def compare(name, found):
    """Prints the differences; returns whether there is none."""
    good = True
    for ending, text in found.items():
        wanted = expected(name, ending)
        if text != wanted:
            good = False
            sys.stdout.writelines("     " + line.rstrip("\n") + "\n" for line in difflib.unified_diff(
                wanted.splitlines(), text.splitlines(), f"{name}.{ending}", "found", lineterm=""))
    return good


def stray_files(names):
    """Expectations without a case: a case that was renamed leaves them behind."""
    return sorted(file for file in os.listdir(HERE) if file.endswith((".exit", ".stdout", ".stderr"))
                  and file.rpartition(".")[0] not in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--deps", default=os.path.join(ROOT, "build/deps"))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    every = sorted(file[:-4] for file in os.listdir(HERE) if file.endswith(".cmd"))
    left_out = os.environ.get("LEAVE_OUT", "").split()
    golden = Golden(options)
    passed = failed = 0
    try:
        golden.prepare()
        for name in options.names or [name for name in every if name not in left_out]:
            found = golden.run(name)
            if options.update:
                write(name, found)
            good = compare(name, found)
            passed += good
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'} {name}")
    except RuntimeError as error:
        failed += 1
        print(f"FAIL {error}")
    finally:
        shutil.rmtree(golden.work, ignore_errors=True)
    for file in stray_files(every):
        failed += 1
        print(f"FAIL {file} belongs to no case")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
