#!/usr/bin/env python3
"""Feeds wrong bytes to the set-up, from each kind of source, and sees it stop with the name of the thing.

    tests/release/supply_chain.py

The scripts run as they are, from a copy whose lock names files made here; apt, curl, cargo and the network are played
by small scripts, pip is the real one with a folder for an index. Ends with "N passed, N failed".
"""
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIBRARIES = ["zlib", "zstd", "libarchive", "libyaml", "mbedtls", "yyjson", "curl"]
PLAYERS = {
    "apt-get": """[ -z "$PLAY_NO_DEBIAN" ] || exit 100
case "$*" in
*source*) for last; do :; done; cp "$PLAY_DEBIAN/${last%=*}"/* . ;;
esac""",
    "apt-cache": """echo "Version: 1-1"; awk -v p="$2" '$3 == p { print " " $5 " 1 file" }' "$PLAY_LOCK" """,
    "curl": """[ -n "$PLAY_UPSTREAM" ] || exit 22
while [ $# -gt 1 ]; do [ "$1" != -o ] || out=$2; shift; done
name=${out##*.download-}; cp "$PLAY_UPSTREAM/$name" "$out" """,
    "cargo": """[ "$1" != --version ] || { echo "cargo 1.90.0"; exit; }
while [ $# -gt 0 ]; do [ "$1" != --root ] || root=$2; shift; done
mkdir -p "$root/bin" "$CARGO_HOME/registry/cache/index"
cp "$PLAY_CRATE" "$CARGO_HOME/registry/cache/index/apple-codesign-0.29.0.crate"
printf '#!/bin/sh\\necho it was run\\n' >"$root/bin/rcodesign"; chmod +x "$root/bin/rcodesign" """,
    # pip has no network and one folder of wheels; with PLAY_CARELESS it believes what it finds there.
    "python3": """case "$*" in
"-m pip download"*) [ -z "$PLAY_CARELESS" ] || { while [ "$1" != --dest ]; do shift; done; cp "$PLAY_WHEELS"/zig* "$2"; exit; } ;;
esac
exec "$REAL_PYTHON" "$@" """,
    "build_deps.sh": """[ "$1" != --is-current ] || exit 1
echo "built $1" >>"$PLAY_BUILT" """,
}


