"""A backup restored beside the running project it came from: directories, names and ports of its own; what is not in it is named,
and outlives a purge when it is another project's."""
import os
import shutil

import harness
import images

COUNT = "http://127.0.0.1:%d/cgi-bin/index.cgi?count"


def story(t):
    project = t.path("places")
    shutil.copytree(os.path.join(harness.PROJECTS, "guestbook"), project)
    path = os.path.join(project, "compose.yaml")
    with open(path, encoding="utf-8") as text:
        compose = text.read()
    with open(path, "w", encoding="utf-8") as text:
        text.write(compose.replace("    stop_grace_period: 2s\n", "    stop_grace_period: 2s\n    volumes: [\"./shared:/shared\", /scratch, \"theirs:/theirs\"]\n")
                   + "  theirs: {name: everybodys}\n")
    os.makedirs(os.path.join(project, "shared"))
    file = t.build(project, "linux-amd64", [images.archive("oci")])
    engine = t.bench.engine("v28")
    t.run(["docker", "volume", "create", "--label", "com.docker.compose.project=other", "everybodys"], engine)
    done = t.installer(file, "install", "--yes", engine=engine)
    t.need(done.code == 0, "install: 0", done)
    t.http(engine, "http://127.0.0.1:3000/", "guestbook: visit 1")
    web = next(name for name in t.containers(engine, "guestbook") if "web" in name)
    t.run(["docker", "exec", web, "sh", "-c", "echo note >/shared/note; chown 5:6 /shared/note; chmod 600 /shared/note"], engine)
    running = t.containers(engine, "guestbook")
    backup = t.path("b.tar")
    done = t.installer(file, "backup", backup, engine=engine)
    t.check(done.code == 0 and "/scratch" in done.err and "has no name" in done.err, "what is not in it is named", done)
    done = t.installer(file, "restore", backup, "--yes", "--project-name", "beside", engine=engine)
    t.check(done.code == 11 and not os.path.exists(os.path.join(t.home, "hardtack", "beside")),
            "its port is taken: 11, and nothing is left of the attempt", done)
    done = t.installer(file, "restore", backup, "--yes", "--project-name", "beside", "--set", "WEB_PORT=3001", engine=engine)
    t.need(done.code == 0, "restored beside it, on another port: 0", done)
    for port in (3000, 3001):
        t.check("guestbook: visit 1" in t.http(engine, COUNT % port, "guestbook: visit 1"), f"the visit is there on {port}")
    note = os.path.join(t.home, "hardtack", "beside", "shared", "note")
    kept = os.stat(note)
    t.check((kept.st_uid, kept.st_gid, kept.st_mode & 0o777) == (5, 6, 0o600), "the directory's file has its owner and mode", kept)
    t.check(t.containers(engine, "guestbook").keys() == running.keys(), "the first one runs as before")
    with open(os.path.join(t.home, "hardtack", "beside", ".env"), encoding="utf-8") as text:
        env = text.read()
    t.check(env.count("WEB_PORT=") == 1 and "WEB_PORT=3001" in env, "the port stands in .env once", env)
    for name in ("beside", "guestbook"):
        done = t.installer(file, "uninstall", "--purge-data", "--yes", "--project-name", name, engine=engine)
        t.check(done.code == 0, f"{name} is purged: 0", done)
    left = engine.run(["docker", "volume", "ls", "-q"]).stdout.split()
    t.check(left == ["everybodys"], "no volume is left, an anonymous one neither, but another project's, whose name it uses", left)
