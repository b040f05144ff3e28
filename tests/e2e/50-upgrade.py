"""A newer version over an older one: data kept, only what is missing loaded; an older one, or another PostgreSQL, refused."""
import glob
import os

import images
import upgrade_stack as stack


def file_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def backups(t, word):
    return glob.glob(os.path.join(t.home, "hardtack", "backups", f"guestbook-{word}-*"))


def story(t):
    engine = t.bench.engine("v28")
    old = stack.first_version(t)
    new = stack.second_version(t, "v2", first=stack.MIGRATES, template="SESSION_KEY={{secret hex 16}}\n")
    done = t.installer(old, "install", "--yes", engine=engine)
    t.need(done.code == 0, "the first version: 0", done)
    before, env = stack.visit(t, engine), stack.read(stack.home(t, ".env"))

    other = t.build(stack.project(t, "v17", "3.0.0", database="postgres:17"), "linux-amd64",
                    [images.archive("oci", images.GUESTBOOK), images.langfuse_archive("oci", images.POSTGRES_17)],
                    out=t.path("dist-17"))
    running = t.containers(engine, "guestbook")
    done = t.installer(other, "install", "--yes", engine=engine)
    t.check(done.code == 11 and "PostgreSQL 15" in done.err and "PostgreSQL 17" in done.err and "pg_dumpall" in done.err,
            "PostgreSQL 17 over the data of 15: 11, with the way out", done)
    t.check(t.containers(engine, "guestbook") == running and stack.rows(engine) == before, "and nothing was touched")

    t.need(t.installer(old, "uninstall", "--yes", engine=engine).code == 0, "uninstalled, with the data kept")
    done = t.installer(other, "install", "--yes", engine=engine)
    t.check(done.code == 11 and "guestbook_database holds data of PostgreSQL 15" in done.err and not t.containers(engine, "guestbook"),
            "PostgreSQL 17 over a kept volume of 15: 11, and nothing is started", done)
    done = t.installer(old, "install", "--yes", engine=engine)
    t.need(done.code == 0 and stack.rows(engine) == before, "the first version over its data: 0, and every row", done)

    done = t.installer(new, "install", "--dry-run", engine=engine)
    t.check(done.code == 0 and "1.2.0 -> 2.0.0" in done.err and "2, of which 1 are to be loaded" in done.err
            and "unchanged   docker.io/library/postgres:15" in done.err
            and "ghcr.io/acme/guestbook:1.2 -> ghcr.io/acme/guestbook:2.0" in done.err, "the plan says old, new and what changes", done)
    done = t.installer(new, "install", "--yes", engine=engine)
    t.need(done.code == 0, "the upgrade, over ports that the old stack holds: 0", done)
    found = stack.rows(engine)
    t.check(found == before, "every row is there", f"{before}---\n{found}")
    t.check(stack.rows(engine, "note is null").split() == ["t"] * 3, "in the table as the new version wants it")
    now = stack.read(stack.home(t, ".env"))
    t.check(now.startswith(env) and "SESSION_KEY=" in now and "{{" not in now, ".env is kept, with one key more", now)
    t.check(stack.receipt(t)["version"] == "2.0.0" and not os.path.exists(stack.home(t, ".hardtack-rollback")),
            "the receipt is the new one's, and the rollback point is gone", os.listdir(stack.home(t)))
    backup = stack.home(t, "before-upgrade.backup")
    t.check(os.path.isfile(backup) and os.stat(backup).st_mode & 0o777 == 0o600 and backup in done.err,
            "the data of before is kept, and it is said where", done)
    lines = [line for line in done.out.splitlines() if "docker image rm" in line]
    t.check(len(lines) == 1 and "guestbook:1.2" in lines[0] and any("guestbook:1.2" in tag for tag in stack.tags(engine)),
            "the superseded image stays with --yes; how to remove it is said", done)

    done = t.installer(old, "install", "--yes", engine=engine)
    t.check(done.code == 11 and "2.0.0 is installed" in done.err and new in done.err, "the older one over it: 11, and the way out", done)
    done = t.installer(new, "install", "--yes", engine=engine)
    t.check(done.code == 0 and "rollback" not in done.err and stack.rows(engine) == before,
            "the same again is no upgrade: 0", done)
    done = t.installer(stack.home(t, "hardtack-control"), "rollback", "--yes", engine=engine)
    t.check(done.code == 2, "nothing to go back from: 2", done)
    saved = file_bytes(backup)
    done = t.installer(new, "uninstall", "--yes", "--purge-data", engine=engine)
    left = os.listdir(stack.home(t)) if os.path.exists(stack.home(t)) else []
    # What the refused PostgreSQL 17 had written, nobody's receipt knows.
    t.check(done.code == 0 and all(name.endswith(".old") for name in left), "purged: nothing is left there", left)
    kept = backups(t, "before-upgrade")
    t.need(len(kept) == 1 and file_bytes(kept[0]) == saved and kept[0] in done.err and os.stat(kept[0]).st_mode & 0o777 == 0o600,
           "but the upgrade's backup is kept among the backups, and it is said where", done)
    done = t.installer(old, "restore", kept[0], "--yes", engine=engine)
    t.check(done.code == 0 and stack.rows(engine) == before, "the first version restores it: every row", done)

    ruinous = stack.second_version(t, "ruinous", first=stack.SPOILS, healthy='["CMD", "false"]')
    process = t.popen([ruinous, "install", "--yes"], engine)
    t.need(stack.kill_at(t, process, "started", also=lambda: stack.is_emptied(engine)), "an upgrade is killed that has deleted the rows",
           t.said())
    done = t.installer(stack.home(t, "hardtack-control"), "uninstall", "--yes", "--purge-data", engine=engine)
    kept = backups(t, "before-unfinished-upgrade")
    t.need(done.code == 0 and len(kept) == 1 and kept[0] in done.err, "a purge over it keeps what it had saved, and says where", done)
    done = t.installer(old, "restore", kept[0], "--yes", engine=engine)
    t.check(done.code == 0 and stack.rows(engine) == before, "which has every row", done)
