#!/usr/bin/env python3
"""Locks what client/ of the Langfuse payload needs without a network: Python wheels and npm packages.

Writes payload/langfuse/client/requirements.txt and requirements-langgraph.txt (every version pinned,
every wheel's SHA-256) and the `downloads:` of the payload, between its two marker lines. The same
TABLES below and the same AS_OF give the same bytes; to move to newer versions, change AS_OF.

uv resolves once for all platforms and Pythons (pip looks at markers with the Python that runs it, so it
would forget exceptiongroup for 3.9 when it runs on 3.11). Of each package we then take one wheel for
every pair of platform and Python: a universal one if there is one, else the best match.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAYLOAD = ROOT / "payload/langfuse"
CLIENT = PAYLOAD / "client"
BEGIN = "# ---- downloads: written by scripts/lock_wheels.py, not by hand ----"
END = "# ---- end of downloads ----"

# TABLES
AS_OF = "2026-11-22T00:00:00Z"
TOOLS = ROOT / "scripts/pip/lock_wheels.txt"
PYTHONS = [(3, minor) for minor in range(9, 15)]
PLATFORMS = ("macos-arm64", "linux-x86_64", "linux-aarch64")
BASE = [
    "langfuse<3",    # 3 and later send OpenTelemetry, which a v2 server answers with 404
    "pydantic>=2.13",  # the first whose pydantic.v1 works on Python 3.14; langfuse 2 is built on it
    "socksio",       # httpx refuses to start without it when all_proxy is a SOCKS proxy
]
LANGGRAPH = ["langchain<1", "langgraph<1"]  # langfuse 2's callback imports what LangChain 1.0 removed
INSTALLER = ["pip"]  # for systems whose Python comes without pip or ensurepip
NPM = ["langfuse@3.39.2", "langfuse-core@3.39.2", "mustache@4.2.0"]  # the last langfuse of the v2 protocol
NPM_SOURCE = "https://registry.npmmirror.com"  # reachable from where the payload is built; the hash decides


def run(arguments, **options):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def resolve(folder, requirements, constraints):
    """The packages of a universal lock (PEP 751) for these requirements."""
    import tomllib

    (folder / "in.txt").write_text("\n".join(requirements) + "\n")
    (folder / "constraints.txt").write_text("\n".join(constraints) + "\n")
    lock = folder / "pylock.toml"
    lock.unlink(missing_ok=True)
    uv = pathlib.Path(sys.executable).with_name("uv")
    run([uv, "pip", "compile", folder / "in.txt", "--constraints", folder / "constraints.txt", "--universal",
         "--python-version", "3.9", "--fork-strategy", "fewest", "--only-binary", ":all:", "--no-config",
         "--exclude-newer", AS_OF, "--format", "pylock.toml", "--quiet", "-o", lock])
    return tomllib.loads(lock.read_text())["packages"]


def tag_order(platform, python):
    """Tag -> rank, best first, for a system of glibc 2.17 (2014) or macOS 11 and later."""
    from packaging import tags

    system, machine = platform.split("-")
    if system == "macos":
        names = list(tags.mac_platforms((11, 0), machine))
    else:
        first = 5 if machine == "x86_64" else 17
        names = [f"manylinux_2_{minor}_{machine}" for minor in range(17, first - 1, -1)]
        names += [f"manylinux2014_{machine}", f"linux_{machine}"]
    every = list(tags.cpython_tags(python, platforms=names))
    every += list(tags.compatible_tags(python, "cp%d%d" % python, names))
    return {tag: rank for rank, tag in enumerate(every)}


def environment(platform, python):
    """The markers' variables (PEP 508) of this platform and Python."""
    system, machine = platform.split("-")
    version = "%d.%d" % python
    return {
        "implementation_name": "cpython", "implementation_version": version + ".0", "os_name": "posix",
        "platform_machine": machine, "platform_python_implementation": "CPython", "platform_release": "",
        "platform_system": "Darwin" if system == "macos" else "Linux", "platform_version": "",
        "python_full_version": version + ".0", "python_version": version,
        "sys_platform": "darwin" if system == "macos" else "linux",
    }