class Stage:
    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="hardtack-supply-")
        self.passed = self.failed = 0
        self.scripts, self.bin = self.path("repo", "scripts"), self.path("bin")
        shutil.copytree(os.path.join(ROOT, "scripts"), self.scripts)
        shutil.copytree(os.path.join(ROOT, "tests/structure"), self.path("repo", "tests/structure"))
        os.makedirs(self.bin)
        for name, body in PLAYERS.items():
            self.write(self.path("repo/scripts" if name == "build_deps.sh" else "bin", name), "#!/bin/sh\n" + body + "\n", 0o755)
        self.lock = os.path.join(self.scripts, "sources.lock")
        with open(self.lock, encoding="utf-8") as file:
            self.real_lock = file.read()
        self.env = {"PATH": self.bin + ":" + os.path.dirname(sys.executable) + ":/usr/bin:/bin", "HOME": self.work,
                    "REAL_PYTHON": sys.executable, "PLAY_LOCK": self.lock, "PLAY_BUILT": self.path("built"),
                    "PLAY_DEBIAN": self.path("debian"), "PLAY_WHEELS": self.path("wheels"), "CARGO_HOME": self.path("cargo"),
                    "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": self.path("wheels"), "PIP_NO_CACHE_DIR": "1",
                    "PIP_ROOT_USER_ACTION": "ignore"}

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def write(self, path, data, mode=0o644):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(path, mode)
        return path

    def note(self, name, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
        if not holds:
            print("     " + str(detail).strip().replace("\n", "\n     "))

    def run(self, *command, **env):
        return subprocess.run(command, env={**self.env, **env}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)

    def setup(self, target="native", **env):
        """setup.sh into an empty folder, unless keep says to go on in the last one."""
        if not env.pop("keep", ""):
            shutil.rmtree(self.path("deps"), ignore_errors=True)
        if os.path.exists(self.path("built")):
            os.unlink(self.path("built"))
        return self.run(os.path.join(self.scripts, "setup.sh"), "--deps", self.path("deps"), "--target", target, **env)

    def built(self):
        return os.path.exists(self.path("built"))

    def stops(self, name, done, *words):
        """It failed, said these words, and nothing was compiled."""
        self.note(name, done.returncode != 0 and all(word in done.stdout for word in words) and not self.built(),
                  f"exit {done.returncode}, built: {self.built()}, wanted: {words}\n{done.stdout}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tarball(name):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        data = name.encode()
        info = tarfile.TarInfo(f"{name}-1/file")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def wheel(name, version, tag, files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
        info = f"{name}-{version}.dist-info/"
        archive.writestr(info + "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(info + "WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(info + "RECORD", "")
    return out.getvalue()


def pin(stage, upstream, debian, zig):
    """The lock, with the hashes of what is served here."""
    text, section = [], ""
    for line in stage.real_lock.splitlines():
        if head := re.match(r"\[(.+)\]", line):
            section = head.group(1)
        words = line.split()
        if words[:1] == ["upstream"]:
            line = f"upstream {words[1]} {sha256(upstream[section])}"
        elif words[:1] == ["debian"]:
            line = f"debian {words[1]} {words[2]} {words[3]} {sha256(debian[section])}"
            stage.write(stage.path("debian", words[2], words[3]), debian[section])
        elif section == "zig" and words and re.fullmatch("[0-9a-f]{64}", words[-1]):
            line = f"{words[0]} {words[1]} {sha256(zig)}"
        text.append(line)
    stage.write(stage.lock, "\n".join(text) + "\n")


def debian_file(stage, name):
    with open(stage.lock, encoding="utf-8") as file:
        words = re.search(rf"\[{name}\](?:\n(?!\[).*)*?\ndebian (.*)", file.read()).group(1).split()
    return stage.path("debian", words[1], words[2])


def sources(stage, upstream, debian):
    for name in LIBRARIES:
        stage.write(stage.path("upstream", name), upstream[name])
    with_upstream = {"PLAY_UPSTREAM": stage.path("upstream")}
    done = stage.setup()
    stage.note("right bytes from Debian: everything is built", done.returncode == 0 and stage.built(), done.stdout)
    done = stage.setup(PLAY_NO_DEBIAN="1", **with_upstream)
    stage.note("right bytes from upstream: everything is built", done.returncode == 0 and stage.built(), done.stdout)
    wrong = b"other bytes"
    for name in LIBRARIES:
        stage.write(stage.path("upstream", name), wrong)
        stage.stops(f"{name}: wrong bytes from upstream stop it", stage.setup(PLAY_NO_DEBIAN="1", **with_upstream),
                    f"{name}: ", sha256(wrong), sha256(upstream[name]))
        stage.write(stage.path("upstream", name), upstream[name])
    for name in ("mbedtls", "curl"):
        file = debian_file(stage, name)
        stage.write(file, wrong)
        stage.stops(f"{name}: wrong bytes from Debian and nothing from upstream stop it", stage.setup(),
                    f"{name}: {os.path.basename(file)} has SHA-256 {sha256(wrong)}", sha256(debian[name]))
        done = stage.setup(**with_upstream)
        stage.note(f"{name}: wrong bytes from Debian are said, upstream's right ones are taken",
                   done.returncode == 0 and stage.built() and f"{name}: {os.path.basename(file)} has SHA-256" in done.stdout, done.stdout)
        stage.write(file, debian[name])
    stage.setup()
    shutil.rmtree(stage.path("deps", "src", next(n for n in os.listdir(stage.path("deps", "src")) if n.startswith("libyaml"))))
    kept = stage.path("deps", "src", sha256(debian["libyaml"]) + ".tar")
    stage.write(kept, b"changed while it lay there")
    stage.stops("a tarball that changed after its download is not unpacked", stage.setup(keep="1"), "libyaml: ", kept)
    stage.note("nothing of it was unpacked", not any(n.startswith("libyaml") for n in os.listdir(stage.path("deps", "src"))))


def zig(stage, good):
    platform = re.search(r"^linux-(?:amd64|arm64) +(\S+) (?=\S+$)" if os.uname().machine == "x86_64" else r"^linux-arm64 +(\S+) ",
                         stage.real_lock, re.M).group(1)
    version = re.search(r"\[zig\]\nversion +(\S+)", stage.real_lock).group(1)
    path = stage.path("wheels", f"ziglang-{version}-py3-none-{platform}.whl")
    stage.write(path, good)
    done = stage.setup("linux-amd64")
    stage.note("the right zig is unpacked", done.returncode == 0 and os.access(stage.path("deps/zig/zig"), os.X_OK), done.stdout)
    bad = wheel("ziglang", version, "py3-none-any", {"ziglang/zig": "another"})
    stage.write(path, bad)
    stage.stops("zig: pip refuses a wheel of another hash", stage.setup("linux-amd64"), "zig: pip could not fetch", sha256(good))
    stage.stops("zig: a pip that does not look is not believed", stage.setup("linux-amd64", PLAY_CARELESS="1"), "zig: ", sha256(bad), sha256(good))
    stage.note("zig: nothing of it was unpacked", not os.path.exists(stage.path("deps/zig")))


def judges(stage):
    script, folder = stage.path("repo/tests/structure/setup_judges.sh"), stage.path("judges")
    lief = wheel("lief", "1.0.0", "py3-none-any", {"lief/__init__.py": ""})
    stage.write(stage.path("wheels", "lief-1.0.0-py3-none-any.whl"), lief)
    done = stage.run(script, folder)
    stage.note("lief: pip refuses a wheel that judges.txt does not name", done.returncode != 0 and
               "lief: pip could not install it with a pinned hash" in done.stdout and not os.path.exists(folder + "/.lief"), done.stdout)
    stage.write(os.path.join(stage.scripts, "pip/judges.txt"), f"lief==1.0.0 --hash=sha256:{sha256(lief)}\n")
    crate = stage.write(stage.path("crate"), b"not the crate")
    done = stage.run(script, folder, PLAY_CRATE=crate)
    stage.note("lief: the pinned wheel is installed", os.path.exists(folder + "/.lief"), done.stdout)
    stage.note("rcodesign: another crate is not run", done.returncode != 0 and "rcodesign: apple-codesign 0.29.0 is not the pinned crate"
               in done.stdout and "it was run" not in done.stdout and not os.path.exists(folder + "/bin/rcodesign"), done.stdout)
    with open(script, encoding="utf-8") as file:
        text = file.read()
    stage.write(script, re.sub("apple_codesign_sha256=.*", f"apple_codesign_sha256={sha256(b'not the crate')}", text), 0o755)
    done = stage.run(script, folder, PLAY_CRATE=crate)
    stage.note("rcodesign: the pinned crate is", done.returncode == 0 and "it was run" in done.stdout, done.stdout)


def every_pip_has_hashes(stage):
    """No script of ours lets pip fetch something that has no hash."""
    found, wrong = 0, []
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "scripts", "tests", ".ci", "Makefile"], stdout=subprocess.PIPE, text=True, check=True)
    for name in listed.stdout.split():
        path = os.path.join(ROOT, name)
        if not name.endswith((".sh", ".py", ".mk", "Makefile", "run")) or path == os.path.abspath(__file__) or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"""pip["', ]+(?:"?--?\S+[ ,]+)*"?(?:install|download)\b""", text):
            call = text[match.start():match.start() + 1000]
            found += 1
            if not any(word in call for word in ("--require-hashes", "--no-index", "--offline")):
                wrong.append(f"{name}: {call.splitlines()[0]}")
    stage.note(f"every pip of ours ({found}) has hashes, or no network", found >= 5 and not wrong, "\n".join(wrong))


def main():
    stage = Stage()
    try:
        upstream = {name: tarball(name) for name in LIBRARIES}
        debian = {name: tarball(name + "-dfsg") for name in LIBRARIES}
        good = wheel("ziglang", re.search(r"\[zig\]\nversion +(\S+)", stage.real_lock).group(1), "py3-none-any", {"ziglang/zig": "#!/bin/sh\n"})
        pin(stage, upstream, debian, good)
        sources(stage, upstream, debian)
        zig(stage, good)
        judges(stage)
        every_pip_has_hashes(stage)
    finally:
        shutil.rmtree(stage.work, ignore_errors=True)
    print(f"{stage.passed} passed, {stage.failed} failed")
    return 1 if stage.failed or not stage.passed else 0


if __name__ == "__main__":
    sys.exit(main())
