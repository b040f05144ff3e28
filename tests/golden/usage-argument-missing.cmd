"$hardtack" inspect
