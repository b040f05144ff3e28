#!/bin/sh
# A web service of two scripts: waits for its database, makes its table, then serves /www on port 3000.
set -eu

until psql -X -q -c 'CREATE TABLE IF NOT EXISTS visits (number serial PRIMARY KEY, at timestamptz DEFAULT now())'; do
	echo "guestbook: waiting for the database at $PGHOST"
	sleep 0.5
done
trap 'exit 0' TERM INT
echo "guestbook: Ready in no time"
httpd -f -p 3000 -h /www &
wait
