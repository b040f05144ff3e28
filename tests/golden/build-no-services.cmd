printf 'name: x\nvolumes: {}\n' >compose.yaml
"$hardtack" build compose.yaml --offline
