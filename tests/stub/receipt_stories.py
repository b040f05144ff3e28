"""A receipt that is damaged, gone or tampered with: never taken for a first installation. See run."""
import json
import os
import tarfile

from __main__ import installer_of, read, story  # pylint: disable=no-name-in-module
from fallback_stories import CRASHING, HEALTHY, VARIANTS, install as fall_back, place, play
from trust_stories import signed_by
from upgrade_stories import WELL, control, home, install, installed, version

BOTH = ("receipt.json", "receipt.copy.json")
DAMAGES = ('{"schema":1,"na', '{"schema":2}')  # more of them: tests/unit/test_stub_receipt.c


def damage(folder, *names, text='{"schema":1,"na'):
    for name in names:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def tree(folder):
    """What lies in it, but for the journal and the lock."""
    def look(path):
        about = os.stat(path)
        return about.st_ino, about.st_size, about.st_mtime_ns

    return {os.path.join(at, name): look(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names
            if name not in ("journal.jsonl", ".hardtack.lock")}


def changed(t, before):
    """Has docker been told to change anything since this many calls? (doctor proves images by a container that it takes away)"""
    words = {word for call in t.calls()[before:] for word in call[1:]}
    return words & {"up", "stop", "load", "down", "cp"}


@story
def a_damaged_receipt_has_a_copy(t):
    install(t, version("2.0.0"))
    for text in (DAMAGES[0], None):
        if text is None:
            os.unlink(home(t, "receipt.json"))
        else:
            damage(home(t), "receipt.json", text=text)
        before = tree(home(t))
        done = install(t, version("1.0.0"))
        t.check(done.code == 11 and "version 2.0.0 is installed" in done.err and tree(home(t)) == before, f"{text!r}: no downgrade: 11", done)
        for verb in ("status", "doctor"):
            for run in (t.run(verb, file=version("2.0.0")), control(t, verb)):
                t.check(run.code == 0 and "receipt.json" in run.err and "receipt.copy.json is used" in run.err, f"{text!r}: {verb} says it", run)
    done = t.run("status", "--lang", "zh", file=version("2.0.0"))
    t.check("receipt.json 已不存在；现改用其副本" in done.err, "in Chinese", done)
    done = install(t, version("2.0.0"))
    t.check(done.code == 0 and "receipt.copy.json is used" in done.err and installed(t) == "2.0.0", "installing again writes a new one", done)
    t.check(read(home(t, BOTH[0])) == read(home(t, BOTH[1])), "and its copy")
    damage(home(t), "receipt.copy.json")
    done = install(t, version("3.0.0"))
    t.check(done.code == 0 and "2.0.0 -> 3.0.0" in done.err and "Making a rollback point" in done.err, "a damaged copy is in nobody's way", done)
    damage(home(t), "receipt.json")
    done = install(t, version("4.0.0"))
    t.check(done.code == 0 and "3.0.0 -> 4.0.0" in done.err and "Making a rollback point" in done.err, "an upgrade from the copy has its way back", done)


@story
def two_damaged_receipts_are_no_first_installation(t):
    install(t, version("2.0.0"))
    for text in DAMAGES:
        damage(home(t), *BOTH, text=text)
        before, calls = tree(home(t)), len(t.calls())
        for file in (version("1.0.0"), version("2.0.0")):
            done = install(t, file)
            t.check(done.code == 11 and "nobody can tell which version" in done.err and "--ignore-preflight receipt" in done.err, f"{text!r}: 11", done)
        for run in (t.run("doctor", file=version("2.0.0")), control(t, "doctor")):
            t.check(run.code == 11 and "nobody can tell which version" in run.err, f"{text!r}: doctor explains it", run)
        t.check(tree(home(t)) == before and not changed(t, calls), f"{text!r}: nothing was changed", t.calls()[calls:])
    done = t.run("install", "--yes", "--lang", "zh", file=version("2.0.0"))
    t.check(done.code == 11 and "无从得知" in done.err, "in Chinese", done)
    for verb in ("status", "start", "stop", "credentials", "open"):
        for run in (t.run(verb, file=version("2.0.0")), control(t, verb)):
            t.check(run.code == 0, f"{verb} works without it", run)
    saved = os.path.join(t.folder, "saved.tar")
    done = control(t, "backup", saved)
    t.check(done.code == 0 and "made without it" in done.err, "a backup is possible, and wanted", done)
    with tarfile.open(saved) as tar:
        t.check("hardtack-backup/receipt.json" not in tar.getnames() and "hardtack-backup/files/.env" in tar.getnames(), "without the receipt", tar.getnames())
    done = install(t, version("2.0.0"), "--ignore-preflight", "receipt")
    t.check(done.code == 0 and installed(t) == "2.0.0", "the way out of who knows", done)
    damage(home(t), *BOTH)
    done = install(t, version("2.0.0"), "--erase-data")
    t.check(done.code == 0 and installed(t) == "2.0.0", "or begins anew", done)
    damage(home(t), *BOTH)
    done = t.run("restore", "--yes", saved, file=version("2.0.0"))
    t.check(done.code == 0 and installed(t) == "2.0.0", "or restores a backup", done)


@story
def damage_outlives_an_uninstall(t):
    for names, said in ((["receipt.json"], "the data that lies here is of version 2.0.0"), (BOTH, "nobody can tell which version")):
        install(t, version("2.0.0"), "--ignore-preflight", "data")
        damage(home(t), *names)
        done = control(t, "uninstall", "--yes")
        t.check(done.code == 0 and not [name for name in BOTH if os.path.exists(home(t, name))], "uninstalled", done)
        done = install(t, version("1.0.0"))
        t.check(done.code == 11 and said in done.err, "the older one: 11", done)
    done = t.run("uninstall", "--yes", "--purge-data", file=version("2.0.0"))
    t.check(done.code == 0 and not os.path.exists(home(t)), "and a purge leaves nothing", os.listdir(home(t)) if os.path.exists(home(t)) else done)


@story
def a_lone_scrap_of_a_receipt_is_no_installation(t):
    os.makedirs(home(t))
    damage(home(t), *BOTH)
    done = install(t, version("1.0.0"))
    t.check(done.code == 0 and "receipt.json" in done.err and installed(t) == "1.0.0", "said, and installed", done)


@story
def the_signer_is_compared_with_the_copy(t):
    t.install(file=signed_by("maker"))
    damage(t.path(), "receipt.json")
    done = t.run("install", "--yes")
    t.check(done.code == 7 and "was signed by" in done.err, "an unsigned file: 7", done)


@story
def a_receipt_may_not_lead_out_of_its_folder(t):
    outside = os.path.join(t.folder, "outside")
    for path in ("../../../outside", outside):
        with open(outside, "w", encoding="utf-8") as file:
            file.write("somebody else's")
        install(t, version("1.0.0", extra="note"), "--ignore-preflight", "receipt")
        receipt = json.loads(read(home(t, "receipt.json")))
        receipt["files"][0]["path"] = path
        damage(home(t), *BOTH, text=json.dumps(receipt))
        done = install(t, version("2.0.0", extra="another"))
        t.check(done.code == 11 and "is not a path below a directory" in done.err, f"{path!r}: a damaged receipt: 11", done)
        saved = os.path.join(t.folder, "saved.tar")
        done = control(t, "backup", saved)
        with tarfile.open(saved) as tar:
            t.check(done.code == 0 and not [name for name in tar.getnames() if "outside" in name], f"{path!r}: not in a backup", tar.getnames())
        os.unlink(saved)
        done = control(t, "uninstall", "--yes", "--purge-data")
        t.check(done.code == 0 and read(outside) == "somebody else's", f"{path!r}: uninstall leaves it", done)


@story
def uninstall_does_not_follow_a_link(t):
    install(t, version("1.0.0", extra="note"))
    outside = os.path.join(t.folder, "elsewhere")
    os.rename(home(t, "extra"), outside)
    os.symlink(outside, home(t, "extra"))
    done = control(t, "uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and read(os.path.join(outside, "note.txt")) == "note", "what lies behind it stays", done)


@story
def a_backup_without_a_receipt_knows_its_variant(t):
    file, saved = installer_of("stack", VARIANTS), os.path.join(t.folder, "saved.tar")
    play(t, stack=CRASHING, stack_v2=HEALTHY)
    t.check(fall_back(t, "--fallback", "auto").code == 0, "v2 is installed")
    damage(place(t, "v2"), *BOTH)
    done = t.run("backup", saved, file=file)
    t.check(done.code == 0 and "made without it" in done.err, "a backup without a receipt", done)
    done = t.run("restore", "--yes", saved, file=file)
    t.check(done.code == 0 and os.path.exists(place(t, "v2", "receipt.json")), "restored over it", done)


def delete(folder, *names):
    for name in names:
        os.unlink(os.path.join(folder, name))


def play_data(t, **more):
    """A volume of the project with something in it."""
    t.play(containers=WELL, volumes=["rungs_data"], volume_size="13B", **more)


@story
def two_deleted_receipts_are_no_first_installation(t):
    install(t, version("2.0.0", extra="old"))
    delete(home(t), *BOTH)
    before, calls = tree(home(t)), len(t.calls())
    done = install(t, version("1.0.0"))
    t.check(done.code == 11 and "version 2.0.0 is installed" in done.err and tree(home(t)) == before and not changed(t, calls),
            "the control program says what it is: no downgrade, 11", done)
    for verb in ("status", "doctor"):
        for run in (t.run(verb, file=version("2.0.0")), control(t, verb)):
            t.check(run.code == 0 and "receipt.copy.json are gone" in run.err and "hardtack-control says is used" in run.err, f"{verb} says it", run)
    done = t.run("status", "--lang", "zh", file=version("2.0.0"))
    t.check("现改用" in done.err and "hardtack-control 所说" in done.err, "in Chinese", done)
    done = install(t, version("2.0.0", extra="old"))
    t.check(done.code == 0 and "are gone" in done.err and "Making a rollback point" not in done.err and installed(t) == "2.0.0",
            "the very same file writes them anew", done)
    delete(home(t), *BOTH)
    before = {name: read(home(t, name)) for name in (".env", "compose.yaml")}
    t.play(containers=[[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 9)])
    t.run("install", "--yes", "--timeout", "3", file=version("3.0.0"), timeout=150)
    t.play(containers=WELL)
    done = control(t, "rollback", "--yes")
    t.check(done.code == 0 and {name: read(home(t, name)) for name in before} == before, "a newer one that fails goes back", done)
    done = install(t, version("3.0.0"))
    t.check(done.code == 0 and "2.0.0 -> 3.0.0" in done.err and "Making a rollback point" in done.err and installed(t) == "3.0.0",
            "one that works is an upgrade, with its way back", done)


@story
def without_the_control_program_nobody_can_tell(t):
    install(t, version("2.0.0"))
    for names, trace in ((["hardtack-control"], "journal.jsonl"), (["journal.jsonl"], "compose.yaml")):
        delete(home(t), *[name for name in (*BOTH, *names) if os.path.exists(home(t, name))])
        before, calls = tree(home(t)), len(t.calls())
        for file in (version("1.0.0"), version("2.0.0")):
            done = install(t, file)
            t.check(done.code == 11 and "nobody can tell which version" in done.err and f"{trace} is there" in done.err, f"{trace}: 11", done)
        done = t.run("doctor", file=version("2.0.0"))
        t.check(done.code == 11 and "nobody can tell which version" in done.err, f"{trace}: doctor explains it", done)
        t.check(tree(home(t)) == before and not changed(t, calls), f"{trace}: nothing was changed", t.calls()[calls:])
    play_data(t)
    done = install(t, version("2.0.0"), "--ignore-preflight", "receipt")
    saved = [name for name in os.listdir(os.path.join(t.home, "hardtack", "backups"))]
    t.check(done.code == 0 and installed(t) == "2.0.0" and "backup of the data" in done.out and len(saved) == 1, "who knows goes on, with a backup", (done, saved))
    with tarfile.open(os.path.join(t.home, "hardtack", "backups", saved[0])) as tar:
        t.check("hardtack-backup/volumes/rungs_data.tar" in tar.getnames(), "of the volume", tar.getnames())
    words = [call[1] if call[1] != "compose" else [word for word in call if word in ("up", "stop")] for call in t.calls()]
    t.check(words.index("cp") < max(at for at, word in enumerate(words) if word == ["up"]), "before the new containers start", words)


@story
def a_backup_that_fails_stops_who_goes_on(t):
    install(t, version("2.0.0"))
    damage(home(t), *BOTH)
    delete(home(t), "hardtack-control")
    play_data(t, cp="fail")
    before = read(home(t, "compose.yaml"))
    done = install(t, version("3.0.0"), "--ignore-preflight", "receipt")
    t.check(done.code == 10 and "back up the data first" in done.err and "are started again" in done.err and
            "the services are stopped," not in done.err and read(home(t, "compose.yaml")) == before, "the version is not changed without one", done)


@story
def damaged_receipts_that_are_ignored_leave_the_control_program(t):
    install(t, version("2.0.0"))
    damage(home(t), *BOTH)
    done = install(t, version("1.0.0"), "--ignore-preflight", "receipt")
    t.check(done.code == 11 and "version 2.0.0 is installed" in done.err, "the older one all the same: 11", done)
    done = install(t, version("3.0.0"), "--ignore-preflight", "receipt")
    t.check(done.code == 0 and "2.0.0 -> 3.0.0" in done.err and "Making a rollback point" in done.err, "the newer one has a way back", done)


@story
def what_is_no_installation_is_a_first_one(t):
    os.makedirs(home(t))
    with open(home(t, ".env"), "w", encoding="utf-8") as file:
        file.write(f"PORT={t.port}\n")
    done = install(t, version("1.0.0"))
    t.check(done.code == 0 and "receipt.json" not in done.err, "a folder with a prepared .env", done)
    t.run("uninstall", "--yes", "--purge-data", file=version("1.0.0"))
    t.play(containers=[[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 9)])
    t.check(install(t, version("2.0.0"), "--timeout", "3", timeout=150).code in (13, 14), "a first one that fails")
    play_data(t)
    for file in (version("2.0.0"), version("3.0.0")):
        done = install(t, file)
        t.check(done.code == 0 and "receipt.json" not in done.err and "rollback" not in done.err, "is begun again, over its own volume", done)
        t.play(containers=WELL)
        t.run("uninstall", "--yes", "--purge-data", file=file)
        t.play(containers=[[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 9)])
        install(t, version("2.0.0"), "--timeout", "3", timeout=150)
        play_data(t)


@story
def deleted_receipts_of_what_was_uninstalled(t):
    play_data(t)
    install(t, version("2.0.0"), "--ignore-preflight", "data", "--ignore-preflight", "receipt")
    t.check(control(t, "uninstall", "--yes").code == 0, "uninstalled, the data stays")
    delete(home(t), "receipt.uninstalled.json")
    done = install(t, version("1.0.0"))
    t.check(done.code == 11 and "the data that lies here is of version 2.0.0" in done.err, "the control program is left: 11", done)
    done = install(t, version("2.0.0"))
    t.check(done.code == 0 and "are gone" not in done.err, "the same comes back", done)
    control(t, "uninstall", "--yes")
    delete(home(t), "receipt.uninstalled.json", "hardtack-control")
    done = install(t, version("1.0.0"))
    t.check(done.code == 11 and "nobody can tell which version" in done.err, "nothing is left but the volume: 11", done)
    delete(home(t), "journal.jsonl")
    done = install(t, version("1.0.0"))
    t.check(done.code == 11 and "Docker has the volume rungs_data of a project rungs" in done.err, "not even the journal: 11", done)


@story
def receipts_deleted_in_the_middle_of_an_upgrade(t):
    for first in (False, True):
        install(t, version("1.0.0"), "--ignore-preflight", "data")
        if first:
            delete(home(t), *BOTH)
        os.unlink(os.path.join(t.bin, "state.json"))
        os.unlink(os.path.join(t.bin, "calls.jsonl"))
        t.play(load="hang")
        process = t.start_file(version("2.0.0"), "install", "--yes")
        t.wait_for_call("load")
        process.kill()
        process.communicate()
        if not first:
            delete(home(t), *BOTH)
        t.play(containers=WELL)
        done = install(t, version("2.0.0"))
        t.check(done.code == 0 and "was interrupted" in done.err and installed(t) == "2.0.0", f"{first}: the new one finishes it", done)
        t.check(not os.path.exists(home(t, ".hardtack-rollback")), f"{first}: to its end")
        t.run("uninstall", "--yes", "--purge-data", file=version("2.0.0"))
