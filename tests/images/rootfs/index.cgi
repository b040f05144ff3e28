#!/bin/sh
# GET / counts a visit in the database and says which one it is; GET /cgi-bin/index.cgi?count only says how many.
sql='INSERT INTO visits DEFAULT VALUES; SELECT count(*) FROM visits'
[ "${QUERY_STRING:-}" = count ] && sql='SELECT count(*) FROM visits'
if number=$(psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$sql" 2>&1); then
	printf 'Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n'
	printf 'guestbook: visit %s\n' "$number"
else
	printf 'Status: 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\n%s\n' "$number"
fi
