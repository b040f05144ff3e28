"""A backup of 20.10 with compose v1, restored on 28.5's containerd store in another HOME: the same rows of PostgreSQL."""
import os
import shutil
import stat
import tarfile

import harness
import images

URL = "http://127.0.0.1:3000/"
COUNT = URL + "cgi-bin/index.cgi?count"
ROWS = "select number, at from visits order by number"


def rows(t, engine, project="guestbook", service="db"):
    """Every row of the real database, as text."""
    found = [name for name in t.containers(engine, project) if service in name]
    t.need(found, f"a container of {service} runs", t.containers(engine, project))
    done = t.run(["docker", "exec", found[0], "sh", "-c",
                  f'PGPASSWORD=$POSTGRES_PASSWORD psql -X -q -A -t -h 127.0.0.1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "{ROWS}"'],
                 engine)
    t.need(done.code == 0 and done.out.strip(), "the database tells its rows", done)
    return done.out


def visit(t, engine, times):
    for number in range(times):
        answer = t.http(engine, URL, "guestbook: visit")
        t.need("guestbook: visit" in answer, f"visit {number + 1} is counted", answer)


def check_file(t, path):
    mode = stat.S_IMODE(os.stat(path).st_mode)
    t.check(mode == 0o600, "the backup is readable by its owner alone", oct(mode))
    with tarfile.open(path) as tar:
        names = tar.getnames()
        data = tar.extractfile("hardtack-backup/volumes/guestbook_database.tar")
        with tarfile.open(fileobj=data) as inner:
            version = inner.extractfile("hardtack-volume/PG_VERSION").read()
    t.check(names[0] == "hardtack-backup/backup.json" and names[-1] == "hardtack-backup/index.json" and version.strip() == b"15",
            "python's tarfile gets at the database without us", names)
    t.check("hardtack-backup/files/.env" in names and "hardtack-backup/receipt.json" in names, ".env and receipt are in it", names)


def refuse_bad_files(t, file, backup, engine):
    bad = t.path("bad.tar")
    with open(backup, "rb") as whole:
        data = bytearray(whole.read())
    before = engine.run(["docker", "volume", "ls", "-q"]).stdout
    for what, change in (("flipped", lambda d: d.__setitem__(len(d) // 2, d[len(d) // 2] ^ 1)),
                         ("cut", lambda d: d.__delitem__(slice(len(d) - 4096, None)))):
        copy = bytearray(data)
        change(copy)
        with open(bad, "wb") as out:
            out.write(copy)
        done = t.installer(file, "restore", bad, "--yes", engine=engine)
        t.check(done.code == 7, f"a {what} backup: 7", done)
    done = t.installer(file, "restore", file, "--yes", engine=engine)
    t.check(done.code == 3, "a file that is no backup: 3", done)
    t.check(before == engine.run(["docker", "volume", "ls", "-q"]).stdout and
            not os.path.exists(os.path.join(t.home, "hardtack", "guestbook")), "nothing was touched")


def build_sixteen(t, project):
    """The same project on what says to be PostgreSQL 16."""
    copy = t.path("sixteen")
    shutil.copytree(project, copy)
    path = os.path.join(copy, "compose.yaml")
    with open(path, encoding="utf-8") as text:
        compose = text.read()
    with open(path, "w", encoding="utf-8") as text:
        text.write(compose.replace("postgres:15", "postgres:16"))
    return t.build(copy, "linux-amd64", ["postgres:16=" + images.archive("save-old", images.POSTGRES),
                                         images.archive("save-new", images.GUESTBOOK)], out=t.path("pg16"))


def story(t):
    project = os.path.join(harness.PROJECTS, "guestbook")
    file = t.build(project, "linux-amd64", [images.archive("oci")])
    older = t.build(project, "linux-amd64", [images.archive("oci")], "--version-label", "1.1.9", out=t.path("older"))
    old, new = t.bench.engine("v20"), t.bench.engine("v28c")
    done = t.installer(file, "install", "--yes", engine=old)
    t.need(done.code == 0, "install on v20: 0", done)
    visit(t, old, 3)
    before = rows(t, old)
    backup = t.path("guestbook.tar")
    done = t.installer(os.path.join(t.home, "hardtack", "guestbook", "hardtack-control"), "backup", backup, engine=old)
    t.need(done.code == 0, "the control program's backup: 0", done)
    with open(os.path.join(t.home, "hardtack", "guestbook", ".env"), encoding="utf-8") as text:
        env = text.read()
    password = env.split("POSTGRES_PASSWORD=")[1].split()[0]
    t.check("passwords" in done.err and password not in done.out + done.err, "it says that passwords are in it, and shows none", done)
    check_file(t, backup)
    t.check("guestbook: visit 3" in t.http(old, COUNT, "guestbook: visit 3"), "the services run again")
    done = t.installer(file, "backup", backup, engine=old)
    t.check(done.code == 2, "an existing file is not overwritten: 2", done)

    sixteen = build_sixteen(t, project)
    first_home, t.home = t.home, t.path("home2")
    os.makedirs(t.home)
    refuse_bad_files(t, file, backup, new)
    done = t.installer(older, "restore", backup, "--yes", engine=new)
    t.check(done.code == 3 and "1.2.0" in done.err, "an older program refuses a newer version's backup, and names it: 3", done)
    done = t.installer(sixteen, "restore", backup, "--yes", engine=new)
    t.check(done.code == 3 and "PostgreSQL 15" in done.err and "PostgreSQL 16" in done.err, "another PostgreSQL major: 3", done)
    done = t.installer(file, "restore", backup, "--yes", engine=new)
    t.need(done.code == 0, "restore on v28c, an empty machine: 0", done)
    t.check(rows(t, new) == before, "the same rows, number for number and second for second", before)
    with open(os.path.join(t.home, "hardtack", "guestbook", ".env"), encoding="utf-8") as text:
        t.check(text.read() == env, ".env came with them")
    visit(t, new, 1)
    changed = rows(t, new)
    control = os.path.join(t.home, "hardtack", "guestbook", "hardtack-control")
    done = t.installer(control, "restore", backup, "--yes", engine=new)
    t.need(done.code == 0, "the control program restores over newer data: 0", done)
    t.check(rows(t, new) == before, "the rows are as in the backup again")
    saved = os.listdir(os.path.join(t.home, "hardtack", "backups"))
    t.need(len(saved) == 1, "what was there was backed up first", saved)
    kept = os.path.join(t.home, "hardtack", "backups", saved[0])
    t.check(t.installer(control, "uninstall", "--yes", engine=new).code == 0, "uninstall takes the images, not the data")
    done = t.installer(file, "uninstall", "--purge-data", "--yes", engine=new)
    t.check(done.code == 0 and kept.rsplit("/", 1)[0] in done.out + done.err and len(os.listdir(os.path.dirname(kept))) == 2 and
            not os.path.exists(os.path.dirname(control)), "purge brings an image to reach the data with, makes a backup first and says where", done)
    t.check("guestbook" not in new.run(["docker", "volume", "ls", "-q"]).stdout and
            not new.run(["docker", "ps", "-aq"]).stdout.strip(), "and leaves neither volume nor container")
    done = t.installer(file, "restore", kept, "--yes", engine=new)
    t.check(done.code == 0 and rows(t, new) == changed, "what was replaced comes back from its own backup", done)
    shutil.rmtree(first_home)
