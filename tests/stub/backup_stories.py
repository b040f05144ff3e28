"""backup, restore, and the backups before a deletion, where no real engine helps: refusals, a cut copy, a full disk. See run."""
import json
import os
import shlex
import signal
import stat
import tarfile

from __main__ import story  # pylint: disable=no-name-in-module

DATA = {"volumes": ["hello_data"]}


def installed(t, **scenario):
    t.check(t.install().code == 0, "installed")
    t.play(**{**DATA, "running_before": True, **scenario})


def saved(t, folder=None):
    """What lies in the folder of backups, oldest name first."""
    folder = folder or os.path.join(t.home, "hardtack", "backups")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))] if os.path.exists(folder) else []


def in_backup(path, name):
    with tarfile.open(path) as tar:
        return tar.extractfile("hardtack-backup/" + name).read().decode()


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def words(t, *wanted):
    return [call for call in t.calls() if all(word in call for word in wanted)]


@story
def a_backup_stops_copies_starts_and_is_private(t):
    installed(t)
    file = os.path.join(t.folder, "b.tar")
    done = t.run("backup", file)
    t.check(done.code == 0 and stat.S_IMODE(os.stat(file).st_mode) == 0o600 and "passwords" in done.err, "0, mode 0600", done)
    verbs = [next((v for v in ("stop", "cp", "up") if v in call), None) for call in t.calls()]
    order = [v for v in verbs if v]
    t.check(order[order.index("stop"):][-1] == "up" and "cp" in order[order.index("stop"):], "stop, copy, up", order)
    done = t.run("backup", file)
    t.check(done.code == 2 and "not overwritten" in done.err, "an existing file: 2", done)
    for bad in ("-", t.folder, t.folder + "/new/"):
        t.check(t.run("backup", bad).code == 2, f"{bad}: 2")
    os.unlink(file)
    done = t.run("--json", "backup", file)
    last = [json.loads(line) for line in done.out.splitlines()]
    t.check(last[-1]["exit"] == 0 and any(e["event"] == "backup" and e["path"] == file for e in last), "--json names it", done)


@story
def a_backup_that_fails_leaves_nothing_and_starts_again(t):
    for scenario, code in (({"cp": "cut"}, 10), ({"cp": "fail"}, 10), ({"volume_size": "900TB"}, 9)):
        t.check(t.install().code == 0, "installed")
        t.play(**DATA, running_before=True, **scenario)
        before = len(t.calls())
        done = t.run("backup", os.path.join(t.folder, "b.tar"))
        calls = t.calls()[before:]
        t.check(done.code == code and not [n for n in os.listdir(t.folder) if "b.tar" in n], f"{scenario}: {code}, no file", done)
        stopped, up = any("stop" in c for c in calls), any("up" in c for c in calls)
        t.check(stopped == up and stopped == (code == 10), "what was stopped runs again; no room is known before", calls)


@story
def a_backup_that_is_interrupted_starts_the_services_again(t):
    installed(t, cp="hang")
    before = len(t.calls())
    process = t.start("backup", os.path.join(t.folder, "b.tar"))
    t.wait_for_call("c" * 64 + ":/hardtack-volume")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0].decode()
    calls = t.calls()[before:]
    t.check(process.returncode == 130 and any("up" in c for c in calls) and any(c[1] == "rm" for c in calls), "130; up, no helper",
            f"{process.returncode}\n{said}\n{calls}")
    t.check(not [n for n in os.listdir(t.folder) if "b.tar" in n], "no file is left")


@story
def a_backup_into_no_folder_stops_nothing(t):
    installed(t)
    done = t.run("backup", os.path.join(t.folder, "missing", "b.tar"))
    t.check(done.code == 8 and not any("stop" in call for call in t.calls()) and "→" in done.err, "no such folder: 8, nothing stopped", done)
    t.check("last backup failed" not in t.run("status").err, "a mistyped path is no failure to be told of later", t.run("status"))


