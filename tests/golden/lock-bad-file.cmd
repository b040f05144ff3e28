printf 'services:\n  web:\n    image: postgres:17\n' >compose.yaml
cp "$here/../reject/lock/layer-zstd" hardtack.lock
"$hardtack" lock
