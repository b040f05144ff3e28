"""Living with an installation: what is said after an uninstall, edits that are kept, the text beside the installer, logs. See run."""
import json
import os
import re
import shlex

from __main__ import read, story  # pylint: disable=no-name-in-module
from upgrade_stories import WELL, control, home, install, version

LOOPING = [[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 9)]


def edit(t, text, name="compose.yaml"):
    with open(home(t, name), "a", encoding="utf-8") as file:
        file.write(text)


def kept(t):
    """What lies aside, in order."""
    return {name: read(home(t, name)).rsplit("\n", 2)[-2] for name in sorted(os.listdir(home(t))) if ".yaml.old" in name}


@story
def after_an_uninstall_it_is_said_what_is_kept(t):
    place = os.path.join(t.folder, "elsewhere")
    for where in ([], ["--dir", place]):
        folder = place if where else home(t)
        t.play(containers=WELL)
        t.check(install(t, version("2.0.0"), *where, *(["--set", f"PORT={t.port}"] if where else [])).code == 0, "installed")
        t.play(containers=[[]], volumes=["rungs_data"], volume_size="13B")
        program = [*t.runner, os.path.join(folder, "hardtack-control")]
        t.check(t.run("uninstall", "--yes", file=program).code == 0, "and uninstalled")
        for verb in ("status", "doctor"):
            for done in (t.run(verb, *where, file=version("2.0.0")), t.run(verb, file=program)):
                t.check(done.code == 2 and re.search(r"rungs 2\.0\.0 was uninstalled from \S+ \(20\d\d-[^)]*Z\); its data was kept", done.err) and
                        folder in done.err, f"{verb}: that it was, and when", done)
                t.check("data stays in the volume rungs_data" in done.out and f"{folder}/.env stays" in done.err and
                        "uninstall --purge-data" in done.err and "to come back to it: " in done.err and "install it first" not in done.err,
                        f"{verb}: what is kept, how to come back, how to delete it", done)
        done = t.run("start", *where, file=version("2.0.0"))
        t.check(done.code == 2 and "was uninstalled" in done.err, "start: the same", done)
        done = t.run("status", "--lang", "zh", *where, file=version("2.0.0"))
        t.check(done.code == 2 and "卸载（20" in done.err and "当时保留了数据" in done.err, "in Chinese", done)
        done = t.run("status", "--json", *where, file=version("2.0.0"))
        t.check('"event":"volume","name":"rungs_data"' in done.out and json.loads(done.out.splitlines()[-1])["exit"] == 2, "for programs", done)
        done = t.run("status", file=program)
        words = shlex.split(re.search(r"to delete the data too: (.*)", done.err)[1])
        done = t.run(*words[1:], "--yes", file=[*t.runner, words[0]])
        t.check(done.code == 0 and not os.path.exists(folder), "and the way to delete it is one", (words, done))
    done = t.run("status", file=version("2.0.0"))
    t.check(done.code == 2 and "nothing is installed in" in done.err and "volume" not in done.out, "then nothing is left to be told of", done)


@story
def every_edit_is_kept(t):
    install(t, version("1.0.0"))
    for number, text in (("2.0.0", "# first\n"), ("3.0.0", "# second\n"), ("4.0.0", "# third\n")):
        edit(t, text)
        done = install(t, version(number))
        t.check(done.code == 0 and "is kept as" in done.err, f"{number}: kept", done)
    t.check(kept(t) == {"compose.yaml.old": "# third", "compose.yaml.old.2": "# first", "compose.yaml.old.3": "# second"},
            "none in another's place, and NAME.old is the last one", kept(t))
    edit(t, "# fourth\n")
    before = kept(t)
    for _ in range(2):
        t.play(containers=LOOPING)
        install(t, version("5.0.0"), "--timeout", "3", timeout=150)
        t.play(containers=WELL)
        t.check(control(t, "rollback", "--yes").code == 0 and read(home(t, "compose.yaml")).endswith("# fourth\n"), "a rollback puts it back")
    t.check({name: text for name, text in kept(t).items() if name in before} == before and len(kept(t)) == len(before) + 1 and
            "# fourth" not in kept(t).values(), "and what was aside; a second try adds no more copies", kept(t))


