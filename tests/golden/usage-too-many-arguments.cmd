"$hardtack" verify a b
