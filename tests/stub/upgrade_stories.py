"""Upgrades: order of versions, the plan, going back, what is unfinished. The data itself: tests/e2e/50 to 52. See run."""
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
import zlib

from __main__ import installer_of, read, story  # pylint: disable=no-name-in-module

COMPOSE = ("services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n"
           "    environment: {EDITION: \"%s\"}\n    ports: [\"127.0.0.1:${PORT}:8080\"]\n%s")
WELL = [[{"service": "web", "health": "healthy"}]]
LOOPING = [[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 9)]


def version(number, label="", more="", template="", extra=None):
    """The installer of the project "rungs" in this version; label: another build of it."""
    head = f"version: {number}\n" if number else ""
    files = {"hardtack.yaml": f"hardtack: 1\nname: rungs\n{head}compose: compose.yaml\nenv: env.template\n" +
                              ("files: [extra/]\n" if extra else ""),
             "compose.yaml": COMPOSE % (f"{number}{label}", more), "env.template": "PORT={{port 3000}}\n" + template}
    if extra:
        files["extra/note.txt"] = extra
    return installer_of(f"rungs-{number}{label}-{zlib.crc32(json.dumps(files).encode()):x}", files)


def home(t, *names):
    return os.path.join(t.home, "hardtack", "rungs", *names)


def installed(t):
    return json.loads(read(home(t, "receipt.json"))).get("version")


def install(t, file, *words, **how):
    given = ["--set", f"PORT={t.port}"] if not os.path.exists(home(t, ".env")) else []
    return t.run("install", "--yes", *given, *words, file=file, **how)


def control(t, *words):
    return t.run(*words, file=[*t.runner, home(t, "hardtack-control")])


@story
def versions_are_ordered_by_their_numbers(t):
    done = install(t, version("2.95.12"))
    t.check(done.code == 0, "the newer", done)
    for older in ("2.95.2", "2.95.12-rc.1"):
        done = install(t, version(older))
        t.check(done.code == 11 and "2.95.12 is installed" in done.err and "nothing was changed" in done.err, older, done)
        done = install(t, version(older), "--ignore-preflight", "version")
        t.check(done.code == 11, f"{older}: no word makes that safe", done)
    t.check(installed(t) == "2.95.12", "nothing changed")
    done = install(t, version("2.95.12", "b"))
    t.check(done.code == 0 and "built anew" in done.err, "the same version built anew is an upgrade", done)
    done = install(t, version(None))
    t.check(done.code == 0 and not installed(t), "without a version nobody can tell: an upgrade, with its way back", done)
    done = t.run("info", file=version("2.95.2"))
    t.check(done.code == 0, "what touches nothing works all the same", done)


@story
def the_person_is_asked_once_and_then_about_superseded_images(t):
    install(t, version("1.0.0"))
    receipt = json.loads(read(home(t, "receipt.json")))
    receipt["images"][0] |= {"tag": "docker.io/hardtack/hello:0.9-aaaaaaaaaaaa", "pin": "sha256:" + "a" * 64,
                             "reference": "docker.io/hardtack/hello:0.9"}
    with open(home(t, "receipt.json"), "w", encoding="utf-8") as file:
        json.dump(receipt, file)
    done = t.person([], [("Go on? [Y/n]", b"\n"), ("earlier version (1)? [y/N]", b"y\n")], file=version("2.0.0"))
    t.check(done.code == 0 and "1.0.0 -> 2.0.0" in done.out and "hello:0.9 -> docker.io/hardtack/hello:1.0.0" in done.out,
            "old and new, and what changes", done)
    t.check(done.out.count("[Y/n]") == 1, "one question before", done)
    removed = [call for call in t.calls() if call[1:3] == ["image", "rm"]]
    t.check(removed == [["docker", "image", "rm", "docker.io/hardtack/hello:0.9-aaaaaaaaaaaa"]], "only that tag", removed)


@story
def declining_the_upgrade_changes_nothing(t):
    install(t, version("1.0.0"))
    before = len(t.calls())
    done = t.person([], [("[Y/n]", b"n\n")], file=version("2.0.0"))
    words = {word for call in t.calls()[before:] for word in call}
    t.check(done.code == 130 and installed(t) == "1.0.0" and not {"up", "stop", "load", "rm"} & words, "130", done)
    t.check(not os.path.exists(home(t, ".hardtack-rollback")), "no rollback point")


