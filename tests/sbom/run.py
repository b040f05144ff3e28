#!/usr/bin/env python3
"""SBOMs against the format's own tools and the installers themselves; licences against the link line.

    tests/sbom/run.py --build BUILD --deps DEPS

Ends with "N passed, N failed". The judges (scripts/pip/sbom.txt) are in DEPS/judges-sbom.
"""
import argparse
import functools
import hashlib
import http.server
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGETS = ("darwin-arm64", "linux-amd64", "linux-arm64")
RUNTIME = {"darwin-arm64": {"compiler-rt"}, "linux-amd64": {"compiler-rt", "musl"}, "linux-arm64": {"compiler-rt", "musl"}}
EPOCH = "1700000000"


class Suite:
    def __init__(self, options):
        self.build, self.deps = os.path.abspath(options.build), os.path.abspath(options.deps)
        self.hardtack = os.path.join(self.build, "hardtack")
        self.work = tempfile.mkdtemp(prefix="sbom-", dir=self.build)
        self.passed = self.failed = self.skipped = 0

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def note(self, name, holds, detail=""):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {name}", flush=True)
        if not holds and detail:
            print("     " + str(detail).strip()[:4000].replace("\n", "\n     "), flush=True)
        return bool(holds)

    def skip(self, name, why):
        if os.environ.get("MUST_RUN") == "1":
            self.note(name, False, why)
        else:
            self.skipped += 1
            print(f"skip {name}: {why}", flush=True)

    def run(self, *command, cwd=None, env=None):
        """(status, stdout, stderr)"""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd or self.work, timeout=300,
                              check=False, env={**os.environ, "LC_ALL": "C", "DEPS": self.deps, "HARDTACK_CACHE": self.path("cache"), **(env or {})})
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


# ---- licences ----

