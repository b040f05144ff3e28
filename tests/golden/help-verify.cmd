"$hardtack" help verify