@story
def a_load_that_dies_goes_back_with_its_exit_code(t):
    install(t, version("1.0.0", extra="old"))
    before = {name: read(home(t, name)) for name in (".env", "compose.yaml", "receipt.json", "extra/note.txt")}
    os.unlink(os.path.join(t.bin, "state.json"))
    t.play(load="full")
    done = install(t, version("2.0.0", template="KEY={{secret hex 8}}\n", extra="new"))
    t.check(done.code == 9 and "version 1.0.0 is" in done.err and "make room on Docker's disk" in done.err, "exit 9, and why", done)
    t.check({name: read(home(t, name)) for name in before} == before, "all files as they were")


@story
def a_new_version_that_crashes_goes_back(t):
    install(t, version("1.0.0"))
    t.play(containers=LOOPING)
    done = install(t, version("2.0.0", more="  extra:\n    image: hardtack/hello:1.0.0\n"), "--timeout", "3", timeout=150)
    t.check(done.code in (13, 14) and "is not back yet" in done.err and "rollback" in done.err,
            "where the old one does not come up either, that is said, and how to try again", done)
    done = control(t, "start")
    t.check(done.code == 11 and "going back" in done.err, "start would only confuse: 11", done)
    t.play(containers=WELL)
    done = t.run("rollback", file=version("2.0.0", more="  extra:\n    image: hardtack/hello:1.0.0\n"))
    t.check(done.code == 2 and "--yes" in done.err, "rollback asks", done)
    done = control(t, "rollback", "--yes")
    t.check(done.code == 0 and "Version 1.0.0 is back, and proven." in done.err, "then it is back", done)
    t.check(installed(t) == "1.0.0" and not os.path.exists(home(t, ".hardtack-rollback")), "and the point is gone")
    done = control(t, "rollback", "--yes")
    t.check(done.code == 2 and "no upgrade is unfinished" in done.err and "→" not in done.err, "nothing more to go back from: 2", done)
    t.check(install(t, version("2.0.0")).code == 0, "an upgrade that succeeds")
    done = control(t, "rollback", "--yes")
    t.check(done.code == 2 and "older version's installer restore " + home(t, "before-upgrade.backup") in done.err,
            "goes back by the older installer", done)
    done = control(t, "uninstall", "--yes")
    t.check(done.code == 0 and home(t, "before-upgrade.backup") + " stays" in done.err, "uninstall tells of that backup", done)


@story
def ctrl_c_leaves_an_upgrade_that_the_next_run_finishes(t):
    install(t, version("1.0.0"))
    os.unlink(os.path.join(t.bin, "state.json"))
    t.play(load="hang")
    before = len([call for call in t.calls() if call[1] == "load"])
    process = t.start_file(version("2.0.0"), "install", "--yes")
    for _ in range(400):
        if len([call for call in t.calls() if call[1] == "load"]) > before:
            break
        time.sleep(0.05)
    process.send_signal(2)
    out = process.communicate(timeout=60)[0].decode()
    t.check(process.returncode == 130 and "rollback" in out and "finish it" in out, "130, and both ways out", out)
    t.play()
    done = control(t, "status")
    t.check("from version 1.0.0 to 2.0.0 was interrupted" in done.err, "status says so", done)
    done = install(t, version("1.5.0"))
    t.check(done.code == 11 and "not finished" in done.err, "one between the two: 11", done)
    state = read(home(t, ".hardtack-rollback", "state.json"))
    done = install(t, version("2.0.0"))
    t.check(done.code == 0 and installed(t) == "2.0.0" and "unfinished  the upgrade" in done.err, "the same again finishes it", done)
    os.mkdir(home(t, ".hardtack-rollback"))
    with open(home(t, ".hardtack-rollback", "state.json"), "w", encoding="utf-8") as file:
        file.write(state)
    done = control(t, "status")
    t.check(done.code == 0 and "interrupted" not in done.err, "killed after its receipt, it is through", done)
    done = install(t, version("2.0.0"))
    t.check(done.code == 0 and not os.path.exists(home(t, ".hardtack-rollback")), "and the next run tidies up", done)


