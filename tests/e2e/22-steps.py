"""Every kind of step on a real engine, in install and in smoke: what it proves, and what it says when it does not."""
import os
import re

import harness
import images

NAMES = ["up", "wait_healthy", "wait_log", "wait_log", "exec", "http", "http", "http", "http"]


def steps_of(done):
    return [event["name"] for event in done.events() if event["event"] == "step" and event["state"] == "begin"]


def proofs_of(done):
    return {event["name"]: event for event in done.events() if event["event"] == "proof"}


def prove(t, engine, file, kind):
    def run(*words):
        return t.installer(file, *words, engine=engine, env={"http_proxy": "http://127.0.0.1:9"})

    done = run("install", "--yes", "--json")
    t.need(done.code == 0, f"{kind}: install: 0", done)
    t.check(steps_of(done)[-9:] == NAMES, f"{kind}: all steps, in order", done)
    proofs = proofs_of(done)
    t.check(proofs["write an item"]["status"] == 207 and proofs["strangers are sent away"]["status"] == 401,
            f"{kind}: written with the password, refused without", done)
    t.check(proofs["the application is up"]["tries"] > 1, f"{kind}: it was asked until it was ready", proofs)
    notes = [event["text"] for event in done.events() if event["event"] == "note"]
    t.check(any(re.fullmatch(r"Item item-[0-9a-f-]{36} is there\.", note) for note in notes), f"{kind}: the message", notes)
    with open(os.path.join(t.home, "hardtack", "steps", ".env"), encoding="utf-8") as text:
        token = re.search("API_TOKEN='?([0-9a-f]{32})", text.read()).group(1)
    t.check(token not in done.out + done.err, f"{kind}: the token is not shown")

    done = run("smoke")
    t.check(done.code == 0 and "The application works." in done.err and "strangers" not in done.err,
            f"{kind}: smoke: 0", done)
    web = next(iter(t.containers(engine, "steps")), "steps-web-1")
    stored = engine.run(["docker", "exec", web, "sh", "-c", "cat /store/token; ls /store"]).stdout
    t.check(stored.startswith(token + "\n") and stored.count("item-") == 2, f"{kind}: both runs left an item", stored)

    engine.run(["docker", "exec", web, "touch", "/store/broken"])
    done = run("smoke")
    t.check(done.code == 15 and "status 500, expected 200" in done.err and '"error": "broken"' in done.err,
            f"{kind}: up, but answering 500: smoke: 15", done)
    engine.run(["docker", "exec", web, "rm", "/store/broken"])
    return run, token


def story(t):
    project = os.path.join(harness.PROJECTS, "steps")
    archive = images.archive("oci", images.GUESTBOOK)
    engine = t.bench.engine("v28")
    run, token = prove(t, engine, t.build(project, "linux-amd64", [archive]), "ELF")

    engine.run(["docker", "exec", "steps-web-1", "sh", "-c", "rm /store/token; mkdir /store/token"])
    done = run("start")
    t.check(done.code == 12 and "the store can be written: in service web: sh -c" in done.err and
            "Is a directory" in done.err and token not in done.err, "a command that fails: start: 12", done)
    done = run("smoke")
    t.check(done.code == 15 and "exit code" in done.err, "and smoke: 15", done)
    run("stop")
    done = run("smoke")
    t.check(done.code == 13, "stopped: smoke: 13", done)
    t.check(run("uninstall", "--yes", "--purge-data").code == 0, "uninstall: 0")

    macho = t.build(project, "darwin-arm64", [archive], "--platform", "linux/amd64")
    run, _ = prove(t, engine, macho, "Mach-O")
    done = run("smoke", "--lang", "zh")
    t.check(done.code == 0 and "写入一条：207，符合预期" in done.err, "Mach-O: smoke in Chinese", done)
    t.check(run("uninstall", "--yes", "--purge-data").code == 0, "uninstall: 0")
