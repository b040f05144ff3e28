"""What is found before anything is changed, on real engines: taken ports, other projects' things, engines that are down."""
import os
import subprocess
import sys

import harness
import images
import terminal

TAKE_PORT = """import socket, sys
taken = socket.socket()
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("127.0.0.1", 8088))
taken.listen()
print("ready", flush=True)
sys.stdin.read()
"""
NAMED = """services:
  web:
    image: hardtack/hello:1.0.0
    restart: always
    container_name: the-web
"""
TAG = "$(docker images --format '{{.Repository}}:{{.Tag}}' hardtack/hello | head -1)"


def down_then_started(t, engine, file):
    """Colima's place is empty until its tool is called; the person only presses Enter."""
    tools, socket = t.path("tools"), os.path.join(t.home, ".colima/default/docker.sock")
    os.makedirs(tools)
    with open(os.path.join(tools, "colima"), "w", encoding="ascii") as tool:
        tool.write(f'#!/bin/sh\nmkdir -p "{os.path.dirname(socket)}" && ln -s "{engine.socket}" "{socket}"\n')
    os.chmod(os.path.join(tools, "colima"), 0o755)
    env = {"DOCKER_HOST": "unix://" + socket, "PATH": tools + ":" + engine.environment()["PATH"]}
    done = t.installer(file, "install", "--yes", engine=engine, env=env)
    t.check(done.code == 10 and "installed but not running" in done.err and "`colima start`" in done.err,
            "engine down: 10, and how to start it", done)
    status, shown = terminal.session(t, [file], [("Start it now (colima start)? [Y/n]", b"\n"), ("Go on? [Y/n]", b"\n")],
                                     engine, env)
    t.check(status == 0 and "Colima runs" in shown and "is running" in shown, "at a terminal, Enter starts it and installs",
            shown)
    done = t.installer(file, "credentials", "--json", engine=engine, env=env)
    t.check(done.code == 0 and any(event.get("url") == "http://127.0.0.1:8088" for event in done.events()),
            "credentials: the address", done)
    os.remove(socket)
    done = t.installer(file, "preflight", engine=engine, env=env)
    t.check(done.code == 10 and "8088" not in done.err, "down again: our own port is not blamed", done)
    return tools


def no_permission(t, engine, file):
    """As somebody whose own home this is, and who may not write to the engine's socket. hello runs, at its port."""
    somebody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all,+dac_read_search",
                "--ambient-caps", "-all,+dac_read_search", "--bounding-set", "-all,+dac_read_search", "--"]
    folder = t.home
    while folder != "/":  # access() does not go by capabilities
        os.chmod(folder, os.stat(folder).st_mode | 0o011)
        folder = os.path.dirname(folder)
    subprocess.run(["chown", "-R", "65534:65534", t.home], check=True)
    for language, words in (("en", "you may not use Docker on this machine"), ("zh", "您没有权限使用这台机器上的 Docker")):
        done = t.run([*somebody, file, "install", "--yes", "--lang", language], engine)
        t.check(done.code == 10 and words in done.err and "sudo" in done.err and done.err.count("✗") == 2,
                f"no permission, {language}: 10, with the remedy", done)
        t.check("8088" not in done.err, f"{language}: our own port, which only Docker could tell, is not blamed", done)
    done = t.run([*somebody, file, "preflight", "--json"], engine)
    states = [event["state"] for event in done.events() if event["event"] == "engine"]
    t.check(done.code == 10 and states == ["no-permission"], "--json: no-permission", done)
    subprocess.run(["chown", "-R", "0:0", t.home], check=True)


def another_answers(t, engine, file):
    """The active context is dead; Rancher Desktop's socket answers, and has a context."""
    config, socket = t.path("config"), os.path.join(t.home, ".rd/docker.sock")
    os.makedirs(config)
    os.makedirs(os.path.dirname(socket))
    os.symlink(engine.socket, socket)
    env = {"DOCKER_HOST": "", "DOCKER_CONFIG": config}
    for name, where in (("dead", t.path("nobody.sock")), ("rancher-desktop", socket)):
        engine.run(["docker", "context", "create", name, "--docker", "host=unix://" + where], env=env)
    for broken, words in (({"DOCKER_CONTEXT": "dead"}, "context dead leads to"), ({"DOCKER_CONTEXT": "nosuch"}, "context is broken")):
        done = t.installer(file, "preflight", engine=engine, env={**env, **broken})
        t.check(done.code == 10 and words in done.err and f"Rancher Desktop at unix://{socket}" in done.err and
                "`unset DOCKER_CONTEXT; docker context use rancher-desktop`" in done.err,
                f"{words}: 10, and the one that answers", done)
    os.remove(socket)


