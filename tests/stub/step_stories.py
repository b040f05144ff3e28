"""Stories of the procedure's steps: what each kind asks, what it takes for proof, and how its failure is told."""
import base64
import json
import os
import re
import signal
import time

from __main__ import installer_of, story  # pylint: disable=no-name-in-module
from web import response

PROJECT = {
    "compose.yaml": """services:
  web:
    image: hardtack/hello:1.0.0
    restart: unless-stopped
    ports: ["127.0.0.1:${WEB_PORT:-8088}:8080"]
""",
    "env.template": """WEB_PORT={{port 8088}}
API_USER=me & you
API_SECRET={{secret hex 16}}
QUOTE='she said "hi" \\ bye'
""",
    "hardtack.yaml": """hardtack: 1
name: proof
compose: compose.yaml
env: env.template
sop:
  - up
  - wait_healthy: {timeout: 20s}
  - wait_log: {service: web, match: "listening on port [0-9]+$", timeout: 3s}
  - wait_log: {service: web, match: "never said", required: false, timeout: 1s}
  - exec:
      name: {en: count the rows, zh: 统计行数}
      service: web
      command: [sh, -c, "count --user $$DB_USER", "${API_USER}"]
      env: {DB_TOKEN: "${API_SECRET}"}
      expect: {exit: [0, 3], contains: rows, output_match: "^rows: [0-9]+$"}
      retry: {for: 2s, every: 1s}
  - http:
      name: health
      get: "http://localhost:${WEB_PORT}/health"
      timeout: 2s
      retry: 5s
  - http:
      name: {en: write an item, zh: 写入一条}
      post: "http://127.0.0.1:${WEB_PORT}/items/${API_USER}?run=${HARDTACK_RUN_ID}"
      headers: {X-Project: "${HARDTACK_PROJECT}", Accept: application/json}
      basic_auth: {user: "${API_USER}", password: "${API_SECRET}"}
      body: {batch: [{quote: "${QUOTE}", at: "${HARDTACK_NOW}", n: 1, ok: true, none: null}]}
      expect:
        status: [200, 207]
        header: {X-App: "app ${API_USER}", Content-Type: {match: "^application/json"}}
        json: {errors: [], "items[0].status": 201, items: [{status: 201}]}
        body_match: '"quote": *"she said'
      capture: {ITEM: "items[0].id", ITEM_TOKEN: token, NUMBER: number}
  - http:
      name: {en: read it back, zh: 读回}
      get: "http://127.0.0.1:${WEB_PORT}/item/${ITEM}?n=${NUMBER}"
      headers: {Authorization: "Bearer ${ITEM_TOKEN}"}
      expect: {json: {id: "${ITEM}"}}
      retry: 2s
  - http: {name: remove it, delete: "http://127.0.0.1:${WEB_PORT}/item/${ITEM}", expect: {status: 204}, smoke: false}
  - message: {en: "Item ${ITEM} is proven; $$5 and ${API_SECRET}", zh: "已验证 ${ITEM}"}
""",
}


def native(function):
    """Not again under machorun: another story says the same there."""
    function.native = True
    return function


class App:
    """What the project above expects of its application; a story changes what it is about."""

    def __init__(self, t, **changes):
        self.answers, self.busy = changes, 0
        t.web.answer = self.answer
        t.play(logs="starting\nlistening on port 8080\n", exec=[{"exit": 3, "stdout": "rows: 12\n"}])

    def answer(self, request):
        name = {"POST": "write", "DELETE": "remove"}.get(request.method, "read" if "/item/" in request.target else "health")
        return self.answers.get(name, getattr(self, name))(request)

    def health(self, _request):
        self.busy -= 1
        return response(200 if self.busy < 0 else 503, "not yet" if self.busy >= 0 else "ok")

    @staticmethod
    def write(request):
        item = {"id": "a b/1", "status": 201, "more": 1, "quote": request.json()["batch"][0]["quote"]}
        return response(207, {"items": [item], "errors": [], "token": "tok-0123456789", "number": 7}, X_App="app me & you")

    @staticmethod
    def read(_request):
        return response(200, {"id": "a b/1", "other": []})

    @staticmethod
    def remove(_request):
        return response(204)


def proof():
    return installer_of("proof", PROJECT)


def install(t, *arguments, **how):
    return t.run("install", "--yes", "--set", f"WEB_PORT={t.port}", *arguments, file=proof(), **how)


