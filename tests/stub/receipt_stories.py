"""A receipt that is damaged, gone or tampered with: never taken for a first installation. See run."""
import json
import os
import tarfile

from __main__ import installer_of, read, story  # pylint: disable=no-name-in-module
from fallback_stories import CRASHING, HEALTHY, VARIANTS, install as fall_back, place, play
from trust_stories import signed_by
from upgrade_stories import control, home, install, installed, version

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
