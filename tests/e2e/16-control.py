"""The stick is gone: what the small control program in the installation's folder does without the installer."""
import json
import os
import re
import shutil
import time

from harness import HELLO_LINE

URL = "http://127.0.0.1:8088/"


def read_json_lines(path):
    with open(path, encoding="utf-8") as text:
        return [json.loads(line) for line in text]


def check_records(t, file, folder):
    with open(os.path.join(folder, "receipt.json"), encoding="utf-8") as text:
        receipt = json.load(text)
    t.check(receipt["installer"] == file and receipt["name"] == "hello" and receipt["images"], "the receipt names the file",
            receipt)
    t.check(receipt["engine"]["id"] and receipt["engine"]["endpoint"].startswith("unix://"), "and the engine that it lives in", receipt["engine"])
    proofs = {proof["kind"]: proof for proof in receipt["proofs"]}
    t.check(list(proofs) == ["verify", "image", "wait_healthy", "http"] and
            proofs["image"]["result"] == receipt["images"][0]["pin"] and receipt["root"] in proofs["verify"]["result"] and
            proofs["http"]["name"] == "the page answers" and proofs["http"]["result"].startswith("200") and
            all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", proof["at"]) for proof in receipt["proofs"]),
            "with each proof by name, its result and its time", receipt["proofs"])
    journal = read_json_lines(os.path.join(folder, "journal.jsonl"))
    t.check([(e["step"], e["state"]) for e in journal if e.get("step") == "load"] == [("load", "begin"), ("load", "done")] and
            journal[-1]["state"] == "end", "the journal has each step's begin and end", journal)
    return receipt


def check_newer(t, engine, file, folder):
    """Another version over it: what the person changed is kept, and there is no way back."""
    newer = t.build_hello("linux-amd64", "--version-label", "2.0.0", out=t.path("newer"))
    compose = os.path.join(folder, "compose.yaml")
    with open(compose, "a", encoding="utf-8") as text:
        text.write("# mine\n")
    done = t.installer(newer, "install", "--yes", engine=engine)
    t.check(done.code == 0 and sorted(n for n in os.listdir(folder) if n.endswith(".old")) == ["compose.yaml.old"],
            "a newer installer replaces its files; only what the person changed is kept", f"{done}\n{os.listdir(folder)}")
    os.unlink(compose + ".old")
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 11 and "2.0.0 is installed" in done.err and newer in done.err,
            "the older installer over the newer: 11, and the newer one is named", done)
    return newer


def check_bad_line(t, engine, ask, env):
    """Compose refuses every verb for one line of .env: what needs no settings is done all the same."""
    with open(env, encoding="utf-8") as text:
        good = text.read()
    with open(env, "w", encoding="utf-8") as text:
        text.write(good.replace("8099", "8099x"))
    for verb in ("logs", "start"):
        done = ask(verb)
        t.check(done.code == 12 and "8099x" in done.err and f"correct that line of {env}" in done.err, f"a bad line of .env: {verb}: 12, the line and its file", done)
    backup = t.path("bad-line.tar")
    done = ask("backup", backup)
    t.check(done.code == 0 and os.path.getsize(backup) > 1000 and done.err.count("done by docker itself") == 2, "backup: 0, stopped and started by docker itself", done)
    t.check("changed" in t.http(engine, URL.replace("8088", "8099"), "changed") and len(t.containers(engine, "hello")) == 1, "and the page is back")
    os.unlink(backup)
    done = ask("stop")
    t.check(done.code == 0 and "8099x" in done.err and env in done.err and not t.containers(engine, "hello"), "stop: 0, nothing runs", done)
    with open(env, "w", encoding="utf-8") as text:
        text.write(good)
    t.check(ask("start").code == 0 and len(t.containers(engine, "hello")) == 1, "with the line as it was: start: 0")
    with open(env, "w", encoding="utf-8") as text:
        text.write(good.replace("8099", "8099x"))


