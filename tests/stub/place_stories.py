"""A folder knows its project: no verb takes the folder of one and the containers of another. See run."""
import glob
import json
import os
import shutil
import signal

from __main__ import installer_of, story  # pylint: disable=no-name-in-module
from fallback_stories import CRASHING, HEALTHY, VARIANTS
from fault_stories import native

VERBS = (["stop"], ["start"], ["status"], ["logs"], ["backup", "{home}/a-backup"], ["uninstall", "--yes"], ["uninstall", "--yes", "--purge-data"])


def projects(calls):
    """The compose projects that these calls were about."""
    named = set()
    for call in calls:
        for word, following in zip(call, [*call[1:], ""]):
            if word == "-p":
                named.add(following)
            for label in ("label=com.docker.compose.project=", "com.docker.compose.project="):
                if word.startswith(label):
                    named.add(word[len(label):])
    return named


def asked(t, done, before, project, what):
    t.check(done.code == 0 and projects(t.calls()[before:]) == {project}, f"{what}: 0, about {project} alone", (done, t.calls()[before:]))


def elsewhere(t):
    return os.path.join(t.home, "far away", "second")


def both(t):
    """hello in its usual place, and a second one."""
    t.check(t.install().code == 0, "the first")
    t.check(t.run("install", "--yes", "--project-name", "second", "--dir", elsewhere(t), "--set", f"HELLO_PORT={t.port + 1}", "--ignore-preflight", "port").code in (0, 15), "the second")


@story
def dir_alone_means_the_project_that_lies_there(t):
    both(t)
    for verb in VERBS:
        before = len(t.calls())
        done = t.run(*(word.format(home=t.home) for word in verb), "--dir", elsewhere(t))
        t.check(projects(t.calls()[before:]) == {"second"}, f"{' '.join(verb)}: about second alone", (done, t.calls()[before:]))
    t.check(not os.path.exists(os.path.join(elsewhere(t), ".env")), "it was purged")
    before = len(t.calls())
    asked(t, t.run("stop"), before, "hello", "the first is as it was")


@story
def an_install_over_a_dir_goes_on_with_its_project(t):
    both(t)
    before = len(t.calls())
    t.run("install", "--yes", "--dir", elsewhere(t), "--ignore-preflight", "port")
    t.check(projects(t.calls()[before:]) == {"second"}, "the same again", t.calls()[before:])
    t.run("uninstall", "--yes", "--dir", elsewhere(t))
    before = len(t.calls())
    t.run("install", "--yes", "--dir", elsewhere(t), "--ignore-preflight", "port", "--ignore-preflight", "data")
    t.check(projects(t.calls()[before:]) == {"second"}, "and after an uninstall", t.calls()[before:])


@story
def another_name_than_what_lies_there_is_refused(t):
    both(t)
    before = len(t.calls())
    for words in (["stop", "--dir", elsewhere(t), "--project-name", "hello"], ["install", "--yes", "--dir", elsewhere(t), "--project-name", "third"],
                  ["uninstall", "--yes", "--purge-data", "--dir", os.path.join(t.home, "hardtack/hello"), "--project-name", "second"]):
        done = t.run(*words)
        t.check(done.code == 2 and "is of the project" in done.err and "→" in done.err, f"{words}: 2", done)
    os.rename(os.path.join(t.home, "hardtack/hello"), os.path.join(t.home, "hardtack/moved"))
    done = t.run("stop", "--project-name", "moved")
    t.check(done.code == 2 and "of the project hello" in done.err, "a folder that was renamed: 2", done)
    t.check(not {"stop", "down", "up", "rm"} & {word for call in t.calls()[before:] for word in call}, "docker changed nothing", t.calls()[before:])


def killed_in_the_first_install(t, *words):
    t.play(load="hang")
    os.remove(os.path.join(t.bin, "calls.jsonl"))
    process = t.start("install", "--yes", "--ignore-preflight", "port", *words)
    t.wait_for_call("load")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    t.play()


