"$hardtack" version --json