@story
def a_restore_refuses_before_it_touches(t):
    installed(t)
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    with open(file, "rb") as whole:
        data = bytearray(whole.read())
    bad = os.path.join(t.folder, "bad.tar")
    before = len(t.calls())
    for what, at, code in (("flipped", len(data) // 2, 7), ("header", 600, 7), ("end", len(data) - 1, 7), ("name", 1030, 3)):
        copy = bytearray(data)
        copy[at] ^= 4
        with open(bad, "wb") as out:
            out.write(copy)
        done = t.run("restore", bad, "--yes")
        t.check(done.code == code, f"{what}: {code}", done)
    with open(bad, "wb") as out:
        out.write(data[:-2048])
    t.check(t.run("restore", bad, "--yes").code == 7, "cut: 7")
    t.check(t.run("restore", t.folder, "--yes").code == 3, "a folder: 3")
    t.check(t.run("restore", os.path.join(t.folder, "none"), "--yes").code == 3, "missing: 3")
    done = t.run("restore", file, "--yes", file=t.settings)
    t.check(done.code == 3 and "hello" in done.err, "another project's: 3, and it is named", done)
    t.check(not any(w in call for call in t.calls()[before:] for w in ("stop", "rm", "cp", "load", "up")), "docker was not touched")
    t.check(t.run("restore", file).code == 2, "nobody to ask: 2")


@story
def a_restore_that_dies_says_so_and_is_finished(t):
    installed(t)
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    t.play(**DATA, running_before=True, cp_in="full")
    done = t.run("restore", file, "--yes")
    t.check(done.code == 9, "the engine's disk is full: 9", done)
    saved = os.listdir(os.path.join(t.home, "hardtack", "backups"))
    t.play(**DATA, running_before=True)
    for verb in (["start"], ["backup", os.path.join(t.folder, "c.tar")], ["install", "--yes"]):
        done = t.run(*verb)
        t.check(done.code == 11 and "restore " + file in done.err and saved[0] in done.err, f"{verb[0]}: 11, with both ways", done)
    t.check("is not through" in t.run("status").err and "is not through" in t.run("doctor").err + t.run("doctor").out,
            "status and doctor say so")
    done = t.run("restore", file, "--yes")
    t.check(done.code == 0 and os.listdir(os.path.join(t.home, "hardtack", "backups")) == saved,
            "restore finishes it, without saving what was half done", done)
    t.check(not os.path.exists(t.path("restore.json")) and not os.path.exists(t.path(".hardtack-restore")) and
            "is not through" not in t.run("status").err, "nothing of it is left")


@story
def a_path_with_a_blank_is_quoted_where_it_is_to_be_typed(t):
    installed(t)
    file = os.path.join(t.folder, "备 份's.tar")
    typed = shlex.quote(file).replace("'\"'\"'", "'\\''")
    done = t.run("backup", file)
    t.check(done.code == 0 and f"`restore {typed}`" in done.err and done.out == file + "\n", "a backup", done)
    t.play(**DATA, running_before=True, cp_in="full")
    t.check(t.run("restore", file, "--yes").code == 9, "the engine's disk is full: 9")
    t.play(**DATA, running_before=True)
    done = t.run("start")
    t.check(done.code == 11 and f"`restore {typed}`" in done.err, "a restore to be finished", done)


@story
def no_backup_no_deletion(t):
    installed(t, cp="fail")
    for verb in (["uninstall", "--purge-data"], ["install", "--erase-data"]):
        before = len(t.calls())
        done = t.run(*verb, "--yes")
        calls = t.calls()[before:]
        t.check(done.code == 10 and "--backup-to" in done.err, f"{verb}: 10, and the way out", done)
        t.check(not any(c[1:3] == ["volume", "rm"] or "down" in c for c in calls), "nothing was deleted", calls)
        t.check([c for c in calls if "stop" in c or "up" in c][-1:] == [c for c in calls if "up" in c][-1:] != [] and
                "started again" in done.err, "what was stopped runs again", calls)
    t.play(**DATA, running_before=True)
    elsewhere = os.path.join(t.folder, "elsewhere")
    done = t.person(["uninstall", "--purge-data", "--backup-to", elsewhere], [("Type its name", b"helo\n")])
    t.check(done.code == 130 and not os.path.exists(elsewhere), "another name: declined", done)
    done = t.person(["uninstall", "--purge-data", "--backup-to", elsewhere], [("Type its name", b"hello\n")])
    t.check(done.code == 0 and len(os.listdir(elsewhere)) == 1 and os.listdir(elsewhere)[0] in done.out, "its name", done)
    t.check(words(t, "volume", "rm", "hello_data"), "then the data goes")
    t.check(not words(t, "down"), "compose's own down -v would take what another project's volume is called")


@story
def a_restore_that_is_refused_keeps_the_file_it_was_given(t):
    installed(t)
    kept = t.path("before-upgrade.backup")
    t.check(t.run("backup", kept).code == 0 and t.run("uninstall", "--yes").code == 0, "a backup in the installation's folder")
    os.unlink(t.path(".env"))
    t.play(owners={str(t.port): "other-web-1 other"})
    done = t.run("restore", kept, "--yes")
    t.check(done.code == 11 and os.path.isfile(kept), "its port is taken: 11, and the backup is there", done)


@story
def a_restore_that_cannot_save_first_starts_the_services_again(t):
    installed(t)
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    t.play(**DATA, running_before=True, cp="fail")
    before = len(t.calls())
    done = t.run("restore", file, "--yes")
    turns = [word for call in t.calls()[before:] for word in ("stop", "up") if word in call]
    t.check(done.code == 10 and "stop" in turns and turns[-1] == "up", "10; stopped, started again", turns)
    t.play(**DATA, running_before=True, cp="fail", up={"exit": 1, "stderr": "no network"})
    done = t.run("restore", file, "--yes")
    t.check(done.code == 10 and "the services are stopped" in done.err and "`start`" in done.err and "no network" in done.err,
            "where that fails, the words name start", done)
    t.check(saved(t) == [] and not os.path.exists(t.path("restore.json")), "nothing is left of it")


@story
def a_purge_without_data_saves_the_settings(t):
    t.check(t.install().code == 0, "installed, without a volume")
    env = text_of(t.path(".env"))
    done = t.run("uninstall", "--purge-data", "--yes")
    t.check(done.code == 0 and not os.path.exists(t.path()) and len(saved(t)) == 1 and saved(t)[0] in done.out, "0, and it says where", done)
    t.check(stat.S_IMODE(os.stat(saved(t)[0]).st_mode) == 0o600 and in_backup(saved(t)[0], "files/.env") == env, ".env is in a backup, 0600")
    done = t.run("restore", saved(t)[0], "--yes")
    t.check(done.code == 0 and text_of(t.path(".env")) == env, "and restore puts it back", done)
    done = t.run("uninstall", "--purge-data", "--yes")
    t.check(done.code == 0 and len(saved(t)) == 2, "a second one, perhaps within a second, overwrites nothing", saved(t))


@story
def a_restore_without_data_loses_no_env(t):
    t.check(t.install().code == 0, "installed, without a volume")
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    for number in (1, 2, 3):
        write(t.path(".env"), text_of(t.path(".env")) + f"MINE={number}\n")
        done = t.run("restore", file, "--yes")
        t.check(done.code == 0 and "MINE" not in text_of(t.path(".env")), "restored", done)
    found = [in_backup(path, "files/.env").split("MINE=")[1] for path in saved(t)]
    t.check(sorted(found) == ["1\n", "2\n", "3\n"], "each .env that was there is in a backup", found)
    names = [name for name in os.listdir(t.path()) if "before" in name]
    t.check(not names, "and none lies about", names)


@story
def settings_alone_do_not_take_the_place_of_those_of_the_data(t):
    t.check(t.install().code == 0, "installed, without a volume")
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    t.play(**DATA, running_before=True)
    write(t.path(".env"), text_of(t.path(".env")) + "MINE=1\n")
    before = len(t.calls())
    done = t.run("restore", file, "--yes")
    t.check(done.code == 11 and "settings alone" in done.err and "--purge-data" in done.err, "11, and the ways out", done)
    t.check("MINE=1" in text_of(t.path(".env")) and not saved(t) and
            not any(w in call for call in t.calls()[before:] for w in ("stop", "rm", "cp", "load", "up")), "nothing was touched")


@story
def a_compose_file_that_cannot_be_read_is_restored_beside_the_own(t):
    installed(t)
    own, file = text_of(t.path("compose.yaml")), os.path.join(t.folder, "b.tar")
    for text, good in ((own + "# mine\n", True), (own[:20] + "\0", False)):
        write(t.path("compose.yaml"), text)
        t.check(t.run("backup", file).code == 0, "a backup")
        done = t.run("restore", file, "--yes")
        t.check(done.code == 0 and text_of(t.path("compose.yaml")) == (text if good else own), f"restored, good: {good}", done)
        os.remove(file)
    t.check("control characters" in done.err and text_of(t.path("compose.yaml.old")) == text, "told, and kept beside it", done)


@story
def a_restore_that_goes_on_keeps_an_env_that_was_edited_meanwhile(t):
    installed(t)
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    t.play(**DATA, running_before=True, cp_in="full")
    for number in (1, 2):
        t.check(t.run("restore", file, "--yes").code == 9, "the engine's disk is full: 9")
        write(t.path(".env"), text_of(t.path(".env")) + f"MINE={number}\n")
    t.play(**DATA, running_before=True)
    done = t.run("restore", file, "--yes")
    kept = [path for path in saved(t) if path.endswith(".env")]
    t.check(done.code == 0 and "MINE" not in text_of(t.path(".env")) and len(kept) == 2, "0, both are kept", done)
    t.check([text_of(path).split("MINE=")[1] for path in kept if path in done.err] == ["2\n"], "the second is named", done)
    t.check(sorted(text_of(path).split("MINE=")[1] for path in kept) == ["1\n", "2\n"] and
            all(stat.S_IMODE(os.stat(path).st_mode) == 0o600 for path in kept), "as they were, 0600", kept)


@story
def data_that_came_after_a_restore_is_saved_before_the_next(t):
    installed(t)
    file = os.path.join(t.folder, "b.tar")
    t.check(t.run("backup", file).code == 0, "a backup")
    t.play(**DATA, running_before=True, containers=[[{"service": "web", "health": "unhealthy"}]])
    done = t.run("restore", file, "--yes", "--timeout", "2")
    t.check(done.code == 13 and len(saved(t)) == 1, "it does not get healthy: 13", done)
    done = t.run("start")
    t.check(done.code == 11 and "has not proved itself" in done.err and saved(t)[0] in done.err, "start: 11", done)
    t.play(**DATA, running_before=True)
    t.check(t.run("restore", file).code == 2, "whoever replaces that data must agree: 2")
    done = t.run("restore", file, "--yes")
    t.check(done.code == 0 and len(saved(t)) == 2 and saved(t)[1] in done.out, "what services wrote since is saved", done)


@story
def a_backup_without_settings_leaves_those_that_lie_here(t):
    """Another user's backup of the data alone: the .env that its passwords are in is the one that was kept here."""
    folder, data = os.path.join(t.home, "hardtack/settings"), {"volumes": ["settings_db"]}
    t.check(t.run("install", "--yes", "--set", "ADMIN=a", file=t.settings).code == 0, "the first user installs")
    t.play(**data)
    t.check(t.run("uninstall", "--yes", file=t.settings).code == 0, "and uninstalls; the data stays")
    env, other = text_of(os.path.join(folder, ".env")), {"HOME": os.path.join(t.folder, "other")}
    os.makedirs(other["HOME"])
    done = t.run("install", "--yes", "--set", "ADMIN=b", "--erase-data", file=t.settings, env=other)
    t.check(done.code == 0, "the second one begins anew", done)
    file = saved(t, os.path.join(other["HOME"], "hardtack/backups"))[0]
    with tarfile.open(file) as tar:
        names = tar.getnames()
    t.check("hardtack-backup/files/.env" not in names and any("volumes/" in name for name in names), "with a backup that has data and no .env", names)
    for running, more in ((False, []), (True, []), (True, ["--set", "CITY=Hotan"])):
        t.play(**data, running_before=running)
        done = t.run("restore", file, "--yes", *more, file=t.settings)
        t.check(done.code == 0 and "the backup has no " + os.path.join(folder, ".env") in done.err and "is used" in done.err, f"running: {running}: 0, and the plan says so", done)
        now = text_of(os.path.join(folder, ".env"))
        t.check(now == env if not more else ("CITY=Hotan" in now or 'CITY="Hotan"' in now) and [line for line in env.splitlines() if "PASSWORD" in line][0] in now,
                "the .env that lay here is what it was", (env, now))
    os.remove(os.path.join(folder, ".env"))
    done = t.run("restore", file, "--yes", "--set", "ADMIN=a", file=t.settings)
    t.check(done.code == 11 and f"its {folder}/.env is gone" in done.err, "without it, over data: 11, which is true then", done)
    t.play()
    done = t.run("restore", file, "--yes", "--set", "ADMIN=a", file=t.settings)
    t.check("new passwords" in done.err and "! " in done.err, "on an empty machine it is said what becomes of the passwords", done)


@story
def a_file_that_appears_during_a_backup_is_not_overwritten(t):
    installed(t, cp="wait")
    file = os.path.join(t.folder, "b.tar")
    process = t.start("backup", file)
    t.wait_for_call("c" * 64 + ":/hardtack-volume")
    write(file, "somebody else's")
    write(os.path.join(t.bin, "go"), "")
    said = process.communicate(timeout=60)[0].decode()
    t.check(process.returncode == 2 and "not overwritten" in said and text_of(file) == "somebody else's", "2, and it is as it was", said)
    t.check(not [name for name in os.listdir(t.folder) if "b.tar" in name and name != "b.tar"], "nothing else is left")


@story
def what_reaches_no_volume_names_the_installer(t):
    installed(t)
    control = os.path.join(t.folder, "control")
    os.link(t.path("hardtack-control"), control)
    t.check(t.run("uninstall", "--yes").code == 0, "the images are gone, the data stays")
    for file in (t.path("hardtack-control"), control):
        done = t.run("uninstall", "--purge-data", "--yes", file=[*t.runner, file])
        t.check(done.code == 6 and f'"{t.installer[-1]}" load' in done.err, "6, with a command line", done)
    t.check(t.run("uninstall", "--purge-data", "--yes").code == 0, "the installer brings an image along")


@story
def images_that_somebody_has_removed_do_not_prevent_a_backup(t):
    installed(t)
    state_path = os.path.join(t.bin, "state.json")
    state = json.loads(text_of(state_path))
    write(state_path, json.dumps({**state, "images": {}}))
    file = os.path.join(t.folder, "b.tar")
    done = t.run("backup", file, file=[*t.runner, t.path("hardtack-control")])
    t.check(done.code == 6 and f'"{t.installer[-1]}" load' in done.err and not os.path.exists(file), "the control program: 6, with a command line", done)
    done = t.run("backup", file)
    t.check(done.code == 0 and len(json.loads(text_of(state_path))["images"]) == 1, "the installer loads its smallest: 0", done)


@story
def a_purge_that_is_interrupted_starts_the_services_again(t):
    installed(t, cp="hang")
    before = len(t.calls())
    process = t.start("uninstall", "--purge-data", "--yes")
    t.wait_for_call("c" * 64 + ":/hardtack-volume")
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0].decode()
    calls = t.calls()[before:]
    t.check(process.returncode == 130 and "up" in calls[-1] and not any(c[1:3] == ["volume", "rm"] for c in calls), "130; up, nothing deleted",
            f"{process.returncode}\n{said}\n{calls}")
    t.check(saved(t) == [], "no file is left")


@story
def a_backup_without_its_env_says_so(t):
    t.check(t.run("install", "--yes", "--set", "ADMIN=a", file=t.settings).code == 0, "installed")
    t.play(volumes=["settings_db"], running_before=True)
    env = os.path.join(t.home, "hardtack/settings/.env")
    done = t.run("backup", os.path.join(t.folder, "whole.tar"), file=t.settings)
    t.check(done.code == 0 and "is gone" not in done.err and "holds the passwords" in done.err, "with it: as ever", done)
    os.remove(env)
    done = t.run("backup", os.path.join(t.folder, "b.tar"), file=t.settings)
    t.check(done.code == 0 and f"{env} is gone, and so not in the backup" in done.err and "holds the passwords" not in done.err, "without it: a warning", done)


@story
def a_purge_names_what_services_have_put_beside_its_files(t):
    installed(t)
    os.makedirs(t.path("out"))
    write(t.path("out", "log"), "side")
    done = t.run("uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and f"`rm -r {t.path('out')}`" in done.err and done.err.count(" stays: ") == 1 and os.path.exists(t.path("out", "log")), "it stays, and is named", done)
    installed(t)
    os.remove(t.path("out", "log"))
    os.rmdir(t.path("out"))
    done = t.run("uninstall", "--yes", "--purge-data")
    t.check(done.code == 0 and " stays: " not in done.err and not os.path.exists(t.path()), "nothing is left, nothing is said", done)


@story
def what_an_uninstall_kept_and_somebody_deleted_is_not_kept(t):
    installed(t)
    t.play(volumes=["hello_data"], running_before=True)
    t.check(t.run("uninstall", "--yes").code == 0, "uninstalled, with the data kept")
    done = t.run("status")
    t.check(done.code == 2 and "hello_data" in done.out + done.err and "no data is there" not in done.err, "it is there", done)
    t.play(volumes=[])
    done = t.run("status")
    t.check(done.code == 2 and "Docker has no volume of the project hello: no data is there." in done.err, "and now it is not", done)
