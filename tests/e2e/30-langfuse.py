"""Langfuse, the mission: from one Enter to a proven trace, and everything that the handoff promises afterwards."""
import json
import os
import re
import time

import langfuse_stack as langfuse
import terminal

STRAY = {"POSTGRES_PASSWORD": "stray-password", "SALT": "stray-salt", "LANGFUSE_PORT": "3999",
         "http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
         "COMPOSE_PROJECT_NAME": "stray", "COMPOSE_FILE": "/nonexistent"}


def first_install(t, engine, file):
    """Returns the first trace's id."""
    status, shown = terminal.session(t, [file], [("[Y/n]", b"\n")], engine, env=STRAY)
    t.need(status == 0, "no verb, plain Enter, a shell full of stray variables: 0", f"{status}\n{shown}")
    t.check(all(text in shown for text in ("read the trace back", langfuse.URL, "credentials", "HANDOFF.en.md")),
            "the screen tells of the proof, the address, the login and what to read next", shown)
    t.check("was not done" not in shown, "no step was left out", shown)
    missing = langfuse.shown_in_readme("README.md", shown)
    t.check(not missing, "README.md shows this very screen", "\n".join(missing))
    leaked = [secret for secret in langfuse.secrets(t) if secret in shown]
    t.check(not leaked, "no secret is on the screen", shown)
    found = langfuse.traces(t, engine)
    t.need(found is not None and len(found) == 1, "the server holds the one trace that was written", found)
    return found[0]


def look_around(t, engine):
    variables, mode = langfuse.environment(t)
    t.check(mode == 0o600 and re.fullmatch("[0-9a-f]{64}", variables["ENCRYPTION_KEY"]) and
            variables["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"].startswith("pk-lf-") and
            variables["LANGFUSE_INIT_PROJECT_SECRET_KEY"].startswith("sk-lf-") and len(set(langfuse.secrets(t))) == 6,
            ".env: 0600, a key of 64 hex digits, pk-lf-, sk-lf-, every secret its own", sorted(variables))
    form = f"email={variables['LANGFUSE_INIT_USER_EMAIL']}&password={variables['LANGFUSE_INIT_USER_PASSWORD']}"
    status, text = langfuse.ask(t, engine, "POST", "/api/auth/callback/credentials", body=form,
                                kind="application/x-www-form-urlencoded")
    t.check(status == 200 and langfuse.URL in text, "the e-mail and password of .env log in", text)
    status, text = langfuse.ask(t, engine, "POST", "/api/auth/signup", body=json.dumps(
        {"name": "x", "email": "x@example.com", "password": "long-enough"}))
    t.check(status == 422 and "disabled" in text, "nobody else can make an account", text)
    ports = engine.run(["sh", "-c", "docker inspect --format '{{.Name}} {{json .HostConfig.PortBindings}}' $(docker ps -q)"])
    t.check(ports.stdout.count("HostPort") == 1 and '"HostIp":"127.0.0.1","HostPort":"3000"' in ports.stdout,
            "one port is published, on 127.0.0.1; not the database's", ports.stdout)
    inside = engine.run(["sh", "-c", "docker inspect --format '{{json .Config.Env}}' $(docker ps -q)"]).stdout
    t.check("stray" not in inside and ":9\"" not in inside, "nothing of the person's shell is in a container", inside)
    t.check("TELEMETRY_ENABLED=false" in inside and f"NEXTAUTH_URL={langfuse.URL}" in inside,
            "telemetry is off; links have the address that is published", inside)
    try:
        with open(langfuse.folder(t, "client", ".env"), encoding="utf-8") as text:
            handed = text.read()
    except OSError as error:
        handed = str(error)
    t.check(f"LANGFUSE_HOST={langfuse.URL}\n" in handed and all(
        f"={key}\n" in handed for key in langfuse.keys(t).split(":")),
            "client/.env has the same address, and the keys", handed.replace(langfuse.keys(t).split(":")[1], "****"))


