printf 'services:\n  web:\n    image: postgres:17\n' >compose.yaml
"$hardtack" mirrors list