@story
def new_secrets_of_a_newer_version_are_no_lost_ones(t):
    install(t, version("1.0.0", template="OLD={{secret hex 8}}\n"))
    t.play(volumes=["rungs_data"])
    with open(home(t, ".env"), encoding="utf-8") as file:
        env = file.read()
    with open(home(t, ".env"), "w", encoding="utf-8") as file:
        file.write(re.sub("OLD=.*\n", "", env))
    newer = version("2.0.0", template="OLD={{secret hex 8}}\nNEW={{secret hex 8}}\n")
    done = t.run("preflight", file=newer)
    t.check(done.code == 11 and "no OLD" in done.err, "one that the data knows is lost: 11", done)
    with open(home(t, ".env"), "w", encoding="utf-8") as file:
        file.write(env)
    done = t.run("preflight", file=newer)
    t.check("has no" not in done.err, "one that the version brings is not", done)


@story
def what_is_erased_is_saved_with_the_files_it_ran_with(t):
    t.check(install(t, version("1.0", label="one")).code == 0, "the older")
    before = read(home(t, "compose.yaml"))
    t.play(volumes=["rungs_data"], running_before=True)
    done = install(t, version("2.0", label="two"), "--erase-data")
    folder = os.path.join(t.home, "hardtack", "backups")
    t.check(done.code == 0 and len(os.listdir(folder)) == 1, "--erase-data, with a backup", done)
    with tarfile.open(os.path.join(folder, os.listdir(folder)[0])) as tar:
        saved = tar.extractfile("hardtack-backup/files/compose.yaml").read().decode()
    t.check(saved == before != read(home(t, "compose.yaml")), "it holds the older one's compose file, as its receipt says", saved)


def interrupted(t):
    """An upgrade to 2.0.0 that Ctrl-C ends while it loads; its backup's bytes."""
    install(t, version("1.0.0"))
    os.unlink(os.path.join(t.bin, "state.json"))
    t.play(load="hang")
    before = len([call for call in t.calls() if call[1] == "load"])
    process = t.start_file(version("2.0.0"), "install", "--yes")
    for _ in range(1200):
        if len([call for call in t.calls() if call[1] == "load"]) > before:
            break
        time.sleep(0.05)
    process.send_signal(2)
    t.check(process.wait(60) == 130, "interrupted: 130", process.stdout.read())
    t.play()
    with open(home(t, ".hardtack-rollback", "data.backup"), "rb") as file:
        return file.read()


def kept(folder, word):
    found = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if word in name]
    return [(path, open(path, "rb").read()) for path in found]  # pylint: disable=consider-using-with


