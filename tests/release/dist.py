#!/usr/bin/env python3
"""Makes the release in two surroundings, signed and unsigned, and tries what is in it.

    tests/release/dist.py --build BUILD --deps DEPS

Ends with "N passed, N failed".
"""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGETS = ["darwin-arm64", "linux-amd64", "linux-arm64"]
INSIDE = ["LICENSE", "README.md", "README.zh-CN.md", "THIRD-PARTY-LICENSES", "hardtack", "hardtack.spdx.json"]


class Suite:
    def __init__(self, options):
        self.build, self.deps = os.path.abspath(options.build), os.path.abspath(options.deps)
        self.hardtack = os.path.join(self.build, "hardtack")
        self.work = tempfile.mkdtemp(prefix="hardtack-dist-")
        self.passed = self.failed = 0

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def note(self, name, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
        if not holds:
            print("     " + str(detail).strip().replace("\n", "\n     "))
        return bool(holds)

    def run(self, *command, env=None, cwd=None):
        return subprocess.run(command, cwd=cwd or self.work, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=300, check=False, env={**os.environ, "DEPS": self.deps, **(env or {})})

    def dist(self, out, *key, env=None, umask=0o022):
        old = os.umask(umask)
        try:
            return self.run(os.path.join(ROOT, "scripts/dist.sh"), self.build, out, *key, env=env)
        finally:
            os.umask(old)


def contents(folder):
    return {name: open(os.path.join(folder, name), "rb").read() for name in sorted(os.listdir(folder))}


def twice(suite):
    """The folder of the first, signed release."""
    key = suite.path("key.pem")
    done = suite.run(suite.hardtack, "keygen", key)
    if not suite.note("a key", done.returncode == 0 and os.path.exists(key), done.stdout):
        return None
    first, second, unsigned = suite.path("first"), suite.path("第二 folder"), suite.path("unsigned")
    done = suite.dist(first, key)
    if not suite.note("dist, signed", done.returncode == 0, done.stdout):
        return None
    done = suite.dist(second, key, env={"TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "USER": "somebody"}, umask=0o077)
    suite.note("another folder, zone, language, umask: the same bytes, signature included",
               done.returncode == 0 and contents(first) == contents(second), done.stdout)
    done = suite.dist(unsigned)
    suite.note("without a key it is unsigned, and says so", done.returncode == 0 and "not signed: there is no KEY" in done.stdout
               and sorted(os.listdir(unsigned)) == [n for n in sorted(os.listdir(first)) if n != "SHA256SUMS.sig"], done.stdout)
    done = suite.dist(suite.path("later"), env={"SOURCE_DATE_EPOCH": "1700000000"})
    suite.note("SOURCE_DATE_EPOCH changes it: a difference is seen", contents(suite.path("later"))["SHA256SUMS"] != contents(first)["SHA256SUMS"])
    return first


def sums_and_signature(suite, folder):
    done = suite.run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=folder)
    names = {line.split()[1] for line in contents(folder)["SHA256SUMS"].decode().splitlines()}
    suite.note("SHA256SUMS is right and names all", done.returncode == 0 and names == {n for n in os.listdir(folder) if n.startswith("hardtack-")}
               and len(names) == 2 * len(TARGETS), done.stdout)
    public = next((os.path.join(suite.work, n) for n in os.listdir(suite.work) if n.endswith(".pub.pem") or n.endswith(".pub")), "")
    command = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", "SHA256SUMS.sig", "SHA256SUMS"]
    done = suite.run(*command, cwd=folder)
    suite.note("openssl: the signature is right", done.returncode == 0 and "Verified OK" in done.stdout, f"{public}\n{done.stdout}")
    spoilt = shutil.copytree(folder, suite.path("spoilt"))
    with open(os.path.join(spoilt, "SHA256SUMS"), "r+b") as file:
        other = b"0" if file.read(1) != b"0" else b"1"
        file.seek(0)
        file.write(other)
    done = suite.run(*command, cwd=spoilt)
    suite.note("openssl: of other sums it is not", done.returncode != 0, done.stdout)


def runner_of(suite, target):
    return {
        "linux-amd64": [], "linux-arm64": ["qemu-aarch64-static"],
        "darwin-arm64": ["env", f"MACHORUN={suite.build}/tests/machorun/machorun", os.path.join(ROOT, "tests/machorun/run")],
    }[target] if os.uname().machine == "x86_64" else ["qemu-x86_64-static"] if target == "linux-amd64" else []


def archive(suite, folder, target):
    version = next(n for n in os.listdir(folder) if n.endswith("linux-amd64.tar.gz")).split("-")[1]
    name = f"hardtack-{version}-{target}"
    with tarfile.open(os.path.join(folder, name + ".tar.gz")) as tar:
        members = tar.getmembers()
        tar.extractall(suite.path("unpacked"))
    suite.note(f"{target}: what is in it", [m.name for m in members] == [f"{name}/{n}" for n in INSIDE], [m.name for m in members])
    suite.note(f"{target}: modes, owners, times", all((m.mode, m.uid, m.gid, m.uname, m.mtime) ==
               (0o755 if m.name.endswith("/hardtack") else 0o644, 0, 0, "", 0) for m in members), [m.get_info() for m in members])
    inside = suite.path("unpacked", name)
    with open(os.path.join(folder, name + ".spdx.json"), "rb") as file:
        suite.note(f"{target}: the SBOM beside it is the one in it", file.read() == open(os.path.join(inside, "hardtack.spdx.json"), "rb").read())
    with open(os.path.join(inside, "THIRD-PARTY-LICENSES"), encoding="utf-8") as file:
        text = file.read()
    suite.note(f"{target}: licences of what is linked", all(word in text for word in ("zlib", "mbedtls", "libarchive", "curl", "yyjson")) and len(text) > 10_000)
    program = os.path.join(inside, "hardtack")
    kind = suite.run("file", program).stdout
    suite.note(f"{target}: a single static program", ("Mach-O 64-bit arm64" if target == "darwin-arm64" else "static-pie") in kind, kind)
    run = runner_of(suite, target)
    done = suite.run(*run, program, "version")
    suite.note(f"{target}: it runs", done.returncode == 0 and done.stdout == f"hardtack {version}\n", done.stdout)
    out = suite.path("made-" + target) + "/"
    done = suite.run(*run, program, "build", os.path.join(ROOT, "payload/hello"), "--offline", "--image-archive", suite.path("images/hello-oci.tar"),
                     *[w for t in TARGETS for w in ("--target", t)], "-o", out, "-q", env={"HARDTACK_CACHE": suite.path("cache")})
    suite.note(f"{target}: it holds all stubs: it builds for every target", done.returncode == 0 and
               all(os.path.exists(f"{out}hello-1.0.0-{t}") for t in TARGETS), done.stdout)
    return {n: hashlib.sha256(data).hexdigest() for n, data in contents(out).items()} if done.returncode == 0 else target


def sboms(suite, folder):
    sys.path.insert(0, os.path.join(suite.deps, "judges-sbom"))
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    for target in TARGETS:
        path = os.path.join(folder, next(n for n in os.listdir(folder) if n.endswith(target + ".spdx.json")))
        document = parse_file(path)
        faults = [message.validation_message for message in validate_full_spdx_document(document)]
        suite.note(f"{target}: spdx-tools is content with the SBOM", not faults, "\n".join(faults))
        names = {package.name for package in document.packages}
        suite.note(f"{target}: the SBOM names what is linked", {"hardtack", "curl", "zlib", "mbedtls", "compiler-rt"} <= names
                   and ("musl" in names) == target.startswith("linux"), names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--deps", default=os.path.join(ROOT, "build/deps"))
    suite = Suite(parser.parse_args())
    try:
        done = suite.run(os.path.join(ROOT, "payload/hello/make_image.py"), suite.path("images"))
        suite.note("an image from scratch", done.returncode == 0, done.stdout)
        folder = twice(suite)
        if folder:
            sums_and_signature(suite, folder)
            made = [archive(suite, folder, target) for target in TARGETS]
            suite.note("the three builders make the same installers", made[0] == made[1] == made[2] and len(made[0]) == 7, made)
            sboms(suite, folder)
    finally:
        shutil.rmtree(suite.work, ignore_errors=True)
    print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed or not suite.passed else 0


if __name__ == "__main__":
    sys.exit(main())
