"""From a variant that fails to the next one. See run."""
import json
import os

from __main__ import installer_of, story  # pylint: disable=no-name-in-module

CRASHING = [[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 300)]
HEALTHY = [[{"service": "web", "health": "healthy"}]]
COMPOSE = "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n    ports: [\"127.0.0.1:${{HELLO_PORT}}:8080\"]\n" \
          "    environment: {{NAME: \"${{NAME}}\", KEY: \"${{APP_KEY}}\"}}\n    labels: {{is: {0}}}\nvolumes: {{data: {{}}}}\n"
VARIANTS = {
    "hardtack.yaml": "hardtack: 1\nname: stack\nversion: '3.0'\ntitle: {en: Stack three, zh: 三代}\ncompose: compose.yaml\n"
                     "env: env.template\nfiles: [NOTES.md]\nfallback:\n"
                     "  - {name: v2, version: '2.9', title: {en: Stack two, zh: 二代}, compose: compose.v2.yaml, env: env.v2.template,\n"
                     "     known_issues: [{match: nothing, cause: c, remedy: r}]}\n"
                     "  - {name: lite, compose: compose.lite.yaml, files: []}\n",
    "compose.yaml": COMPOSE.format("three"), "compose.v2.yaml": COMPOSE.format("two"), "compose.lite.yaml": COMPOSE.format("lite"),
    "env.template": "HELLO_PORT={{port 18088}}\nNAME={{ask \"Name\" default Kashgar}}\nAPP_KEY={{secret hex 8}}\n",
    "env.v2.template": "HELLO_PORT={{port 18088}}\nNAME={{ask \"Name\" default Turpan}}\nAPP_KEY={{secret hex 8}}\nONLY_V2=1\n",
    "NOTES.md": "notes\n",
}


def play(t, **projects):
    """What the containers of stack, stack-v2, stack-lite do."""
    t.play(containers={name.replace("_", "-"): frames for name, frames in projects.items()})


def install(t, *words):
    return t.run("install", "--yes", "--set", f"HELLO_PORT={t.port}", "--timeout", "20", *words, file=installer_of("stack", VARIANTS))


def place(t, *names):
    return os.path.join(t.home, "hardtack", "stack", *names)


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def values(path):
    return dict(line.split("=", 1) for line in text(path).splitlines() if "=" in line)


def composed(t, verb):
    """[(project, words)] of every such call of compose, in order."""
    return [(call[call.index("-p") + 1], call) for call in t.calls() if "compose" in call and verb in call and "-p" in call]


