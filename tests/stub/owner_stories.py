"""What an earlier installation, or another user, has left in the folder: a rollback point that cannot be removed, or that is not this installation's. See run."""
import json
import os
import shutil
import tarfile
import time

from __main__ import read, story  # pylint: disable=no-name-in-module
from fault_stories import native
from permission_stories import USER, may_change_user, user
from upgrade_stories import LOOPING, WELL, control, home, install, installed, interrupted, kept, version

FOLDER = ".hardtack-rollback"
DELETES = ("rm", "stop", "up", "down")


def give_to_somebody(t, *but):
    """All of the stage, but these: root, who told the story so far, keeps them."""
    os.chmod(os.path.dirname(t.folder), 0o755)
    for top, folders, names in os.walk(t.folder):
        folders[:] = [name for name in folders if name not in but]
        for name in [".", *folders, *names]:
            if name not in but:
                os.lchown(os.path.join(top, name), USER, USER)


def somebody(t, *words, file=None):
    """The same, run by that user."""
    return user(t, *words, file=file or [home(t, "hardtack-control")])


def backups(t):
    folder = os.path.join(t.home, "hardtack", "backups")
    return sorted(os.listdir(folder)) if os.path.exists(folder) else []


def tree(t):
    return sorted(os.path.join(top, name) for top, _, names in os.walk(home(t)) for name in names if not name.startswith("journal"))


def refused_with(t, done, before, path, files):
    words = {word for call in t.calls()[before:] for word in call}
    t.check(done.code == 8 and path in done.err and f"{path} belongs to root" in done.err and "sudo" in done.err, "8, the path, whose it is, what to do", done)
    t.check(not words & set(DELETES) and tree(t) == files and not backups(t), "and nothing was touched", (words, backups(t)))


@story
@native
def what_cannot_be_removed_stops_a_deletion_before_it(t):
    """`sudo` ran the newer installer and was killed: its rollback point is root's, and nobody else may look into it."""
    if not may_change_user(t):
        return
    data = interrupted(t)
    t.play(volumes=["rungs_data"])
    copy = os.path.join(t.folder, "saved.tar")
    shutil.copy(home(t, FOLDER, "data.backup"), copy)
    give_to_somebody(t, FOLDER)
    files = tree(t)
    for words, file in ((["uninstall", "--yes", "--purge-data"], None), (["install", "--yes", "--erase-data"], version("2.0.0")),
                        (["restore", copy, "--yes"], version("2.0.0"))):
        before = len(t.calls())
        t.play(volumes=["rungs_data"] if words[0] != "restore" else [])  # that backup holds settings alone
        refused_with(t, somebody(t, *words, file=file), before, home(t, FOLDER), files)
    done = somebody(t, "rollback", "--yes")
    t.check(done.code == 8 and "belongs to root" in done.err, "rollback: 8", done)
    done = somebody(t, "status")
    t.check(home(t, FOLDER) in done.err and "belongs to root" in done.err, "status says so", done)
    give_to_somebody(t)
    done = somebody(t, "uninstall", "--yes", "--purge-data", file=version("2.0.0"))
    found = kept(os.path.join(t.home, "hardtack", "backups"), "before-unfinished-upgrade")
    t.check(done.code == 0 and [bytes_ for _, bytes_ in found] == [data] and not os.path.exists(home(t)), "with it given back: purged, and kept", done)


