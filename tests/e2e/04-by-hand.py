"""The line that inspect prints loads the images without our program, on old and new engines and both stores."""
import os

import harness
import images

ENGINES = ("v20", "v26c", "v28", "v28c")


def story(t):
    project = os.path.join(harness.PROJECTS, "guestbook")
    archives = [images.archive("oci")]
    for file in (t.build(project, "linux-amd64", archives),
                 t.build(project, "darwin-arm64", archives, "--platform", "linux/amd64")):
        _, _, line = t.by_hand(file)
        kind = "ELF" if file.endswith("amd64") else "Mach-O"
        for name in ENGINES if kind == "ELF" else ("v20", "v28c"):
            engine = t.bench.engine(name)
            done = t.run(["sh", "-c", line], engine, cwd=os.path.dirname(file))
            listing = engine.run(["docker", "images", "--format", "{{.Repository}}"]).stdout.split()
            t.check(done.code == 0 and sorted(set(listing)) == ["ghcr.io/acme/guestbook", "postgres"],
                    f"{kind} on {name}: both images are loaded by hand", f"{done}\n{listing}")
