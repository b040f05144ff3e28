"$hardtack" help fetch
