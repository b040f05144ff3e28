"""Where the stand-in keeps its records: PostgreSQL by way of psql, or memory. A record is JSON under (kind, id)."""
import hashlib
import json
import os
import subprocess
import threading
import urllib.parse

MIGRATIONS = 271
TIMEOUT_S = 20
SCHEMA = """SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS _prisma_migrations (migration_name text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS records (kind text, id text, project text, data jsonb NOT NULL,
    number bigserial, PRIMARY KEY (kind, id));
WITH added AS (INSERT INTO _prisma_migrations SELECT 'migration_' || lpad(n::text, 3, '0')
    FROM generate_series(1, %d) AS n ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM added;
""" % MIGRATIONS


class DatabaseError(Exception):
    """The database did not do what it was asked; the text is Prisma's where Prisma has one."""


def hashed(secret, salt):
    return hashlib.sha256(f"{salt}:{secret}".encode()).hexdigest()


def _literal(text):
    return "'" + text.replace("\0", "").replace("'", "''") + "'"


class MemoryStore:
    """For tests outside of a container."""

    def __init__(self):
        self.records, self.lock = {}, threading.Lock()

    def migrate(self):
        return MIGRATIONS

    def ping(self):
        pass

    def get(self, kind, key):
        with self.lock:
            return self.records.get((kind, key))

    def put(self, kind, key, project, data):
        """Sets the record; what an older one says besides stays. A record never moves to another project."""
        with self.lock:
            old = self.records.get((kind, key))
            if old and old["project"] != project:
                return False
            self.records[kind, key] = {"project": project, "data": {**(old["data"] if old else {}), **data}}
            return True

    def list(self, kind, project):
        """[(id, data)], newest first."""
        with self.lock:
            found = [(key[1], record["data"]) for key, record in self.records.items()
                     if key[0] == kind and record["project"] == project]
        return found[::-1]


class PostgresStore:
    """One psql for each statement; the password goes by the environment."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname or "localhost", parts.port or 5432
        self.user = urllib.parse.unquote(parts.username or "postgres")
        self.database = parts.path.lstrip("/") or "postgres"
        self.environment = {**os.environ, "PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user,
                            "PGPASSWORD": urllib.parse.unquote(parts.password or ""), "PGDATABASE": self.database,
                            "PGCONNECT_TIMEOUT": "5"}

    def _run(self, sql):
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], input=sql, text=True,
                              env=self.environment, capture_output=True, timeout=TIMEOUT_S, check=False)
        if done.returncode != 0:
            raise DatabaseError(self._complaint(done.stderr.strip()))
        return done.stdout.strip()

    def _complaint(self, text):
        if "password authentication failed" in text:
            return (f"Error: P1000: Authentication failed against database server at `{self.host}`, the provided "
                    f"database credentials for `{self.user}` are not valid.\n\nPlease make sure to provide valid "
                    f"database credentials for the database server at `{self.host}`.")
        if "connection to server" in text or "could not translate host name" in text:
            return (f"Error: P1001: Can't reach database server at `{self.host}:{self.port}`\n\nPlease make sure your "
                    f"database server is running at `{self.host}:{self.port}`.")
        return "Error: " + text

    def migrate(self):
        """Makes the tables. Returns how many migrations were not there yet."""
        return int(self._run(SCHEMA))

    def ping(self):
        self._run("SELECT 1")

    def get(self, kind, key):
        found = self._run("SELECT json_build_object('project', project, 'data', data) FROM records "
                          f"WHERE kind = {_literal(kind)} AND id = {_literal(key)}")
        return json.loads(found) if found else None

    def put(self, kind, key, project, data):
        values = ", ".join(_literal(text) for text in (kind, key, project, json.dumps(data)))
        return bool(self._run(f"INSERT INTO records (kind, id, project, data) VALUES ({values}) ON CONFLICT (kind, id) "
                              "DO UPDATE SET data = records.data || EXCLUDED.data "
                              "WHERE records.project = EXCLUDED.project RETURNING 1"))

    def list(self, kind, project):
        found = self._run("SELECT coalesce(json_agg(json_build_array(id, data) ORDER BY number DESC), '[]') FROM "
                          f"records WHERE kind = {_literal(kind)} AND project = {_literal(project)}")
        return [tuple(row) for row in json.loads(found)]
