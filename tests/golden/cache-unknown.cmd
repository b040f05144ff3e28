"$hardtack" cache shrink
