"""What the stories of payload/langfuse share: building it, and asking the running server from outside of hardtack."""
import json
import os
import re
import shutil
import stat
import sys

import harness
import images

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "registry"))
import registries  # noqa: E402

NOBODY = {"HTTPS_PROXY": "http://127.0.0.1:1"}  # the real registries are never asked
PROJECT = os.path.join(harness.ROOT, "payload", "langfuse")
URL = "http://127.0.0.1:3000"  # where it listens unless told otherwise
# As SDKs and browsers ask: method, address, "user:password" or "", body or "", its type. Prints status and body.
ASK = """import base64, sys, urllib.error, urllib.request
method, url, auth, body, kind = sys.argv[1:]
headers = {"Authorization": "Basic " + base64.b64encode(auth.encode()).decode()} if auth else {}
if body:
    headers["Content-Type"] = kind
request = urllib.request.Request(url, body.encode() or None, headers, method=method)
try:
    reply = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10)
except urllib.error.HTTPError as error:
    reply = error
print(reply.status)
sys.stdout.write(reply.read().decode())
"""


def copied(t, name, downloads=False):
    """A copy of the payload: its folder. Without the 142 MiB of downloads, unless they are what a story is about."""
    project = t.path(name)
    shutil.copytree(PROJECT, project, dirs_exist_ok=True)
    if not downloads:
        path = os.path.join(project, "hardtack.yaml")
        with open(path, encoding="utf-8") as text:
            before, mark, _ = text.read().partition("# ---- downloads:")
        if not mark:
            raise AssertionError("hardtack.yaml has no downloads")
        with open(path, "w", encoding="utf-8") as text:
            text.write(before)
    return project


def build(t, target="linux-amd64", *words, project=None, form="oci", out=None):
    project = project or copied(t, "langfuse")
    if target != "linux-amd64":
        words = ("--platform", "linux/amd64", *words)
    return t.build(project, target, [images.langfuse_archive(form)], *words, out=out)


def registry(t, langfuse, postgres):
    """Debian's registry with both images under these names, running; the flags that make it the mirror of both origins."""
    if not shutil.which("docker-registry") or not shutil.which("skopeo"):
        raise harness.Skip("docker-registry and skopeo are missing")
    served = registries.DockerRegistry(t.path("registry"))
    served.__enter__()
    for image, name in ((images.LANGFUSE, langfuse), (images.POSTGRES_17, postgres)):
        served.push("oci-archive:" + images.langfuse_archive("oci", image), name, all_platforms=False)
    return served, ["--mirror", f"ghcr.io={served.host}", "--mirror", f"docker.io={served.host}"]


def build_from_registry(t):
    """The one command of the README, where a registry serves the payload's images; no archive, an empty cache."""
    served, mirrors = registry(t, "langfuse/langfuse:2.95.12", "library/postgres:17")
    try:
        done = t.hardtack("build", copied(t, "langfuse"), "--target", "linux-amd64", "-o", t.path("dist", ""), *mirrors,
                          env=NOBODY)
    finally:
        served.__exit__()
    t.need(done.code == 0, "one command makes the installer of payload/langfuse from a registry", done)
    return done.out.strip()


def changed(t, name, *changes):
    """A copy of the payload with the changes made to its compose file: its folder."""
    project = copied(t, name)
    path = os.path.join(project, "compose.yaml")
    with open(path, encoding="utf-8") as text:
        compose = text.read()
    for old, new in changes:
        if compose.count(old) != 1:
            raise AssertionError(f"compose.yaml has {old!r} {compose.count(old)} times")
        compose = compose.replace(old, new)
    with open(path, "w", encoding="utf-8") as text:
        text.write(compose)
    return project


def folder(t, *names):
    return os.path.join(t.home, "hardtack", "langfuse", *names)


def environment(t):
    """.env as {name: value}, and its mode."""
    with open(folder(t, ".env"), encoding="utf-8") as text:
        lines = [line.rstrip("\n").partition("=") for line in text if "=" in line and not line.startswith("#")]
        return {name: value for name, _, value in lines}, stat.S_IMODE(os.fstat(text.fileno()).st_mode)


def ask(t, engine, method, path, auth="", body="", kind="application/json", url=URL):
    """(status, body) of the server's answer; status 0: none came, the body says why."""
    done = t.run(["/usr/bin/python3", "-c", ASK, method, url + path, auth, body, kind], engine)
    if done.code != 0:
        return 0, done.err
    status, _, text = done.out.partition("\n")
    return int(status), text


def keys(t):
    variables, _ = environment(t)
    return variables["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"] + ":" + variables["LANGFUSE_INIT_PROJECT_SECRET_KEY"]


def traces(t, engine, url=URL):
    """The ids of hardtack's own traces in the server, read with the handed-over keys; None when they cannot be had."""
    status, text = ask(t, engine, "GET", "/api/public/traces?name=hardtack-smoke", keys(t), url=url)
    return [row["id"] for row in json.loads(text)["data"]] if status == 200 else None


def shown_in_readme(name, shown):
    """The lines of the README's picture of an installation that the screen did not show; numbers may differ."""
    def plain(text):
        return re.sub(r"[\d.]+", "0", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text))
    with open(os.path.join(harness.ROOT, name), encoding="utf-8") as text:
        picture = next(block for block in text.read().split("```\n") if "✓ langfuse" in block)
    seen = plain(shown)
    return [line for line in picture.splitlines() if plain(line.replace(" ~/hardtack/langfuse", "")) not in seen]


def secrets(t):
    """The values of .env that must not be seen."""
    variables, _ = environment(t)
    return [variables[name] for name in ("POSTGRES_PASSWORD", "NEXTAUTH_SECRET", "SALT", "ENCRYPTION_KEY",
                                         "LANGFUSE_INIT_PROJECT_SECRET_KEY", "LANGFUSE_INIT_USER_PASSWORD")]


def clear(t, engine):
    """Leaves nothing of an installation but the images, without waiting for anybody to stop."""
    engine.run(["sh", "-c", "docker rm -fv $(docker ps -aq); docker volume rm -f $(docker volume ls -q); "
                "docker network prune -f; true"])
    shutil.rmtree(os.path.join(t.home, "hardtack"), ignore_errors=True)
