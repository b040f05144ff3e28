"""Two images without a common layer: two `docker load` at once where the store gains by it. See run."""
import os
import signal
import subprocess
import sys

from __main__ import ROOT, Stage, installer_of, machine, story  # pylint: disable=no-name-in-module

sys.path.insert(0, os.path.join(ROOT, "scripts"))
import image_writer  # noqa: E402

NAMES = ("left", "right")
TWO = {"hardtack.yaml": "hardtack: 1\nname: two\nversion: 1.0.0\ncompose: compose.yaml\n",
       "compose.yaml": "services:\n" + "".join(f"  {name}:\n    image: docker.io/story/{name}:1\n    restart: always\n" for name in NAMES)}
SERVICES = [[{"service": name, "health": "healthy"} for name in NAMES]]


def archive():
    """Two images, each of one layer that is worth a load of its own."""
    path = os.path.join(Stage.made, "two-images.tar")
    images = []
    for name in NAMES:
        layer = image_writer.make_layer([image_writer.Entry(name, data=name.encode() + bytes(9 << 20))], os.path.join(Stage.made, "two-layers"), name)
        images.append(image_writer.Image(f"docker.io/story/{name}:1", machine(), [layer], {"Cmd": ["/" + name]}))
    image_writer.docker_save_new(path, images)
    return path


def file_of_two():
    return installer_of("two", TWO, archive)


def loads(t, since=0):
    return [call for call in t.calls()[since:] if call[1:2] == ["load"]]


def still_loading(t):
    told = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in told.splitlines() if t.bin + "/docker load" in line]


@story
def two_images_go_in_two_loads_at_once(t):
    t.play(load="meet", containers=SERVICES)
    done = t.run("load", file=file_of_two())
    t.check(done.code == 0 and len(loads(t)) == 2, "each load waited for the other to begin: 0", (done, t.calls()))
    before = len(t.calls())
    t.check(t.run("load", file=file_of_two()).code == 0 and not loads(t, before), "both are there: none again", t.calls()[before:])


@story
def where_nothing_is_gained_it_is_one_load(t):
    for what, engine in (("containerd's store", {"store": "containerd"}), ("another driver", {"driver": "vfs"}), ("one processor", {"cpus": 1})):
        t.play(containers=SERVICES, **engine)
        before = len(t.calls())
        t.run("load", file=file_of_two())
        t.check(len(loads(t, before)) == 1, f"{what}: one load", t.calls()[before:])
        os.remove(os.path.join(t.bin, "state.json"))


@story
def one_of_two_loads_fails(t):
    """In either order: never success, nothing is started, nobody goes on loading; the next run brings what is missing."""
    for modes, code in ((["ok", "full"], 9), (["die", "ok"], 10), (["ok", "early-ok"], 10), (["lies", "ok"], 10), (["unpack-error", "ok"], 10), (["die", "die"], 10)):
        for name in ("state.json", "loads"):
            if os.path.exists(os.path.join(t.bin, name)):
                os.remove(os.path.join(t.bin, name))
        t.play(load=modes, containers=SERVICES)
        before = len(t.calls())
        done = t.run("install", "--yes", file=file_of_two())
        t.check(done.code == code and "→" in done.err, f"{modes}: {code}", done)
        t.check(len(loads(t, before)) == 2 and not [call for call in t.calls()[before:] if "up" in call], f"{modes}: nothing was started", t.calls()[before:])
        t.check(not still_loading(t), f"{modes}: nobody loads any more", still_loading(t))
        t.play(containers=SERVICES)
        before = len(t.calls())
        done = t.run("install", "--yes", file=file_of_two())
        t.check(done.code == 0 and len(loads(t, before)) == (modes[0] != "unpack-error") + (modes == ["die", "die"]), f"{modes}, then well: 0, what is there is not loaded again", (done, loads(t, before)))


@story
def control_c_ends_both_loads(t):
    t.play(load="hang", containers=SERVICES)
    process = t.start_file(file_of_two(), "install", "--yes")
    for _ in range(1200):
        if len(loads(t)) == 2:
            break
        signal.sigtimedwait([], 0.05)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=20)[0].decode()
    t.check(process.returncode == 130 and "interrupted" in out, "exit 130", out)
    t.check(not still_loading(t), "both are gone", still_loading(t))
    t.play(containers=SERVICES)
    t.check(t.run("install", "--yes", file=file_of_two()).code == 0, "the next run goes on")
