# shellcheck shell=sh disable=SC2154,SC2034
# An installation whose service falls again and again, on the scripted docker (tests/fakes/docker).
mkdir -p bin "$HOME/hardtack/hello"
ln -s "$here/../fakes/docker" bin/docker
PATH="$PWD/bin:/usr/bin:/bin"
echo 'services: {}' >"$HOME/hardtack/hello/compose.yaml"
(umask 077 && echo 'HELLO_PORT=47113' >"$HOME/hardtack/hello/.env")
cat >"$HOME/hardtack/hello/receipt.json" <<END
{"schema": 1, "name": "hello", "version": "1.0.0", "project": "hello", "directory": "$HOME/hardtack/hello", "installer": "hello",
 "root": "00", "builder": "hardtack", "compose": "compose.yaml", "installed_at": "2026-01-01T00:00:00Z",
 "first_installed_at": "2026-01-01T00:00:00Z", "images": []}
END
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=amd64 ;; esac
log='2026-01-01T00:00:01.000000001Z Applying database migrations failed.\n'
log=$log'2026-01-01T00:00:01.000000002Z Error: P1000: Authentication failed against database server at db\n'
log=$log'2026-01-01T00:00:01.000000003Z     at connect (/app/db.js:1:2)\n'
log=$log'2026-01-01T00:00:01.000000004Z Error: getaddrinfo ENOTFOUND telemetry.example.com\n'
cat >bin/scenario.json <<END
{"arch": "$arch", "running_before": true, "volumes": ["hello_data"], "logs": "$log",
 "containers": [[{"service": "web", "status": "restarting", "restarts": 5, "exit": 1, "started": "2026-01-01T00:00:01Z"}]]}
END