def linked(suite, program):
    """The libraries on the line that links the program, as make would run it."""
    done = subprocess.run(["make", "-nB", "--no-print-directory", "V=1", f"BUILD={suite.build}", f"DEPS={suite.deps}", os.path.join(suite.build, program)],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    lines = [line for line in done.stdout.splitlines() if re.search(rf"-o \S*{re.escape(program)}$", line)]
    return {found for line in lines for found in re.findall(r"/(\w+)/lib/lib\w+\.a", line)}


def runner(suite, target):
    """What runs a program of this target here, or None."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    if target == f"linux-{machine}":
        return []
    if target == "linux-arm64":
        return ["qemu-aarch64-static"] if shutil.which("qemu-aarch64-static") else None
    machorun = os.path.join(suite.build, "tests/machorun/machorun")
    if target == "darwin-arm64" and os.path.exists(machorun) and shutil.which("qemu-aarch64-static"):
        return ["env", f"MACHORUN={machorun}", os.path.join(ROOT, "tests/machorun/run")]
    return None


def pinned_texts():
    """{SHA-256 of every licence text in the lock}"""
    with open(os.path.join(ROOT, "scripts/licenses.lock"), encoding="utf-8") as file:
        return set(re.findall(r"^text\s+\S+\s+([0-9a-f]{64})$", file.read(), re.M))


def check_program(suite, what, command, expected):
    status, out, err = suite.run(*command, "version", "--licenses", "--json")
    records = [json.loads(line) for line in out.splitlines()] if status == 0 else []
    parts = {row["name"]: row for row in records if row["event"] == "license"}
    suite.note(f"{what}: names itself and all that is linked into it, no more", set(parts) == expected | {"hardtack"},
               f"{sorted(parts)} instead of {sorted(expected)} {err}")
    good = {hashlib.sha256(row["text"].encode()).hexdigest() for name, row in parts.items() if name != "hardtack"}
    suite.note(f"{what}: every text is a pinned one, whole", parts and good <= pinned_texts(), good)
    with open(os.path.join(ROOT, "LICENSE"), encoding="utf-8") as file:
        suite.note(f"{what}: its own licence is the repository's", parts and parts["hardtack"]["text"] == file.read())
    status, out, _ = suite.run(*command, "version", "--licenses")
    suite.note(f"{what}: people read the same", status == 0 and all(f"──── {row['name']} {row['version']} ({row['license']}) ────" in out
                                                                  and row["text"].strip() in out for row in parts.values()), out[:500])


def check_licenses(suite, made):
    everything = set()
    for target in TARGETS:
        expected = linked(suite, f"{target}/stub") | RUNTIME[target]
        suite.note(f"{target}: the link line has libraries", {"libarchive", "mbedtls"} <= expected, expected)
        everything |= expected
        run = runner(suite, target)
        if run is None:
            suite.skip(f"{target}: version --licenses", "nothing here runs it")
        else:
            check_program(suite, target, [*run, made[target]], expected)
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    check_program(suite, "hardtack", [suite.hardtack], linked(suite, f"linux-{machine}/hardtack") | everything)


def check_generator(suite):
    """What would let a part travel without its licence stops the build."""
    def generate(*names, locks=os.path.join(ROOT, "scripts")):
        return suite.run(os.path.join(ROOT, "scripts/licenses.py"), "--deps", suite.deps, "--locks", locks, *names)
    status, first, _ = generate("zlib:linux-amd64")
    suite.note("licences are written for a known library", status == 0 and "\0zlib\0" in first)
    suite.note("and the same ones again", generate("zlib:linux-amd64")[1] == first)
    status, _, err = generate("zlib", "newlib")
    suite.note("a library without licence is refused by name", status == 1 and "newlib is linked and has no licence" in err, err)
    status, out, _ = suite.run("make", f"BUILD={suite.path('other')}", f"DEPS={suite.deps}", "STUB_LIBRARIES=zlib newlib",
                               os.path.join(suite.path("other"), "native/stub-licenses.c"), cwd=ROOT)
    suite.note("and stops make", status != 0 and not os.path.exists(suite.path("other/native/stub-licenses.c")), out)
    os.makedirs(suite.path("locks"))
    for name, old, new, wanted in (("another text", "845efc77", "945efc77", "read it, then change"), ("no such file", "text     LICENSE 845", "text     LICENCE 845", "No such file"),
                                   ("no text", "text     LICENSE 845efc77857d485d91fb3e0b884aaa929368c717ae8186b66fe1ed2495753243\n", "\n", "needs: text")):
        shutil.copy(os.path.join(ROOT, "scripts/sources.lock"), suite.path("locks"))
        with open(os.path.join(ROOT, "scripts/licenses.lock"), encoding="utf-8") as file:
            lock = file.read()
        with open(suite.path("locks/licenses.lock"), "w", encoding="utf-8") as file:
            file.write(lock.replace(old, new))
        status, _, err = generate("zlib", locks=suite.path("locks"))
        suite.note(f"{name}: refused", old in lock and status == 1 and wanted in err, err)


# ---- SBOM ----

def build(suite, folder, *arguments, env=None, project=None):
    return suite.run(suite.hardtack, "build", project or os.path.join(ROOT, "payload/hello"), "--image-archive", suite.path("images/hello-oci.tar"),
                     "--sbom", "spdx", "-o", folder + "/", *arguments, env=env)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def judge(path):
    """The format's own tools: every complaint of theirs."""
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
    return [str(message.validation_message) for message in validate_full_spdx_document(parse_file(path))]


def purls(package):
    from packageurl import PackageURL
    return [PackageURL.from_string(reference["referenceLocator"]) for reference in package.get("externalRefs", [])]


def checksum(package):
    return [row["checksumValue"] for row in package.get("checksums", []) if row["algorithm"] == "SHA256"]


def check_images(suite, what, document, told):
    by_id = {package["SPDXID"]: package for package in document["packages"]}
    related = {(row["spdxElementId"], row["relationshipType"], row["relatedSpdxElement"]) for row in document["relationships"]}
    for number, image in enumerate(told["manifest"]["images"], 1):
        package = by_id.get(f"SPDXRef-Image-{number}", {})
        [purl] = purls(package) or [None]
        good = purl and purl.type == "oci" and purl.version == image["pin"] and purl.qualifiers["arch"] == image["platform"]["architecture"]
        suite.note(f"{what}: the image's purl has its digest and architecture", good and image["reference"].startswith(purl.qualifiers["repository_url"]), package)
        suite.note(f"{what}: the image's checksum is its pin", ["sha256:" + hex for hex in checksum(package)] == [image["pin"]], package)
        wanted = {(f"SPDXRef-Image-{number}", "CONTAINS", "SPDXRef-Layer-" + layer["digest"][7:]) for layer in image["layers"]}
        suite.note(f"{what}: the image contains its layers", wanted and wanted <= related)
    layers = {package["SPDXID"]: checksum(package) for package in document["packages"] if package["SPDXID"].startswith("SPDXRef-Layer-")}
    suite.note(f"{what}: every layer once, with its digest", layers == {"SPDXRef-Layer-" + row["digest"][7:]: [row["digest"][7:]] for row in told["layers"]})
    return by_id, related


def check_document(suite, what, path, installer):
    complaints = judge(path)
    suite.note(f"{what}: the format's own tools are content", not complaints, "\n".join(complaints))
    document = json.loads(read(path))
    _, out, _ = suite.run(suite.hardtack, "inspect", "--json", installer)
    told = json.loads(out)
    by_id, related = check_images(suite, what, document, told)
    files = {(package["packageFileName"], *checksum(package)) for package in document["packages"] if package["SPDXID"].startswith("SPDXRef-File-")}
    wanted = {(entry["path"], entry["sha256"]) for entry in told["manifest"]["entries"] if entry["path"].startswith("hardtack/files/")}
    suite.note(f"{what}: every file with its hash", files == wanted, files ^ wanted)
    libraries = {(row["name"], row["version"], row["license"]) for row in told["manifest"]["libraries"]}
    found = {(p["name"], p["versionInfo"], p["licenseDeclared"]) for p in document["packages"] if p["SPDXID"].startswith("SPDXRef-Library-")}
    suite.note(f"{what}: every library with version and licence", libraries and found == libraries, found ^ libraries)
    suite.note(f"{what}: the libraries are those of its target's link line", {name for name, _, _ in found} == linked(suite, f"{told['target']}/stub") | RUNTIME[told["target"]])
    lonely = set(by_id) - {to for _, _, to in related}
    suite.note(f"{what}: nothing stands alone", not lonely, lonely)
    suite.note(f"{what}: its namespace is the file's own", document["documentNamespace"].endswith(told["root"]))
    return document


def check_sboms(suite, made):
    for target, installer in made.items():
        document = check_document(suite, target, installer + ".spdx.json", installer)
        suite.note(f"{target}: without a time of its own", document["creationInfo"]["created"] == "1970-01-01T00:00:00Z")
    installer = made["linux-amd64"]
    os.makedirs(suite.path("moved"))
    moved = shutil.copy(installer, suite.path("moved/another name"))
    for language in ("en", "zh"):
        status, out, err = suite.run(suite.hardtack, "inspect", "--sbom", "spdx", "--lang", language, moved, env={"TZ": "Asia/Shanghai", "SOURCE_DATE_EPOCH": EPOCH})
        suite.note(f"inspect gives the same bytes from another place, name, time and in {language}", status == 0 and out.encode() == read(installer + ".spdx.json"), err)
    status, _, err = build(suite, suite.path("timed"), "--target", "linux-amd64", env={"SOURCE_DATE_EPOCH": EPOCH})
    document = json.loads(read(suite.path("timed/hello-1.0.0-linux-amd64.spdx.json"))) if status == 0 else {"creationInfo": {}}
    suite.note("SOURCE_DATE_EPOCH of the build is its time", document["creationInfo"].get("created") == "2023-11-14T22:13:20Z", err)
    data = bytearray(read(installer))
    data[len(data) // 2] ^= 1
    with open(suite.path("moved/damaged"), "wb") as file:
        file.write(data)
    status, out, _ = suite.run(suite.hardtack, "inspect", "--sbom", "spdx", suite.path("moved/damaged"))
    suite.note("a damaged installer gets none: exit 7, nothing on stdout", status == 7 and not out, out)


def check_downloads(suite):
    """Downloads with a login's token in their address, from a server on this machine."""
    files = {"packages/Foo_Bar-1.2.3-py3-none-any.whl": "pkg:pypi/foo-bar@1.2.3", "@scope/pack/-/pack-4.5.6.tgz": "pkg:npm/%40scope/pack@4.5.6",
             "pack/-/pack-4.5.6-rc.1.tgz": "pkg:npm/pack@4.5.6-rc.1", "any/thing.bin": None}
    for name in files:
        os.makedirs(os.path.dirname(suite.path("served", name)), exist_ok=True)
        with open(suite.path("served", name), "w", encoding="ascii") as file:
            file.write("content of " + name)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=suite.path("served")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    project = suite.path("project")
    shutil.copytree(os.path.join(ROOT, "payload/hello"), project)
    place = f"http://127.0.0.1:{server.server_port}/"
    with open(os.path.join(project, "hardtack.yaml"), "a", encoding="utf-8") as file:
        file.write("downloads:\n")
        for name in files:
            file.write(f"  - {{url: '{place}{name}?token=sesame', sha256: {hashlib.sha256(('content of ' + name).encode()).hexdigest()}, to: handed/}}\n")
    status, _, err = build(suite, suite.path("handed"), "--target", "linux-amd64", project=project)
    server.shutdown()
    if not suite.note("a project with downloads builds", status == 0, err):
        return
    path = suite.path("handed/hello-1.0.0-linux-amd64.spdx.json")
    with open(suite.path("named.spdx.json"), "wb") as file:  # to these tools an address of this machine is no URL
        file.write(read(path).replace(place.encode(), b"https://files.example.org/"))
    complaints = judge(suite.path("named.spdx.json"))
    suite.note("downloads: the format's own tools are content", not complaints, "\n".join(complaints))
    packages = {package["name"]: package for package in json.loads(read(path))["packages"]}
    for name, purl in files.items():
        package = packages.get("handed/" + os.path.basename(name), {})
        suite.note(f"{name}: its address without the token, its purl", package.get("downloadLocation") == place + name
                   and [one.to_string() for one in purls(package)] == ([purl] if purl else []), package)
    suite.note("the token is nowhere in the installer", b"sesame" not in read(path) and b"sesame" not in read(path.removesuffix(".spdx.json")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--deps", default=os.path.join(ROOT, "build/deps"))
    options = parser.parse_args()
    suite = Suite(options)
    sys.path.insert(0, os.path.join(suite.deps, "judges-sbom"))
    try:
        suite.run(os.path.join(ROOT, "payload/hello/make_image.py"), suite.path("images"))
        status, _, err = build(suite, suite.path("made"), *(word for target in TARGETS for word in ("--target", target)))
        made = {target: suite.path("made", f"hello-1.0.0-{target}") for target in TARGETS}
        if suite.note("build --sbom spdx for every target", status == 0, err):
            check_licenses(suite, made)
            check_generator(suite)
            check_sboms(suite, made)
            check_downloads(suite)
    finally:
        shutil.rmtree(suite.work, ignore_errors=True)
    if suite.skipped:
        print(f"{suite.skipped} skipped")
    print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed or not suite.passed else 0


if __name__ == "__main__":
    sys.exit(main())