@story
def a_purge_keeps_what_an_unfinished_upgrade_had_saved(t):
    data = interrupted(t)
    folder = os.path.join(t.home, "hardtack", "backups")
    with open(home(t, "before-upgrade.backup"), "wb") as file:
        file.write(b"of the one before")
    done = control(t, "uninstall", "--yes", "--purge-data", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    told = {event["what"]: event["path"] for event in events if event["event"] == "backup-kept"}
    t.check(done.code == 0 and not os.path.exists(home(t)), "purged", done)
    t.check(kept(folder, "before-unfinished-upgrade") == [(told.get("before-unfinished-upgrade"), data)], "its backup is kept, and told", done)
    t.check(kept(folder, "before-upgrade") == [(told.get("before-upgrade"), b"of the one before")], "the one before too", done)
    data = interrupted(t)
    os.utime(home(t, ".hardtack-rollback", "data.backup"), (0, os.stat(told["before-unfinished-upgrade"]).st_mtime))
    done = t.run("uninstall", "--yes", "--purge-data", file=version("2.0.0"))
    found = kept(folder, "before-unfinished-upgrade")
    t.check(done.code == 0 and len(found) == 2 and data in [bytes_ for _, bytes_ in found] and "is kept as" in done.err,
            "another of the same second gets a name of its own", f"{found}\n{done}")


@story
def a_purge_keeps_it_on_another_disk_too(t):
    data = interrupted(t)
    folder = tempfile.mkdtemp(prefix="hardtack-", dir="/dev/shm")
    try:
        t.check(os.stat(folder).st_dev != os.stat(t.home).st_dev, "that is another file system")
        done = control(t, "uninstall", "--yes", "--purge-data", "--backup-to", folder)
        found = kept(folder, "before-unfinished-upgrade")
        t.check(done.code == 0 and [bytes_ for _, bytes_ in found] == [data] and os.stat(found[0][0]).st_mode & 0o777 == 0o600, "copied", done)
        t.check(not os.path.exists(home(t)), "nothing is left behind")
    finally:
        shutil.rmtree(folder)


@story
def what_cannot_be_kept_stays_where_it_is(t):
    data = interrupted(t)
    folder = os.path.join(t.home, "hardtack", "backups")
    with open(folder, "w", encoding="utf-8"):
        pass
    done = control(t, "uninstall", "--yes", "--purge-data")
    point = home(t, ".hardtack-rollback", "data.backup")
    t.check(done.code == 8 and os.path.isfile(point), "no folder of backups can be made: 8", done)
    os.unlink(folder)
    done = control(t, "uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and [bytes_ for _, bytes_ in kept(folder, "before-unfinished-upgrade")] == [data], "then it goes there", done)


@story
def to_begin_anew_keeps_what_an_unfinished_upgrade_had_saved(t):
    data = interrupted(t)
    done = install(t, version("2.0.0"), "--erase-data")
    found = kept(os.path.join(t.home, "hardtack", "backups"), "before-unfinished-upgrade")
    t.check(done.code == 0 and [bytes_ for _, bytes_ in found] == [data], "--erase-data keeps it", done)
    t.check(not os.path.exists(home(t, ".hardtack-rollback")), "and ends the upgrade")


@story
def an_upgrade_that_cannot_save_goes_back(t):
    install(t, version("1.0.0"))
    t.play(volumes=["rungs_data"], running_before=True, cp="fail")
    before = len(t.calls())
    done = install(t, version("2.0.0"))
    turns = [word for call in t.calls()[before:] for word in ("stop", "up") if word in call]
    t.check(done.code == 10 and "version 1.0.0 is back" in done.err and turns[-1] == "up" and installed(t) == "1.0.0",
            "10; the old version runs again", f"{turns}\n{done}")


@story
def files_that_an_uninstall_left_are_replaced_in_silence(t):
    install(t, version("1.0.0", extra="old"))
    t.check(control(t, "uninstall", "--yes").code == 0, "uninstalled, with the data kept")
    with open(home(t, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write("# mine\n")
    done = install(t, version("2.0.0", extra="new"))
    old = sorted(name for _, _, names in os.walk(home(t)) for name in names if name.endswith(".old"))
    t.check(done.code == 0 and read(home(t, "extra/note.txt")) == "new" and old == ["compose.yaml.old"],
            "only what the person changed stays as .old", f"{old}\n{done}")


@story
def data_that_an_uninstall_kept_is_saved_before_another_version_has_it(t):
    """There is no installation to go back to, but the data can be had again, by the version that made it."""
    install(t, version("1.0.0"))
    t.play(volumes=["rungs_data"])
    t.check(control(t, "uninstall", "--yes").code == 0, "uninstalled, with the data kept")
    done = install(t, version("2.0.0"), "--dry-run")
    t.check("of version 1.0.0 lies there; it is saved first" in done.err, "the plan says so", done)
    t.play(volumes=["rungs_data"], containers=LOOPING)
    done = install(t, version("2.0.0"))
    folder = os.path.join(t.home, "hardtack", "backups")
    saved = [os.path.join(top, name) for top, _, names in os.walk(t.home) for name in names if name.endswith(".tar")]
    t.check(done.code == 14 and len(saved) == 1 and saved[0] in done.err and f'restore "{saved[0]}"' in done.err, "saved, and said how to go back", (done, saved, folder))
    with tarfile.open(saved[0]) as tar:
        about = json.load(tar.extractfile(tar.getmembers()[0]))
    t.check(about["version"] == "1.0.0", "it is 1.0.0's", about)
    t.play(volumes=["rungs_data"], containers=WELL)
    done = install(t, version("1.0.0"))
    t.check(done.code == 11 and "version 2.0.0 was started over the data" in done.err, "the old one over what it may have changed: 11", done)
    t.check(t.run("restore", saved[0], "--yes", file=version("1.0.0")).code == 0, "the backup goes back")
    control(t, "uninstall", "--yes")
    done = install(t, version("1.0.0"))
    t.check(done.code == 0, "the old one over its own data", done)
    control(t, "uninstall", "--yes")
    before = len([1 for _, _, names in os.walk(t.home) for name in names if name.endswith(".tar")])
    done = install(t, version("1.0.0"))
    after = len([1 for _, _, names in os.walk(t.home) for name in names if name.endswith(".tar")])
    t.check(done.code == 0 and after == before, "the same version again saves nothing", done)


@story
def an_older_version_does_not_follow_a_newer_one_that_failed(t):
    """No receipt tells of a first installation that was not through; its services may have migrated the data."""
    t.play(containers=LOOPING)
    t.check(install(t, version("2.0.0"), "--timeout", "3", timeout=150).code in (13, 14), "2.0.0 fails")
    t.play(containers=WELL)
    t.check(install(t, version("1.0.0"), "--dry-run").code == 0, "there is no data: the older one may")
    t.play(containers=WELL, volumes=["rungs_data"])
    for _ in range(2):
        done = install(t, version("1.0.0"))
        t.check(done.code == 11 and "version 2.0.0 was started over the data" in done.err and "1.0.0" in done.err, "over data: 11", done)
    t.check(install(t, version("3.0.0"), "--dry-run").code == 0, "a newer one may")
    done = install(t, version("1.0.0"), "--ignore-preflight", "data")
    t.check(done.code == 0, "who knows better goes on", done)
    control(t, "uninstall", "--yes")
    t.check(install(t, version("1.0.0")).code == 0, "and is not asked again")


@story
def what_an_upgrade_cannot_put_back_is_named_at_the_end(t):
    """A volume that somebody made by hand is not the project's to save."""
    mount = {"Type": "volume", "Name": "handmade", "Source": "/v", "Destination": "/data", "Driver": "local", "RW": True}
    t.check(install(t, version("1.0.0")).code == 0, "installed")
    t.play(containers=[[{**WELL[0][0], "mounts": [mount]}]], volumes=["rungs_data"])
    t.check(control(t, "start").code == 0, "it runs")
    t.play(containers=[[{**frame[0], "mounts": [mount]}] for frame in LOOPING], volumes=["rungs_data"])
    done = install(t, version("2.0.0"), "--timeout", "3", timeout=150)
    t.check("NOT in the backup: the external volume handmade" in done.err, "told when the data is saved", done)
    t.check(done.code in (13, 14) and done.err.count("handmade was not in the backup and is not put back") == 1, "and at the end", done)


@story
def an_older_versions_backup_gets_the_secrets_that_it_did_not_know(t):
    """Over the newer installation, as on an empty machine: what an upgrade would make."""
    file = os.path.join(t.home, "old.tar")
    install(t, version("1.0.0"))
    t.play(volumes=["rungs_data"])
    t.check(control(t, "backup", file).code == 0, "1.0.0's backup")
    newer = version("2.0.0", template="SESSION_KEY={{secret hex 8}}\n")
    t.check(install(t, newer).code == 0 and "SESSION_KEY=" in read(home(t, ".env")), "upgraded")
    done = t.run("restore", file, "--yes", file=newer)
    t.check(done.code == 0 and "SESSION_KEY=" in read(home(t, ".env")), "restored, with a key", done)
    same = os.path.join(t.home, "new.tar")
    t.check(control(t, "backup", same).code == 0, "2.0.0's own")


@story
def kept_data_without_a_version_is_named_by_its_file(t):
    install(t, version(None))
    t.play(volumes=["rungs_data"])
    t.check(control(t, "uninstall", "--yes").code == 0, "uninstalled, with the data kept")
    done = install(t, version("2.0.0"), "--dry-run")
    t.check(re.search(r"of version \([0-9a-f]+\) lies there; it is saved first", done.err), "by the beginning of its root", done)
