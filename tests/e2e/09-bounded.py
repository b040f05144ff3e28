"""A payload of 1 GiB: build and install stay within their memory, and nobody makes a temporary copy of it."""
import os

import harness
import images

MIB = 1 << 20
BUILD_KIB, INSTALL_KIB = 64 * 1024, 24 * 1024
SLACK_BYTES = 8 * MIB


def folder_bytes(folder):
    return sum(os.lstat(os.path.join(top, name)).st_blocks * 512 for top, _, names in os.walk(folder)
               for name in names)


def story(t):
    project, out, temporary = os.path.join(harness.PROJECTS, "big"), t.path("dist"), t.path("tmp")
    os.makedirs(out)
    os.makedirs(temporary)
    status, watch = t.watched([harness.HARDTACK, "build", project, "--offline", "--target", "linux-amd64", "-o",
                               out + "/", "--image-archive", images.big()], env={"TMPDIR": temporary})
    t.need(status == 0 and watch.samples > 0, "build of 1 GiB: 0", t.said())
    file = os.path.join(out, "big-linux-amd64")
    size = os.path.getsize(file)
    t.check(size > 1 << 30, f"the installer holds it: {size // MIB} MiB", size)
    t.check(watch.peak_kib < BUILD_KIB, f"build's peak memory {watch.peak_kib // 1024} MiB is below 64 MiB")
    t.check(watch.written_bytes <= size + SLACK_BYTES and not os.listdir(temporary),
            f"build wrote the payload once: {watch.written_bytes // MIB} MiB in open files", os.listdir(temporary))

    engine = t.bench.engine("v28")
    status, watch = t.watched([file, "install", "--yes"], engine, env={"TMPDIR": temporary})
    t.need(status == 0 and watch.samples > 0, "install of 1 GiB: 0", t.said())
    t.check(watch.peak_kib < INSTALL_KIB, f"install's peak memory {watch.peak_kib / 1024:.1f} MiB is below 24 MiB")
    left = folder_bytes(t.home) + folder_bytes(temporary)
    t.check(watch.written_bytes < SLACK_BYTES and left < SLACK_BYTES,
            f"install copies nothing: {watch.written_bytes // MIB} MiB in open files, {left // MIB} MiB left behind")
    done = t.installer(file, "uninstall", "--yes", engine=engine)
    t.check(done.code == 0, "uninstall: 0", done)
