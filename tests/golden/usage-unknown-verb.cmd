"$hardtack" biuld
