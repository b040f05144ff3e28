"""Langfuse when it does not work: "Ready" while every page is 500, a wrong key, an old database; each tells its cause."""
import time

import langfuse_stack as langfuse


def told(t, done, code, *words, text):
    """One failure: its exit code, and one screen that tells the cause."""
    shown = done.out + done.err
    t.check(done.code == code and all(word in shown for word in words), f"{text}: {code}, and tells the cause", done)
    t.check("read the trace back" not in shown, f"{text}: and claims no proof", done)


def ready_but_500(t, engine):
    masked = langfuse.changed(t, "masked", ('TELEMETRY_ENABLED: "false"', 'LANGFUSE_LOG_LEVEL: "verbose"\n      TELEMETRY_ENABLED: "false"'))
    file = langfuse.build(t, project=masked, out=t.path("masked-dist"))
    begin = time.monotonic()
    done = t.installer(file, "install", "--yes", engine=engine)
    seconds = time.monotonic() - begin
    t.check(seconds < 120, "the verdict does not take the five minutes of a slow start", seconds)
    told(t, done, 13, "Cannot set property message of", "missing or invalid", "not the CPU",
         text="the masked error, Ready in the log")
    log = engine.run(["sh", "-c", "docker logs $(docker ps -qf name=langfuse-langfuse) 2>&1"]).stdout
    t.check("Ready in" in log, "it did say Ready", log)
    t.check(langfuse.ask(t, engine, "GET", "/")[0] == 500, "and answers 500")
    # The right file over it, as the remedy says.
    file = langfuse.build(t)
    done = t.installer(file, "install", "--yes", engine=engine)
    found = langfuse.traces(t, engine)
    t.check(done.code == 0 and found is not None and len(found) == 1, "the sound installer over it: 0, one trace", done)
    return file


def old_password(t, engine, file):
    path = langfuse.folder(t, ".env")
    with open(path, encoding="utf-8") as text:
        before = text.read()
    with open(path, "w", encoding="utf-8") as text:
        text.write(before.replace("POSTGRES_PASSWORD=", "POSTGRES_PASSWORD=0"))
    done = t.installer(file, "install", "--yes", "--timeout", "40", engine=engine)
    told(t, done, 14, "P1000", "refuses the password", "POSTGRES_PASSWORD", text="another password than the data has")
    with open(path, "w", encoding="utf-8") as text:
        text.write(before)
    done = t.installer(file, "install", "--yes", engine=engine)
    found = langfuse.traces(t, engine)
    t.check(done.code == 0 and found, "with the old one back: 0, the data is there", f"{done}\n{found}")
    langfuse.clear(t, engine)


def other_keys(t, engine):
    path = langfuse.folder(t, ".env")
    with open(path, encoding="utf-8") as text:
        before = text.read()
    with open(path, "w", encoding="utf-8") as text:
        text.write(before.replace("LANGFUSE_INIT_PROJECT_SECRET_KEY=sk-lf-", "LANGFUSE_INIT_PROJECT_SECRET_KEY=sk-lf-0"))
    done = t.installer(langfuse.folder(t, "hardtack-control"), "smoke", engine=engine)
    told(t, done, 15, "401", "knows other keys", "LANGFUSE_INIT_PROJECT_", text="another key than that of the first start")
    with open(path, "w", encoding="utf-8") as text:
        text.write(before)


def bad_key(t, engine, file):
    done = t.installer(file, "install", "--yes", "--timeout", "10", "--set", "ENCRYPTION_KEY=short", engine=engine)
    told(t, done, 13, "Invalid environment variables", "64 hex digits", text="a short ENCRYPTION_KEY")
    langfuse.clear(t, engine)


def story(t):
    engine = t.bench.engine("v28")
    file = ready_but_500(t, engine)
    other_keys(t, engine)
    old_password(t, engine, file)
    bad_key(t, engine, file)