def choose(packages):
    """{file name: wheel}: the fewest wheels that serve every pair. Fails if a pair is not served."""
    from packaging.markers import Marker
    from packaging.utils import parse_wheel_filename

    chosen = {}
    for platform in PLATFORMS:
        for python in PYTHONS:
            order, values = tag_order(platform, python), environment(platform, python)
            for package in packages:
                if "marker" in package and not Marker(package["marker"]).evaluate(values):
                    continue
                best = None
                for wheel in package["wheels"]:
                    name = wheel["url"].rsplit("/", 1)[1]
                    ranks = [order[tag] for tag in parse_wheel_filename(name)[3] if tag in order]
                    if ranks:
                        key = (not name.endswith("-none-any.whl"), min(ranks), name)
                        best = min(best, (key, wheel), key=lambda x: x[0]) if best else (key, wheel)
                if not best:
                    sys.exit(f"{package['name']} {package['version']}: no wheel for {platform}, Python {values['python_version']}")
                chosen[best[0][2]] = best[1]
    return chosen


def write_requirements(path, note, packages, chosen):
    lines = [f"# {note}", "# Written by scripts/lock_wheels.py: one hash a wheel in wheels/."]
    for package in sorted(packages, key=lambda p: p["name"]):
        hashes = sorted(w["hashes"]["sha256"] for w in package["wheels"] if w["url"].rsplit("/", 1)[1] in chosen)
        marker = f" ; {package['marker']}" if "marker" in package else ""
        lines.append(" \\\n".join([f"{package['name']}=={package['version']}{marker}"] + [f"    --hash=sha256:{h}" for h in hashes]))
    path.write_text("\n".join(lines) + "\n")


def npm_downloads(folder):
    """(url, sha256) of the npm packages, checked against the registry's own SHA-512 by npm."""
    result = []
    for spec in NPM:
        packed = json.loads(run(["npm", "pack", spec, "--json", "--loglevel=error"], cwd=folder))[0]
        url = f"{NPM_SOURCE}/{packed['name']}/-/{packed['filename']}"
        result.append((url, hashlib.sha256((folder / packed["filename"]).read_bytes()).hexdigest()))
    return result


def write_downloads(chosen, npm):
    lines = [BEGIN, "downloads:"]
    for name in sorted(chosen):
        lines.append(f"  - {{url: \"{chosen[name]['url']}\", sha256: {chosen[name]['hashes']['sha256']}, to: client/wheels/}}")
    for url, sha256 in npm:
        lines.append(f'  - {{url: "{url}", sha256: {sha256}, to: client/node/packages/}}')
    block = "\n".join(lines + [END]) + "\n"
    path = PAYLOAD / "hardtack.yaml"
    text = path.read_text()
    before, begin, rest = text.partition(BEGIN)
    after = rest.partition(END + "\n")[2]
    path.write_text((before if begin else text.rstrip("\n") + "\n\n") + block + after)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if sys.argv[1:] != ["--in-venv"]:
            venv.create(folder / "tools", with_pip=True)
            python = folder / "tools/bin/python"
            run([python, "-m", "pip", "--quiet", "install", "--require-hashes", "--only-binary", ":all:", "-r", TOOLS])
            sys.exit(subprocess.run([python, os.path.abspath(__file__), "--in-venv"]).returncode)
        everything = resolve(folder, BASE + LANGGRAPH, [])
        pins = [f"{p['name']}=={p['version']}" for p in everything]
        base = resolve(folder, BASE, pins)
        installer = resolve(folder, INSTALLER, [])
        chosen = choose(everything + installer)
        write_requirements(CLIENT / "requirements.txt", "langfuse<3 and all that it needs.", base, chosen)
        write_requirements(CLIENT / "requirements-langgraph.txt",
                           "langfuse<3 with LangGraph and LangChain before 1.0, and all that they need.", everything, chosen)
        write_downloads(chosen, npm_downloads(folder))
        size = sum(w["size"] for w in chosen.values())
        print(f"{len(chosen)} wheels, {size / 1e6:.1f} MB; {len(base)} packages, {len(everything)} with LangGraph")


if __name__ == "__main__":
    main()
