"""The ELF for arm64 servers, under qemu: it checks itself, knows a wrong platform, and installs amd64 images."""
import shutil

import harness

QEMU = "qemu-aarch64-static"


def story(t):
    emulator = shutil.which(QEMU)
    if not emulator:
        raise harness.Skip(f"{QEMU} is missing: apt-get install qemu-user-static")
    engine = t.bench.engine("v28")
    file = t.build_hello("linux-arm64")
    done = t.run([emulator, file, "verify"])
    t.check(done.code == 0, "verify: 0", done)
    done = t.run([emulator, file, "info"])
    t.check(done.code == 0 and "hello" in done.out, "info: 0, and names the project", done)
    done = t.run([emulator, file, "install", "--yes"], engine)
    t.check(done.code == 11 and "arm64" in done.err and not t.containers(engine, "hello"),
            "arm64 images on an amd64 engine: 11, and nothing runs", done)
    file = t.build_hello("linux-arm64", "--platform", "linux/amd64", out=t.path("mixed"))
    done = t.run([emulator, file, "install", "--yes"], engine)
    answer = t.http(engine, "http://127.0.0.1:8088/", harness.HELLO_LINE) if done.code == 0 else ""
    t.check(harness.HELLO_LINE in answer, "with amd64 images it installs, and the page answers", f"{done}\n{answer}")
    done = t.run([emulator, file, "uninstall", "--yes", "--purge-data"], engine)
    t.check(done.code == 0, "uninstall: 0", done)