def again(t, engine, file, first):
    with open(langfuse.folder(t, ".env"), "rb") as text:
        before = text.read()
    running = t.containers(engine, "langfuse")
    done = t.installer(file, "install", "--yes", engine=engine, env=STRAY)
    t.check(done.code == 0, "install again: 0", done)
    with open(langfuse.folder(t, ".env"), "rb") as text:
        t.check(text.read() == before, ".env is the same, byte for byte")
    t.check(t.containers(engine, "langfuse") == running, "no container was made anew")
    done = t.installer(file, "--json", "smoke", engine=engine, env=STRAY)
    last = done.events()[-1] if done.code == 0 else {}
    t.check(last.get("event") == "result" and last.get("exit") == 0, "smoke --json: ends with result, exit 0", done)
    found = langfuse.traces(t, engine)
    t.check(found is not None and len(set(found)) == 3 and first in found, "each proof wrote a trace of its own", found)


def stop_start(t, engine, file):
    done = t.installer(file, "stop", engine=engine)
    t.check(done.code == 0 and not t.containers(engine, "langfuse"), "stop: 0, nothing runs", done)
    done = t.installer(file, "smoke", engine=engine)
    t.check(done.code in (13, 15), "smoke of a stopped stack fails", done)
    done = t.installer(file, "start", engine=engine)
    t.check(done.code == 0, "start: 0", done)
    done = t.installer(file, "status", engine=engine)
    found = langfuse.traces(t, engine)
    t.check(done.code == 0 and found is not None and len(found) >= 3, "status: 0, and the traces are there", f"{done}\n{found}")


def credentials(t, engine, file):
    secret = langfuse.environment(t)[0]["LANGFUSE_INIT_USER_PASSWORD"]
    done = t.installer(file, "credentials", engine=engine)
    t.check(done.code == 0 and "admin@langfuse.local" in done.out and secret not in done.out + done.err,
            "credentials into a pipe: 0, the login is named, the password masked", done)
    status, shown = terminal.session(t, [file, "credentials"], [], engine)
    t.check(status == 0 and secret in shown, "credentials on a terminal: 0, the password is shown", f"exit {status}")


def back_up(t, engine):
    """The handoff's own commands, as they stand there."""
    with open(langfuse.folder(t, "client", "HANDOFF.en.md"), encoding="utf-8") as text:
        lines = [line.strip() for line in text if line.startswith("    docker")]
    t.need(len(lines) == 4 and "pg_dump" in lines[0], "the handoff says how to back up and restore in four commands", lines)
    before = langfuse.traces(t, engine)

    def do(line):
        return t.run(["sh", "-c", line], engine, cwd=langfuse.folder(t))

    done = do(lines[0])
    t.check(done.code == 0 and os.path.getsize(langfuse.folder(t, "langfuse.dump")) > 1000, "the dump is made", done)
    do("docker compose -p langfuse exec -T db psql -U langfuse -q -c 'DELETE FROM records' langfuse")
    t.check(langfuse.traces(t, engine) is None, "with its rows gone the keys open nothing")
    results = [do(line) for line in lines[1:]]
    t.check(all(done.code == 0 for done in results), "restoring: 0 three times", "\n".join(map(str, results)))
    deadline = time.monotonic() + 20
    while langfuse.traces(t, engine) is None and time.monotonic() < deadline:
        time.sleep(0.5)
    t.check(before and langfuse.traces(t, engine) == before, "the traces are back", langfuse.traces(t, engine))


def story(t):
    engine = t.bench.engine("v28")
    file = langfuse.build_from_registry(t)
    first = first_install(t, engine, file)
    look_around(t, engine)
    again(t, engine, file, first)
    credentials(t, engine, file)
    stop_start(t, engine, file)
    back_up(t, engine)
    done = t.installer(file, "uninstall", "--yes", engine=engine)
    volumes = engine.run(["docker", "volume", "ls", "-q"]).stdout
    t.check(done.code == 0 and "langfuse_database_data" in volumes and not t.containers(engine, "langfuse"),
            "uninstall: 0, the data stays", f"{done}\n{volumes}")
