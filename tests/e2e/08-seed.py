"""The mission's own docker-compose.yml builds unchanged, its images mapped from archives; lint names what is wrong."""
import os
import shutil

import harness
import images

SEED = os.path.join(harness.ROOT, "..", "shared", "seed", "docker-compose.yml")
FIXTURE = os.path.join(harness.ROOT, "tests", "fixtures", "seed", "docker-compose.yml")


def story(t):
    source = SEED if os.path.exists(SEED) else FIXTURE
    project = t.path("本地部署")
    os.makedirs(project)
    shutil.copy(source, project)
    compose = os.path.join(project, "docker-compose.yml")
    with open(compose, "rb") as text:
        before = text.read()
    mapped = ["ghcr.io/langfuse/langfuse:2=" + images.archive("oci", images.GUESTBOOK),
              "postgres=" + images.archive("save-old", images.POSTGRES)]
    for target, more in (("linux-amd64", ()), ("darwin-arm64", ("--platform", "linux/amd64"))):
        file = t.build(compose, target, mapped, "--name", "langfuse", *more)
        t.check(t.installer(file, "verify").code == 0, f"{target}: verify: 0")
    with open(compose, "rb") as text:
        t.check(text.read() == before, "the person's compose file is untouched")
    done = t.hardtack("lint", compose, "--name", "langfuse")
    seen = done.out + done.err
    t.check(all(word in seen for word in ("NEXTAUTH_SECRET", "postgres", "5432")),
            "lint names the weak secret, the floating tag and the open port", done)
    done = t.hardtack("build", compose, "--offline", "--image-archive", mapped[0], "-o", t.path("missing"), "--name",
                      "langfuse", "--platform", "linux/amd64")
    t.check(done.code == 6 and "postgres" in done.err and not os.path.exists(t.path("missing")),
            "without an archive for postgres: 6, the image is named, no file is made", done)
    done = t.hardtack("build", compose, "--offline", "-o", t.path("wrong"), "--name", "langfuse",
                      *[word for archive in mapped for word in ("--image-archive", archive)])
    t.check(done.code == 6 and "arm64" in done.err, "amd64 images for the arm64 default: 6, both are named", done)