def taken_ports(t, engine, file):
    owner = subprocess.Popen(engine.argv([sys.executable, "-c", TAKE_PORT]), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    try:
        owner.stdout.readline()
        done = t.installer(file, "preflight", engine=engine)
        t.check(done.code == 11 and "is taken by python" in done.err and "--set HELLO_PORT=8089" in done.err,
                "a process has the port: 11, which one, and a free port", done)
        status, shown = terminal.session(t, [file], [("Another port for web [8089]: ", b"\n"), ("[Y/n]", b"\n")], engine)
        answer = t.http(engine, "http://127.0.0.1:8089/", harness.HELLO_LINE) if status == 0 else ""
        t.check(status == 0 and harness.HELLO_LINE in answer, "at a terminal, Enter takes the free one", f"{shown}\n{answer}")
    finally:
        owner.communicate()
    done = t.installer(file, "preflight", "--project-name", "other", "--set", "HELLO_PORT=8089", engine=engine)
    t.check(done.code == 11 and "is taken by the container hello-web-1 (project hello)" in done.err,
            "a container has the port: 11, which one", done)
    done = t.installer(file, "preflight", "--json", engine=engine)
    t.check(done.code == 0 and not [event for event in done.events() if event["event"] == "problem"],
            "our own container is no problem", done)
    t.check(t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")


def foreign_project(t, engine, file):
    """Somebody runs a project of that name from another folder."""
    there = t.path("theirs")
    os.makedirs(there)
    t.need(t.installer(file, "load", engine=engine).code == 0, "load: 0")
    with open(os.path.join(there, "compose.yaml"), "w", encoding="ascii") as out:
        tag = engine.run(["sh", "-c", "echo " + TAG]).stdout.strip()
        out.write(f"services: {{web: {{image: \"{tag}\", volumes: [\"data:/data\"]}}}}\nvolumes: {{data: {{}}}}\n")
    engine.run(["docker", "compose", "-p", "hello", "-f", os.path.join(there, "compose.yaml"), "up", "-d"])
    theirs = t.containers(engine, "hello")
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 11 and f"from {there}" in done.err and "--project-name hello-2" in done.err,
            "another project of this name: 11, whose, and how to go beside it", done)
    status, shown = terminal.session(t, [file, "--lang", "zh"], [("（hello-2）并存安装吗？ [Y/n]", b"\n"), ("是否继续", b"\n")],
                                     engine)
    t.check(status == 0 and t.containers(engine, "hello-2") and t.containers(engine, "hello") == theirs,
            "at a terminal, in Chinese, Enter goes beside it; theirs runs on", shown)
    engine.run(["docker", "compose", "-p", "hello", "-f", os.path.join(there, "compose.yaml"), "down"])
    done = t.installer(file, "preflight", engine=engine)
    t.check(done.code == 11 and "hello_data" in done.err, "only their volume is left: 11", done)
    done = t.installer(file, "uninstall", "--yes", "--purge-data", "--project-name", "hello-2", engine=engine)
    t.check(done.code == 0, "uninstall of hello-2: 0", done)
    engine.run(["docker", "volume", "rm", "hello_data"])


def fixed_name(t, engine):
    project = t.path("named")
    os.makedirs(project)
    with open(os.path.join(project, "compose.yaml"), "w", encoding="ascii") as out:
        out.write(NAMED)
    file = t.build(os.path.join(project, "compose.yaml"), "linux-amd64",
                   [os.path.join(t.bench.hello_images(), "hello-oci.tar")])
    for project, code in (("one", 0), ("two", 11)):
        done = t.installer(file, "install", "--yes", "--project-name", project, engine=engine)
        t.check(done.code == code and ("of the project one" in done.err) == (code == 11),
                f"container_name, project {project}: {code}", done)
    done = t.installer(file, "uninstall", "--yes", "--purge-data", "--project-name", "one", engine=engine)
    t.check(done.code == 0, "uninstall: 0", done)


def old_volume(t, engine):
    file = t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
    env_file = os.path.join(t.home, "hardtack/guestbook/.env")
    t.need(t.installer(file, "install", "--yes", engine=engine).code == 0, "guestbook: install: 0")
    with open(env_file, encoding="utf-8") as text:
        before = text.read()
    os.remove(env_file)
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 11 and "guestbook_database" in done.err and "is gone" in done.err,
            ".env is gone, the volume is not: 11", done)
    t.check(not os.path.exists(env_file), "and no new password was made")
    with open(env_file, "w", encoding="utf-8") as text:
        text.write(before)
    t.check(t.installer(file, "install", "--yes", engine=engine).code == 0, "with .env back: 0")
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    t.check(done.code == 0, "uninstall: 0", done)


def another_processor(t, engine):
    file = t.build(harness.HELLO, "linux-amd64", [os.path.join(t.bench.hello_images(), "hello-oci.tar")], "--platform",
                   "linux/arm64", out=t.path("arm"))
    done = t.installer(file, "preflight", engine=engine)
    emulated = os.path.exists("/proc/sys/fs/binfmt_misc/qemu-aarch64")
    t.check(done.code == (0 if emulated else 11) and "for another processor: docker.io/hardtack/hello" in done.err,
            "arm64 images on an amd64 engine: " + ("slow" if emulated else "11"), done)


def small_disks(t, engine, file):
    """A disk of 64 KiB where the files shall be, then where the engine's root is: in a mount namespace of the client's."""
    root = engine.run(["docker", "info", "--format", "{{.DockerRootDir}}"]).stdout.strip()
    small = t.path("small")
    os.makedirs(small)
    script = 'mount -t tmpfs -o size=64k small "$1" && shift && exec "$@"'
    for place, words in ((small, f"the disk of {small}/x has 64 KiB left"), (root, f"Docker's disk ({root}) has 64 KiB left")):
        done = t.run(["unshare", "--mount", "sh", "-c", script, "sh", place, file, "preflight", "--dir", small + "/x"], engine)
        t.check(done.code == 11 and words in done.err and "prune volumes" not in done.err.replace("never prune volumes", ""),
                f"a full disk: 11: {words}", done)


def story(t):
    engine = t.bench.engine("v28")
    file = t.build_hello()
    down_then_started(t, engine, file)
    no_permission(t, engine, file)
    another_answers(t, engine, file)
    t.check(t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")
    small_disks(t, engine, file)
    taken_ports(t, engine, file)
    foreign_project(t, engine, file)
    fixed_name(t, engine)
    another_processor(t, engine)
    old_volume(t, engine)
