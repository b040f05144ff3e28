"$hardtack" keygen key.pem --json
