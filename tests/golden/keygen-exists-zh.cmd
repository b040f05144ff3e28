touch key.pem
"$hardtack" keygen key.pem --lang zh