@story
@native
def an_unfinished_first_install_knows_its_project_too(t):
    t.check(t.install().code == 0, "another one is there")
    os.remove(os.path.join(t.bin, "state.json"))
    killed_in_the_first_install(t, "--project-name", "half")
    killed_in_the_first_install(t, "--project-name", "far", "--dir", elsewhere(t))
    for project, folder in (("half", os.path.join(t.home, "hardtack/half")), ("far", elsewhere(t))):
        control = [os.path.join(folder, "hardtack-control")]
        t.check(os.path.exists(control[0]) and not glob.glob(os.path.join(folder, "receipt*")), f"{project}: was not through", os.listdir(folder))
        for verb in (["status"], ["stop"], ["uninstall", "--yes", "--purge-data"]):
            before = len(t.calls())
            done = t.run(*verb, file=control) if os.path.exists(control[0]) else None
            t.check(projects(t.calls()[before:]) <= {project}, f"{project}, {' '.join(verb)} by its own program: not about hello", (done, t.calls()[before:]))
    killed_in_the_first_install(t, "--project-name", "far", "--dir", elsewhere(t))
    before = len(t.calls())
    done = t.run("install", "--yes", "--dir", elsewhere(t))
    asked(t, done, before, "far", "install again, by its directory")


@story
@native
def where_nothing_says_the_project_it_is_asked_for(t):
    both(t)
    for name in glob.glob(os.path.join(elsewhere(t), "receipt*")) + [os.path.join(elsewhere(t), "journal.jsonl")]:
        os.remove(name)
    before = len(t.calls())
    for words in (["stop"], ["uninstall", "--yes", "--purge-data"], ["install", "--yes"]):
        done = t.run(*words, "--dir", elsewhere(t))
        t.check(done.code == 2 and "--project-name NAME" in done.err, f"{words}: 2, asks", done)
    done = t.run("stop", file=[os.path.join(elsewhere(t), "hardtack-control")])
    t.check(done.code == 2 and "--project-name NAME" in done.err, "its control program: 2, asks", done)
    t.check(t.calls()[before:] == [], "docker was not called", t.calls()[before:])
    before = len(t.calls())
    t.run("stop", "--dir", elsewhere(t), "--project-name", "second")
    t.check(projects(t.calls()[before:]) == {"second"}, "who says it is believed", t.calls()[before:])


@story
def the_folder_of_a_variant_is_no_place_of_its_own(t):
    file = installer_of("stack", VARIANTS)
    t.play(containers={"stack": CRASHING, "stack-v2": HEALTHY})
    done = t.run("install", "--yes", "--set", f"HELLO_PORT={t.port}", "--timeout", "20", "--fallback", "auto", file=file)
    inner = os.path.join(t.home, "hardtack/stack/v2")
    t.check(os.path.exists(os.path.join(inner, "receipt.json")), "the variant runs", done)
    before = len(t.calls())
    done = t.run("stop", "--dir", inner, file=file)
    t.check(done.code == 2 and "variant v2" in done.err and t.calls()[before:] == [], "its folder: 2", done)
    before = len(t.calls())
    t.run("stop", "--dir", os.path.dirname(inner), file=file)
    t.check(projects(t.calls()[before:]) == {"stack-v2"}, "the one above it: the variant", t.calls()[before:])


@story
def the_journal_says_the_project_and_no_nonsense(t):
    both(t)
    with open(os.path.join(elsewhere(t), "journal.jsonl"), encoding="utf-8") as file:
        begins = [record for record in map(json.loads, file) if record["state"] == "begin"]
    t.check(begins and all(record["project"] == "second" for record in begins), "in each line that begins a step", begins)
    for name in glob.glob(os.path.join(elsewhere(t), "receipt*")):
        os.remove(name)
    with open(os.path.join(elsewhere(t), "journal.jsonl"), "a", encoding="utf-8") as file:
        file.write('{"verb":"stop","step":"stop","state":"begin","project":"--all"}\n')
    before = len(t.calls())
    done = t.run("stop", "--dir", elsewhere(t))
    t.check(done.code == 2 and t.calls()[before:] == [], "what is no name is not taken for one", done)
    shutil.rmtree(elsewhere(t))


MOUNTED = {"hardtack.yaml": "hardtack: 1\nname: mounted\nversion: 1.0.0\ncompose: compose.yaml\n", "motd.txt": "good day\n", "conf/more.txt": "more\n", "conf/mine.txt": "as it came\n",
           "compose.yaml": "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n    volumes: [\"./motd.txt:/motd.txt:ro\", \"./conf:/conf:ro\"]\n"}


