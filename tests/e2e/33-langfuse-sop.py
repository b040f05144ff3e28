"""The SOP's own compose file, unchanged, with its lost race for the database; and Langfuse with a one-shot service."""
import os

import images
import langfuse_stack as langfuse

import harness

SEED = os.path.join(harness.ROOT, "tests", "fixtures", "seed", "docker-compose.yml")
ONE_SHOT = """
  note:
    image: ghcr.io/langfuse/langfuse:2.95.12
    entrypoint: ["sh", "-c", "wget -Y off -q -O- http://langfuse:3000/api/public/health && echo noted"]
    depends_on:
      langfuse:
        condition: service_healthy
    restart: "no"

volumes:"""
SLOW_DATABASE = """image: postgres
    entrypoint: ["sh", "-c", "sleep 4; exec /postgres-entrypoint.sh postgres"]
"""


def one_shot(t, engine):
    file = langfuse.build(t, project=langfuse.changed(t, "one-shot", ("\nvolumes:", ONE_SHOT)), out=t.path("one-shot-dist"))
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 0 and len(langfuse.traces(t, engine) or ()) == 1, "a one-shot service that ended well: 0", done)
    done = t.installer(file, "status", engine=engine)
    t.check(done.code == 0 and "note" in done.out, "status: 0, it is named", done)
    langfuse.clear(t, engine)


def install_seed(t, engine, name, *changes):
    """Installs the SOP's file, with changes; its images are mapped from the archives."""
    mapped = [f"ghcr.io/langfuse/langfuse:2={images.langfuse_archive('oci', images.LANGFUSE)}",
              f"postgres={images.langfuse_archive('oci', images.POSTGRES_17)}"]
    compose = t.path(name, "docker-compose.yml")
    os.makedirs(t.path(name))
    with open(SEED, encoding="utf-8") as text:
        content = text.read()
    for old, new in changes:
        content = content.replace(old, new)
    with open(compose, "w", encoding="utf-8") as text:
        text.write(content)
    file = t.build(compose, "linux-amd64", mapped, out=t.path(name + "-dist"))
    return t.installer(file, "install", "--yes", "--timeout", "60", engine=engine)


def seed(t, engine):
    """Its server may lose the race for the database; the restart policy mends that. Without one nobody does."""
    done = install_seed(t, engine, "sop")
    t.check(done.code == 0, "the SOP's own compose file, unchanged: 0", done)
    status, body = langfuse.ask(t, engine, "GET", "/api/public/health?failIfDatabaseUnavailable=true")
    t.check(status == 200, "its server answers, with its database", body)
    langfuse.clear(t, engine)
    done = install_seed(t, engine, "lost", ("image: postgres\n", SLOW_DATABASE), ("restart: always", 'restart: "no"'))
    shown = done.out + done.err
    t.check(done.code == 13 and "Applying database migrations failed" in shown and "cannot reach its database" in shown,
            "a lost race that nobody mends: 13, and tells the cause", done)
    langfuse.clear(t, engine)


def story(t):
    engine = t.bench.engine("v28")
    one_shot(t, engine)
    seed(t, engine)
