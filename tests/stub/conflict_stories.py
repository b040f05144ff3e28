"""What is there already: ports, projects, containers and volumes of others. See run."""
import contextlib
import json
import os
import platform
import shutil
import socket

from __main__ import MACHO, free_port, installer_of, machine, story  # pylint: disable=no-name-in-module

NAMED = {
    "compose.yaml": "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n    container_name: the-web\n"
                    "    ports: [\"${PORT:-3000}:8080\", \"4000:8080\"]\n",
}
SECRET = {
    "hardtack.yaml": "hardtack: 1\nname: keeper\ncompose: compose.yaml\nenv: env.template\n",
    "compose.yaml": "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n    environment: {A: \"${A}${B}\"}\n",
    "env.template": "A={{secret hex 8}}\nB={{secret hex 8}}\nCITY={{ask \"City\" default Kashgar}}\n",
}


def asking(port):
    """An installer that asks for a port and offers this one: each story's own, as stories run at the same time."""
    return installer_of(f"asking-{port}", {
        "hardtack.yaml": "hardtack: 1\nname: asking\ncompose: compose.yaml\nenv: env.template\n",
        "compose.yaml": "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n"
                        "    ports: [\"127.0.0.1:${PORT}:8080\"]\n",
        "env.template": f"PORT={{{{ask \"Web port\" default {port}}}}}\nNAME={{{{ask \"Name\"}}}}\n"})


@contextlib.contextmanager
def listening(port):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        yield


def env_of(t, project):
    with open(os.path.join(t.home, "hardtack", project, ".env"), encoding="utf-8") as file:
        return file.read()


def problems(done):
    events = [json.loads(line) for line in done.out.splitlines()]
    return [(event["name"], event["severity"]) for event in events if event["event"] == "problem"]


@story
def a_taken_port_names_the_process(t):
    with listening(t.port):
        done = t.install()
        if not MACHO or shutil.which("lsof"):  # which every Mac has
            t.check(f"(process {os.getpid()})" in done.err and "python" in done.err, "who", done)
        t.check(done.code == 11 and "--set HELLO_PORT=" in done.err, "another port is named", done)
        t.check(f"--set HELLO_PORT={t.port}" not in done.err, "not the same one", done)
        t.check(problems(t.install("--json")) == [("port", "error")], "for programs")


@story
def a_port_that_is_no_number_says_what_to_write(t):
    done = t.install("--set", "HELLO_PORT=abc")
    t.check(done.code == 3 and '"abc" is not a port' in done.err and "make HELLO_PORT a number from 1 to 65535" in done.err,
            "exit 3, and what to write", done)


@story
def a_taken_port_may_be_changed_at_a_terminal(t):
    another = free_port()
    with listening(t.port):
        done = t.person(["--set", f"HELLO_PORT={t.port}"], [("Another port for web", b"http\n"), ("is not a port", str(t.port).encode() + b"\n"),
                        ("Another port", b""), (f"port {t.port} of service web is taken", b""), ("Another port", str(another).encode() + b"\n"),
                        ("[Y/n]", b"\n")])
        t.check(done.code == 0 and f"HELLO_PORT={another}" in env_of(t, "hello"), "asked until it will do", done)
        t.check(f"will listen http://127.0.0.1:{another}" in done.out, "the plan has it", done)


@story
def a_port_of_ours_between_two_crashes_is_not_another_programs(t):
    for status, code in (("restarting", 0), ("exited", 11)):
        frame = {"service": "web", "status": status, "bindings": {"8080/tcp": [{"HostIp": "", "HostPort": str(t.port)}]}}
        t.play(running_before=True, containers=[[frame], [{"service": "web", "health": "healthy"}]])
        with listening(t.port):
            done = t.run("install", "--yes", "--dry-run", "--set", f"HELLO_PORT={t.port}")
        t.check(done.code == code and ("is taken" in done.err) == (code != 0), f"{status}: {code}", done)


@story
def nothing_is_asked_when_it_fails_anyway(t):
    with listening(t.port):
        for trouble in ({"engine": "denied"}, {"arch": "mips"}):
            t.play(**trouble)
            done = t.person(["--set", f"HELLO_PORT={t.port}"], [])
            emulated = trouble.get("arch") and MACHO
            t.check(emulated or (done.code in (10, 11) and "Another port" not in done.out and
                                 f"port {t.port} of service web is taken" in done.out), f"{trouble}: all told", done)


@story
def enter_takes_the_port_that_is_offered(t):
    port = free_port()
    with listening(port):
        done = t.person([], [("端口", b""), ("改用哪个端口 [", b"\n"), ("是否继续", b"\n"), ("Name: ", b"\n"), ("这里需要填写", b"me\n")],
                        env={"LANG": "zh_CN.UTF-8"}, file=asking(port))
        t.check(done.code == 0 and f"PORT={port + 1}\nNAME=me\n" in env_of(t, "asking"), "the next one, and asked once", done)
        t.check(done.out.count("Web port") == 0, "the port is not asked again", done)


@story
def an_answer_that_is_no_free_port_is_asked_again(t):
    mine, offered = free_port(), free_port()
    with listening(t.port):
        done = t.person([], [("[Y/n]", b"\n"), (f"Web port [{offered}]: ", b"99999\n"), ("not a port", str(t.port).encode() + b"\n"),
                             ("is taken by", str(mine).encode() + b"\n"), ("Name: ", b"a\x1b[Db\n"), ("no text", b"ok\n")],
                        file=asking(offered))
    t.check(done.code == 0 and f"PORT={mine}\nNAME=ok\n" in env_of(t, "asking"), "the good ones", done)


