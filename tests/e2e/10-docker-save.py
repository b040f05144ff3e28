"""What real engines write with `docker save`, old and new, classic and containerd store, builds and installs."""
import gzip
import os
import shutil

import harness
import images

URL = "http://127.0.0.1:3000/"
NAMES = ["postgres:15", "ghcr.io/acme/guestbook:1.2"]


def story(t):
    project = os.path.join(harness.PROJECTS, "guestbook")
    built = {}
    for name in ("v20", "v26", "v28", "v28c"):
        engine = t.bench.engine(name)
        engine.run(["docker", "load", "-i", images.archive("save-store")])
        saved = t.path(name + ".tar")
        engine.run(["docker", "save", "-o", saved, *NAMES])
        built[name] = t.build(project, "linux-amd64", [saved], out=t.path(name))
        os.unlink(saved)
        engine.run(["sh", "-c", "docker rmi $(docker images -q)"])
        done = t.installer(built[name], "install", "--yes", engine=engine)
        answer = t.http(engine, URL, "guestbook: visit 1") if done.code == 0 else ""
        t.check("guestbook: visit 1" in answer, f"saved by {name}, installed there, answers", f"{done}\n{answer}")
        done = t.installer(built[name], "uninstall", "--yes", "--purge-data", engine=engine)
        t.check(done.code == 0, f"{name}: uninstall --purge-data: 0", done)

    for form in ("oci", "oci-folder", "save-old", "save-new", "save-store", "skopeo"):
        file = t.build(project, "linux-amd64", [images.archive(form)], out=t.path(form))
        t.check(t.installer(file, "verify").code == 0, f"{form}: builds and verifies")
    packed = t.path("save-old.tar.gz")
    with open(images.archive("save-old"), "rb") as plain, gzip.open(packed, "wb", compresslevel=1) as out:
        shutil.copyfileobj(plain, out)
    file = t.build(project, "linux-amd64", [packed], out=t.path("packed"))
    t.check(t.installer(file, "verify").code == 0, "save-old, the whole archive gzipped: builds and verifies")
