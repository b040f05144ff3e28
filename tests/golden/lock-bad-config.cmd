printf 'services:\n  web:\n    image: postgres:17\n' >compose.yaml
mkdir -p "$HOME/.config/hardtack"
printf 'mirrors:\n  docker.io: [hub]\n' >"$HOME/.config/hardtack/config.yaml"
"$hardtack" lock