def check_without_installer(t, engine, control, file, folder):
    def ask(*words):
        return t.installer(control, *words, engine=engine)

    t.check(ask("verify").code == 0, "verify: 0")
    for words in (["status"], []):
        done = ask(*words)
        t.check(done.code == 0 and "web" in done.out and file in done.out and " installed 20" in done.out,
                f"{words or 'no verb'}: tells what is installed since when, from which file, and how the services are", done)
    done = ask("smoke")
    t.check(done.code == 0 and "200" in done.err, "smoke: 0, the application works", done)
    done = ask("logs", "--tail", "5")
    t.check(done.code == 0 and "web" in done.out, "logs: 0", done)
    done = ask("open")
    t.check(done.code == 0 and URL.rstrip("/") in done.out, "open: says the address where no browser is", done)
    done = ask("credentials")
    t.check(done.code == 0 and "8088" in done.out, "credentials: 0", done)
    report = t.path("report.tar")
    done = ask("doctor", "--report", report)
    t.check(done.code == 0 and os.path.getsize(report) > 1000, "doctor --report: 0", done)
    os.unlink(report)
    t.check(ask("stop").code == 0 and ask("status").code == 13, "stop, then status: 13")
    done = ask("doctor")
    t.check(done.code == 13 and "stopped" in done.err, "doctor: 13, says that it is stopped", done)
    t.check(ask("start").code == 0, "start: 0")
    t.check(HELLO_LINE in t.http(engine, URL, HELLO_LINE), "the page is back")
    env = os.path.join(folder, ".env")
    with open(env, encoding="utf-8") as text:
        old = text.read()
    with open(env, "w", encoding="utf-8") as text:
        text.write(old.replace("8088", "8099") + "HELLO_TEXT=changed\n")
    os.utime(env, (time.time() + 2, time.time() + 2))  # the clock of files has whole seconds here and there
    for verb in ("status", "doctor"):
        done = ask(verb)
        t.check(done.code == 0 and ".env was changed after the last run" in done.err, f"{verb} says that .env was edited", done)
    done = ask("start")
    t.check(done.code == 0 and "changed" in t.http(engine, URL.replace("8088", "8099"), "changed"),
            "start after an edit of .env: it counts", done)
    for verb in ("install", "load"):
        done = ask(verb, *(["--yes"] if verb == "install" else []))
        t.check(done.code == 2 and file in done.err, f"{verb}: 2, and the installer is named", done)
    check_bad_line(t, engine, ask, env)
    copied = t.path("elsewhere")
    shutil.copy(control, copied)
    t.check(t.installer(copied, "status", engine=engine).code == 0, "a copy elsewhere finds the default folder")
    done = ask("uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and not os.path.exists(folder) and not t.containers(engine, "hello"), "uninstall --purge-data, the line still bad: 0, and the folder is gone",
            f"{done}\n{os.path.exists(folder) and os.listdir(folder)}")


def check_other_engine(t, control):
    """A context or DOCKER_HOST that leads elsewhere."""
    other = t.bench.engine("v20")
    for words, code in ((["stop"], 11), (["backup", t.path("elsewhere.tar")], 11), (["status"], 13)):
        done = t.run([control, *words], engine=other)
        t.check(done.code == code and "lives in another Docker engine" in done.err, f"{words[0]} at another engine: {code}", done)


def story(t):
    engine = t.bench.engine("v28")
    for target, words in (("linux-amd64", ()), ("darwin-arm64", ("--platform", "linux/amd64"))):
        file = t.build_hello(target, *words, out=t.path(target))
        done = t.installer(file, "install", "--yes", engine=engine)
        t.need(done.code == 0, f"{target}: install: 0", done)
        folder = os.path.join(t.home, "hardtack", "hello")
        control = os.path.join(folder, "hardtack-control")
        t.need(os.access(control, os.X_OK), "the control program lies in the installation's folder", os.listdir(folder))
        t.check(os.path.getsize(control) < 5 << 18, "it has less than 1.25 MiB", os.path.getsize(control))
        receipt = check_records(t, file, folder)
        if target == "linux-amd64":
            file = check_newer(t, engine, file, folder)
            with open(os.path.join(folder, "receipt.json"), encoding="utf-8") as text:
                newer = json.load(text)
            t.check(newer["first_installed_at"] == receipt["first_installed_at"] and newer["version"] == "2.0.0",
                    "the receipt keeps when it was first installed", newer)
            check_other_engine(t, control)
        shutil.rmtree(os.path.dirname(file))
        check_without_installer(t, engine, control, file, folder)
