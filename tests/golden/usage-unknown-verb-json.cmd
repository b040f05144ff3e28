"$hardtack" biuld --json
