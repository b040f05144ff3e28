printf 'services:\n  web:\n    image: [hello\n' >compose.yaml
"$hardtack" build compose.yaml --offline
