"$hardtack" version
