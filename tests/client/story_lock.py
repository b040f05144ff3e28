"""The lock: every wheel that is downloaded may be installed, and every platform finds what it needs."""
import re
import subprocess
import sys
import zipfile

import wheelhouse

PLATFORMS = {"macos-arm64": "aarch64-apple-darwin", "linux-x86_64": "x86_64-manylinux_2_17", "linux-aarch64": "aarch64-manylinux_2_17"}
FILES = ("requirements.txt", "requirements-langgraph.txt")


def hashes(path):
    return set(re.findall(r"--hash=sha256:([0-9a-f]{64})", path.read_text()))


def every_hash_is_a_download(options):
    client = options.folder / "client"
    wheels = {sha256: name for name, (sha256, _) in wheelhouse.locked(options.lock).items() if name.endswith(".whl")}
    base, langgraph = (hashes(client / name) for name in FILES)
    assert base and base < langgraph, "requirements.txt is not a part of requirements-langgraph.txt"
    assert langgraph <= set(wheels), "a requirement's hash is no download's"
    rest = {wheels[sha256].split("-")[0] for sha256 in set(wheels) - langgraph}
    assert rest == {"pip"}, f"downloads that nothing requires: {rest}"


def hollow_wheels(options):
    """A folder with a wheel of metadata only for every name in the lock: what a resolver looks at."""
    real, hollow = options.folder / "client/wheels", options.folder / "hollow"
    hollow.mkdir(exist_ok=True)
    metadata = {}
    for path in real.glob("*.whl"):
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
            metadata[path.name.split("-")[0], path.name.split("-")[1]] = (name, archive.read(name))
    for path in hollow.iterdir():
        path.unlink()
    for name in wheelhouse.locked(options.lock):
        if name.endswith(".whl") and tuple(name.split("-")[:2]) in metadata:
            inner, text = metadata[tuple(name.split("-")[:2])]
            tags = name[:-4].split("-", 2)[2]
            with zipfile.ZipFile(hollow / name, "w") as archive:
                archive.writestr(inner, text)
                archive.writestr(inner.replace("METADATA", "WHEEL"), f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tags}\n")
                archive.writestr(inner.replace("METADATA", "RECORD"), "")
    return hollow


def resolves(options, platform, python, without=None):
    """uv's answer for one pair; pip takes the markers of the Python that runs it, uv those of the target."""
    hollow = options.folder / "hollow"
    faults = []
    for name in FILES:
        pins = re.sub(r" \\\n    --hash=\S+", "", (options.folder / "client" / name).read_text())
        (options.folder / "pins.txt").write_text(pins)
        command = [options.folder / "tools/bin/uv", "pip", "compile", options.folder / "pins.txt", "--quiet", "--offline", "--no-config", "--no-cache",
                   "--no-index", "--find-links", hollow, "--only-binary", ":all:", "--python", sys.executable,
                   "--python-platform", PLATFORMS[platform], "--python-version", python]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if result.returncode:
            faults.append(f"{name}: {result.stdout}")
    return faults


def each_pair_resolves(options):
    hollow_wheels(options)
    faults = []
    for platform in PLATFORMS:
        for minor in range(9, 15):
            faults += [f"{platform} 3.{minor} {fault}" for fault in resolves(options, platform, f"3.{minor}")]
    assert not faults, "\n".join(faults)


def a_missing_wheel_is_noticed(options):
    """The proof above can fail: one wheel away, and exactly its pair does not resolve."""
    hollow = options.folder / "hollow"
    wheel = next(hollow.glob("pydantic_core-*-cp312-*macosx*"))
    wheel.rename(options.folder / wheel.name)
    try:
        assert resolves(options, "macos-arm64", "3.12"), "a missing wheel went unnoticed"
        assert not resolves(options, "macos-arm64", "3.11") and not resolves(options, "linux-aarch64", "3.12")
    finally:
        (options.folder / wheel.name).unlink()


def tests(options):
    return [(title.__name__.replace("_", " "), lambda test=title: test(options))
            for title in (every_hash_is_a_download, each_pair_resolves, a_missing_wheel_is_noticed)]
