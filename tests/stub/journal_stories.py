"""Who else is at work, signals in every long step, and what status and doctor say of a run that did not end. See run."""
import json
import os
import signal
import time

from __main__ import ROOT, installer_of, story  # pylint: disable=no-name-in-module

STARTING = [[{"service": "web", "health": "starting"}]]


def journal(t):
    with open(t.path("journal.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@story
def whoever_changes_something_takes_the_lock(t):
    t.install()
    t.play(containers=STARTING)
    before = len([call for call in t.calls() if "up" in call])
    first = t.start("install", "--yes")
    while len([call for call in t.calls() if "up" in call]) == before and first.poll() is None:
        time.sleep(0.02)
    for verb in (["install", "--yes"], ["start"], ["stop"], ["uninstall", "--yes"]):
        done = t.run(*verb)
        t.check(done.code == 11 and "another run is at work" in done.err, f"{verb}: 11", done)
    done = t.run("status")
    t.check(done.code == 13 and "install is at work at this moment, in step procedure" in done.err, "status looks on", done)
    done = t.run("doctor")
    t.check(done.code == 13 and "install is at work at this moment" in done.err, "doctor looks on", done)
    for verb in (["info"], ["credentials"], ["verify"], ["open"]):
        t.check(t.run(*verb).code == 0, f"{verb}: nobody is in its way", t.run(*verb))
    first.terminate()
    first.communicate(timeout=20)


@story
def a_signal_in_any_long_step_is_in_the_journal(t):
    for scenario, call, step in (({"load": "hang"}, "load", "load"), ({"containers": STARTING}, "up", "procedure")):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            for name in ("state.json", "calls.jsonl"):  # an engine that never had the image
                if os.path.exists(os.path.join(t.bin, name)):
                    os.remove(os.path.join(t.bin, name))
            t.play(**scenario)
            process = t.start("install", "--yes", *([] if os.path.exists(t.path(".env")) else ["--set", f"HELLO_PORT={t.port}"]))
            t.wait_for_call(call)
            process.send_signal(number)
            out = process.communicate(timeout=20)[0].decode()
            t.check(process.returncode == code, f"{step}: {code}", out)
            last = journal(t)[-2:]
            t.check([(line.get("step"), line["state"], line.get("code")) for line in last] ==
                    [(step, "interrupted", code), (None, "end", code)], f"{step}: the journal says so", last)
            t.play()
            done = t.run("doctor")
            t.check(done.code in (11, 13) and f"install was interrupted in step {step}" in done.err, f"{step}: doctor too", done)
            done = t.run("status")
            t.check(f"install was interrupted in step {step}" in done.err and "run the installer's install again" in done.err,
                    f"{step}: status too", done)
    done = t.run("install", "--yes")
    t.check(done.code == 0, "the next run goes on", done)
    done = t.run("doctor")
    t.check(done.code == 0 and "interrupted" not in done.err, "and then nothing is said of it", done)


@story
def a_killed_first_run_is_said_although_nothing_is_installed(t):
    os.makedirs(t.path())
    with open(t.path("journal.jsonl"), "w", encoding="utf-8") as file:
        file.write('{"at":"2026-11-23T00:00:00Z","run":"x","verb":"install","step":"files","state":"begin"}\n')
    for verb in ("status", "doctor", "start"):
        done = t.run(verb)
        t.check(done.code == 2 and "install was cut off in step files (2026-11-23T00:00:00Z)" in done.err, f"{verb}: 2", done)
    done = t.run("status", "--lang", "zh")
    t.check("install 在步骤 files 中被中途切断" in done.err, "in Chinese", done)
    done = t.install()
    t.check(done.code == 0 and 'was cut off in "files"' in done.err, "install says where it goes on from", done)


@story
def a_failed_run_is_told_and_is_no_error_of_its_own(t):
    t.play(containers=STARTING)
    t.install("--timeout", "1")
    t.play()
    done = t.run("status")
    t.check(done.code == 0 and "the last install failed in step procedure with exit code 13" in done.err, "status", done)
    done = t.run("doctor")
    t.check(done.code == 0 and "the last install failed in step procedure" in done.err, "doctor: a warning", done)


@story
def start_does_not_make_new_secrets(t):
    done = t.run("install", "--yes", "--set", "ADMIN=a", file=t.settings)
    place = os.path.join(t.home, "hardtack", "settings")
    with open(os.path.join(place, ".env"), encoding="utf-8") as file:
        content = file.read()
    os.unlink(os.path.join(place, ".env"))
    done = t.run("start", file=t.settings)
    t.check(done.code == 11 and ".env is gone" in done.err and "backup" in done.err, "no .env: 11", done)
    with open(os.path.join(place, ".env"), "w", encoding="utf-8") as file:
        file.write("\n".join(line for line in content.splitlines() if "DB_PASSWORD" not in line) + "\n")
    done = t.run("start", file=t.settings)
    t.check(done.code == 11 and "lacks: DB_PASSWORD" in done.err, "a secret is missing: 11", done)
    with open(os.path.join(place, ".env"), "w", encoding="utf-8") as file:
        file.write(content)
    ups = [call for call in t.calls() if "up" in call]
    done = t.run("start", file=t.settings)
    new = [call for call in t.calls() if "up" in call][len(ups):]
    t.check(done.code == 0 and len(new) == 1 and "--no-recreate" not in new[0], "start applies what .env says", new)


@story
def an_uninstalled_newer_version_still_guards_its_data(t):
    files = {}
    for name in ("hardtack.yaml", "compose.yaml", "env.template"):
        with open(os.path.join(ROOT, "payload/hello", name), encoding="utf-8") as file:
            files[name] = file.read().replace("version: 1.0.0", "version: 2.0.0")
    newer = installer_of("hello-2", files)
    t.run("install", "--yes", "--set", f"HELLO_PORT={t.port}", file=newer)
    done = t.run("uninstall", "--yes", file=newer)
    t.check(done.code == 0 and os.path.exists(t.path("receipt.uninstalled.json")), "the receipt is kept with the data", done)
    done = t.run("install", "--yes")
    t.check(done.code == 11 and "the data that lies here is of version 2.0.0" in done.err, "the older one: 11", done)
    done = t.run("install", "--yes", "--ignore-preflight", "data")
    t.check(done.code == 0 and not os.path.exists(t.path("receipt.uninstalled.json")), "unless the person knows better", done)


@story
def what_a_killed_proof_left_is_swept_away(t):
    t.play(attempts=["a" * 64])
    done = t.install()
    t.check(done.code == 0 and ["docker", "rm", "-v", "a" * 64] in t.calls(), "removed by the next run", t.calls())


