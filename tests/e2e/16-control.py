"""The stick is gone: what the small control program in the installation's folder does without the installer."""
import json
import os
import shutil

from harness import HELLO_LINE

URL = "http://127.0.0.1:8088/"


def story(t):
    engine = t.bench.engine("v28")
    file = t.build_hello()
    done = t.installer(file, "install", "--yes", engine=engine)
    t.need(done.code == 0, "install: 0", done)
    folder = os.path.join(t.home, "hardtack", "hello")
    control = os.path.join(folder, "hardtack-control")
    t.need(os.access(control, os.X_OK), "the control program lies in the installation's folder", os.listdir(folder))
    t.check(os.path.getsize(control) < 1 << 20, "it has less than 1 MiB", os.path.getsize(control))
    with open(os.path.join(folder, "receipt.json"), encoding="utf-8") as text:
        receipt = json.load(text)
    t.check(receipt["installer"] == file and receipt["name"] == "hello" and receipt["images"], "the receipt names the file",
            receipt)
    with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as text:
        journal = [json.loads(line) for line in text]
    t.check([(e["step"], e["state"]) for e in journal if e["step"] == "load"] == [("load", "begin"), ("load", "done")],
            "the journal has each step's begin and end", journal)
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
    for old in (file, newer):
        shutil.rmtree(os.path.dirname(old))

    def ask(*words):
        return t.installer(control, *words, engine=engine)

    t.check(ask("verify").code == 0, "verify: 0")
    for words in (["status"], []):
        done = ask(*words)
        t.check(done.code == 0 and "web" in done.out, f"{words or 'no verb'}: tells how the services are", done)
    t.check(ask("stop").code == 0 and ask("status").code == 13, "stop, then status: 13")
    t.check(ask("start").code == 0, "start: 0")
    t.check(HELLO_LINE in t.http(engine, URL, HELLO_LINE), "the page is back")
    for verb in ("install", "load"):
        done = ask(verb, *(["--yes"] if verb == "install" else []))
        t.check(done.code == 2 and "hello-2.0.0-linux-amd64" in done.err, f"{verb}: 2, and the installer is named", done)
    copied = t.path("elsewhere")
    shutil.copy(control, copied)
    t.check(t.installer(copied, "status", engine=engine).code == 0, "a copy elsewhere finds the default folder")
    done = ask("uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and not os.path.exists(folder), "uninstall --purge-data: 0, and the folder is gone",
            f"{done}\n{os.path.exists(folder) and os.listdir(folder)}")
