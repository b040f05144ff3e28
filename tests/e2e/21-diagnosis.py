"""Why it does not run, on real engines: the true cause and its remedy on one screen; doctor and its report."""
import os
import tarfile
import time

import images

SCREEN, COLUMNS = 24, 100
VERDICT_S = 10  # from the first restart on, at most
PASSWORD = "e2e+pass/word-0042"

# One installer for many troubles: what runs is said by --set.
TROUBLED = """services:
  web:
    image: ghcr.io/acme/guestbook:1.2
    entrypoint: ["${PROGRAM:-sh}", "-c", "${SCRIPT}"]
    restart: always
    mem_limit: 48m
    memswap_limit: 48m
    tmpfs: ["/small:size=1m"]
    environment: {DB_PASSWORD: "${DB_PASSWORD}"}
    ports: ["127.0.0.1:${WEB_PORT:-3000}:3000"]
"""

# web crashes because db does not come up, or not yet.
CHAIN = """services:
  db:
    image: ghcr.io/acme/guestbook:1.2
    entrypoint: ["sh", "-c", "${DB}"]
    init: true
    restart: always
    healthcheck: {test: ["CMD", "test", "-e", "/tmp/up"], interval: 1s, timeout: 2s, retries: 60, start_period: 0s}
  web:
    image: ghcr.io/acme/guestbook:1.2
    entrypoint: ["sh", "-c", "${WEB}"]
    init: true
    restart: always
"""

# name, --set, exit code, words that must be said
TROUBLES = [
    ("known", {"SCRIPT": "echo starting; echo 'FATAL:  password authentication failed for user \"app\"' >&2; exit 2"}, 14,
     ["refuses the password", "app", "put the old password back into .env, then run `start`"]),
    ("unknown", {"SCRIPT": "echo giving up: 42; exit 7"}, 14, ["exit code 7", "no known issue", "giving up: 42", "doctor --report"]),
    ("memory", {"SCRIPT": "echo filling; tail /dev/zero; exit 137"}, 14, ["memory ran out", "137"]),
    ("disk", {"SCRIPT": "dd if=/dev/zero of=/small/file bs=1M count=4; exit 1"}, 14, ["disk is full", "never prune volumes"]),
    ("missing", {"PROGRAM": "/nope", "SCRIPT": "x"}, 12, ["not in the image: /nope"]),
    ("masked", {"SCRIPT": "echo 'Error: NEXTAUTH_URL is required'; echo 'TypeError: Cannot set property message of ZodError "
                          "which has only a getter'; exit 1"}, 14, ["not the processor", "NEXTAUTH_URL"]),
]


def build(t, name, compose, env, target="linux-amd64"):
    project = t.path(name)
    os.makedirs(project, exist_ok=True)
    for file, text in (("compose.yaml", compose), ("env.template", env),
                       ("hardtack.yaml", f"hardtack: 1\nname: {name}\nversion: '1'\ncompose: compose.yaml\nenv: env.template\n")):
        with open(os.path.join(project, file), "w", encoding="utf-8") as out:
            out.write(text)
    words = [] if target == "linux-amd64" else ["--platform", "linux/amd64"]
    return t.build(project, target, [images.archive("oci", images.GUESTBOOK)], *words)


