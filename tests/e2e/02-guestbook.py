"""PostgreSQL and a web service: the ELF natively, and the Mach-O itself under machorun, bring the stack up."""
import os

import harness
import images

URL = "http://127.0.0.1:3000/"
COUNT = URL + "cgi-bin/index.cgi?count"


def bring_up(t, engine, file, kind):
    def run(*words):
        return t.installer(file, *words, engine=engine)

    done = run("install", "--yes")
    t.need(done.code == 0, f"{kind}: install: 0", done)
    answer = t.http(engine, URL, "guestbook: visit 1")
    t.check("guestbook: visit 1" in answer, f"{kind}: the stack counts its first visit", answer)
    with open(os.path.join(t.home, "hardtack", "guestbook", ".env"), encoding="utf-8") as text:
        secrets = text.read()
    t.check("{{" not in secrets and "POSTGRES_PASSWORD=" in secrets, f"{kind}: .env is rendered", secrets)
    leaked = [word for word in secrets.split("POSTGRES_PASSWORD=")[1].split()[:1] if word in done.out + done.err]
    t.check(not leaked, f"{kind}: the password is not shown")

    done = run("stop")
    t.check(done.code == 0 and not t.containers(engine, "guestbook"), f"{kind}: stop: 0, and nothing runs", done)
    done = run("start")
    t.check(done.code == 0, f"{kind}: start: 0", done)
    answer = t.http(engine, COUNT, "guestbook: visit 1")
    t.check("guestbook: visit 1" in answer, f"{kind}: the visit survived stop and start", answer)

    done = run("uninstall", "--yes")
    t.check(done.code == 0 and not t.containers(engine, "guestbook"), f"{kind}: uninstall: 0, and nothing runs", done)
    volumes = engine.run(["docker", "volume", "ls", "-q"]).stdout
    t.check("guestbook_database" in volumes, f"{kind}: uninstall keeps the data volume", volumes)
    done = run("install", "--yes")
    t.need(done.code == 0, f"{kind}: install over the kept data: 0", done)
    answer = t.http(engine, COUNT, "guestbook: visit 1")
    t.check("guestbook: visit 1" in answer, f"{kind}: the visit survived uninstall and install", answer)
    done = run("uninstall", "--yes", "--purge-data")
    volumes = engine.run(["docker", "volume", "ls", "-q"]).stdout
    t.check(done.code == 0 and "guestbook_database" not in volumes,
            f"{kind}: uninstall --purge-data: 0, the volume is gone", f"{done}\n{volumes}")


def story(t):
    project = os.path.join(harness.PROJECTS, "guestbook")
    elf = t.build(project, "linux-amd64", [images.archive("oci")])
    bring_up(t, t.bench.engine("v28"), elf, "ELF on v28")
    old = t.build(project, "linux-amd64", [images.archive("save-old", images.POSTGRES),
                                           images.archive("save-new", images.GUESTBOOK)], out=t.path("old"))
    engine = t.bench.engine("v28c")
    done = t.installer(old, "install", "--yes", engine=engine)
    t.check(done.code == 0, "images from two docker save archives install on v28c: 0", done)
    answer = t.http(engine, URL, "guestbook: visit 1")
    t.check("guestbook: visit 1" in answer, "and the stack counts its first visit", answer)
    t.check(t.installer(old, "uninstall", "--yes", "--purge-data", engine=engine).code == 0, "uninstall: 0")

    macho = t.build(project, "darwin-arm64", [images.archive("oci")], "--platform", "linux/amd64")
    bring_up(t, t.bench.engine("v28"), macho, "Mach-O on v28")