def secret_of(t):
    with open(os.path.join(t.home, "hardtack/proof/.env"), encoding="utf-8") as file:
        return re.search(r"API_SECRET='?([0-9a-f]+)", file.read()).group(1)


def executed(t):
    with open(os.path.join(t.bin, "exec.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@story
def every_kind_of_step_asks_what_it_says(t):
    App(t).busy = 2
    done = install(t, "--json")
    t.check(done.code == 0 and done.err == "", "exit 0", done)
    events = [json.loads(line) for line in done.out.splitlines()]
    names = [event["name"] for event in events if event["event"] == "step" and event["state"] == "begin"]
    t.check(names[-9:] == ["up", "wait_healthy", "wait_log", "wait_log", "exec", "http", "http", "http", "http"], "order", names)
    proofs = [event for event in events if event["event"] == "proof"]
    t.check([proof["name"] for proof in proofs] == ["count the rows", "health", "write an item", "read it back", "remove it"],
            "a proof event each", proofs)
    t.check(proofs[1]["tries"] == 3 and proofs[1]["status"] == 200 and proofs[2]["method"] == "POST", "their fields", proofs)
    notes = [event["text"] for event in events if event["event"] == "note"]
    t.check("Item a b/1 is proven; $5 and ****" in notes, "the message, its secret masked", notes)
    secret = secret_of(t)
    t.check(secret not in done.out and "tok-0123456789" not in done.out, "no secret is shown", done)

    write = next(request for request in t.web.requests if request.method == "POST")
    run_id = re.fullmatch(r"/items/me%20%26%20you\?run=([0-9a-f-]{36})", write.target)
    t.check(run_id, "the address, percent-encoded", write)
    auth = base64.b64encode(f"me & you:{secret}".encode()).decode()
    t.check(write.headers.get("authorization") == "Basic " + auth, "basic auth", write)
    t.check(write.headers["host"] == f"127.0.0.1:{t.port}" and write.headers["content-type"] == "application/json" and
            write.headers["x-project"] == "proof" and write.headers["accept"] == "application/json", "headers", write)
    item = write.json()["batch"][0]
    t.check(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ", item.pop("at")), "the time", item)
    t.check(item == {"quote": 'she said "hi" \\ bye', "n": 1, "ok": True, "none": None}, "the body, well escaped", item)
    read = next(request for request in t.web.requests if request.target.startswith("/item/"))
    t.check(read.target == "/item/a%20b%2F1?n=7" and read.headers["authorization"] == "Bearer tok-0123456789",
            "captures in later steps", read)

    call = executed(t)[0]
    t.check(call["argv"] == ["sh", "-c", "count --user $DB_USER", "me & you"] and call["env"] == {"DB_TOKEN": secret},
            "the command, its secret in the environment", call)
    t.check(not any(secret in word for calls in t.calls() for word in calls), "no secret in an argument vector")


@story
def smoke_proves_again_and_starts_nothing(t):
    App(t)
    t.check(t.run("smoke", file=proof()).code == 2, "not installed: 2")
    done = install(t)
    t.check(done.code == 0, "installed", done)
    first = [request.target for request in t.web.requests if request.method == "POST"]
    calls, asked = len(t.calls()), len(t.web.requests)
    done = t.run("smoke", file=proof())
    t.check(done.code == 0 and "The application works." in done.err and done.out == "", "smoke: 0", done)
    t.check("write an item: 207" in done.err and "remove it" not in done.err and "proven" not in done.err,
            "http and exec steps, but those with smoke: false", done)
    t.check(not [call for call in t.calls()[calls:] if "up" in call], "no up", t.calls()[calls:])
    again = [request for request in t.web.requests[asked:]]
    t.check([request.method for request in again] == ["GET", "POST", "GET"], "the same requests", again)
    t.check(again[1].target not in first, "with a run id of its own", again)
    done = t.run("smoke", "--json", file=proof())
    events = [json.loads(line) for line in done.out.splitlines()]
    t.check(done.code == 0 and events[-1] == {"schema": 1, "event": "result", "verb": "smoke", "exit": 0}, "JSON", done)
    t.check(sum(event["event"] == "proof" for event in events) == 4, "its proofs", events)
    done = t.run("smoke", "--lang", "zh", file=proof())
    t.check(done.code == 0 and "写入一条" in done.err and "应用工作正常" in done.err, "in Chinese", done)
    done = t.run("start", file=proof())
    t.check(done.code == 0 and "remove it: 204" in done.err, "start does all steps", done)


@story
@native
def smoke_of_a_bare_project_looks_at_its_services(t):
    t.run("install", "--yes", "--set", "ADMIN=a", file=t.settings)
    done = t.run("smoke", file=t.settings)
    t.check(done.code == 0 and "up and healthy" in done.err, "well: 0", done)
    t.play(containers=[[{"service": "web", "status": "exited", "exit": 3}]])
    done = t.run("smoke", file=t.settings)
    t.check(done.code == 13 and "service web ended" in done.err, "ended: 13", done)
    t.play(containers=[[{"service": "web", "status": "restarting", "restarts": n, "exit": 1}] for n in range(1, 300)])
    t.check(t.run("smoke", file=t.settings).code == 14, "crash loop: 14")


@story
def a_wrong_answer_is_15_and_says_everything(t):
    seen = {}

    def refuse(request):
        seen["secret"] = base64.b64decode(request.headers["authorization"].split()[1]).decode().split(":")[1]
        return response(401, {"error": "no", "you sent": seen["secret"], "bad": "\x1b[2J\x07"})

    App(t, write=refuse)
    done = install(t)
    text = done.err
    t.check(done.code == 15, "install: 15", done)
    for part in ("write an item: POST http://127.0.0.1:", "status 401, expected [200,207]", "the answer begins: ",
                 '"error": "no"', "****", "→", "smoke"):
        t.check(part in text, f"says {part}", done)
    t.check(seen["secret"] not in text and "\x1b" not in text and "\x07" not in text, "masked and harmless", done)
    t.check(os.path.exists(os.path.join(t.home, "hardtack/proof/.env")), "what is installed stays")
    done = t.run("smoke", "--json", file=proof())
    error = [json.loads(line) for line in done.out.splitlines()][-2]
    t.check(done.code == 15 and error["event"] == "error" and error["name"] == "SMOKE", "smoke --json: 15", done)
    App(t)
    t.check(t.run("smoke", file=proof()).code == 0, "mended: smoke 0")
    App(t, read=lambda request: response(200, {"id": "other"}))
    done = t.run("smoke", file=proof())
    t.check(done.code == 15 and 'id is "other", expected "a b/1"' in done.err and re.search(r"tried \d+ times in [2-9] seconds", done.err),
            "retried as long as it says", done)
    App(t, write=lambda request: response(302, "", Location="/login"))
    done = t.run("smoke", file=proof())
    t.check(done.code == 15 and "it redirects to /login" in done.err, "a redirect is not followed", done)
    App(t, write=lambda request: response(207, {"items": [{"id": [], "status": 201, "quote": "she said"}], "errors": []},
                                          X_App="app me & you"))
    done = t.run("smoke", file=proof())
    t.check(done.code == 15 and "items[0].id is no text or number" in done.err, "nothing to capture", done)


@story
def ready_but_500_is_told_with_the_services_own_words(t):
    App(t, health=lambda request: response(500, "Internal Server Error"))
    t.play(logs="✓ Ready in 12ms\nlistening on port 8080\nTypeError: Cannot set property message of ZodError\n",
           exec=[{"stdout": "rows: 1\n"}])
    done = install(t, "--json")
    t.check(done.code == 15 and "status 500, expected 2xx" in done.out and "Cannot set property message" in done.out,
            "15, with the log", done)


@story
def hostile_answers_are_15_within_bounds(t):
    def endless(head, unit):
        def answer(_request):
            yield head
            while True:
                yield unit
        return answer

    ok = b"HTTP/1.1 200 OK\r\n"
    App(t)
    t.check(install(t).code == 0, "installed")
    for what, answer, words in (
            ("headers without end", endless(ok, b"a: " + b"b" * 1000 + b"\r\n"), "headers are longer"),
            ("a body without end", endless(ok + b"\r\n", b"x" * 65536), "body is longer"),
            ("chunks without end", endless(ok + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
             "body is longer"),
            ("a header that drives the terminal", lambda request: response(302, "", Location="/login\x1b[2J"), "a control"),
            ("no HTTP", lambda request: b"\x1b[2JSSH-2.0\r\n", "the answer is not HTTP"),
            ("a negative length", lambda request: ok + b"Content-Length: -5\r\n\r\n", "Content-Length"),
            ("half an answer", lambda request: ok + b"Content-Length: 50\r\n\r\nhalf", "in the middle"),
            ("nothing", lambda request: b"", "without an answer"),
            ("no body", lambda request: ok + b"\r\n", "there is no header X-App"),
            ("NULs", lambda request: response(207, b"\0" * 100, X_App="app me & you", content_type="application/json"),
             "is not JSON")):
        App(t, write=answer)
        done = t.run("smoke", file=proof())
        t.check(done.code == 15 and words in done.err and "\x1b" not in done.err, f"{what}: 15", done)
    App(t, health=lambda request: (part for part in (ok, 30)))
    began = time.monotonic()
    process = t.start_file(proof(), "smoke")
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=20)[0].decode()
    t.check(process.returncode == 130 and time.monotonic() - began < 10, "silence: interrupted at once", out)


@story
@native
def proxies_and_names_are_not_used(t):
    App(t)
    nowhere = "http://127.0.0.1:9"
    done = install(t, env={"http_proxy": nowhere, "HTTP_PROXY": nowhere, "ALL_PROXY": nowhere, "HOSTALIASES": "/dev/null"})
    t.check(done.code == 0, "installed in spite of proxies", done)


@story
@native
def nobody_listening_is_15(t):
    App(t)
    t.web.close()
    done = install(t)
    t.check(done.code == 15 and "connect: Connection refused" in done.err and "health: GET http://localhost:" in done.err,
            "15", done)


@story
@native
def a_command_that_fails_is_12_and_in_smoke_15(t):
    App(t)
    t.play(logs="listening on port 1\n", exec=[{"exit": 1, "stderr": "no such table\x1b[2J\n"}, {"stdout": "rows: none\n"},
                                               {"exit": 3, "stdout": "rows: 5\n"}])
    done = install(t)
    t.check(done.code == 0 and len(executed(t)) == 3, "tried until it fits: 0", done)
    t.play(logs="listening on port 1\n", exec=[{"exit": 1, "stderr": "refused: " + secret_of(t) + "\x1b[2J\n"}])
    done = t.run("install", "--yes", file=proof())
    t.check(done.code == 12 and "count the rows: in service web: sh -c count --user $DB_USER" in done.err, "12", done)
    t.check("exit code 1, expected [0,3]" in done.err and "it said: refused: ****" in done.err and
            "(tried " in done.err and secret_of(t) not in done.err and "\x1b" not in done.err, "masked and harmless", done)
    done = t.run("smoke", file=proof())
    t.check(done.code == 15 and "count the rows" in done.err, "smoke: 15", done)


@story
@native
def a_line_that_never_comes_is_12_when_it_is_required(t):
    App(t)
    t.play(logs="starting\nlistening on port none\n", exec=[{"stdout": "rows: 1\n"}])
    done = install(t)
    t.check(done.code == 12 and 'service web has not said "listening on port [0-9]+$" since it started' in done.err, "12", done)
    t.check(any("--since" in call for call in t.calls()), "only lines since this start", t.calls()[-3:])
    App(t)
    done = install(t)
    t.check(done.code == 0 and "web says: listening on port 8080" in done.err, "there: 0", done)
    t.check('has not said "never said"' in done.err and "nothing depends on it" in done.err, "the optional one is only shown", done)


@story
@native
def a_service_that_dies_ends_the_waiting(t):
    world = {"logs": "listening on port 1\nfatal: out of cheese\n", "exec": [{"stdout": "rows: 1\n"}]}

    def die(request):
        t.play(**world, containers=[[{"service": "web", "status": "exited", "exit": 7}]])
        return response(503, "not yet")

    App(t, health=die)
    t.play(**world)
    done = install(t)
    t.check(done.code == 13 and "service web ended: exit code 7" in done.err and "out of cheese" in done.err, "13", done)


@story
@native
def a_value_that_the_env_file_lost_is_said(t):
    App(t)
    t.check(install(t).code == 0, "installed")
    path = os.path.join(t.home, "hardtack/proof/.env")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(f"WEB_PORT={t.port}", "WEB_PORT=80@example.com:80"))
    done = t.run("smoke", file=proof())
    t.check(done.code == 3 and "http step health" in done.err, "an address of another machine is refused", done)
