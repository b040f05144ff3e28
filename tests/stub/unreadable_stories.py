"""One bad line of .env, and compose refuses every verb: what needs it no less goes without it, the rest names the line's file. See run."""
import os

import scripted_docker
from __main__ import story  # pylint: disable=no-name-in-module

WORDS = "services.web.ports.0: Invalid hostPort: 80x"
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
STACK = [{"service": "web", "health": "healthy", "started": "2026-01-01T00:00:09.5Z"},
         {"service": "db", "started": "2026-01-01T00:00:01.1Z"},
         {"service": "done", "status": "exited"},
         {"service": "web", "id": "by hand", "one_off": True}]
CLAIM = "the services are stopped"


def identity(service, more=""):
    return scripted_docker.identity({"service": service, "id": more})


WEB, DB, BY_HAND = identity("web"), identity("db"), identity("web", "by hand")


def spoiled(t, **scenario):
    """It runs, then somebody edits .env; and what docker was asked before."""
    t.check(t.install().code == 0, "installed")
    with open(t.path(".env"), "a", encoding="utf-8") as file:
        file.write("NOTES_PORT=80x\n")
    t.play(**{"containers": [STACK], "running_before": True, "unreadable": {"80x": WORDS}, "volumes": ["hello_data"], **scenario})
    return len(t.calls())


def names(t, done):
    """The warning, in one line: the file and compose's words."""
    return [line for line in done.err.splitlines() if t.path(".env") + " (" in line and WORDS in line and "docker itself" in line]


def verbs(calls):
    """Compose's verbs and docker's, in order."""
    known = ("stop", "start", "up", "down", "config", "rm", "cp")
    return [("compose " if call[1] == "compose" else "") + next(word for word in known if word in call)
            for call in calls if call[1] in ("compose", *known) and set(known) & set(call)]


def asked(calls, *words):
    return [call for call in calls if call[1:1 + len(words)] == list(words)]


@story
def stop_needs_no_compose_that_can_read(t):
    before = spoiled(t)
    done, calls = t.run("stop"), t.calls()[before:]
    t.check(done.code == 0 and len(names(t, done)) == 1 and "next `start`" in done.err, "0; a line says why it went another way", done)
    t.check(verbs(calls) == ["compose stop", "compose config", "stop"], "compose first", calls)
    t.check(sorted(asked(calls, "stop")[0][2:]) == sorted([WEB, DB]), "what runs and is no one-off container", calls)


@story
def uninstall_needs_no_compose_that_can_read(t):
    networks = ["e" * 64]
    before = spoiled(t, networks=networks)
    done, calls = t.run("uninstall", "--yes"), t.calls()[before:]
    t.check(done.code == 0 and len(names(t, done)) == 1 and os.path.exists(t.path(".env")), "0, with its reason; .env stays", done)
    t.check(verbs(calls)[:4] == ["compose down", "compose config", "stop", "rm"] and {WEB, DB} <= set(asked(calls, "rm", "-f")[0]),
            "compose first, then containers by their label", verbs(calls))
    t.check(asked(calls, "network", "rm", *networks) and not asked(calls, "volume", "rm"), "its networks, no volume", calls)


@story
def a_purge_needs_no_compose_that_can_read(t):
    before = spoiled(t)
    done, calls = t.run("uninstall", "--purge-data", "--yes"), t.calls()[before:]
    t.check(done.code == 0 and names(t, done) and not os.path.exists(t.path()), "0, all is gone", done)
    t.check(len(os.listdir(os.path.join(t.home, "hardtack", "backups"))) == 1 and asked(calls, "volume", "rm", "hello_data"),
            "data is saved, then deleted", calls)


@story
def a_backup_needs_no_compose_that_can_read(t):
    before = spoiled(t)
    file = os.path.join(t.folder, "b.tar")
    done, calls = t.run("backup", file), t.calls()[before:]
    t.check(done.code == 0 and os.path.exists(file) and len(names(t, done)) == 2 and CLAIM not in done.err, "0; said of stop and start", done)
    t.check(asked(calls, "start") == [["docker", "start", DB, WEB]], "what ran before runs again, in the order of old", calls)


@story
def nobody_says_that_services_are_stopped_when_they_run(t):
    before = spoiled(t, refuse={"stop": "Error response from daemon: cannot stop container: permission denied"})
    for verb in (["backup", os.path.join(t.folder, "b.tar")], ["uninstall", "--purge-data", "--yes"]):
        done, calls = t.run(*verb), t.calls()[before:]
        t.check(done.code == 10 and "cannot stop container" in done.err and CLAIM not in done.err.lower(), f"{verb[0]}: 10, docker's reason", done)
        t.check(not any({WEB, DB} & set(call) for call in asked(calls, "rm")) and not asked(calls, "volume", "rm") and
                os.path.exists(t.path(".env")), "nothing is removed", calls)


@story
def services_that_are_stopped_and_do_not_come_up_are_said_to_be(t):
    spoiled(t, cp="fail")
    done = t.run("uninstall", "--purge-data", "--yes")
    t.check(done.code == 10 and CLAIM in done.err and f"correct that line of {t.path('.env')}, then start them" in done.err,
            "10, how they are, why, and what to do", done)


@story
def an_engine_that_goes_away_is_10(t):
    spoiled(t, refuse={"ps": DOWN})
    done = t.run("stop")
    t.check(done.code == 10 and "went away" in done.err, "10", done)


@story
def compose_that_fails_for_another_reason_is_helped_too(t):
    before = spoiled(t, unreadable={}, refuse={"compose stop": "panic:\nruntime error"})
    done, calls = t.run("stop"), t.calls()[before:]
    t.check(done.code == 0 and "panic: runtime error; this was done by docker itself" in done.err and t.path(".env") not in done.err,
            "0, and .env is not blamed", done)
    t.check(verbs(calls) == ["compose stop", "compose config", "stop"], "by docker", calls)
    t.play(containers=[STACK], running_before=True, refuse={"stop": "no permission"})
    t.check(t.run("start").code == 0, "started")
    done = t.run("stop")
    t.check(done.code == 12 and "compose stop: no permission" in done.err, "when docker cannot either: compose's words, 12", done)


@story
def start_says_what_compose_says_now(t):
    old = [{"service": "web", "status": "created", "exit": 128, "error": "Bind for 127.0.0.1:80 failed: port is already allocated"}]
    spoiled(t, containers=[old])
    for verb in (["start"], ["install", "--yes"]):
        done = t.run(*verb)
        t.check(done.code == 12 and f"compose up: {WORDS}" in done.err and "already allocated" not in done.err, f"{verb[0]}: 12, the present words", done)
        t.check(f"correct that line of {t.path('.env')} (or of {t.path('compose.yaml')}" in done.err and "run this again" in done.err,
                f"{verb[0]}: the file, and the next step", done)
    t.play(containers=[old], running_before=True, up={"exit": 1, "stderr": "Error response from daemon: driver failed"})
    done = t.run("start")
    t.check(done.code == 12 and "already allocated" in done.err and ".env (or" not in done.err, "what compose could read is told as before", done)


@story
def logs_name_the_file(t):
    spoiled(t)
    done = t.run("logs")
    t.check(done.code == 12 and f"compose logs: {WORDS}" in done.err and f"correct that line of {t.path('.env')}" in done.err, "12, words and file", done)