def rows(text):
    """Rows on a terminal, from the step that failed on."""
    begin = max(text.find("… Waiting until"), text.find("… Starting the services"))
    return sum(max(1, -(-len(line) // COLUMNS)) for line in text[max(begin, 0):].splitlines())


def verdict_seconds(engine, began, ended):
    """From the first restart to the end of the program, by the engine's own record."""
    events = engine.run(["docker", "events", "--since", str(int(began)), "--until", str(int(ended) + 1), "--filter", "event=start",
                         "--format", "{{.TimeNano}}"]).stdout.split()
    return ended - int(events[1]) / 1e9 if len(events) > 1 else None


def clear(engine):
    engine.run(["sh", "-c", "docker rm -fv $(docker ps -aq) >/dev/null 2>&1; docker network prune -f >/dev/null"], check=False)


def install(t, engine, file, name, values):
    words = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    return t.installer(file, "install", "--yes", "--project-name", name, *words, engine=engine)


def trouble(t, engine, file, name, values, code, words):
    began = time.time()
    done = install(t, engine, file, name, values)
    seconds = verdict_seconds(engine, began, time.time())
    t.check(done.code == code and all(word in done.err for word in words) and "→" in done.err, f"{name}: {code}, and the true cause", done)
    t.check(rows(done.err) <= SCREEN, f"{name}: on one screen", done)
    if code == 14:
        t.check(seconds is not None and seconds < VERDICT_S, f"{name}: told {seconds or 0:.1f} s after the first restart")
        status = t.installer(file, "status", "--project-name", name, engine=engine)
        t.check(status.code == 14 and len(status.out.splitlines()) == 1, f"{name}: status says it in a line", status)
    clear(engine)


def chain(t, engine):
    file = build(t, "chain", CHAIN, "DB=true\nWEB=true\n")
    refused = "echo 'connect ECONNREFUSED 172.18.0.2:5432'; exit 1"
    done = install(t, engine, file, "chain-a", {
        "DB": "echo 'FATAL:  database files are incompatible with server'; exit 1", "WEB": refused})
    t.check(done.code == 14 and "service db" in done.err and "another major version" in done.err,
            "the service is told that is to blame, not the one that waits for it", done)
    clear(engine)
    # It falls until the database is up: Docker starts it again, and that must be waited for.
    done = install(t, engine, file, "chain-b", {
        "DB": "sleep 5; touch /tmp/up; sleep 1000",
        "WEB": "if [ -e /tmp/third ]; then sleep 1000; fi; if [ -e /tmp/second ]; then touch /tmp/third; fi; "
               "touch /tmp/second; " + refused})
    t.check(done.code == 0, "a lost start race is forgiven: 0", done)
    clear(engine)


def report(t, engine, file, name, code):
    path = t.path(f"{name}.tar")
    done = t.installer(file, "doctor", "--project-name", name, "--report", path, engine=engine)
    t.check(done.code == code and os.stat(path).st_mode & 0o777 == 0o600, f"{name}: doctor: {code}, with a private report", done)
    with open(path, "rb") as tar:
        t.check(PASSWORD.encode() not in tar.read(), f"{name}: no password in the report")
    with tarfile.open(path) as archive:
        return done, {member.name.partition("/")[2]: archive.extractfile(member).read().decode() for member in archive}


def doctor(t, engine, file):
    done = t.installer(file, "doctor", engine=engine)
    t.check(done.code == 2 and "This machine is ready" in done.err, "doctor without installation: 2, and how the machine is", done)
    well = {"SCRIPT": "echo up with $DB_PASSWORD; exec busybox httpd -f -p 3000", "DB_PASSWORD": PASSWORD}
    t.need(install(t, engine, file, "well", well).code == 0, "a healthy one is installed")
    done, files = report(t, engine, file, "well", 0)
    t.check("Nothing is wrong" in done.err and "well-web-1.log" in str(files), "the healthy one: nothing is wrong", done)
    log = next(text for name, text in files.items() if name.startswith("logs/"))
    t.check("up with ****" in log, "its log is in the report, masked", log)
    engine.run(["docker", "stop", "-t", "1", "well-web-1"])
    done = t.installer(file, "doctor", "--project-name", "well", engine=engine)
    t.check(done.code == 13 and "start" in done.err, "stopped: 13", done)
    done = t.installer(file, "doctor", "--project-name", "well", engine=engine, env={"DOCKER_HOST": "unix:///nonexistent.sock"})
    t.check(done.code == 10 and "→" in done.err, "engine away: 10", done)
    clear(engine)
    install(t, engine, file, "sick", {"SCRIPT": "echo no $DB_PASSWORD; echo open /data: Permission denied; exit 1", "DB_PASSWORD": PASSWORD})
    done, files = report(t, engine, file, "sick", 14)
    t.check('"rule": "permission-denied"' in files["findings.json"] and PASSWORD not in done.out + done.err, "the sick one: its cause", done)
    clear(engine)


def wrong_processor(t, engine):
    """An arm64 image on this engine, in spite of the preflight. Where the machine emulates arm64, it simply runs."""
    project = t.path("arm")
    os.makedirs(project)
    with open(os.path.join(project, "compose.yaml"), "w", encoding="ascii") as out:
        out.write("services:\n  web: {image: 'hardtack/hello:1.0.0', restart: always}\n")
    archive = os.path.join(t.bench.hello_images(), "hello-oci.tar")
    file = t.build(os.path.join(project, "compose.yaml"), "linux-amd64", [archive], "--platform", "linux/arm64")
    done = t.installer(file, "install", "--yes", engine=engine)
    if os.path.exists("/proc/sys/fs/binfmt_misc/qemu-aarch64"):
        t.check(done.code == 0, "arm64 is emulated here: 0", done)
        return
    t.check(done.code == 11, "another processor's image: 11", done)
    done = t.installer(file, "install", "--yes", "--ignore-preflight", "platform", engine=engine)
    t.check(done.code == 14 and "another processor" in done.err and "exec format error" in done.err, "in spite of it: 14, and why", done)
    clear(engine)


def story(t):
    engine = t.bench.engine("v28")
    env = "SCRIPT=true\nPROGRAM=sh\nDB_PASSWORD={{secret hex 16}}\nWEB_PORT=3000\n"
    file = build(t, "troubled", TROUBLED, env)
    for name, values, code, words in TROUBLES:
        trouble(t, engine, file, name, values, code, words)
    holder = engine.run(["docker", "run", "-d", "--pull", "never", "-p", "127.0.0.1:3000:1", "--entrypoint", "sleep",
                         engine.run(["docker", "images", "-q"]).stdout.split()[0], "1000"])
    done = t.installer(file, "install", "--yes", "--project-name", "port", "--ignore-preflight", "port", "--set", "SCRIPT=sleep 1000",
                       engine=engine)
    t.check(done.code == 12 and "taken by another program" in done.err and holder.stdout, "a port that is taken: 12, and which", done)
    clear(engine)
    chain(t, engine)
    doctor(t, engine, file)
    wrong_processor(t, engine)
    old = t.bench.engine("v20")
    for number in (0, 4):  # compose v1 and the words of an old engine
        name, values, code, words = TROUBLES[number]
        trouble(t, old, file, "old-" + name, values, code, words)
    macho = build(t, "troubled", TROUBLED, env, "darwin-arm64")
    done = install(t, engine, macho, "macho", TROUBLES[0][1])
    t.check(done.code == 14 and "put the old password back into .env, then run `start`" in done.err, "the Mach-O tells the same", done)
    done = t.installer(macho, "doctor", "--project-name", "macho", engine=engine)
    t.check(done.code == 14 and "put the old password back into .env, then run `start`" in done.err, "and its doctor", done)
