"""The guestbook in versions that follow each other, for the stories of upgrading: rows in a real PostgreSQL."""
import json
import os
import signal
import subprocess
import time

import harness
import engine as engines  # found by way of harness
import images

PROJECT = "guestbook"
COUNT = "http://127.0.0.1:3000/cgi-bin/index.cgi?count"
VISIT = "http://127.0.0.1:3000/"
PROOF = """sop:
  - up: {{}}
  - wait_healthy: {{timeout: {timeout}}}
  - http: {{name: count, get: "http://127.0.0.1:${{WEB_PORT}}/cgi-bin/index.cgi?count", expect: {{status: {status}}}, retry: 3s}}
"""
HEALTHY = '["CMD", "wget", "-q", "-O-", "http://127.0.0.1:3000/cgi-bin/index.cgi?count"]'
# What the second version's web service does first.
MIGRATES = "psql -X -q -c 'ALTER TABLE visits ADD COLUMN IF NOT EXISTS note text' && exec /guestbook-entrypoint.sh"
RUINS = "psql -X -q -c 'DROP TABLE visits'; echo the migration failed; exit 1"
SPOILS = "psql -X -q -c 'DELETE FROM visits'; exec /guestbook-entrypoint.sh"


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as text:
        return text.read()


def project(t, name, version, image=images.GUESTBOOK, first=None, healthy=HEALTHY, status=200, timeout="90s", database=None,
            template=""):
    """A folder with the guestbook in this version: first is what its web service does before it serves."""
    folder = t.path(name)
    os.makedirs(folder)
    base = os.path.join(harness.PROJECTS, "guestbook")
    compose = read(base, "compose.yaml").replace("ghcr.io/acme/guestbook:1.2", image).replace(HEALTHY, healthy)
    if first:
        compose = compose.replace("    stop_grace_period", f"    entrypoint: [\"sh\", \"-c\", {json.dumps(first)}]\n"
                                                           "    stop_grace_period", 1)
    if database:
        compose = compose.replace("image: postgres:15", "image: " + database)
    files = {"compose.yaml": compose, "env.template": read(base, "env.template") + template,
             "hardtack.yaml": f"hardtack: 1\nname: guestbook\nversion: {version}\ncompose: compose.yaml\n"
                              "env: env.template\n" + PROOF.format(status=status, timeout=timeout)}
    for path, content in files.items():
        with open(os.path.join(folder, path), "w", encoding="utf-8") as out:
            out.write(content)
    return folder


def first_version(t, target="linux-amd64", *words):
    return t.build(project(t, "v1-" + target, "1.2.0"), target, [images.archive("oci")], *words, out=t.path("dist-1-" + target))


def second_version(t, name, target="linux-amd64", *words, **how):
    """An installer of 2.0.0; how: see project()."""
    archive = images.archive("oci", images.POSTGRES, images.GUESTBOOK_2)
    return t.build(project(t, name, "2.0.0", images.GUESTBOOK_2, **how), target, [archive], *words, out=t.path("dist-" + name))


def rows(engine, columns="number, at"):
    """The table, as the database itself tells it."""
    found = engine.run(["docker", "ps", "-q", "--filter", "label=com.docker.compose.project=guestbook", "--filter",
                        "label=com.docker.compose.service=db"]).stdout.split()
    done = engine.run(["docker", "exec", *(found or ["none"]), "sh", "-c",
                       f'psql -X -At -U guest -d guestbook -c "SELECT {columns} FROM visits ORDER BY number" 2>&1'])
    return done.stdout


def visit(t, engine, times=3):
    for number in range(1, times + 1):
        t.http(engine, VISIT, f"visit {number}")
    found = rows(engine)
    t.need(len(found.splitlines()) >= times, f"there are {times} rows", found)
    return found


def home(t, *names):
    return os.path.join(t.home, "hardtack", PROJECT, *names)


def receipt(t):
    return json.loads(read(home(t, "receipt.json")))


def tags(engine):
    return engine.run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout.split()


def is_old(t, engine, before, env, text):
    """Everything is as the first version had it: rows, files, images, the running containers."""
    found = rows(engine)
    t.check(found == before, f"{text}: the rows are those of before", f"{before}---\n{found}")
    t.check(read(home(t, ".env")) == env, f"{text}: .env too", read(home(t, ".env")))
    t.check("guestbook:1.2" in read(home(t, "compose.yaml")) and receipt(t)["version"] == "1.2.0",
            f"{text}: the compose file and the receipt too", receipt(t))
    t.check(not any("guestbook:2.0" in tag for tag in tags(engine)), f"{text}: the new image is gone", tags(engine))
    t.check(not os.path.exists(home(t, ".hardtack-rollback")), f"{text}: and so is the rollback point", os.listdir(home(t)))
    t.check("guestbook: visit" in t.http(engine, COUNT, "visit"), f"{text}: and it answers")


def is_emptied(engine):
    """Has the new version deleted all rows? False also while the database cannot be asked."""
    try:
        return rows(engine) == ""
    except engines.EngineError:
        return False


def kill_at(t, process, phase, also=lambda: True, seconds=120):
    """kill -9 once the rollback point says this phase. Returns whether it came to that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if json.loads(read(home(t, ".hardtack-rollback", "state.json")))["phase"] == phase and also():
                process.send_signal(signal.SIGKILL)
                process.wait()
                return True
        except (OSError, ValueError):
            pass
        time.sleep(0.01)
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        process.kill()
    return False
