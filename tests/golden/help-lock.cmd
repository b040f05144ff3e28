"$hardtack" help lock
