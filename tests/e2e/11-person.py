"""At a terminal: the plan is shown and asked for once; the person's shell, folder and choices do not get in the way."""
import os
import subprocess

import harness
import images
import terminal

URL = "http://127.0.0.1:8088/"


def story(t):
    engine = t.bench.engine("v28")
    hello = t.build_hello()
    status, shown = terminal.session(t, [hello], [("[Y/n]", b"n\n")], engine)
    t.check(status == 130 and "hardtack/hello" in shown, "no verb, answer n: the plan is shown, 130", shown)
    t.check(engine.run(["docker", "images", "-q"]).stdout == "", "and nothing was loaded")
    status, shown = terminal.session(t, [hello], [("[Y/n]", b"\x03")], engine)
    t.check(status == 130, "Ctrl-C at the question: 130", f"{status}\n{shown}")
    status, shown = terminal.session(t, [hello], [("[Y/n]", b"y\n")], engine)
    t.check(status == 0, "answer y: 0", shown)
    answer = t.http(engine, URL, harness.HELLO_LINE)
    t.check(harness.HELLO_LINE in answer, "and the page answers", answer)
    done = t.installer(hello, "--lang", "zh", "status", engine=engine)
    t.check(done.code == 0 and any("\u4e00" <= letter <= "\u9fff" for letter in done.out + done.err),
            "status speaks Chinese when asked to", done)

    other = t.path("somewhere else")
    done = t.installer(hello, "install", "--yes", "--dir", other, "--project-name", "second", "--set",
                       "HELLO_PORT=9001", engine=engine)
    answer = t.http(engine, "http://127.0.0.1:9001/", harness.HELLO_LINE) if done.code == 0 else ""
    t.check(harness.HELLO_LINE in answer and t.containers(engine, "second"),
            "--dir, --project-name and --set are followed", f"{done}\n{answer}")
    done = t.installer(hello, "uninstall", "--yes", "--purge-data", "--dir", other, engine=engine)
    t.check(done.code == 0 and not t.containers(engine, "second") and not os.path.exists(os.path.join(other, ".env")), "its --dir alone says which: 0", done)
    answer = t.http(engine, URL, harness.HELLO_LINE)
    t.check(harness.HELLO_LINE in answer and t.containers(engine, "hello"), "the first one runs on", answer)
    t.check(t.installer(hello, "uninstall", "--yes", engine=engine).code == 0, "uninstall: 0")

    guestbook = t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
    stray = {"POSTGRES_PASSWORD": "stray", "POSTGRES_USER": "stray", "COMPOSE_FILE": "/nonexistent",
             "COMPOSE_PROJECT_NAME": "stray", "http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9",
             "DOCKER_DEFAULT_PLATFORM": "linux/arm64"}
    done = t.installer(guestbook, "install", "--yes", engine=engine, env=stray)
    answer = t.http(engine, "http://127.0.0.1:3000/", "guestbook: visit 1") if done.code == 0 else ""
    t.check("guestbook: visit 1" in answer, "stray variables of the shell change nothing", f"{done}\n{answer}")
    variables = engine.run(["docker", "inspect", "--format", "{{.Config.Env}}",
                            *t.containers(engine, "guestbook").values()]).stdout
    t.check("stray" not in variables, "none of them reached a container", variables)
    done = t.installer(guestbook, "uninstall", "--yes", "--purge-data", engine=engine)
    t.check(done.code == 0, "uninstall --purge-data: 0", done)

    done = subprocess.run(engine.argv([hello, "load", "--output", "-"]), env=engine.environment(), check=False,
                          stdin=subprocess.DEVNULL, capture_output=True)
    loaded = engine.run(["docker", "load"], input=done.stdout, text=False)
    t.check(done.returncode == 0 and b"hardtack/hello" in loaded.stdout, "load --output - | docker load works",
            done.stderr)
