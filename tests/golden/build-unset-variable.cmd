printf 'name: x\nservices:\n  web:\n    image: "hello:${TAG:?set the tag}"\n' >compose.yaml
"$hardtack" build compose.yaml --offline
