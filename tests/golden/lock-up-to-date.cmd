printf 'services:\n  db:\n    image: postgres:17\n  web:\n    image: ghcr.io/acme/web:1.0\n' >compose.yaml
printf 'hardtack: 1\nname: x\ndownloads:\n  - {url: "https://files.example/wheels/acme-1.0-py3-none-any.whl", to: wheels/}\n' >hardtack.yaml
sed -n '/^```yaml$/,/^```$/{/^```/d;p}' "$here/../../docs/lock.md" >hardtack.lock
"$hardtack" lock --offline
"$hardtack" lock --offline --json
sed -n '/^```yaml$/,/^```$/{/^```/d;p}' "$here/../../docs/lock.md" | cmp - hardtack.lock