@story
def fallback_auto_takes_the_next_variant_and_no_data(t):
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    done = install(t, "--fallback", "auto", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    t.check(done.code == 0, "exit 0", done)
    t.check([(e["from"], e["to"], e["code"]) for e in events if e["event"] == "fallback"] == [(None, "v2", 14)], "one event", done)
    ups, downs = [p for p, _ in composed(t, "up")], composed(t, "down")
    t.check(ups == ["stack", "stack-v2"] and [p for p, _ in downs] == ["stack"], "one project after the other", (ups, downs))
    t.check(not any({"-v", "--volumes"} & set(call) for _, call in downs), "volumes stay", downs)
    t.check(sum(call[1:2] == ["load"] for call in t.calls()) == 1, "an image that both use is loaded once")
    receipt = json.loads(text(place(t, "v2", "receipt.json")))
    t.check((receipt["variant"], receipt["version"], receipt["project"]) == ("v2", "2.9", "stack-v2"), "the receipt", receipt)
    t.check(not os.path.exists(place(t, "receipt.json")), "none for what failed")
    one, two = values(place(t, ".env")), values(place(t, "v2", ".env"))
    t.check(two["HELLO_PORT"] == str(t.port) and two["NAME"] == "Kashgar", "what was chosen stays chosen", two)
    t.check(one["APP_KEY"] != two["APP_KEY"] and "ONLY_V2" in two, "secrets and the rest are its own", (one, two))
    t.check(sorted(os.listdir(place(t, "v2"))) == [".env", ".hardtack.lock", "NOTES.md", "compose.v2.yaml", "hardtack-control",
                                                   "journal.jsonl", "receipt.copy.json", "receipt.json"], "its own files only", os.listdir(place(t, "v2")))
    t.check("is: two" in text(place(t, "v2", "compose.v2.yaml")) and not os.path.exists(place(t, "compose.v2.yaml")), "none of the other's")
    run_again(t)


def run_again(t):
    first = len(t.calls())
    done = install(t)
    t.check(done.code == 0 and "Stack two 2.9 is what runs here" in done.err, "again: the one that works, and why", done)
    t.check({p for p, _ in composed(t, "up")[2:]} == {"stack-v2"} and not [c for c in t.calls()[first:] if c[1] == "load"],
            "nothing of the first one, nothing loaded", t.calls()[first:])
    for program in (place(t, "v2", "hardtack-control"), place(t, "hardtack-control")):
        done = t.run("status", file=[*t.runner, program])
        t.check(done.code == 0, f"status by {program}", done)
        done = t.run("doctor", file=[*t.runner, program])
        t.check("exit code 14" in done.err, "doctor tells why it is this one", done)
    done = t.run("uninstall", "--yes", file=[*t.runner, place(t, "v2", "hardtack-control")])
    t.check(done.code == 0 and place(t, ".env") in done.err and place(t, "v2", ".env") in done.err, "uninstall: both .env are named", done)
    t.check({p for p, _ in composed(t, "down")} == {"stack", "stack-v2"}, "both are taken down")
    left = [name for name in ("compose.yaml", "fallback.json", "v2/compose.v2.yaml", "v2/receipt.json") if os.path.exists(place(t, name))]
    t.check(not left and os.path.exists(place(t, "v2", ".env")) and os.path.exists(place(t, ".env")), "what makes it installed is gone", left)
    play(t, stack=HEALTHY)
    done = install(t)
    t.check(done.code == 0 and os.path.exists(place(t, "receipt.json")), "then the first choice has its chance again", done)


@story
def fallback_yes_alone_says_the_option_and_never_does_it(t):
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    for words, hint in (((), True), (("--fallback", "never"), False)):
        done = install(t, *words)
        t.check(done.code == 14 and ("--fallback auto" in done.err) == hint, f"{words}: 14", done)
    t.check(not composed(t, "down") and not os.path.exists(place(t, "v2")), "nothing is taken down")
    for words in (("--fallback", "maybe"), ("--fallback", "ask")):
        done = install(t, *words)
        t.check(done.code == 2, f"{words}: 2", done)


@story
def fallback_asks_a_person_and_takes_no_for_an_answer(t):
    file = installer_of("stack", VARIANTS)
    words = ["--set", f"HELLO_PORT={t.port}", "--timeout", "20", "--lang", "zh"]
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    done = t.person(words, [("是否继续", b"\n"), ("Name", b"Hami\n"), ("是否降级，改装 二代 2.9", b"n\n")], file=file)
    t.check(done.code == 14 and not composed(t, "down"), "no: the failure stands", done)
    done = t.person(words, [("是否继续", b"\n"), ("是否降级，改装 二代 2.9", b"\x03")], file=file)
    t.check(done.code == 130 and not composed(t, "down"), "Ctrl-C: 130", done)
    done = t.person(words, [("是否继续", b"\n"), ("是否降级，改装 二代 2.9", b"\n")], file=file)
    t.check(done.code == 0 and "二代 正在运行" in done.out or "二代 已在运行" in done.out, "yes: installed, asked nothing more", done)
    t.check(values(place(t, "v2", ".env"))["NAME"] == "Hami", "the answer of the first time holds")


@story
def fallback_goes_on_to_the_last_and_starts_there_again(t):
    play(t, stack=CRASHING, stack_v2=[[{"service": "web", "health": "unhealthy"}]], stack_lite=CRASHING)
    done = install(t, "--fallback", "auto", "--timeout", "2")
    t.check(done.code == 14 and [p for p, _ in composed(t, "up")] == ["stack", "stack-v2", "stack-lite"], "all in order, the last one's code", done)
    t.check("--fallback" not in done.err.splitlines()[-1], "nothing more to offer", done)
    first = len(composed(t, "up"))
    play(t, stack=CRASHING, stack_lite=HEALTHY)
    done = install(t)
    t.check(done.code == 0 and [p for p, _ in composed(t, "up")[first:]] == ["stack-lite"], "the next run goes on there", done)
    t.check(not os.path.exists(place(t, "lite", "NOTES.md")), "files: [] hands over nothing")


@story
def fallback_not_from_what_has_worked(t):
    play(t, stack=HEALTHY)
    t.check(install(t).code == 0, "installed")
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    done = install(t, "--fallback", "auto")
    t.check(done.code == 14 and "has worked here before" in done.err and not os.path.exists(place(t, "v2")), "its data stays in use", done)


@story
def fallback_not_for_what_is_wrong_with_the_machine(t):
    for trouble in ({"engine": "down"}, {"load": "full"}, {"arch": "s390x", "os": "windows"}):
        t.play(containers={"stack-v2": HEALTHY}, **trouble)
        done = install(t, "--fallback", "auto")
        t.check(done.code in (9, 10, 11) and not os.path.exists(place(t, "v2")), f"{trouble}", done)


@story
def fallback_a_backup_goes_back_to_its_own_variant(t):
    file, saved = installer_of("stack", VARIANTS), os.path.join(t.folder, "b.tar")
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    t.check(install(t, "--fallback", "auto").code == 0, "v2 is installed")
    done = t.run("backup", saved, file=file)
    t.check(done.code == 0, "backup: 0", done)
    t.check(t.run("uninstall", "--yes", "--purge-data", file=file).code == 0, "and all of it is gone")
    ups = len(composed(t, "up"))
    done = t.run("restore", "--yes", saved, file=file)
    t.check(done.code == 0 and [p for p, _ in composed(t, "up")[ups:]] == ["stack-v2"], "restored: the first choice is not tried", done)
    done = t.run("doctor", file=file)
    t.check("by a restore" in done.err and os.path.exists(place(t, "v2", "receipt.json")), "and it is known here", done)
    t.run("uninstall", "--yes", "--purge-data", file=file)
    play(t, stack=HEALTHY)
    t.check(install(t).code == 0, "now the first choice works")
    ups = len(composed(t, "up"))
    done = t.run("restore", "--yes", saved, file=file)
    t.check(done.code == 11 and "another variant" in done.err and len(composed(t, "up")) == ups, "its data is not the other's: 11", done)


@story
def fallback_a_newer_file_without_that_variant_is_refused(t):
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    t.check(install(t, "--fallback", "auto").code == 0, "v2 is installed")
    newer = {name: value for name, value in VARIANTS.items() if "." not in name or not name.startswith(("compose.v2", "compose.lite", "env.v2"))}
    newer["hardtack.yaml"] = VARIANTS["hardtack.yaml"].split("fallback:")[0].replace("3.0", "3.1")
    file = installer_of("newer", newer)
    play(t, stack=HEALTHY)
    done = t.run("install", "--yes", file=file)
    t.check(done.code == 11 and "the variant v2" in done.err and "v2/hardtack-control" in done.err, "11, and what to do", done)
    newest = {**VARIANTS, "hardtack.yaml": VARIANTS["hardtack.yaml"].replace("3.0", "3.1").replace("2.9", "2.10")}
    play(t, stack=HEALTHY, stack_v2=HEALTHY)
    done = t.run("install", "--yes", file=installer_of("newest", newest))
    receipt = json.loads(text(place(t, "v2", "receipt.json")))
    t.check(done.code == 0 and receipt["version"] == "2.10" and not os.path.exists(place(t, "receipt.json")),
            "a file that has it upgrades it, although its first choice would work", done)
    worse = {**VARIANTS, "hardtack.yaml": VARIANTS["hardtack.yaml"].replace("3.0", "3.2").replace("2.9", "2.11"),
             "compose.v2.yaml": COMPOSE.format("worse")}
    play(t, stack=HEALTHY, stack_v2=CRASHING)
    done = t.run("install", "--yes", "--fallback", "auto", "--timeout", "20", file=installer_of("worse", worse))
    receipt = json.loads(text(place(t, "v2", "receipt.json")))
    t.check(done.code == 14 and receipt["version"] == "2.10" and "is: two" in text(place(t, "v2", "compose.v2.yaml")),
            "an upgrade of it that fails goes back to what was there, not on to the next", done)
    t.check({p for p, _ in composed(t, "up")[-3:]} == {"stack-v2"}, "in its own place", composed(t, "up")[-3:])