@story
def a_port_in_env_is_changed_there(t):
    t.install()
    t.run("uninstall", "--yes")
    t.web.close()
    with listening(t.port):
        done = t.run("install", "--yes")
        t.check(done.code == 11 and f"change HELLO_PORT in {t.path('.env')}" in done.err, "not by --set", done)


@story
def a_container_with_a_fixed_name_is_in_the_way(t):
    named = installer_of("named", NAMED)
    t.play(names={"the-web": "other", "not-the-web-1": "x"})
    done = t.run("install", "--yes", "--set", f"PORT={t.port}", file=named)
    t.check(done.code == 11 and "container the-web already, of the project other" in done.err, "whose", done)
    t.check("docker rename the-web the-web-old" in done.err, "remedy", done)
    t.play(names={"the-web": "named", "xthe-web": "other"})
    done = t.run("install", "--yes", "--set", f"PORT={t.port}", file=named)
    t.check(done.code == 0, "ours", done)


@story
def another_project_of_this_name(t):
    t.play(strangers={"hello": [["hello-web-1", "/srv/hello"]]})
    done = t.install()
    t.check(done.code == 11 and "from /srv/hello (container hello-web-1)" in done.err and
            "--project-name hello-2" in done.err, "11, and side by side", done)
    done = t.person(["--set", f"HELLO_PORT={t.port}"], [("beside it, as a project of its own (hello-2)? [Y/n]", b"n\n")])
    t.check(done.code == 130 and not os.path.exists(os.path.join(t.home, "hardtack")), "n: nothing", done)
    t.play(strangers={"hello": [["hello-web-1", "/srv/hello"]], "hello-2": [["hello-2-web-1", "/srv/2"]]})
    done = t.person(["--set", f"HELLO_PORT={t.port}"], [("(hello-3)? [Y/n]", b"\n"), ("Go on?", b"\n")])
    t.check(done.code == 0 and env_of(t, "hello-3"), "Enter: beside both", done)
    up = [call for call in t.calls() if "up" in call]
    t.check(up[-1][up[-1].index("-p") + 1] == "hello-3", "as that project", up)


@story
def our_own_project_is_no_stranger(t):
    t.play(strangers={"hello": [["hello-web-1", t.path()], ["hello-old-1", ""]]})
    done = t.install()
    t.check(done.code == 0, "the same directory", done)
    os.symlink(os.path.join(t.home, "hardtack"), os.path.join(t.home, "link"))
    t.play(strangers={"hello": [["hello-web-1", os.path.join(t.home, "link/hello")]]})
    t.check(t.run("install", "--yes").code == 0, "by another name")
    t.play(strangers={"hello": [["hello-web-1", "/no/longer/there"]]})
    t.check(t.run("install", "--yes").code == 0, "it was moved here")
    t.play(strangers={"hello": [["hello-a-1", "/no/longer/there"], ["hello-b-1", t.folder]]})
    done = t.run("install", "--yes")
    t.check(done.code == 11 and f"from {t.folder} (container hello-b-1)" in done.err, "one of two is from a folder that is there", done)


@story
def a_volume_of_nobody_we_know(t):
    t.play(volumes={"hello": ["hello_data"]})
    done = t.install()
    t.check(done.code == 11 and "hello_data" in done.err and "--project-name hello-2" in done.err, "11", done)
    done = t.install("--ignore-preflight", "data")
    t.check(done.code == 0, "taken over when the person says so", done)
    t.check(t.run("install", "--yes").code == 0, "then it is ours")


@story
def a_secret_that_is_gone_is_not_made_anew_for_old_data(t):
    keeper = installer_of("keeper", SECRET)
    t.run("install", "--yes", file=keeper)
    env = env_of(t, "keeper")
    path = os.path.join(t.home, "hardtack/keeper/.env")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line for line in env.splitlines(True) if not line.startswith("B=")))
    t.play(volumes={"keeper": ["keeper_data"]})
    done = t.run("install", "--yes", file=keeper)
    t.check(done.code == 11 and "has no B" in done.err and "keeper_data" in done.err, "refused", done)
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(line for line in env.splitlines(True) if not line.startswith("CITY=")))
    done = t.run("install", "--yes", file=keeper)
    t.check(done.code == 0 and "CITY is new" in done.err, "what is no secret is added, with a note", done)
    os.remove(path)
    done = t.run("install", "--yes", file=keeper)
    t.check(done.code == 11 and "is gone" in done.err and "--project-name keeper-2" in done.err, "all gone", done)


@story
def images_for_another_processor(t):
    t.play(arch={"amd64": "arm64", "arm64": "amd64"}[machine()])
    done = t.install()
    emulated = MACHO or os.path.exists("/proc/sys/fs/binfmt_misc/qemu-" + platform.machine())
    t.check(done.code == (0 if emulated else 11), "refused, or slow", done)
    t.check("another processor: docker.io/hardtack/hello:1.0.0 (linux/" in done.err, "which", done)


@story
def a_small_virtual_machine(t):
    keeper = installer_of("keeper", SECRET)
    t.play(product="Docker Desktop", root_dir="/var/lib/docker")
    done = t.run("install", "--yes", "-v", file=keeper)
    t.check(done.code == 0 and "cannot be seen from here" in done.err, "its disk is not this one", done)