@story
def the_control_program_purges_what_it_does_not_carry(t):
    folder = os.path.join(t.home, "hardtack/mounted")
    file = installer_of("mounted", MOUNTED)
    t.check(t.run("install", "--yes", file=file).code == 0 and os.path.exists(os.path.join(folder, "conf/more.txt")), "installed", os.listdir(folder))
    with open(os.path.join(folder, "conf/mine.txt"), "a", encoding="utf-8") as out:
        out.write("changed\n")
    done = t.run("uninstall", "--yes", "--purge-data", file=[*t.runner, os.path.join(folder, "hardtack-control")])
    left = sorted(os.path.relpath(os.path.join(top, name), folder) for top, _, names in os.walk(folder) for name in names if "backups" not in top)
    t.check(done.code == 0 and left == ["conf/mine.txt"], "only what the person changed stays", (done, left))


@story
def a_folder_with_ones_own_compose_file_is_not_taken_for_an_installation(t):
    folder = os.path.join(t.home, "mine")
    os.makedirs(folder)
    with open(os.path.join(folder, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write("services: {}\n")
    done = t.install("--dir", folder)
    t.check(done.code == 11 and "nothing shows that an installer wrote it" in done.err and "--dir DIR" in done.err and "receipt.json" not in done.err, "11: another place", done)
    t.check(os.listdir(folder) == ["compose.yaml"], "it is as it was", os.listdir(folder))
    done = t.install("--dir", folder, "--ignore-preflight", "receipt")
    t.check(done.code == 0 and os.path.exists(os.path.join(folder, "compose.yaml.old")), "who insists: 0, and it stays as .old", done)


@story
def the_folder_of_another_application_is_not_touched(t):
    t.check(t.install().code == 0, "hello is there")
    before, folder = len(t.calls()), os.path.join(t.home, "hardtack/hello")
    names = sorted(os.listdir(folder))
    for where in (["--dir", folder], ["--project-name", "hello"]):
        for verb in (["install", "--yes", "--set", "ADMIN=a"], ["stop"], ["uninstall", "--yes", "--purge-data"]):
            done = t.run(*verb, *where, file=t.settings)
            t.check(done.code == 2 and "is hello, and this file is settings" in done.err, f"{verb} {where}: 2", done)
    t.check(t.calls()[before:] == [] and sorted(os.listdir(folder)) == names, "docker was not called, nothing was written", t.calls()[before:])


@story
def containers_of_another_folder_are_not_taken(t):
    """Somebody's project of this name; the same installation from another HOME; what a copied folder is a copy of."""
    theirs = os.path.join(t.folder, "theirs")
    os.makedirs(theirs)
    t.play(strangers={"hello": [["hello-web-1", theirs]]}, volumes=["hello_data"])
    for verb in (["uninstall", "--yes"], ["uninstall", "--yes", "--purge-data"]):
        done = t.run(*verb)
        t.check(done.code == 11 and theirs in done.err and "→" in done.err, f"{verb}, nothing installed here: 11", done)
    t.play(volumes=["hello_data"])
    done = t.run("uninstall", "--yes", "--purge-data")
    t.check(done.code == 2, "volumes alone, and no folder: 2", done)
    t.play()
    t.check(t.install().code == 0, "installed")
    t.play(strangers={"hello": [["hello-web-1", theirs]]})
    before = len(t.calls())
    for verb in (["start"], ["stop"], ["backup", os.path.join(t.home, "b.tar")], ["uninstall", "--yes"], ["uninstall", "--yes", "--purge-data"]):
        done = t.run(*verb)
        t.check(done.code == 11 and theirs in done.err, f"{verb}, as a copy would: 11", done)
    done = t.run("status")
    t.check(done.code == 13 and theirs in done.err and "ready" not in done.out, "status: 13, they are that folder's", done)
    t.check(not {"stop", "down", "up", "rm", "start"} & {word for call in t.calls()[before:] for word in call}, "docker changed nothing", t.calls()[before:])
    os.rmdir(theirs)
    t.check(t.run("stop").code == 0, "that folder is gone: it was moved here")
