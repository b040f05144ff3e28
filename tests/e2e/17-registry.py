"""The mission's compose file from a registry, in one command from an empty cache; the second build needs nobody."""
import os
import shutil
import sys

import images
import langfuse_stack as langfuse

import harness

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "registry"))
import registries  # noqa: E402

SEED = os.path.join(harness.ROOT, "tests", "fixtures", "seed", "docker-compose.yml")


def serve(t):
    """Debian's registry with both images, under the names that the compose file says."""
    registry = registries.DockerRegistry(t.path("registry"))
    registry.__enter__()
    for archive, name in ((images.langfuse_archive("oci", images.LANGFUSE), "langfuse/langfuse:2"),
                          (images.langfuse_archive("oci", images.POSTGRES_17), "library/postgres:latest")):
        registry.push("oci-archive:" + archive, name, all_platforms=False)
    return registry


def build(t, out, *words):
    return t.hardtack("build", t.path("sop", "docker-compose.yml"), "--target", "linux-amd64", "-o", t.path(out), *words,
                      env={"HTTPS_PROXY": "http://127.0.0.1:1"})  # the real registries are never asked


def story(t):
    if not shutil.which("docker-registry") or not shutil.which("skopeo"):
        raise harness.Skip("docker-registry and skopeo are missing")
    os.makedirs(t.path("sop"))
    shutil.copy(SEED, t.path("sop"))
    registry = serve(t)
    try:
        mirrors = ("--mirror", f"ghcr.io={registry.host}", "--mirror", f"docker.io={registry.host}")
        done = build(t, "first", *mirrors)
        t.need(done.code == 0 and done.out == t.path("first") + "\n" and "layer" in done.err,
               "one command from an empty cache makes the installer", done)
    finally:
        registry.__exit__()
    done = build(t, "second", *mirrors)
    t.check(done.code == 0 and "Nothing to fetch" in done.err, "the second build needs no registry", done)
    with open(t.path("first"), "rb") as first, open(t.path("second"), "rb") as second:
        t.check(first.read() == second.read(), "both are the same, byte for byte")
    engine = t.bench.engine("v28")
    done = t.installer(t.path("first"), "install", "--yes", "--timeout", "60", engine=engine)
    t.check(done.code == 0, "the installer starts the SOP's stack without a network: 0", done)
    status, body = langfuse.ask(t, engine, "GET", "/api/public/health?failIfDatabaseUnavailable=true")
    t.check(status == 200, "its server answers, with its database", body)
    langfuse.clear(t, engine)
