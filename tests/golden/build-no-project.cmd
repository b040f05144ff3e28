"$hardtack" build nowhere
