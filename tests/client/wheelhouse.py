"""Fetches what the payload's `downloads:` name, through pip and npm, and proves every SHA-256."""
import concurrent.futures
import hashlib
import re
import subprocess
import sys
import tempfile

LINE = re.compile(r'^  - \{url: "(https://[^"]+)", sha256: ([0-9a-f]{64}), to: (client/[\w/]+/)\}$')


def locked(path):
    """{file name: (sha256, folder)} of the downloads in this YAML file."""
    result = {}
    for line in path.read_text().splitlines():
        match = LINE.match(line)
        if match:
            result[match[1].rsplit("/", 1)[1]] = (match[2], match[3])
    return result


def good(path, sha256):
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def group_of(name):
    """("cp39", "linux", "x86_64"), or None for a wheel that fits everywhere."""
    python, _, platforms = name[:-4].rsplit("-", 3)[1:]
    if platforms == "any":
        return None
    return python, "macos" if "macosx" in platforms else "linux", "x86_64" if platforms.endswith("_x86_64") else "arm"


def pip_download(group, requirements, folder):
    """The wheels of one platform and Python. pip takes none whose hash is not in the lock."""
    command = [sys.executable, "-m", "pip", "--quiet", "download", "--no-deps", "--only-binary=:all:", "--dest", folder]
    if group:
        python, system, machine = group
        names = {"macos": ["macosx_11_0_arm64"], "linux": [f"{many}_{'x86_64' if machine == 'x86_64' else 'aarch64'}"
                                                          for many in ("manylinux_2_17", "manylinux2014")]}[system]
        command += ["--implementation", "cp", "--python-version", f"3.{python[3:]}", "--abi", python]
        command += [f"--platform={name}" for name in names]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(requirements) + "\n")
        file.flush()
        subprocess.run(command + ["--require-hashes", "--requirement", file.name], check=True, timeout=300)


def npm_pack(name, folder):
    package, version = name[:-4].rsplit("-", 1)
    subprocess.run(["npm", "pack", f"{package}@{version}", "--silent", "--pack-destination", folder],
                   check=True, timeout=120, stdout=subprocess.DEVNULL)


def fetch(lock, client, groups):
    """Fills client/wheels/ and client/node/packages/ with what the lock names, wheels of these groups
    only (None: of all). Returns faults."""
    wanted = {name: entry for name, entry in locked(lock).items()
              if groups is None or name.endswith(".tgz") or group_of(name) in groups}
    for name in {to for _, to in wanted.values()}:
        (client.parent / name).mkdir(parents=True, exist_ok=True)
        for path in (client.parent / name).iterdir():
            if path.name not in wanted:
                path.unlink()
    missing = [name for name, (sha256, to) in wanted.items() if not good(client.parent / to / name, sha256)]
    runs = {}
    for name in missing:
        if name.endswith(".whl"):
            package, version = name.split("-")[:2]
            runs.setdefault(group_of(name), []).append(f"{package}=={version} --hash=sha256:{wanted[name][0]}")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(pip_download, group, requirements, client / "wheels") for group, requirements in runs.items()]
        jobs += [pool.submit(npm_pack, name, client.parent / wanted[name][1]) for name in missing if name.endswith(".tgz")]
    faults = [f"{job.exception()}" for job in jobs if job.exception()]
    faults += [] if wanted else [f"{lock} names nothing to fetch"]
    return faults + [f"{name}: not what is locked" for name, (sha256, to) in wanted.items() if not good(client.parent / to / name, sha256)]
