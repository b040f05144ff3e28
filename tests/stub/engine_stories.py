"""An engine that does not answer: why, what to do, starting it, another one that does. See run."""
import json
import os
import select
import signal
import socket
import time

from __main__ import story  # pylint: disable=no-name-in-module


def tool(t, name, script):
    path = os.path.join(t.bin, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(path, 0o755)


def a_colima(t, script='echo "$@" > "${0%/*}/started"\n'):
    """Known on both systems: an engine of Colima's that is down until the tool was run."""
    tool(t, "colima", script)
    t.play(engine="down", endpoint=f"unix://{t.home}/.colima/default/docker.sock")


@story
def down_it_is_started_when_the_person_agrees(t):
    a_colima(t)
    done = t.person(["--set", f"HELLO_PORT={t.port}"], [("Start it now (colima start)? [Y/n]", b"\n"), ("Go on? [Y/n]", b"\n")])
    t.check(done.code == 0 and "Colima runs" in done.out and "is running" in done.out, "started, then installed", done)
    t.check(os.path.exists(os.path.join(t.bin, "started")), "by the tool")


@story
def down_in_chinese(t):
    a_colima(t)
    done = t.person(["--set", f"HELLO_PORT={t.port}", "--lang", "zh"], [("现在启动它吗", b"\n"), ("是否继续", b"\n")])
    t.check(done.code == 0 and "Colima 已在运行" in done.out, "started", done)


@story
def down_it_is_not_started_unasked(t):
    a_colima(t)
    for arguments in (["--yes"], ["preflight"]):
        done = t.person(arguments, [])
        t.check(done.code == 10 and "`colima start`" in done.out and "[Y/n]" not in done.out, f"{arguments}: 10", done)
    done = t.install()
    t.check(done.code == 10 and "→ start it (`colima start`)" in done.err, "no terminal: 10", done)
    done = t.person([], [("Start it now", b"n\n")])
    t.check(done.code == 10 and "`colima start`" in done.out, "n: 10", done)
    t.check(not os.path.exists(os.path.join(t.bin, "started")), "never started")


@story
def down_and_it_cannot_be_started(t):
    a_colima(t, "echo no virtualization here >&2\nexit 1\n")
    done = t.person([], [("Start it now", b"y\n")])
    t.check(done.code == 10 and "colima: no virtualization here" in done.out, "says its words", done)
    a_colima(t, "exit 0\n")
    done = t.person(["--timeout", "2"], [("Start it now", b"y\n")])
    t.check(done.code == 10 and "does not answer after 2 seconds" in done.out, "a limit for the wait", done)


@story
def another_engine_answers(t):
    listening = os.path.join(t.home, ".rd/docker.sock")
    os.makedirs(os.path.dirname(listening))
    with socket.socket(socket.AF_UNIX) as other:
        os.chdir(os.path.dirname(listening))  # the path of a socket is short
        other.bind("docker.sock")
        for engine in ("down", "denied", "broken-context"):
            t.play(engine=engine, hosts={"unix://" + listening: "ready"},
                   contexts={"default": "unix:///var/run/docker.sock", "rancher-desktop": "unix://" + listening})
            done = t.install()
            t.check(done.code == 10 and "Rancher Desktop at unix://" + listening in done.err and
                    "`docker context use rancher-desktop`" in done.err, engine, done)
        t.play(engine="down", hosts={"unix://" + listening: "ready"},
               contexts={"rancher-desktop": "unix://" + listening})
        done = t.install(env={"DOCKER_HOST": "unix:///nowhere.sock"})
        t.check("`unset DOCKER_HOST; docker context use rancher-desktop`" in done.err, "the variable", done)
        t.play(engine="down", hosts={"unix://" + listening: "ready"})
        done = t.install()
        t.check(f"`export DOCKER_HOST=unix://{listening}`" in done.err, "no context for it", done)
        t.play(engine="down", hosts={"unix://" + listening: "denied"})
        t.check("another engine" not in t.install().err, "that one does not answer either")
    apart = os.path.join(t.home, "a b")
    os.makedirs(apart)
    os.rename(os.path.dirname(listening), os.path.join(apart, ".rd"))
    listening = os.path.join(apart, ".rd/docker.sock")
    t.play(engine="down", hosts={"unix://" + listening: "ready"})
    done = t.install(env={"HOME": apart})
    t.check(f"`export DOCKER_HOST='unix://{listening}'`" in done.err, "a blank in the path", done)
    os.chdir("/")


@story
def a_variable_or_a_context_that_leads_nowhere_is_named(t):
    """Starting Docker would not help: it is asked for at the wrong place."""
    nowhere, usual = "unix:///nope/d.sock", "unix:///var/run/docker.sock"
    t.play(engine="down")
    done = t.install(env={"DOCKER_HOST": nowhere})
    t.check(done.code == 10 and f"DOCKER_HOST is set to {nowhere}" in done.err and "`unset DOCKER_HOST`" in done.err and
            "not running" not in done.err, "the variable", done)
    done = t.install("--lang", "zh", env={"DOCKER_HOST": nowhere})
    t.check(done.code == 10 and "DOCKER_HOST" in done.err and "没有运行" not in done.err, "in Chinese", done)
    t.play(engine="down", context="mine", endpoint=nowhere)
    done = t.install()
    t.check(done.code == 10 and f"context mine leads to {nowhere}" in done.err and "`docker context use default`" in done.err and
            "not running" not in done.err, "the context", done)
    done = t.install(env={"DOCKER_CONTEXT": "mine"})
    t.check(done.code == 10 and f"context mine leads to {nowhere}" in done.err and "`unset DOCKER_CONTEXT`" in done.err,
            "a context by a variable", done)
    for scenario, env in (({}, {"DOCKER_HOST": usual}), ({}, {"DOCKER_HOST": " "}), ({}, {"DOCKER_HOST": "unix:///run/docker.sock"}), ({"context": "mine", "endpoint": usual}, {}), ({}, {})):
        t.play(engine="down", **scenario)
        done = t.install(env=env)
        t.check(done.code == 10 and "not running" in done.err and "unset" not in done.err and "context use" not in done.err,
                f"{scenario}, {env}: the usual place", done)


@story
def a_variable_that_docker_cannot_read_is_no_engine_that_is_down(t):
    t.play(engine="down")
    for host in ("garbage", "/run/x.sock", "unix:/run/x.sock", "foo://x", "127.0.0.1:2375"):
        done = t.install(env={"DOCKER_HOST": host})
        t.check(done.code == 10 and f"DOCKER_HOST is set to {host}," in done.err and "`unset DOCKER_HOST`" in done.err and
                "not running" not in done.err, host, done)
    events = [json.loads(line) for line in t.run("preflight", "--json", env={"DOCKER_HOST": "garbage"}).out.splitlines()]
    t.check([event["state"] for event in events if event["event"] == "engine"] == ["broken-context"], "for programs", events)
    done = t.person([], [], env={"DOCKER_HOST": "unix:///nope/d.sock"})
    t.check(done.code == 10 and "Start it now" not in done.out, "no offer to start what would not listen there", done)


@story
def an_engine_that_accepts_and_is_silent_is_told_while_it_is_waited_for(t):
    t.play(engine="silent")
    words = b"Docker has not answered yet"
    told, quiet, program = runs = [t.start("preflight", *more) for more in ([], ["-q"], ["--json"])]
    seen, until = b"", time.monotonic() + 30
    while words not in seen and time.monotonic() < until:
        if select.select([told.stdout], [], [], 0.5)[0]:
            seen += os.read(told.stdout.fileno(), 65536)
    time.sleep(2)
    for run in runs:
        run.send_signal(signal.SIGINT)
    seen += told.communicate(timeout=60)[0]
    t.check(seen.count(words) == 1 and b"60 seconds" in seen and told.returncode == 130, "once, with its limit", seen)
    t.check(words not in quiet.communicate(timeout=60)[0], "-q says nothing")
    events = [json.loads(line) for line in program.communicate(timeout=60)[0].decode().splitlines()]
    t.check(len([event for event in events if event["event"] == "note"]) == 1, "for programs", events)


@story
def states_for_programs(t):
    for engine, state in (("ready", "ready"), ("down", "not-running"), ("denied", "no-permission"),
                          ("broken-context", "broken-context"), ("garbage", "unknown")):
        t.play(engine=engine)
        events = [json.loads(line) for line in t.run("preflight", "--json").out.splitlines()]
        states = [event["state"] for event in events if event["event"] == "engine"]
        problems = [event for event in events if event["event"] == "problem" and event["name"] == "engine"]
        t.check(states == [state], f"{engine}: {state}", events)
        t.check(len(problems) == (engine != "ready") and all(event["hint"] for event in problems), "with remedy", events)
