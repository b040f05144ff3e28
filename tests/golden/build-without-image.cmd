printf 'name: x\nservices:\n  web:\n    build: .\n' >compose.yaml
"$hardtack" build compose.yaml --offline
