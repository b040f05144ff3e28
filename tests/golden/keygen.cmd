"$hardtack" keygen key.pem
