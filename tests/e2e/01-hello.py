"""The smallest project, on a current engine: built, verified, installed, asked, installed again, stopped, removed."""
import hashlib
import os
import stat

from harness import HELLO_LINE

URL = "http://127.0.0.1:8088/"


def story(t):
    engine = t.bench.engine("v28")
    file = t.build_hello()
    folder = os.path.dirname(file)
    t.check(os.path.basename(file) == "hello-1.0.0-linux-amd64", "the file is called name-version-target", file)
    t.check(os.access(file, os.X_OK) and stat.S_ISREG(os.stat(file).st_mode), "the file can be run")
    with open(file, "rb") as data:
        digest = hashlib.sha256(data.read()).hexdigest()
    with open(file + ".sha256", encoding="ascii") as text:
        t.check(text.read().split()[0] == digest, "FILE.sha256 holds its digest")
    t.check("先读我-README.txt" in os.listdir(folder), "a read-me in both languages lies beside it", os.listdir(folder))
    again = t.build_hello(out=t.path("again"))
    with open(again, "rb") as data:
        t.check(hashlib.sha256(data.read()).hexdigest() == digest, "a second build gives the same bytes")

    done = t.installer(file, "verify")
    t.check(done.code == 0, "verify: 0", done)
    done = t.installer(file, "install", "--yes", engine=engine)
    t.need(done.code == 0, "install --yes: 0", done)
    t.check("8088" in done.out + done.err, "install says where the page is", done)
    answer = t.http(engine, URL, HELLO_LINE)
    t.check(HELLO_LINE in answer, "the page answers", answer)
    env_file = os.path.join(t.home, "hardtack", "hello", ".env")
    t.check(os.path.isfile(env_file) and stat.S_IMODE(os.stat(env_file).st_mode) == 0o600, ".env is private", env_file)

    before = t.containers(engine, "hello")
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 0, "install again: 0", done)
    t.check(before and t.containers(engine, "hello") == before, "it leaves the running container alone", before)
    done = t.installer(file, "install", "--yes", "--json", engine=engine)
    last = done.events()[-1] if done.out else {}
    t.check(done.code == 0 and last.get("event") == "result" and last.get("exit") == 0 and last.get("schema") == 1,
            "with --json every line is an object, the last is the result", done)

    t.check(t.installer(file, "status", engine=engine).code == 0, "status: 0")
    done = t.installer(file, "stop", engine=engine)
    t.check(done.code == 0 and not t.containers(engine, "hello"), "stop: 0, and nothing runs", done)
    done = t.installer(file, "start", engine=engine)
    t.check(done.code == 0, "start: 0", done)
    answer = t.http(engine, URL, HELLO_LINE)
    t.check(HELLO_LINE in answer, "the page answers after stop and start", answer)
    done = t.installer(file, "uninstall", "--yes", engine=engine)
    t.check(done.code == 0, "uninstall: 0", done)
    left = engine.run(["docker", "ps", "-aq"]).stdout
    t.check(left == "", "uninstall leaves no container", left)
    t.check(t.installer(file, "status", engine=engine).code == 2, "status when not installed: 2")
