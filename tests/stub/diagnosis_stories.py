"""Why a service does not run, on one screen; doctor and its report. See run."""
import base64
import json
import os
import stat
import tarfile
import time
import urllib.parse

from __main__ import env_of, read, story  # pylint: disable=no-name-in-module

SCREEN = 24


def looping(**more):
    """A container that falls again and again, seen at each look."""
    return [[{"service": "web", "status": "restarting", "restarts": n, **{"exit": 1, **more}}] for n in range(1, 9)]


def stamped(*lines, second=1):
    return "\n".join(f"2026-01-01T00:00:{second:02}.{number:09}Z {line}" for number, line in enumerate(lines))


def rows(text, columns=100):
    """Rows that the failing part takes on a terminal: from the first line about the services on."""
    begin = text.find("… Waiting until") if "… Waiting until" in text else text.find("… Starting the services")
    lines = text[max(begin, 0):].splitlines()
    return sum(max(1, -(-len(line) // columns)) for line in lines)


def told(t, name, code, *words, without=(), **scenario):
    if os.path.exists(os.path.join(t.bin, "state.json")):
        os.remove(os.path.join(t.bin, "state.json"))
    t.play(**scenario)
    done = t.install()
    t.check(done.code == code, f"{name}: exit {code}", done)
    for word in words:
        t.check(word in done.err, f"{name}: says \"{word}\"", done)
    for word in without:
        t.check(word not in done.err, f"{name}: is silent about \"{word}\"", done)
    t.check("→" in done.err, f"{name}: a remedy", done)
    t.check(rows(done.err) <= SCREEN, f"{name}: one screen", done)
    t.check("\x1b" not in done.err and "\u202e" not in done.err, f"{name}: nothing for the terminal", done)
    return done


@story
def diagnosis_of_known_crash_loops(t):
    trace = [f"    at f{n} (/app/x.js:{n}:1)" for n in range(40)]
    told(t, "masked environment", 14, "crashes again and again", "not the processor", "SALT: [ 'Required' ]", "38 lines of stack trace",
         containers=looping(), logs=stamped("\x1b[31m❌ Invalid environment variables: {\x1b[0m", "  SALT: [ 'Required' ],", "}",
                                            "TypeError: Cannot set property message of ZodError which has only a getter",
                                            *trace[:38], "Node.js v20.11.1"))
    told(t, "wrong processor", 14, "another processor", "exec format error", containers=looping(),
         log_errors=stamped("exec /usr/bin/app: exec format error"))
    told(t, "out of memory", 14, "memory ran out", containers=looping(oom=True, exit=137))
    told(t, "segmentation fault", 14, "segmentation fault",
         containers=looping(exit=139))
    told(t, "disk full", 14, "disk is full", "never prune volumes", containers=looping(),
         logs=stamped("PANIC: could not write: No space left on device"))


@story
def diagnosis_of_an_unknown_crash_loop_shows_its_last_words(t):
    flood = "\n".join(["\x1b[2J\x07\u202e" + "x" * 5000] * 50)
    told(t, "unknown", 14, "exit code 1", "no known issue", "giving up: 42", "doctor --report", containers=looping(),
         logs=flood + "\ngiving up: 42\n")


@story
def diagnosis_of_a_running_service_ends_the_wait_when_waiting_cures_nothing(t):
    masked = "TypeError: Cannot set property message of [object Object] which has only a getter"
    sick = [{"service": "web", "health": "unhealthy"}]
    begin = time.monotonic()
    told(t, "unhealthy, cause known", 13, "healthcheck fails", "not the processor", containers=[sick],
         logs=stamped("Ready in 7ms", masked))
    t.check(time.monotonic() - begin < 30, "told long before the time is up")
    os.remove(os.path.join(t.bin, "state.json"))
    t.play(containers=[sick, sick, sick, [{"service": "web", "health": "healthy"}]], logs=stamped("still warming up"))
    done = t.install()
    t.check(done.code == 0, "unhealthy without a known cause may be slow: waited for, 0", done)
    os.remove(os.path.join(t.bin, "state.json"))
    later = [{"service": "web", "health": "unhealthy", "started": "2026-01-01T00:00:30Z"}]
    t.play(containers=[later, later, later, [{"service": "web", "health": "healthy"}]],
           logs=stamped(masked) + "\n" + stamped("still warming up", second=31))
    done = t.install()
    t.check(done.code == 0, "what only an earlier attempt met ends no wait: 0", done)


@story
def diagnosis_of_what_could_not_be_started(t):
    told(t, "no such program", 13, "not in the image: /nope",
         containers=[[{"service": "web", "status": "created", "exit": 127,
                       "error": "runc create failed: exec: \"/nope\": stat /nope: no such file or directory: unknown"}]])
    told(t, "128", 13, "Docker could not start it", "something odd",
         containers=[[{"service": "web", "status": "exited", "exit": 128, "error": "something odd"}]])
    told(t, "port", 12, "port that it wants is taken by another program: 0.0.0.0:80", without=("Creating",),
         containers=[], up={"exit": 1, "stderr": "Container p-web-1  Creating\nError response from daemon: driver failed: "
                                                 "Bind for 0.0.0.0:80 failed: port is already allocated"})
    told(t, "mount", 12, "/srv/x", containers=[],
         up={"exit": 1, "stderr": "invalid mount config for type \"bind\": bind source path does not exist: /srv/x"})


@story
def diagnosis_of_an_unhealthy_service_shows_what_its_healthcheck_says(t):
    t.play(containers=[[{"service": "web", "health": "unhealthy", "health_output": "curl: (52) Empty reply\n"}]], logs="up\n")
    done = t.install("--timeout", "1")
    t.check(done.code == 13 and "healthcheck fails" in done.err and "Empty reply" in done.err, "13, and why", done)


@story
def diagnosis_of_the_last_attempt_only(t):
    log = stamped("Error: P1001: Can't reach database server at `db:5432`", second=1) + "\n" + \
        stamped("FATAL: something else", second=30)
    told(t, "two attempts", 14, "no known issue", without=("| Error: P1001",), logs=log,
         containers=looping(started="2026-01-01T00:00:30.000000000Z"))


@story
def diagnosis_in_chinese_and_for_programs(t):
    t.play(containers=looping(), logs=stamped("Error: P1000: Authentication failed",
                                              "getaddrinfo ENOTFOUND eu.posthog.com"))
    done = t.install("--lang", "zh")
    t.check(done.code == 14 and "数据库拒绝了密码" in done.err and "反复" in done.err and "另外还发现" in done.err, "Chinese", done)
    done = t.run("install", "--yes", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    found = [event for event in events if event["event"] == "finding"]
    t.check([(event["rule"], event["severity"], event["service"]) for event in found] ==
            [("password-of-old-data", "error", "web"), ("offline", "warning", "web")], "findings", found)
    t.check("P1000" in found[0]["evidence"] and found[0]["remedy"], "evidence and remedy", found)
    error = [event for event in events if event["event"] == "error"][0]
    t.check("refuses the password" in error["text"] and ".env" in error["hint"], "the error has them too", error)


@story
def diagnosis_in_status_is_one_line(t):
    t.check(t.install().code == 0, "installed")
    t.play(containers=looping(), logs=stamped("Error: listen EADDRINUSE: address already in use :::3000"))
    done = t.run("status")
    t.check(done.code == 14 and "taken by another program: :3000" in done.out, "14, and why", done)
    lines = done.out.splitlines()
    t.check(len(lines) == 2 and lines[0].startswith("hello 1.0.0, installed ") and lines[1].startswith("web: ") and "→" in done.err,
            "what is installed, and a line for the service", done)


# ---- doctor ----

@story
def doctor_of_a_healthy_installation_is_0(t):
    t.play(volumes=["hello_data"])
    t.check(t.install("--ignore-preflight", "data").code == 0, "installed")
    done = t.run("doctor")
    t.check(done.code == 0 and "web: " in done.out and "volume hello_data" in done.out, "0", done)
    t.check("Nothing is wrong" in done.err and "exactly these images: 1" in done.err, "says so", done)
    done = t.run("doctor", "--lang", "zh")
    t.check(done.code == 0 and "没有发现问题" in done.err, "Chinese", done)


@story
def doctor_tells_the_worst_by_its_code(t):
    done = t.run("doctor")
    t.check(done.code == 2 and "nothing is installed" in done.err and "This machine is ready" in done.err, "nothing there: 2", done)
    t.check(t.install().code == 0, "installed")
    t.play(containers=looping(), logs=stamped("exec /x: exec format error"))
    done = t.run("doctor")
    t.check(done.code == 14 and "another processor" in done.err, "crash loop: 14", done)
    t.play(containers=[[{"service": "web", "status": "exited", "exit": 0}]])
    done = t.run("doctor")
    t.check(done.code == 13 and "it was stopped" in done.err and "start" in done.err, "stopped: 13", done)
    t.play(create="fail")
    done = t.run("doctor")
    t.check(done.code == 11 and "is not the one of this installation" in done.err, "an image that is damaged: 11", done)
    t.play(engine="down")
    done = t.run("doctor")
    t.check(done.code == 10 and "→" in done.err, "engine down: 10", done)


@story
def doctor_sees_what_is_wrong_with_env(t):
    t.check(t.run("install", "--yes", "--set", "ADMIN=a", file=t.settings).code == 0, "installed")
    path = os.path.join(t.home, "hardtack/settings/.env")
    whole = read(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(line for line in whole.splitlines() if not line.startswith("SALT=")) + "\n")
    os.chmod(path, 0o644)
    done = t.run("doctor", file=t.settings)
    t.check(done.code == 11 and "lacks: SALT" in done.err and "chmod 600" in done.err, "a name is missing, others may read", done)
    with open(path, "w", encoding="utf-8") as file:
        file.write("A='open\n")
    done = t.run("doctor", file=t.settings)
    t.check(done.code == 11 and "NAME=value" in done.err, "unreadable: 11", done)
    os.remove(path)
    done = t.run("doctor", file=t.settings)
    t.check(done.code == 11 and "is gone" in done.err, "gone: 11", done)


def forms(secret):
    """Every form in which a secret may leave: itself, percent-encoded, inside base64 at three alignments."""
    raw = secret.encode()
    found = {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)}
    for before in range(3):
        whole = base64.b64encode(b"x" * before + raw)
        begin, end = (before * 8 + 5) // 6, (before + len(raw)) * 8 // 6
        found.add(whole[begin:end].decode())
    return found


@story
def doctor_report_has_no_secret_in_any_form(t):
    t.check(t.run("install", "--yes", "--set", "ADMIN=a", file=t.settings).code == 0, "installed")
    env = env_of(t)
    secrets = [env["DB_PASSWORD"], env["SALT"].strip("'\""), "in l/ine+pw?", "cont4iner:secret"]
    place = os.path.join(t.home, "hardtack/settings")
    with open(os.path.join(place, "compose.yaml"), "a", encoding="utf-8") as file:
        file.write("# x\nx-note: {API_TOKEN: \"in l/ine+pw?\", other: kept}\n")
    spoken = []
    for secret in secrets:
        spoken += [f"plain {secret} end", f"url postgres://u:{urllib.parse.quote(secret, safe='')}@db/x?p={urllib.parse.quote_plus(secret)}",
                   "json " + json.dumps({"v": secret})]
        spoken += ["basic " + base64.b64encode((user + secret).encode()).decode() for user in ("u:", "us:", "usr:")]
    t.play(containers=[[{"service": "web", "status": "exited", "exit": 3, "error": "bad " + secrets[0],
                         "env": ["WEB_TOKEN=cont4iner:secret", "CITY=Kashgar"]}]], logs=stamped(*spoken, "kept words"))
    report = os.path.join(t.folder, "report.tar")
    done = t.run("doctor", "--report", report, file=t.settings)
    t.check(done.code == 13 and report in done.out, "13, and the report", done)
    t.check(stat.S_IMODE(os.stat(report).st_mode) == 0o600, "private")
    with open(report, "rb") as file:
        whole = file.read()
    for secret in secrets:
        for form in forms(secret):
            t.check(form.encode() not in whole and form not in done.out + done.err, f"{form} is nowhere", whole.decode(errors="replace"))
    with tarfile.open(report) as archive:
        names = [member.name.partition("/")[2] for member in archive]
        text = archive.extractfile("hardtack-report/logs/p-web-1.log").read().decode()
        compose = archive.extractfile("hardtack-report/compose/compose.yaml").read().decode()
        kept = archive.extractfile("hardtack-report/env/.env").read().decode()
    t.check(names == ["README.txt", "about.json", "engine.json", "findings.json", "compose/compose.yaml", "env/.env", "journal.jsonl",
                      "receipt.json", "services.json", "logs/p-web-1.log"], "what is in it, in this order", names)
    t.check("kept words" in text and "other: kept" in compose, "the rest is there", text + compose)
    t.check("DB_PASSWORD=****" in kept and "Kashgar" not in kept, "names without values", kept)
    done = t.run("doctor", "--report", report, file=t.settings)
    t.check(done.code == 2 and "exists already" in done.err, "never overwritten", done)


@story
def doctor_report_without_installation_or_engine(t):
    report = os.path.join(t.folder, "report.tar")
    t.play(engine="down")
    done = t.run("doctor", "--report", report)
    t.check(done.code == 10, "10", done)
    with tarfile.open(report) as archive:
        engine = json.load(archive.extractfile("hardtack-report/engine.json"))
        findings = json.load(archive.extractfile("hardtack-report/findings.json"))
    t.check(engine["ready"] is False and findings[0]["rule"] == "engine", "the engine's words and the finding", findings)


def ended(code, *more, **how):
    return {"containers": [[{"service": "web", "status": "exited", "exit": code, **how}, *more]]}


@story
def what_our_own_stop_has_killed_is_stopped(t):
    t.check(t.install().code == 0 and t.run("stop").code == 0, "installed, stopped")
    for code in (137, 143):
        t.play(**ended(code))
        status, doctor = t.run("status"), t.run("doctor")
        t.check(status.code == 13 and "web: stopped" in status.out and str(code) not in status.out + status.err, f"{code}: status: stopped", status)
        t.check(doctor.code == 13 and "web: stopped" in doctor.out and "it was stopped" in doctor.err and "memory ran out" not in doctor.err,
                f"{code}: doctor: stopped", doctor)
    for what, scenario, words in (
            ("memory ran out", ended(137, oom=True), "out of memory"),
            ("it crashed", ended(139), "exit code 139"),
            ("it could not be started", ended(137, error="no such file"), "could not be started"),
            ("another was started since", ended(137, {"service": "web", "id": "2"}), "exit code 137")):
        t.play(**scenario)
        done = t.run("status")
        t.check(done.code == 13 and words in done.out, f"{what}: told as before", done)
    t.play()
    t.check(t.run("start").code == 0, "started")
    t.play(**ended(137))
    done = t.run("status")
    t.check(done.code == 13 and "exit code 137" in done.out, "nobody has stopped it: told as before", done)
