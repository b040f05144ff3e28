"""Backups by a hook while the services run; kill -9 of backup and restore at several moments, then completion; --erase-data;
the Mach-O. Rows of the real PostgreSQL before and after."""
import os
import shutil
import signal
import tarfile
import time

import harness
import images

URL = "http://127.0.0.1:3000/"
ROWS = "select number, at from visits order by number"
HOOK = """backup:
  exec: {service: db, command: [sh, -c, 'PGPASSWORD=$$POSTGRES_PASSWORD pg_dump -h 127.0.0.1 -U "$$POSTGRES_USER" -Fc "$$POSTGRES_DB"']}
  restore: {service: db, command: [sh, -c, 'cat >/tmp/in && PGPASSWORD=$$POSTGRES_PASSWORD pg_restore -h 127.0.0.1 -U "$$POSTGRES_USER" --clean --if-exists -d "$$POSTGRES_DB" /tmp/in']}
"""


def rows(t, engine):
    name = next(name for name in t.containers(engine, "guestbook") if "db" in name)
    done = t.run(["docker", "exec", name, "sh", "-c",
                  f'PGPASSWORD=$POSTGRES_PASSWORD psql -X -q -A -t -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "{ROWS}"'],
                 engine)
    t.need(done.code == 0 and done.out.strip(), "the database tells its rows", done)
    return done.out


def started(t, engine):
    return sorted(t.containers(engine, "guestbook").values())


def killed_at(t, engine, argv, moment):
    """Runs it until its output holds `moment`, then SIGKILL."""
    process = t.popen(argv, engine)
    deadline = time.monotonic() + 120
    while moment not in t.said() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    done = process.poll() is not None
    process.kill()
    process.wait()
    t.check(not done, f"{argv[1]} was killed at \"{moment}\"", t.said())


def story(t):
    project = t.path("hooked")
    shutil.copytree(os.path.join(harness.PROJECTS, "guestbook"), project)
    plain = t.build(project, "linux-amd64", [images.archive("oci")])
    with open(os.path.join(project, "hardtack.yaml"), "a", encoding="utf-8") as text:
        text.write(HOOK)
    hooked = t.build(project, "linux-amd64", [images.archive("oci")], out=t.path("hook"))
    macho = t.build(project, "darwin-arm64", [images.archive("oci")], "--platform", "linux/amd64", out=t.path("mac"))
    engine = t.bench.engine("v28")
    t.need(t.installer(hooked, "install", "--yes", engine=engine).code == 0, "install: 0")
    t.http(engine, URL, "guestbook: visit 1")
    t.http(engine, URL, "guestbook: visit 2")
    before, running = rows(t, engine), started(t, engine)
    dump, copy = t.path("dump.tar"), t.path("copy.tar")
    done = t.installer(hooked, "backup", dump, engine=engine)
    t.check(done.code == 0 and started(t, engine) == running and "Stopping" not in done.err,
            "with a hook: 0, and nothing was stopped", done)
    t.check(os.path.getsize(dump) < 1 << 20, "the file holds the dump, not the volume", os.path.getsize(dump))

    killed_at(t, engine, [plain, "backup", copy], "Writing ")
    t.check(not os.path.exists(copy) and not t.containers(engine, "guestbook"), "no file; the services are stopped")
    done = t.installer(plain, "status", engine=engine)
    t.check(done.code == 13 and "backup" in done.err, "status says why", done)
    done = t.installer(plain, "backup", copy, engine=engine)
    t.check(done.code == 0 and rows(t, engine) == before, "the next backup completes and starts them again", done)
    t.check(not engine.run(["docker", "ps", "-aq", "--filter", "label=hardtack.helper"]).stdout.strip(), "no helper is left")

    done = t.installer(hooked, "install", "--erase-data", "--yes", engine=engine)
    saved = os.listdir(os.path.join(t.home, "hardtack", "backups"))
    with tarfile.open(os.path.join(t.home, "hardtack", "backups", saved[0])) as tar:
        names = tar.getnames()
    t.check("hardtack-backup/volumes/guestbook_database.tar" in names and "hardtack-backup/hook/output" not in names,
            "a backup before a deletion has the volumes, hook or not", names)
    t.http(engine, URL, "guestbook: visit 1")
    t.check(done.code == 0 and len(saved) == 1 and rows(t, engine) != before, "--erase-data: a backup, then begun anew", done)
    for moment in ("Putting the data back", "Writing files"):
        killed_at(t, engine, [plain, "restore", copy, "--yes"], moment)
        done = t.installer(plain, "start", engine=engine)
        t.check(done.code == 11 and "restore " + copy in done.err, "start is refused, with the way out: 11", done)
        done = t.installer(plain, "restore", copy, "--yes", engine=engine)
        t.check(done.code == 0 and rows(t, engine) == before, f"killed at \"{moment}\", restore completes: the same rows", done)
    t.http(engine, URL, "guestbook: visit")
    done = t.installer(macho, "restore", dump, "--yes", engine=engine)
    t.check(done.code == 0 and rows(t, engine) == before, "the Mach-O restores the ELF's hook backup: the same rows", done)
    mac = t.path("mac.tar")
    done = t.installer(macho, "backup", mac, engine=engine)
    t.check(done.code == 0 and os.path.getsize(mac) > 0, "the Mach-O backs up", done)
    done = t.installer(macho, "uninstall", "--purge-data", "--yes", engine=engine)
    t.check(done.code == 0, "the Mach-O purges, after a backup", done)
