"""Langfuse on the old engine with compose v1, on the containerd store with JSON, and from the Mach-O, in Chinese."""
import langfuse_stack as langfuse
import terminal

import harness


def told(done):
    """The JSON lines, and the last one."""
    events = done.events() if done.out.startswith("{") else []
    return events, events[-1] if events else {}


def compose_v1(t):
    engine = t.bench.engine("v20")
    file = langfuse.build(t, form="save-old")
    done = t.installer(file, "install", "--yes", engine=engine)
    found = langfuse.traces(t, engine) if done.code == 0 else None
    t.check(done.code == 0 and found is not None and len(found) == 1,
            "20.10 with compose v1, images from docker save: 0, one trace", f"{done}\n{found}")
    log = engine.run(["sh", "-c", "docker logs $(docker ps -qf name=langfuse_langfuse) 2>&1"]).stdout
    t.check(log.count("not the real server") == 1 and "Exiting" not in log, "compose v1 waits for the database, too", log)
    done = t.installer(file, "install", "--yes", engine=engine)
    found = langfuse.traces(t, engine)
    t.check(done.code == 0 and found is not None and len(found) == 2, "again: 0, one more", f"{done}\n{found}")
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    t.check(done.code == 0 and not engine.run(["docker", "volume", "ls", "-q"]).stdout, "and purged: 0", done)


def json_lines(t):
    """With the choices of a server that others use, too."""
    engine = t.bench.engine("v28c")
    file = langfuse.build(t)
    done = t.installer(file, "--json", "install", "--yes", "--set", "LANGFUSE_PORT=3100", "--set", "LANGFUSE_BIND=0.0.0.0",
                       "--set", "LANGFUSE_HOSTNAME=box.example", engine=engine)
    events, last = told(done)
    t.need(done.code == 0 and last.get("event") == "result" and last.get("exit") == 0,
           "containerd store, --json: 0, the last line is the result", done)
    t.check(all(event.get("schema") == 1 for event in events), "every line has the schema")
    steps = {event.get("name") for event in events if event.get("event") == "step"}
    t.check({"up", "wait_healthy", "wait_log", "http"} <= steps, "the procedure's steps are told", sorted(map(str, steps)))
    t.check(not [secret for secret in langfuse.secrets(t) if secret in done.out + done.err], "no secret is in a line", done)
    found = langfuse.traces(t, engine, "http://127.0.0.1:3100")
    t.check(found is not None and len(found) == 1, "one trace", found)
    about = engine.run(["docker", "inspect", "--format", "{{json .Config.Env}} {{json .HostConfig.PortBindings}}",
                        "langfuse-langfuse-1"]).stdout
    with open(langfuse.folder(t, "client", ".env"), encoding="utf-8") as text:
        handed = text.read()
    t.check("NEXTAUTH_URL=http://box.example:3100" in about and '"HostIp":"0.0.0.0","HostPort":"3100"' in about and
            "LANGFUSE_HOST=http://box.example:3100\n" in handed,
            "asked to, it listens for others; links and client/.env have the one name and port", about)
    langfuse.clear(t, engine)


def macho(t):
    engine = t.bench.engine("v28c")
    file = langfuse.build(t, "darwin-arm64")
    env = {"LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}
    status, shown = terminal.session(t, t.installer_argv(file), [("[Y/n]", b"\n")], engine, env, harness.TIMEOUT_S)
    t.need(status == 0, "Mach-O, Chinese, plain Enter: 0", f"{status}\n{shown}")
    t.check(all(text in shown for text in ("Langfuse v2 本地部署", langfuse.URL, "HANDOFF.zh.md")),
            "the screen is Chinese: title, address, what to read", shown)
    missing = langfuse.shown_in_readme("README.zh-CN.md", shown)
    t.check(not missing, "README.zh-CN.md shows this very screen", "\n".join(missing))
    found = langfuse.traces(t, engine)
    t.check(found is not None and len(found) == 1, "one trace", found)
    done = t.installer(file, "smoke", engine=engine)
    found = langfuse.traces(t, engine)
    t.check(done.code == 0 and found is not None and len(found) == 2, "smoke: 0, one more", f"{done}\n{found}")
    done = t.installer(file, "stop", engine=engine)
    t.check(done.code == 0 and not t.containers(engine, "langfuse"), "stop: 0", done)
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    t.check(done.code == 0 and not engine.run(["docker", "volume", "ls", "-q"]).stdout, "purge: 0", done)


def story(t):
    json_lines(t)
    macho(t)
    compose_v1(t)
