"""A Mach-O that was signed again, as Apple's tools do it, is still whole: it installs on a real engine, and a spoilt one does not."""
import os
import sys

import harness

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "structure"))
import resign  # noqa: E402


def story(t):
    engine = t.bench.engine("v28")
    file = t.build_hello("darwin-arm64", "--platform", "linux/amd64")
    for page in (4096, 16384):
        signed = t.path(f"signed-{page}")
        resign.sign(file, signed, page, runtime=True)
        done = t.hardtack("build", harness.HELLO, "--image-archive", os.path.join(t.bench.hello_images(), "hello-oci.tar"),
                          "--platform", "linux/amd64", "--verify-against", signed)
        t.check(done.code == 0 and "only the code signature differs" in done.out, f"{page}: only the code signature differs", done)
        done = t.installer(signed, "install", "--yes", engine=engine)
        answer = t.http(engine, "http://127.0.0.1:8088/", harness.HELLO_LINE) if done.code == 0 else ""
        t.check(harness.HELLO_LINE in answer, f"{page}: it installs, and the page answers", f"{done}\n{answer}")
        with open(signed, "r+b") as data:
            data.seek(os.path.getsize(signed) // 2)
            byte = data.read(1)[0]
            data.seek(-1, 1)
            data.write(bytes([byte ^ 1]))
        done = t.installer(signed, "install", "--yes", damaged=True, engine=engine)
        t.check(done.code == 7, f"{page}: with a changed byte: 7", done)
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    t.check(done.code == 0, "uninstall: 0", done)