@story
def uninstall_names_an_image_that_stays(t):
    install(t, version("1.0.0"))
    t.play(containers=WELL, refuse={"image rm": "Error response from daemon: conflict: unable to remove repository reference (must force) - container 1 is using its image"})
    done = control(t, "uninstall", "--yes")
    t.check(done.code == 0 and "stays: something else uses it" in done.err, "in use: named", done)
    install(t, version("1.0.0"), "--ignore-preflight", "data")
    t.play(containers=WELL, refuse={"image rm": "Error response from daemon: No such image: x:1"})
    done = control(t, "uninstall", "--yes")
    t.check(done.code == 0 and "stays: something" not in done.err, "gone already: nothing stays", done)


@story
def uninstall_keeps_an_edited_compose_file(t):
    install(t, version("1.0.0"))
    t.check(control(t, "uninstall", "--yes").code == 0 and not kept(t) and not os.path.exists(home(t, "compose.yaml")), "as it was: removed")
    install(t, version("1.0.0"), "--ignore-preflight", "data")
    edit(t, "# mine\n")
    done = control(t, "uninstall", "--yes")
    t.check(done.code == 0 and "is kept as" in done.err and kept(t) == {"compose.yaml.old": "# mine"} and
            not os.path.exists(home(t, "compose.yaml")), "edited: kept aside", done)
    t.check("was uninstalled" in t.run("status", file=version("1.0.0")).err, "and uninstalled all the same")


@story
def the_text_beside_the_installer_knows_its_verbs(t):
    path = os.path.join(os.path.dirname(t.installer[-1]), "先读我-README.txt")
    chinese, english = read(path).split("How to run the installer")
    verbs = set(re.findall(r"^  ([a-z]+)\b", t.run("--help").out, re.M))
    for half in (chinese, english):
        said = set(re.findall(r"(?:\./FILE|hardtack-control) ([a-z]+)", half))
        t.check({"info", "verify", "backup", "restore", "status"} <= said <= verbs, "verbs that there are", (said, verbs))
    t.check("升级" in chinese and "Upgrade" in english and "备份" in chinese, "upgrade and backup in both languages", read(path))


@story
def logs_are_harmless_wherever_they_go(t):
    install(t, version("1.0.0"))
    wild = "web-1  | \x1b[31mred\x1b[0m\x1b]0;title\x07\n"
    t.play(containers=WELL, compose_logs=wild, compose_log_errors="web-1  | \x1b[2Jgone\n")
    for lines in (t.run("logs", file=version("1.0.0")), control(t, "logs", "web")):
        t.check(lines.code == 0 and lines.out == "web-1  | red\\x1b]0;title\\x07\n", "in a pipe: visible", lines)
        t.check("web-1  | \\x1b[2Jgone" in lines.err and "\x1b" not in lines.err, "what they wrote on stderr, too", lines)
    seen = t.person(["logs"], [], file=version("1.0.0"))
    t.check(seen.code == 0 and "red\\x1b]0;title" in seen.out and "\x1b]0" not in seen.out, "and on a terminal", seen)
    t.play(containers=WELL, compose_logs="x" * 9_000_000 + "\n" + wild)
    done = t.run("logs", file=version("1.0.0"))
    t.check(done.code == 0 and len(done.out) > 9_000_000 and done.out.endswith("red\\x1b]0;title\\x07\n"), "nothing of a flood is left out", len(done.out))
    with open(os.path.join(t.bin, "logs.sh"), "w", encoding="utf-8") as file:
        file.write('"$@" logs | head -c 5\n')
    done = t.run("-c", '. "$0"', os.path.join(t.bin, "logs.sh"), *version("1.0.0"), file=["/bin/bash"])
    t.check(done.code == 0 and done.out == "xxxxx" and "Error" not in done.err, "a reader that has seen enough ends it quietly", done)
