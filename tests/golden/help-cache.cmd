"$hardtack" help cache
