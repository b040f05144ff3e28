printf 'services:\n  web:\n    image: postgres:17\n' >compose.yaml
HARDTACK_MIRRORS="docker.io=m.example/{repo}:{tag}-{cpu}" "$hardtack" lock --lang zh
