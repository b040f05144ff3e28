#!/usr/bin/env python3
"""A stand-in for the Langfuse v2.95.12 server, for hardtack's tests only; it is not Langfuse and is never shipped.

It does what docs/facts/langfuse.md says that server does, as far as an installer, a smoke test and the SDKs of v2 can
see: migrations at boot (exit 1 when the database is not up: no retry), "✓ Ready in" also when it then answers 500 to
everything, LANGFUSE_INIT_*, health, login, ingestion, traces. Records live in PostgreSQL (DATABASE_URL, through psql).

    server.py [--memory] [--host ADDRESS] [--port N]

--memory keeps them in memory instead; --port 0 takes a free port. The line "Local: http://HOST:PORT" says where it
listens. Configured by the environment, as the real one: NEXTAUTH_URL, NEXTAUTH_SECRET and SALT are required.
"""
import argparse
import os
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import settings  # noqa: E402
import store as stores  # noqa: E402
import web  # noqa: E402

GRACE_S = 110  # the real server's: it lets load balancers notice


def say(text):
    print(text, flush=True)


def migrate(environment, memory):
    """What entrypoint.sh does before the server: returns the store, or ends the program."""
    url = settings.database_url(environment)
    if not memory and not url:
        say("Error: Required database environment variables are not set. Provide a postgres url for DATABASE_URL.")
        sys.exit(1)
    store = stores.MemoryStore() if memory else stores.PostgresStore(url)
    try:
        added = store.migrate()
    except stores.DatabaseError as error:
        say(f"{error}\n\nApplying database migrations failed. This is mostly caused by the database being unavailable."
            "\nExiting...")
        sys.exit(1)
    say(f"Script executed successfully.\n{stores.MIGRATIONS} migrations found in prisma/migrations\n")
    say("All migrations have been successfully applied." if added else "No pending migrations to apply.")
    say("Info: CLICKHOUSE_URL not configured, skipping migration.")
    return store


def provision(store, environment):
    """LANGFUSE_INIT_*: adds what is missing; an existing key's secret and a user's password stay as they are."""
    wanted = settings.provisioning(environment)
    if not wanted:
        return
    salt = environment["SALT"]
    store.put("org", wanted["org"]["id"], "", {"name": wanted["org"]["name"]})
    if wanted["user"] and not store.get("user", wanted["user"]["email"]):
        user = dict(wanted["user"])
        user["password"] = stores.hashed(user["password"], salt)
        store.put("user", user["email"], "", user)
    if not wanted["project"]:
        return
    project = wanted["project"]["id"]
    store.put("project", project, "", {"name": wanted["project"]["name"]})
    if wanted["keys"] and not store.get("key", wanted["keys"][0]):
        store.put("key", wanted["keys"][0], project, {"secret": stores.hashed(wanted["keys"][1], salt)})


def prepare(store, environment):
    """Returns the application, None when it cannot be had: then every address answers 500."""
    try:
        settings.check(environment)
        provision(store, environment)
        return web.Application(store, environment)
    except (settings.SettingsError, stores.DatabaseError) as error:
        for line in getattr(error, "lines", (str(error),)):
            say(line)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    begin = time.monotonic()
    environment = settings.clean(os.environ)
    say("hardtack's test stand-in for Langfuse 2.95.12: not the real server")
    store = migrate(environment, options.memory)
    port = options.port if options.port is not None else int(environment.get("PORT", "3000"))
    server = web.Server((options.host or environment.get("HOSTNAME", "0.0.0.0"), port))
    say(f"  ▲ Next.js 14.2.30\n  - Local:        http://{server.server_address[0]}:{server.server_address[1]}\n")
    say(" ✓ Starting...\nRunning init scripts...")
    server.application = prepare(store, environment)
    say(f" ✓ Ready in {int((time.monotonic() - begin) * 1000)}ms")

    def stop(*_):
        say("SIGTERM / SIGINT received. Shutting down in 110 seconds.")
        server.stopping = True
        threading.Timer(GRACE_S if os.getpid() == 1 else 0, server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever(poll_interval=0.2)


if __name__ == "__main__":
    main()
