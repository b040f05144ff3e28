#!/bin/sh
# Starts PostgreSQL as the official image does: as root it hands the data folder to the user postgres and goes on as
# that user; on first start it creates the cluster and the database from POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB.
set -eu

if [ "$(id -u)" = 0 ]; then
	mkdir -p "$PGDATA" /run/postgresql
	chown -R postgres:postgres "$PGDATA" /run/postgresql
	chmod 700 "$PGDATA"
	exec su postgres -s /bin/sh -c 'exec /postgres-entrypoint.sh "$@"' -- postgres-entrypoint.sh "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	if [ -z "${POSTGRES_PASSWORD:-}" ]; then
		echo "Error: Database is uninitialized and superuser password is not specified." >&2
		exit 1
	fi
	user=${POSTGRES_USER:-postgres}
	database=${POSTGRES_DB:-$user}
	printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
	initdb -D "$PGDATA" --username="$user" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 \
		--encoding=UTF8 --locale=C --no-sync >/dev/null
	rm /tmp/password
	printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
	if [ "$database" != postgres ]; then
		printf 'CREATE DATABASE "%s";\n' "$database" | postgres --single -D "$PGDATA" -j postgres >/dev/null
	fi
	echo "PostgreSQL init process complete; ready for start up."
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql -c jit=off
