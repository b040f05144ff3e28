"""Killed in the middle: a build leaves nothing, and an installation that is started again comes to its end."""
import os
import signal
import time

import harness
import images

MOMENTS_S = (0.05, 0.3, 0.8)


def kill_build(t, project, number, moment):
    """Returns (status, what lies in the target folder, what lies in TMPDIR)."""
    out, temporary = t.path(f"dist-{number}-{moment}"), t.path(f"tmp-{number}-{moment}")
    os.makedirs(out)
    os.makedirs(temporary)
    process = t.popen([harness.HARDTACK, "build", project, "--offline", "--target", "linux-amd64", "-o", out + "/",
                       "--image-archive", images.big()], env={"TMPDIR": temporary})
    time.sleep(moment)
    process.send_signal(number)
    status = process.wait(60)
    return status, os.listdir(out), os.listdir(temporary)


def story(t):
    project = os.path.join(harness.PROJECTS, "big")
    images.big()
    for number, statuses in ((signal.SIGKILL, (-9,)), (signal.SIGTERM, (143, -15)), (signal.SIGINT, (130, -2))):
        for moment in MOMENTS_S:
            status, out, temporary = kill_build(t, project, number, moment)
            t.check(status in statuses and not out and not temporary,
                    f"build killed by {number.name} after {moment} s: ends so, and leaves nothing",
                    f"status {status}, in the target folder {out}, in TMPDIR {temporary}\n{t.said()}")

    file = t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
    for name in ("v28", "v28c"):
        engine = t.bench.engine(name)
        for moment in MOMENTS_S:
            process = t.popen([file, "install", "--yes"], engine)
            time.sleep(moment)
            process.kill()
            process.wait()
        done = t.installer(file, "install", "--yes", engine=engine)
        t.check(done.code == 0, f"{name}: after three installations killed by SIGKILL, the next one: 0", done)
        answer = t.http(engine, "http://127.0.0.1:3000/", "guestbook: visit")
        t.check("guestbook: visit" in answer, f"{name}: and the stack answers", answer)
        done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
        t.check(done.code == 0, f"{name}: uninstall --purge-data: 0", done)
