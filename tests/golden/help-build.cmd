"$hardtack" help build
