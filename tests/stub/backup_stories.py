"""backup, restore, and the backups before a deletion, where no real engine helps: refusals, a cut copy, a full disk. See run."""
import json
import os
import signal
import stat

from __main__ import story  # pylint: disable=no-name-in-module

DATA = {"volumes": ["hello_data"]}


def installed(t, **scenario):
    t.check(t.install().code == 0, "installed")
    t.play(**{**DATA, "running_before": True, **scenario})


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
    t.check(done.code == 8 and not any("stop" in call for call in t.calls()), "no such folder: 8, nothing stopped", done)


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
def no_backup_no_deletion(t):
    installed(t, cp="fail")
    for verb in (["uninstall", "--purge-data"], ["install", "--erase-data"]):
        before = len(t.calls())
        done = t.run(*verb, "--yes")
        calls = t.calls()[before:]
        t.check(done.code == 10 and "--backup-to" in done.err, f"{verb}: 10, and the way out", done)
        t.check(not any(c[1:3] == ["volume", "rm"] or "down" in c for c in calls), "nothing was deleted", calls)
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
