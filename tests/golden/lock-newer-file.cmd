printf 'services:\n  web:\n    image: postgres:17\n' >compose.yaml
printf 'lock: 2\n' >hardtack.lock
"$hardtack" lock
