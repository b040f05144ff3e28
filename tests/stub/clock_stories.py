"""Clocks that only machorun can play (MACHORUN_CLOCK, machorun/shim_time.c): a calendar that jumps, and a docker that hangs for half an hour. Of the Mach-O alone. See run."""
import json
import os
import subprocess
import time

from __main__ import MACHO, story  # pylint: disable=no-name-in-module
from fault_stories import SETTINGS, forget_docker

STARTING, WELL = [{"service": "web", "health": "starting"}], [{"service": "web", "health": "healthy"}]


def macho(function):
    return story(function) if MACHO else function


PATIENT_S = 300  # a machine that has much else to do


# ---- the calendar jumps a day ahead and a day behind, several times in each wait ----

JUMPS = {"MACHORUN_CLOCK": "jumps:300"}


@macho
def a_calendar_that_jumps_ends_no_wait_early_and_none_late(t):
    t.play(containers=[STARTING] * 4 + [WELL])
    done = t.install(env=JUMPS, timeout=PATIENT_S)
    t.check(done.code == 0, "what gets healthy in time is waited for: 0", done)
    t.play(containers=[STARTING])
    begun = time.monotonic()
    done = t.run("install", "--yes", "--timeout", "5", env=JUMPS, timeout=PATIENT_S)
    t.check(done.code == 13 and time.monotonic() - begun >= 5, "the time-out is not early", (time.monotonic() - begun, done))
    with open(t.path("journal.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    days = {line["at"][:10] for line in lines}
    t.check(len(days) > 1 and lines[-1]["state"] == "end", "the jumps are in the journal, which is whole", lines)
    t.play()
    done = t.run("install", "--yes", env=JUMPS, timeout=PATIENT_S)
    t.check(done.code == 0 and t.run("status", env=JUMPS, timeout=PATIENT_S).code == 0, "the next run is 0", done)
    t.play(volumes=["hello_data"], running_before=True)
    file = os.path.join(t.folder, "b.tar")
    done = t.run("backup", file, env=JUMPS, timeout=PATIENT_S)
    t.check(done.code == 0, "a backup", done)
    done = t.run("restore", file, "--yes", env=JUMPS, timeout=PATIENT_S)
    t.check(done.code == 0, "and it is put back", done)
    t.check(t.run("status").code == 0, "its records are read on the true calendar")


# ---- docker hangs; while it does, time runs 300 times as fast ----

def left_over(t):
    """Of our docker's processes."""
    listing = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if t.bin + "/docker" in line]


def hanging(t, words, command, **scenario):
    """What a hang of that command comes to: 10; 12 when it is compose that changes something; 0 when docker can do that as well."""
    code, said = (12, "did not finish in time") if command[0] == "compose" and command[1] != "version" else (10, "did not answer in time")
    if command in (["compose", "stop"], ["compose", "down"]):
        code, said = 0, "did not finish in time; this was done by docker itself"
    t.play(hang=command, **scenario)
    done = t.run(*words, file=t.settings, env={"MACHORUN_CLOCK": f"fast:300:{os.path.join(t.bin, 'hanging')}"}, timeout=PATIENT_S)
    what = f"docker {' '.join(command)} hangs in {words[0]}"
    t.check(done.code == code, f"{what}: {code}", done)
    t.check(said in done.err and ("→" in done.err or code == 0), f"{what}: it is said, with what to do", done)
    t.check(not os.path.exists(os.path.join(t.bin, "hanging")) and not left_over(t), f"{what}: no child is left", left_over(t))
    t.play(**scenario)


@macho
def a_docker_that_hangs_is_told_wherever_the_installation_is(t):
    for command in (["version"], ["info"], ["context"], ["compose", "version"], ["ps"], ["volume"], ["image", "inspect"], ["load"], ["create"], ["compose", "up"], ["container", "inspect"]):
        forget_docker(t)
        hanging(t, SETTINGS, command)
        calls = [call for call in t.calls() if "up" in call]
        t.check(not calls or command in (["compose", "up"], ["ps"], ["container", "inspect"]), f"{command}: nothing was started", calls)
        if command in (["load"], ["compose", "up"]):
            done = t.run(*SETTINGS, file=t.settings, timeout=PATIENT_S)
            t.check(done.code == 0, f"{command}: the next run goes on: 0", done)


@macho
def a_silent_engine_is_no_missing_compose(t):
    hanging(t, SETTINGS, ["version"], compose=None)
    t.play(hang=["version"], compose=None)
    done = t.run("preflight", file=t.settings, env={"MACHORUN_CLOCK": f"fast:300:{os.path.join(t.bin, 'hanging')}"}, timeout=PATIENT_S)
    t.check(done.code == 10 and "compose" not in done.err, "nobody knows", done)


@macho
def a_docker_that_hangs_is_told_in_the_other_verbs(t):
    data = {"volumes": ["settings_db"], "running_before": True}
    t.check(t.run(*SETTINGS, file=t.settings).code == 0, "installed")
    for words, command in ((["status"], ["ps"]), (["status"], ["container", "inspect"]), (["start"], ["compose", "up"]),
                           (["backup", os.path.join(t.folder, "b.tar")], ["cp"])):
        hanging(t, words, command, **data)
        t.check(not os.path.exists(os.path.join(t.folder, "b.tar")), "no half backup")
    for words, command in ((["stop"], ["compose", "stop"]), (["backup", os.path.join(t.folder, "b.tar")], ["compose", "stop"])):
        hanging(t, words, command, **data)
        t.check(t.run("start", file=t.settings, timeout=PATIENT_S).code == 0, f"start is 0 after {words[0]}")
    t.check(os.path.exists(os.path.join(t.folder, "b.tar")), "the backup is whole")
    hanging(t, ["uninstall", "--yes"], ["compose", "down"], **data)
    t.check(t.run("status", file=t.settings).code == 2, "uninstalled")