@story
@native
def a_kept_backup_that_cannot_be_read_stops_a_purge_before_it(t):
    if not may_change_user(t):
        return
    install(t, version("1.0.0"))
    t.check(install(t, version("2.0.0")).code == 0, "upgraded")
    os.chmod(home(t, "before-upgrade.backup"), 0o600)
    t.play(volumes=["rungs_data"])
    give_to_somebody(t, "before-upgrade.backup")
    before, files = len(t.calls()), tree(t)
    refused_with(t, somebody(t, "uninstall", "--yes", "--purge-data"), before, home(t, "before-upgrade.backup"), files)
    give_to_somebody(t)
    done = somebody(t, "uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and not os.path.exists(home(t)) and any("before-upgrade" in name for name in backups(t)), "then it goes", done)


@story
@native
def a_first_install_does_not_ignore_what_it_may_not_look_at(t):
    if not may_change_user(t):
        return
    os.makedirs(home(t, FOLDER), 0o700)
    give_to_somebody(t, FOLDER)
    done = somebody(t, "install", "--yes", "--set", f"PORT={t.port}", file=version("1.0.0"))
    t.check(done.code == 8 and home(t, FOLDER) in done.err and "belongs to root" in done.err and "up" not in {w for c in t.calls() for w in c}, "8, nothing started", done)


def left_behind(t):
    """The rollback point of an installation that was purged by a program that could not remove it."""
    data = interrupted(t)
    aside = os.path.join(t.folder, "aside")
    shutil.copytree(home(t, FOLDER), aside)
    state = json.loads(read(os.path.join(aside, "state.json")))
    with open(os.path.join(aside, "state.json"), "w", encoding="utf-8") as file:
        json.dump({**state, "phase": "started", "touched": True}, file)
    t.check(control(t, "uninstall", "--yes", "--purge-data").code == 0, "purged")
    shutil.rmtree(os.path.join(t.home, "hardtack", "backups"))
    time.sleep(1.1)  # another installation is one of another second
    return data, aside


def put(t, aside):
    os.makedirs(home(t), exist_ok=True)
    shutil.copytree(aside, home(t, FOLDER))


@story
def a_rollback_point_of_a_purged_installation_is_not_gone_back_to(t):
    data, aside = left_behind(t)
    folder = os.path.join(t.home, "hardtack", "backups")
    put(t, aside)
    t.play(up={"exit": 1, "stderr": "no network"}, volumes=["rungs_data"])
    t.check(t.run("install", "--yes", "--set", f"PORT={t.port}", "--ignore-preflight", "data", file=version("1.0.0")).code == 12, "a first one fails")
    put(t, aside)
    for what, file in (("before its receipt", None), ("installed anew", version("1.0.0")), ("installed in the newer version", version("2.0.0"))):
        t.play(volumes=["rungs_data"], containers=WELL)
        if file:
            done = install(t, file)
            t.check(done.code == 0 and not os.path.exists(home(t, FOLDER)), f"{what}: 0, the point is gone", done)
            found = kept(folder, "before-unfinished-upgrade")
            t.check(found and {bytes_ for _, bytes_ in found} == {data} and any(path in done.err for path, _ in found) and "an installation that is gone" in done.err, f"{what}: kept, and said", done)
            t.check(json.loads(read(home(t, "receipt.json")))["version"] == installed(t), "installed")
            put(t, aside)
        before = len(t.calls())
        done = control(t, "rollback", "--yes")
        words = {word for call in t.calls()[before:] for word in call}
        t.check(done.code == 11 and "an installation that is gone" in done.err and not words & {*DELETES, "cp"}, f"{what}: rollback refuses, 11", done)
        done = control(t, "status")
        t.check("an installation that is gone" in done.err and "was interrupted (at" not in done.err, f"{what}: status says so", done)
        done = control(t, "doctor")
        t.check("an installation that is gone" in done.err + done.out, f"{what}: doctor too", done)
        if file:
            t.check(control(t, "start").code == 0, f"{what}: start is not in its way")
    done = install(t, version("2.0.0"), "--dry-run")
    t.check(done.code == 0 and "an installation that is gone" in done.err and os.path.exists(home(t, FOLDER)), "the plan says it", done)
    done = control(t, "uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and not os.path.exists(home(t)), "and a purge takes it along", done)


def cut_off_when_started(t):
    """An upgrade to 2.0.0 that ends by Ctrl-C when its containers were started; they go on running."""
    t.check(install(t, version("1.0.0")).code == 0, "1.0.0")
    t.play(volumes=["rungs_data"], running_before=True, containers=[[{"service": "web", "health": "starting"}]])
    before = len([call for call in t.calls() if "up" in call])
    process = t.start_file(version("2.0.0"), "install", "--yes")
    for _ in range(1200):
        if len([call for call in t.calls() if "up" in call]) > before:
            break
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(2)
    t.check(process.wait(60) == 130, "interrupted: 130", process.stdout.read())
    t.check(json.loads(read(home(t, FOLDER, "state.json")))["touched"], "its containers were started")


def about(path):
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile(tar.getmembers()[0]))


@story
def what_was_written_since_the_upgrade_is_saved_before_going_back(t):
    cut_off_when_started(t)
    folder = os.path.join(t.home, "hardtack", "backups")
    t.play(volumes=["rungs_data"], running_before=True, cp="fail")
    before = len(t.calls())
    done = control(t, "rollback", "--yes")
    t.check(done.code == 10 and "--backup-to" in done.err and "rollback" in done.err and not [c for c in t.calls()[before:] if c[1:3] == ["volume", "rm"]] and
            os.path.exists(home(t, FOLDER, "state.json")), "what cannot be saved is not replaced", done)
    t.play(volumes=["rungs_data"], running_before=True, containers=WELL)
    done = control(t, "rollback", "--yes")
    found = kept(folder, "rungs-2")
    t.check(done.code == 0 and installed(t) == "1.0.0" and len(found) == 1 and found[0][0] in done.out, "back, and saved", done)
    t.check(about(found[0][0])["version"] == "2.0.0", "as data of the version that wrote it", about(found[0][0]))
    done = t.run("restore", found[0][0], "--yes", file=version("1.0.0"))
    t.check(done.code == 3 and "2.0.0" in done.err, "which the older one does not take", done)


@story
def a_second_attempt_that_fails_saves_what_the_first_had_started(t):
    cut_off_when_started(t)
    folder = os.path.join(t.home, "hardtack", "backups")
    t.play(volumes=["rungs_data"], running_before=True, containers=LOOPING)
    done = install(t, version("2.0.0"), "--timeout", "3", timeout=150)
    t.check(done.code in (13, 14) and "is not back yet" in done.err and len(kept(folder, "rungs-2")) == 1, "it fails, and goes back, and has saved", done)
    t.play(volumes=["rungs_data"], running_before=True, containers=WELL)
    done = control(t, "rollback", "--yes")
    t.check(done.code == 0 and len(kept(folder, "rungs-2")) == 1, "what was half put back is not saved once more", done)
